/* One step of EM for one instruction set: responsibilities of a block of points, and the weighted sums that refit every kind of mixture.
   Points stand in lanes. Sums are kept in EM_LANES parts, a lane each, that are added in lane order at the end: they have the same bits
   whatever the width of the processor's vectors. */

typedef double ISA(vector) __attribute__((vector_size(8 * ISA_DOUBLES), aligned(8), may_alias));
typedef int64_t ISA(mask) __attribute__((vector_size(8 * ISA_DOUBLES), aligned(8), may_alias));
#define V ISA(vector)
#define M ISA(mask)
#define W ISA_DOUBLES
#define INLINE static inline __attribute__((always_inline))

/* Not memcpy: gcc 12 copies 32 bytes in two halves with AVX2, and the vector load behind them waits (ten times slower). */
INLINE V ISA(load)(const double *p) { return *(const V *)p; }

INLINE void ISA(store)(double *p, V v) { *(V *)p = v; }

INLINE V ISA(larger)(V a, V b)
{
    M greater = a > b;
    return (V)(((M)a & greater) | ((M)b & ~greater));
}

/* exp(x) for x <= 0, within 2 ulp; 0 below EM_CUT. The rounding constant 1.5 * 2^52 leaves the integer part in the low bits. */
INLINE V ISA(exp)(V x)
{
    const double magic = 6755399441055744.0;
    V shifted = x * 1.4426950408889634 + magic;
    V n = shifted - magic;
    V r = x - n * 0.693147180369123816490 - n * 1.90821492927058770002e-10;
    V p = r * (1.0 / 6227020800.0) + 1.0 / 479001600.0;
    p = p * r + 1.0 / 39916800.0;
    p = p * r + 1.0 / 3628800.0;
    p = p * r + 1.0 / 362880.0;
    p = p * r + 1.0 / 40320.0;
    p = p * r + 1.0 / 5040.0;
    p = p * r + 1.0 / 720.0;
    p = p * r + 1.0 / 120.0;
    p = p * r + 1.0 / 24.0;
    p = p * r + 1.0 / 6.0;
    p = p * r + 0.5;
    p = p * r + 1.0;
    p = p * r + 1.0;
    V power = (V)(((M)shifted + 1023) << 52);
    return (V)((M)(p * power) & (x >= EM_CUT));
}

/* log(x) for finite x >= 1, within 2 ulp: exponent, and the series of atanh for a mantissa in [sqrt(1/2), sqrt(2)). */
INLINE V ISA(log)(V x)
{
    const double magic = 6755399441055744.0;
    M bits = (M)x;
    M halve = ((bits & 0xfffffffffffff) > 0x6a09e667f3bcd);
    M exponent = (bits >> 52) - 1023 - halve;
    V m = (V)((bits & 0xfffffffffffff) | (0x3ff0000000000000 + (halve << 52)));
    V z = (m - 1.0) / (m + 1.0), square = z * z;
    V p = square * (1.0 / 23.0) + 1.0 / 21.0;
    p = p * square + 1.0 / 19.0;
    p = p * square + 1.0 / 17.0;
    p = p * square + 1.0 / 15.0;
    p = p * square + 1.0 / 13.0;
    p = p * square + 1.0 / 11.0;
    p = p * square + 1.0 / 9.0;
    p = p * square + 1.0 / 7.0;
    p = p * square + 1.0 / 5.0;
    p = p * square + 1.0 / 3.0;
    V n = (V)(exponent + 0x4338000000000000) - magic;
    return n * 0.693147180559945309417 + 2.0 * z * (p * square + 1.0);
}

/* diff[j] = x_j - mean_j, a row of EM_BLOCK for each dimension. */
INLINE void ISA(differences)(const double *xt, const double *mean, ptrdiff_t d, double *diff)
{
    for (ptrdiff_t j = 0; j < d; j++)
        for (ptrdiff_t b = 0; b < EM_BLOCK; b += W)
            ISA(store)(diff + j * EM_BLOCK + b, ISA(load)(xt + j * EM_BLOCK + b) - mean[j]);
}

/* log pi_k + log N(x | mu_k, Sigma_k), given the Cholesky factor of the inverse covariance: [d] or, upper triangular, [d, d]. */
INLINE void ISA(log_density)(const double *diff, const double *factor, double coefficient, ptrdiff_t d, int full, double *out)
{
    for (ptrdiff_t b = 0; b < EM_BLOCK; b += W) {
        V distance = {0};
        for (ptrdiff_t j = 0; j < d; j++) {
            V y;
            if (full) {
                y = ISA(load)(diff + b) * factor[j];
                for (ptrdiff_t i = 1; i <= j; i++)
                    y += ISA(load)(diff + i * EM_BLOCK + b) * factor[i * d + j];
            } else {
                y = ISA(load)(diff + j * EM_BLOCK + b) * factor[j];
            }
            distance += y * y;
        }
        ISA(store)(out + b, coefficient - 0.5 * distance);
    }
}

INLINE double ISA(highest)(const double *row)
{
    V top = ISA(load)(row);
    for (ptrdiff_t b = W; b < EM_BLOCK; b += W)
        top = ISA(larger)(top, ISA(load)(row + b));
    double highest = top[0];
    for (int lane = 1; lane < W; lane++)
        highest = top[lane] > highest ? top[lane] : highest;
    return highest;
}

/* Turn k rows of log densities into exponentials below their maximum; lists the components that reach any point of the block. */
INLINE ptrdiff_t ISA(exponentials)(double *rows, ptrdiff_t k, double *most, double *sum, ptrdiff_t *reached)
{
    ptrdiff_t n_reached = 0;
    for (ptrdiff_t b = 0; b < EM_BLOCK; b += W) {
        V m = ISA(load)(rows + b);
        for (ptrdiff_t c = 1; c < k; c++)
            m = ISA(larger)(m, ISA(load)(rows + c * EM_BLOCK + b));
        ISA(store)(most + b, m);
        ISA(store)(sum + b, m - m);
    }
    for (ptrdiff_t c = 0; c < k; c++) {
        double *row = rows + c * EM_BLOCK;
        for (ptrdiff_t b = 0; b < EM_BLOCK; b += W)
            ISA(store)(row + b, ISA(load)(row + b) - ISA(load)(most + b));
        if (!(ISA(highest)(row) >= EM_CUT))
            continue; /* far from all of these points, as most components are when points are sorted */
        reached[n_reached++] = c;
        for (ptrdiff_t b = 0; b < EM_BLOCK; b += W) {
            V e = ISA(exp)(ISA(load)(row + b));
            ISA(store)(row + b, e);
            ISA(store)(sum + b, ISA(load)(sum + b) + e);
        }
    }
    return n_reached;
}

/* Add to EM_LANES lanes of a sum. */
INLINE void ISA(add_products)(const double *a, const double *b, double *lanes)
{
    V sum[EM_LANES / W];
    for (int h = 0; h < EM_LANES / W; h++)
        sum[h] = ISA(load)(lanes + h * W);
    for (ptrdiff_t i = 0; i < EM_BLOCK; i += EM_LANES)
        for (int h = 0; h < EM_LANES / W; h++)
            sum[h] += ISA(load)(a + i + h * W) * ISA(load)(b + i + h * W);
    for (int h = 0; h < EM_LANES / W; h++)
        ISA(store)(lanes + h * W, sum[h]);
}

/* Add sums of r, r diff_i, and r diff_i diff_j (i <= j; only i = j when not full): lanes [1 + d + (d or d (d + 1) / 2), EM_LANES]. */
INLINE void ISA(accumulate)(const double *r, const double *diff, ptrdiff_t d, int full, double *lanes)
{
    static const double ones[EM_BLOCK] = EM_ONES;
    double part[EM_BLOCK], *first = lanes + EM_LANES, *second = first + EM_LANES * d;
    ISA(add_products)(r, ones, lanes);
    for (ptrdiff_t i = 0; i < d; i++) {
        const double *x = diff + i * EM_BLOCK;
        ISA(add_products)(r, x, first + EM_LANES * i);
        for (ptrdiff_t b = 0; b < EM_BLOCK; b += W)
            ISA(store)(part + b, ISA(load)(r + b) * ISA(load)(x + b));
        for (ptrdiff_t j = i; j < (full ? d : i + 1); j++, second += EM_LANES)
            ISA(add_products)(part, diff + j * EM_BLOCK, second);
    }
}

/* One block: w may be 0. most gets log p(x) of each point; kept, if not NULL, k rows of responsibilities. */
INLINE void ISA(em_block)(const em_model *model, const double *xt, const double *w, ptrdiff_t d, double *rows, double *diff,
                          ptrdiff_t *reached, double *most, double *kept, double *lanes, double *log_likelihood)
{
    const ptrdiff_t k = model->k, size = model->full ? d * d : d, n_sums = 1 + d + (model->full ? d * (d + 1) / 2 : d);
    double sum[EM_BLOCK], share[EM_BLOCK];
    for (ptrdiff_t c = 0; c < k; c++) {
        ISA(differences)(xt, model->means + c * d, d, diff);
        ISA(log_density)(diff, model->factors + c * size, model->coefficients[c], d, model->full, rows + c * EM_BLOCK);
    }
    ptrdiff_t n_reached = ISA(exponentials)(rows, k, most, sum, reached);
    for (ptrdiff_t b = 0; b < EM_BLOCK; b += W) {
        V s = ISA(load)(sum + b);
        ISA(store)(share + b, 1.0 / s);
        ISA(store)(most + b, ISA(load)(most + b) + ISA(log)(s));
    }
    ISA(add_products)(w, most, log_likelihood);
    for (ptrdiff_t i = 0; i < n_reached; i++) {
        ptrdiff_t c = reached[i];
        double *row = rows + c * EM_BLOCK;
        for (ptrdiff_t b = 0; b < EM_BLOCK; b += W) {
            V r = ISA(load)(row + b) * ISA(load)(share + b);
            if (kept)
                ISA(store)(kept + c * EM_BLOCK + b, r);
            ISA(store)(row + b, r * ISA(load)(w + b));
        }
        ISA(differences)(xt, model->means + c * d, d, diff);
        ISA(accumulate)(row, diff, d, model->full, lanes + EM_LANES * n_sums * c);
    }
}

static void ISA(em_chunk)(const em_model *model, const double *X, const double *w, ptrdiff_t n, double *shares, double *densities,
                          double *scratch, ptrdiff_t *reached, double *lanes, double *log_likelihood)
{
    const ptrdiff_t d = model->d, k = model->k;
    double *xt = scratch, *diff = xt + d * EM_BLOCK, *rows = diff + d * EM_BLOCK, *kept = shares ? rows + k * EM_BLOCK : NULL;
    double block_w[EM_BLOCK], most[EM_BLOCK];
    for (ptrdiff_t start = 0; start < n; start += EM_BLOCK) {
        ptrdiff_t count = n - start < EM_BLOCK ? n - start : EM_BLOCK;
        for (ptrdiff_t b = 0; b < EM_BLOCK; b++) { /* the last block is filled up with a point of weight 0 */
            ptrdiff_t i = start + (b < count ? b : count - 1);
            block_w[b] = b < count ? w[i] : 0.0;
            for (ptrdiff_t j = 0; j < d; j++)
                xt[j * EM_BLOCK + b] = X[i * d + j];
        }
        if (kept)
            memset(kept, 0, sizeof(double) * (size_t)(k * EM_BLOCK));
        if (d == 3) /* colors: a constant that the compiler unrolls */
            ISA(em_block)(model, xt, block_w, 3, rows, diff, reached, most, kept, lanes, log_likelihood);
        else
            ISA(em_block)(model, xt, block_w, d, rows, diff, reached, most, kept, lanes, log_likelihood);
        for (ptrdiff_t b = 0; densities && b < count; b++)
            densities[start + b] = most[b];
        for (ptrdiff_t b = 0; kept && b < count; b++)
            for (ptrdiff_t c = 0; c < k; c++)
                shares[(start + b) * k + c] = kept[c * EM_BLOCK + b];
    }
}

#undef V
#undef M
#undef W
#undef INLINE
