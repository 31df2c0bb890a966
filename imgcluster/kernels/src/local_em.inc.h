/* Local EM over blocks of pixels for one instruction set. Pixels stand in lanes; sums are kept in LOCAL_EM_LANES parts that are added in a
   fixed order, so that they have the same bits whatever the width of the processor's vectors. */

typedef float ISA(floats) __attribute__((vector_size(8 * ISA_DOUBLES), aligned(4), may_alias));
typedef int32_t ISA(ints) __attribute__((vector_size(8 * ISA_DOUBLES), aligned(4), may_alias));
#define V ISA(floats)
#define M ISA(ints)
#define W (2 * ISA_DOUBLES)
#define AT(p) (*(V *)(p))
#define INLINE static inline __attribute__((always_inline))

/* exp(x) for x <= 0, within 2 ulp; 0 below LOCAL_EM_CUT. The rounding constant 1.5 * 2^23 leaves the integer part in the low bits. */
INLINE V ISA(expf)(V x)
{
    const float magic = 12582912.0f;
    V shifted = x * 1.44269504f + magic;
    V n = shifted - magic;
    V r = x - n * 0.693359375f - n * -2.12194440e-4f;
    V p = r * (1.0f / 720.0f) + 1.0f / 120.0f;
    p = p * r + 1.0f / 24.0f;
    p = p * r + 1.0f / 6.0f;
    p = p * r + 0.5f;
    p = p * r + 1.0f;
    p = p * r + 1.0f;
    V power = (V)(((M)shifted + 127) << 23);
    return (V)((M)(p * power) & (x >= LOCAL_EM_CUT));
}

/* log(x) for finite x >= 1: exponent, and the series of atanh for a mantissa in [sqrt(1/2), sqrt(2)). */
INLINE V ISA(logf)(V x)
{
    const float magic = 12582912.0f;
    M bits = (M)x;
    M halve = (bits & 0x7fffff) > 0x3504f3;
    M exponent = (bits >> 23) - 127 - halve;
    V m = (V)((bits & 0x7fffff) | (0x3f800000 + (halve << 23)));
    V z = (m - 1.0f) / (m + 1.0f), square = z * z;
    V p = square * (1.0f / 9.0f) + 1.0f / 7.0f;
    p = p * square + 1.0f / 5.0f;
    p = p * square + 1.0f / 3.0f;
    V n = (V)(exponent + 0x4b400000) - magic;
    return n * 0.693147181f + 2.0f * z * (p * square + 1.0f);
}

/* Add in a fixed order: halves onto halves. */
INLINE float ISA(add_lanes)(float *lanes)
{
    for (int half = LOCAL_EM_LANES / 2; half; half /= 2)
        for (int i = 0; i < half; i++)
            lanes[i] += lanes[i + half];
    return lanes[0];
}

/* Log density of every pixel of a block under one component. */
INLINE void ISA(log_densities)(const local_block *block, const local_component *c, int channels, float *out)
{
    for (int i = 0; i < block->size; i += W) {
        V dy = AT(block->row + i) - c->row, dx = AT(block->column + i) - c->column;
        V u = dy * c->factor_rr, v = dy * c->factor_rc + dx * c->factor_cc;
        V distance = u * u + v * v;
        for (int j = 0; j < channels; j++) {
            V y = (AT(block->color[j] + i) - c->color[j]) * c->factor[j];
            distance += y * y;
        }
        AT(out + i) = c->coefficient - 0.5f * distance;
    }
}

/* Sums of r, r y_i, r y_i^2 over the channels, r u, r v, r u^2, r u v, r v^2: y, u, v are whitened differences from the mean. */
INLINE void ISA(accumulate)(const local_block *block, const local_component *c, int channels, const float *share, double *sums)
{
    float lanes[LOCAL_EM_SUMS(LOCAL_EM_CHANNELS)][LOCAL_EM_LANES];
    for (int h = 0; h < LOCAL_EM_LANES; h += W) {
        V s = {0}, su = {0}, sv = {0}, suu = {0}, suv = {0}, svv = {0};
        V first[LOCAL_EM_CHANNELS], second[LOCAL_EM_CHANNELS];
        for (int j = 0; j < channels; j++)
            first[j] = second[j] = (V){0};
        for (int i = h; i < block->size; i += LOCAL_EM_LANES) {
            V r = AT(share + i);
            V dy = AT(block->row + i) - c->row, dx = AT(block->column + i) - c->column;
            V u = dy * c->factor_rr, v = dy * c->factor_rc + dx * c->factor_cc;
            V ru = r * u, rv = r * v;
            s += r;
            su += ru;
            sv += rv;
            suu += ru * u;
            suv += ru * v;
            svv += rv * v;
            for (int j = 0; j < channels; j++) {
                V y = (AT(block->color[j] + i) - c->color[j]) * c->factor[j];
                V ry = r * y;
                first[j] += ry;
                second[j] += ry * y;
            }
        }
        AT(&lanes[0][h]) = s;
        for (int j = 0; j < channels; j++) {
            AT(&lanes[1 + j][h]) = first[j];
            AT(&lanes[1 + channels + j][h]) = second[j];
        }
        float (*position)[LOCAL_EM_LANES] = lanes + 1 + 2 * channels;
        AT(&position[0][h]) = su;
        AT(&position[1][h]) = sv;
        AT(&position[2][h]) = suu;
        AT(&position[3][h]) = suv;
        AT(&position[4][h]) = svv;
    }
    for (int j = 0; j < LOCAL_EM_SUMS(channels); j++)
        sums[j] += (double)ISA(add_lanes)(lanes[j]);
}

/* Turn log densities [n, size] into shares, 0 where the weight is; returns the sum of log p(x) and tells which components reach any pixel. */
INLINE double ISA(normalize)(const local_block *block, int n, float *rows, int *reached)
{
    float most[LOCAL_EM_PIXELS], sum[LOCAL_EM_PIXELS], lanes[LOCAL_EM_LANES] = {0};
    for (int i = 0; i < block->size; i += W) {
        V m = AT(rows + i);
        for (int c = 1; c < n; c++) {
            V l = AT(rows + c * block->size + i);
            M greater = l > m;
            m = (V)(((M)l & greater) | ((M)m & ~greater));
        }
        AT(most + i) = m;
        AT(sum + i) = (V){0};
    }
    for (int c = 0; c < n; c++) {
        float *row = rows + c * block->size;
        M any = {0};
        for (int i = 0; i < block->size; i += W) {
            V x = AT(row + i) - AT(most + i);
            AT(row + i) = x;
            any |= x >= LOCAL_EM_CUT;
        }
        int some = 0;
        for (int lane = 0; lane < W; lane++)
            some |= any[lane];
        reached[c] = some;
        if (some)
            for (int i = 0; i < block->size; i += W) {
                V e = ISA(expf)(AT(row + i));
                AT(row + i) = e;
                AT(sum + i) += e;
            }
    }
    for (int i = 0; i < block->size; i += W) {
        V s = AT(sum + i);
        AT(lanes + i % LOCAL_EM_LANES) += AT(block->weight + i) * (AT(most + i) + ISA(logf)(s));
        AT(sum + i) = AT(block->weight + i) / s;
    }
    for (int c = 0; c < n; c++)
        for (int i = 0; i < block->size; i += W)
            if (reached[c])
                AT(rows + c * block->size + i) *= AT(sum + i);
            else
                AT(rows + c * block->size + i) = (V){0};
    return (double)ISA(add_lanes)(lanes);
}

/* Shares when every pixel belongs to its label alone; tells whether there are any. */
INLINE int ISA(hard_shares)(const local_block *block, int32_t label, float *row)
{
    int count = 0;
    for (int i = 0; i < block->size; i++) {
        int equal = block->label[i] == label;
        row[i] = (float)equal;
        count += equal;
    }
    return count > 0;
}

/* Shares of one block, and what they add to the sums (not where sums is NULL). */
INLINE double ISA(block_step)(const local_block *block, const local_component *components, const int32_t *candidates, int n, int channels,
                              int hard, float *rows, double *sums)
{
    double log_likelihood = 0.0;
    int reached[LOCAL_EM_CANDIDATES];
    for (int c = 0; c < n; c++) {
        float *row = rows + c * block->size;
        reached[c] = 1;
        if (!hard)
            ISA(log_densities)(block, components + c, channels, row);
        else
            reached[c] = ISA(hard_shares)(block, candidates[c], row);
    }
    if (!hard)
        log_likelihood = ISA(normalize)(block, n, rows, reached);
    for (int c = 0; sums && c < n; c++)
        if (reached[c])
            ISA(accumulate)(block, components + c, channels, rows + c * block->size, sums + candidates[c] * LOCAL_EM_SUMS(channels));
    return log_likelihood;
}

/* Best component of each pixel, ties to the first. */
INLINE void ISA(best_labels)(const local_block *block, const local_component *components, const int32_t *candidates, int n, int channels,
                             float *row, int32_t *labels)
{
    float best[LOCAL_EM_PIXELS];
    for (int i = 0; i < block->size; i += W)
        AT(best + i) = (V){0} - INFINITY;
    for (int c = 0; c < n; c++) {
        ISA(log_densities)(block, components + c, channels, row);
        for (int i = 0; i < block->size; i += W) {
            V l = AT(row + i);
            M better = l > AT(best + i);
            AT(best + i) = (V)(((M)l & better) | ((M)AT(best + i) & ~better));
            *(M *)(labels + i) = (better & candidates[c]) | (~better & *(M *)(labels + i));
        }
    }
}

static double ISA(local_step)(const local_block *block, const local_component *components, const int32_t *candidates, int n, int channels,
                              int hard, float *rows, double *sums)
{
    if (channels == 3)
        return ISA(block_step)(block, components, candidates, n, 3, hard, rows, sums);
    return ISA(block_step)(block, components, candidates, n, channels, hard, rows, sums);
}

static void ISA(local_labels)(const local_block *block, const local_component *components, const int32_t *candidates, int n, int channels,
                              float *row, int32_t *labels)
{
    if (channels == 3)
        ISA(best_labels)(block, components, candidates, n, 3, row, labels);
    else
        ISA(best_labels)(block, components, candidates, n, channels, row, labels);
}

#undef V
#undef M
#undef W
#undef AT
#undef INLINE
