/* Assignment of any (n, d) points to the nearest of k centers, for one element type (REAL) and one instruction set.
   Points stand in lanes and dimensions are added in order, so each distance has the same bits whatever the vector width. */

/* Four points by four dimensions at a time, in registers; what is left one by one, rows first: columns first takes three times as long. */
static void ISA(REAL_NAME(transpose))(const REAL *X, ptrdiff_t count, ptrdiff_t d, REAL *restrict xt)
{
    typedef REAL four __attribute__((vector_size(4 * sizeof(REAL)), aligned(sizeof(REAL)), may_alias));
    typedef REAL_INT SHUFFLE_INDEX __attribute__((vector_size(4 * sizeof(REAL)), unused));
    ptrdiff_t whole = count == ASSIGN_BLOCK ? d / 4 * 4 : 0;
    for (ptrdiff_t b = 0; b < (whole ? ASSIGN_BLOCK : 0); b += 4)
        for (ptrdiff_t j = 0; j < whole; j += 4) {
            const REAL *x = X + b * d + j;
            four r0 = *(const four *)x, r1 = *(const four *)(x + d), r2 = *(const four *)(x + 2 * d), r3 = *(const four *)(x + 3 * d);
            four low01 = SHUFFLE4(r0, r1, 0, 4, 1, 5), high01 = SHUFFLE4(r0, r1, 2, 6, 3, 7);
            four low23 = SHUFFLE4(r2, r3, 0, 4, 1, 5), high23 = SHUFFLE4(r2, r3, 2, 6, 3, 7);
            REAL *to = xt + j * ASSIGN_BLOCK + b;
            *(four *)to = SHUFFLE4(low01, low23, 0, 1, 4, 5);
            *(four *)(to + ASSIGN_BLOCK) = SHUFFLE4(low01, low23, 2, 3, 6, 7);
            *(four *)(to + 2 * ASSIGN_BLOCK) = SHUFFLE4(high01, high23, 0, 1, 4, 5);
            *(four *)(to + 3 * ASSIGN_BLOCK) = SHUFFLE4(high01, high23, 2, 3, 6, 7);
        }
    for (ptrdiff_t b = 0; b < ASSIGN_BLOCK; b++) {
        const REAL *row = X + (b < count ? b : count - 1) * d;
        for (ptrdiff_t j = whole; j < d; j++)
            xt[j * ASSIGN_BLOCK + b] = row[j];
    }
}

typedef REAL ISA(REAL_NAME(vector)) __attribute__((vector_size(8 * ISA_DOUBLES), aligned(sizeof(REAL)), may_alias));
typedef REAL_INT ISA(REAL_NAME(mask)) __attribute__((vector_size(8 * ISA_DOUBLES), aligned(sizeof(REAL)), may_alias));
#define V ISA(REAL_NAME(vector))
#define M ISA(REAL_NAME(mask))
enum { ISA(REAL_NAME(lanes)) = 8 * ISA_DOUBLES / sizeof(REAL) };
#define LANES ISA(REAL_NAME(lanes))
/* Points (in vectors) and centers at a time: their sums stay in registers, of which AVX-512 has 32 and the others 16. */
#define TILE (ISA_DOUBLES == 8 ? 4 : 2)
enum { ISA(REAL_NAME(centers_at_once)) = 4 };
#define AT_ONCE ISA(REAL_NAME(centers_at_once))

/* Compare TILE vectors of points with `count` centers (a constant) and keep the nearest; ties stay with the lower index. */
static inline __attribute__((always_inline)) void ISA(REAL_NAME(compare))(const REAL *xt, ptrdiff_t d, const REAL *centers, ptrdiff_t first,
                                                                          const int count, V *best, M *label)
{
    V sum[AT_ONCE][TILE];
#pragma GCC unroll 4
    for (int c = 0; c < count; c++)
#pragma GCC unroll 4
        for (int v = 0; v < TILE; v++) {
            V t = *(const V *)(xt + v * LANES) - centers[(first + c) * d];
            sum[c][v] = t * t;
        }
    for (ptrdiff_t j = 1; j < d; j++)
#pragma GCC unroll 4
        for (int c = 0; c < count; c++)
#pragma GCC unroll 4
            for (int v = 0; v < TILE; v++) {
                V t = *(const V *)(xt + j * ASSIGN_BLOCK + v * LANES) - centers[(first + c) * d + j];
                sum[c][v] += t * t;
            }
#pragma GCC unroll 4
    for (int c = 0; c < count; c++)
#pragma GCC unroll 4
        for (int v = 0; v < TILE; v++) {
            M nearer = sum[c][v] < best[v];
            label[v] = (nearer & (REAL_INT)(first + c)) | (~nearer & label[v]);
            best[v] = (V)((nearer & (M)sum[c][v]) | (~nearer & (M)best[v]));
        }
}

static inline __attribute__((always_inline)) void ISA(REAL_NAME(nearest_in_block))(const REAL *xt, ptrdiff_t d, const REAL *centers,
                                                                                   ptrdiff_t k, REAL *best, REAL_INT *label)
{
    for (ptrdiff_t start = 0; start < ASSIGN_BLOCK; start += TILE * LANES) {
        V nearest[TILE];
        M index[TILE];
#pragma GCC unroll 4
        for (int v = 0; v < TILE; v++) {
            nearest[v] = (V){0} + (REAL)INFINITY;
            index[v] = (M){0};
        }
        ptrdiff_t c = 0;
        for (; c + AT_ONCE <= k; c += AT_ONCE)
            ISA(REAL_NAME(compare))(xt + start, d, centers, c, AT_ONCE, nearest, index);
        for (; c < k; c++)
            ISA(REAL_NAME(compare))(xt + start, d, centers, c, 1, nearest, index);
#pragma GCC unroll 4
        for (int v = 0; v < TILE; v++) {
            *(V *)(best + start + v * LANES) = nearest[v];
            *(M *)(label + start + v * LANES) = index[v];
        }
    }
}

/* screen holds what a look at the distances needs (screen.inc.h), or is NULL: then all are compared exactly, to the same result. */
static assign_result ISA(REAL_NAME(assign))(const REAL *X, const double *w, ptrdiff_t n, ptrdiff_t d, const REAL *centers, ptrdiff_t k,
                                            int32_t *labels, REAL *distances, double *sums, double *counts, REAL *scratch, double *middle,
                                            REAL *columns, float *screen)
{
    assign_result result = {0.0, 0};
    REAL best[ASSIGN_BLOCK];
    REAL_INT label[ASSIGN_BLOCK];
    ISA(REAL_NAME(look)) look = {0};
    enum { A_LINE = 64 / sizeof(REAL) }; /* of the cache */
    int looks = 0;
    ptrdiff_t open = 0;
    if (screen) {
        look.middle = middle, look.columns = columns, look.minus = screen, look.half = screen + k * d;
        looks = ISA(REAL_NAME(look_at_centers))(centers, d, k, &look);
    }
    for (ptrdiff_t start = 0; start < n; start += ASSIGN_BLOCK) {
        ptrdiff_t count = n - start < ASSIGN_BLOCK ? n - start : ASSIGN_BLOCK;
        ISA(REAL_NAME(transpose))(X + start * d, count, d, scratch);
        if (looks) {
            open += ISA(REAL_NAME(screened_block))(X + start * d, scratch, count, d, centers, k, &look, screen + k * (d + 1), best, label);
            looks = open <= ASSIGN_BLOCK + start / 2; /* in vain for most points: centers that coincide, or data far beyond them */
        } else if (d == 3)                            /* colors: a constant that the compiler unrolls */
            ISA(REAL_NAME(nearest_in_block))(scratch, 3, centers, k, best, label);
        else
            ISA(REAL_NAME(nearest_in_block))(scratch, d, centers, k, best, label);
        for (ptrdiff_t b = 0; b < count; b++) {
            ptrdiff_t i = start + b, l = (ptrdiff_t)label[b];
            double wi = w[i];
            if (d > A_LINE && i + ASSIGN_BLOCK < n) /* long rows come too late by themselves */
                for (ptrdiff_t j = 0; j < d; j += A_LINE)
                    __builtin_prefetch(X + (i + ASSIGN_BLOCK) * d + j);
            result.changed += labels[i] != (int32_t)l;
            labels[i] = (int32_t)l;
            distances[i] = best[b];
            result.objective += wi * (double)best[b];
            counts[l] += wi;
            for (ptrdiff_t j = 0; j < d; j++)
                sums[l * d + j] += wi * (double)X[i * d + j];
        }
    }
    return result;
}

static double ISA(REAL_NAME(nearer))(const REAL *restrict Xt, const double *restrict w, ptrdiff_t n, ptrdiff_t d,
                                     const REAL *restrict center, const REAL *restrict distances, REAL *restrict out)
{
    double lanes[NEARER_LANES] = {0}, total = 0.0;
    for (ptrdiff_t start = 0; start < n; start += NEARER_BLOCK) {
        ptrdiff_t count = n - start < NEARER_BLOCK ? n - start : NEARER_BLOCK;
        REAL acc[NEARER_BLOCK] = {0};
        for (ptrdiff_t j = 0; j < d; j++) {
            const REAL *x = Xt + j * n + start;
            REAL c = center[j];
            for (ptrdiff_t b = 0; b < count; b++) {
                REAL t = x[b] - c;
                acc[b] += t * t;
            }
        }
        for (ptrdiff_t b = 0; b < count; b++) {
            REAL old = distances[start + b];
            out[start + b] = acc[b] = acc[b] < old ? acc[b] : old;
        }
        ptrdiff_t b = 0;
        for (; b + NEARER_LANES <= count; b += NEARER_LANES)
            for (int lane = 0; lane < NEARER_LANES; lane++)
                lanes[lane] += w[start + b + lane] * (double)acc[b + lane];
        for (int lane = 0; b < count; b++, lane++)
            lanes[lane] += w[start + b] * (double)acc[b];
    }
    for (int lane = 0; lane < NEARER_LANES; lane++)
        total += lanes[lane];
    return total;
}

#undef V
#undef M
#undef LANES
#undef TILE
#undef AT_ONCE
