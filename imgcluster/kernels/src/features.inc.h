/* The bodies of features.c. */
typedef float ISA(float4) __attribute__((vector_size(16)));
typedef int32_t ISA(int4) __attribute__((vector_size(16)));
typedef uint32_t ISA(uint4) __attribute__((vector_size(16)));
typedef uint16_t ISA(ushort4) __attribute__((vector_size(8), aligned(2), may_alias));
typedef int16_t ISA(short4) __attribute__((vector_size(8), aligned(2), may_alias));

static inline __attribute__((always_inline)) ISA(int4) ISA(widen)(const int16_t *f)
{
    return __builtin_convertvector(*(const ISA(short4) *)f, ISA(int4));
}

/* The tables with what does not change from pixel to pixel at hand: stores to `out` might change it, as far as a compiler knows. */
typedef struct {
    ISA(float4) red, green, blue;
    const float *linear;
    const uint16_t *x, *y, *z;
} ISA(lab_constants);

static inline ISA(lab_constants) ISA(lab_prepare)(const lab_tables *t)
{
    const float *m = t->matrix;
    return (ISA(lab_constants)){{m[0], m[1], m[2], 0}, {m[3], m[4], m[5], 0}, {m[6], m[7], m[8], 0}, t->linear, t->x, t->y, t->z};
}

/* L = 116 f(Y) - 16, a = 500 (f(X) - f(Y)), b = 200 (f(Y) - f(Z)), from tables of the share of each. */
static inline __attribute__((always_inline)) void ISA(lab_pixel)(ISA(lab_constants) t, unsigned r, unsigned g, unsigned b, int16_t *out)
{
    ISA(int4) at = (ISA(int4))(t.red * t.linear[r] + t.green * t.linear[g] + t.blue * t.linear[b] + 0x1p-7f);
    at = (ISA(int4))((ISA(uint4))at - CURVE_FIRST) >> CURVE_SHIFT; /* the bits of what is negative or no number wrap */
    at &= (at >= 0) & (at < LAB_CURVE);                            /* light beyond white, which rounding cannot reach, would be black */
    ISA(ushort4) xz = {0, t.x[(unsigned)at[0]], t.z[(unsigned)at[2]], 0};
    *(ISA(ushort4) *)out = *(const ISA(ushort4) *)(t.y + 4 * (unsigned)at[1]) + xz;
}

static void ISA(lab_u8)(const lab_tables *tables, const uint8_t *pixels, ptrdiff_t n, int16_t *out)
{
    ISA(lab_constants) t = ISA(lab_prepare)(tables);
    for (ptrdiff_t i = 0; i < n; i++, pixels += 3)
        ISA(lab_pixel)(t, pixels[0], pixels[1], pixels[2], out + 4 * i);
}

static void ISA(lab_u16)(const lab_tables *tables, const uint16_t *pixels, ptrdiff_t n, int16_t *out)
{
    ISA(lab_constants) t = ISA(lab_prepare)(tables);
    for (ptrdiff_t i = 0; i < n; i++, pixels += 3)
        ISA(lab_pixel)(t, pixels[0], pixels[1], pixels[2], out + 4 * i);
}

/* (before + 2 here + behind) / 4, where a neighbor that lies beyond an edge counts as `here` itself. */
static inline __attribute__((always_inline)) int16_t ISA(smooth)(int16_t before, int16_t here, int16_t behind, int16_t edge)
{
    int16_t down = (int16_t)(before - here), up = (int16_t)(behind - here), least = (int16_t)-edge;
    down = down <= edge && down >= least ? down : 0;
    up = up <= edge && up >= least ? up : 0;
    return (int16_t)(here + ((int16_t)(down + up + 2) >> 2));
}

static void ISA(blur_rows)(const int16_t *rows, ptrdiff_t n_rows, ptrdiff_t width, ptrdiff_t d, int16_t edge, int16_t *out,
                           int16_t *scratch)
{
    ptrdiff_t n = width * d;
    int16_t *across = scratch + d; /* with a pixel before and one behind, copies of the outermost */
    for (ptrdiff_t y = 0; y < n_rows; y++, rows += n, out += n) {
        const int16_t *above = rows, *here = rows + n, *below = here + n;
        for (ptrdiff_t i = 0; i < n; i++)
            across[i] = ISA(smooth)(above[i], here[i], below[i], edge);
        for (ptrdiff_t i = 0; i < d; i++) {
            scratch[i] = across[i];
            across[n + i] = across[n - d + i];
        }
        const int16_t *left = scratch, *middle = scratch + d, *right = scratch + 2 * d;
        for (ptrdiff_t i = 0; i < n; i++)
            out[i] = ISA(smooth)(left[i], middle[i], right[i], edge);
    }
}

/* One block of up to four, at the border or where weights differ: the weighted mean, rounded to the nearest. */
static void ISA(mean_block)(const int16_t *fine, const uint16_t *fine_weights, ptrdiff_t height, ptrdiff_t width, ptrdiff_t d, ptrdiff_t y,
                            ptrdiff_t x, int16_t *coarse, uint16_t *weight)
{
    int64_t n = 0;
    for (ptrdiff_t c = 0; c < d; c++) {
        int64_t sum = 0;
        n = 0;
        for (ptrdiff_t v = 2 * y; v < 2 * y + 2 && v < height; v++)
            for (ptrdiff_t u = 2 * x; u < 2 * x + 2 && u < width; u++) {
                int64_t w = fine_weights ? fine_weights[v * width + u] : 1;
                n += w;
                sum += w * (fine[(v * width + u) * d + c] + LIFT);
            }
        coarse[c] = (int16_t)(n ? (sum + n / 2) / n - LIFT : 0); /* lifted above 0, where division rounds down */
    }
    *weight = (uint16_t)n;
}

/* A row of whole blocks without weights. */
static inline __attribute__((always_inline)) void ISA(halve_row)(const int16_t *above, const int16_t *below, ptrdiff_t n, ptrdiff_t d,
                                                                 int16_t *coarse)
{
    for (ptrdiff_t x = 0; x < n; x++, above += 2 * d, below += 2 * d, coarse += d)
        for (ptrdiff_t c = 0; c < d; c += 4) {
            ISA(int4) sum = ISA(widen)(above + c) + ISA(widen)(above + d + c) + ISA(widen)(below + c) + ISA(widen)(below + d + c);
            *(ISA(short4) *)(coarse + c) = __builtin_convertvector((sum + 2) >> 2, ISA(short4));
        }
}

/* Blocks of equal weight in a row are averaged as if they had none. */
static void ISA(halve_weighted)(const int16_t *fine, const uint16_t *weights, ptrdiff_t height, ptrdiff_t width, ptrdiff_t d, ptrdiff_t y,
                                int16_t *coarse, uint16_t *coarse_weights)
{
    for (ptrdiff_t x = 0; x < (width + 1) / 2; x++) {
        ptrdiff_t at = 2 * y * width + 2 * x;
        const uint16_t *w = weights + at;
        int whole = 2 * y + 1 < height && 2 * x + 1 < width;
        if (whole && !(w[0] | w[1] | w[width] | w[width + 1])) {
            memset(coarse + x * d, 0, sizeof *coarse * (size_t)d);
            coarse_weights[x] = 0;
            continue;
        }
        if (!whole || w[0] != w[1] || w[0] != w[width] || w[0] != w[width + 1]) {
            ISA(mean_block)(fine, weights, height, width, d, y, x, coarse + x * d, coarse_weights + x);
            continue;
        }
        ISA(halve_row)(fine + at * d, fine + (at + width) * d, 1, d, coarse + x * d);
        coarse_weights[x] = (uint16_t)(4 * w[0]);
    }
}

static void ISA(halve)(const int16_t *fine, const uint16_t *fine_weights, ptrdiff_t height, ptrdiff_t width, ptrdiff_t d, int16_t *coarse,
                       uint16_t *weights)
{
    ptrdiff_t half = (width + 1) / 2, whole = width / 2;
    for (ptrdiff_t y = 0; 2 * y < height; y++, coarse += half * d, weights += half) {
        if (fine_weights) {
            ISA(halve_weighted)(fine, fine_weights, height, width, d, y, coarse, weights);
            continue;
        }
        const int16_t *above = fine + 2 * y * width * d, *below = above + width * d;
        ptrdiff_t done = 2 * y + 1 < height ? whole : 0;
        if (d == 4) /* the usual case, unrolled */
            ISA(halve_row)(above, below, done, 4, coarse);
        else
            ISA(halve_row)(above, below, done, d, coarse);
        for (ptrdiff_t x = 0; x < done; x++)
            weights[x] = 4;
        for (ptrdiff_t x = done; x < half; x++)
            ISA(mean_block)(fine, NULL, height, width, d, y, x, coarse + x * d, weights + x);
    }
}
