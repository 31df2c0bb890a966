/* A cheap look at the distances, for one element type (REAL) and one instruction set: in float32, and as ||c||^2 / 2 - x.c, which is one
   multiply-add a dimension. Where the nearest center wins by more than the look can be wrong, it is the one that exact comparison finds;
   the other points are compared exactly (floating-point filters: Shewchuk 1997, doi:10.1007/PL00009321). So the look may round as it likes. */

typedef float ISA(REAL_NAME(quick)) __attribute__((vector_size(8 * ISA_DOUBLES), aligned(sizeof(float)), may_alias));
typedef int32_t ISA(REAL_NAME(quick_index)) __attribute__((vector_size(8 * ISA_DOUBLES), aligned(sizeof(float)), may_alias));
#define Q ISA(REAL_NAME(quick))
#define QI ISA(REAL_NAME(quick_index))
#define QUICK_LANES (2 * ISA_DOUBLES)
/* As in assign.inc.h, for floats. */
#define QUICK_TILE (ISA_DOUBLES == 8 ? 4 : 2)
enum { ISA(REAL_NAME(quick_at_once)) = 4 };
#define QUICK_AT_ONCE ISA(REAL_NAME(quick_at_once))
/* Smallest and largest power of two by which centers are scaled, so that squares neither vanish nor overflow. */
#define QUICK_POWERS (sizeof(REAL) == sizeof(float) ? 40 : 400)

#if ISA_DOUBLES == 8
#define QUICK_FMA(a, b, c) ((Q)_mm512_fmadd_ps((__m512)(a), (__m512)(b), (__m512)(c)))
#define QUICK_MIN(a, b) ((Q)_mm512_min_ps((__m512)(a), (__m512)(b)))
#define QUICK_MAX(a, b) ((Q)_mm512_max_ps((__m512)(a), (__m512)(b)))
#elif ISA_DOUBLES == 4
#define QUICK_FMA(a, b, c) ((Q)_mm256_fmadd_ps((__m256)(a), (__m256)(b), (__m256)(c)))
#define QUICK_MIN(a, b) ((Q)_mm256_min_ps((__m256)(a), (__m256)(b)))
#define QUICK_MAX(a, b) ((Q)_mm256_max_ps((__m256)(a), (__m256)(b)))
#elif defined(__aarch64__)
#define QUICK_FMA(a, b, c) ((Q)vfmaq_f32((float32x4_t)(c), (float32x4_t)(a), (float32x4_t)(b)))
#define QUICK_MIN(a, b) ((Q)vminq_f32((float32x4_t)(a), (float32x4_t)(b)))
#define QUICK_MAX(a, b) ((Q)vmaxq_f32((float32x4_t)(a), (float32x4_t)(b)))
#else
#define QUICK_FMA(a, b, c) ((a) * (b) + (c))
#define QUICK_MIN(a, b) ((Q)((((a) < (b)) & (QI)(a)) | (~((a) < (b)) & (QI)(b))))
#define QUICK_MAX(a, b) ((Q)((((a) > (b)) & (QI)(a)) | (~((a) > (b)) & (QI)(b))))
#endif

/* The centers as the look takes them: moved to their middle, scaled to norms of at most 1, and negated. */
typedef struct {
    double scale, reach; /* reach: the largest norm of a scaled center */
    double *middle;      /* [d] */
    float *minus;        /* [k, d] */
    float *half;         /* [k]: half the squared norms */
    REAL *columns;       /* [d, k]: the centers as they are, for exact comparison of single points */
} ISA(REAL_NAME(look));

/* Returns 0 if the centers cannot be scaled so that no bit of a difference is lost; then there is no look. */
static int ISA(REAL_NAME(look_at_centers))(const REAL *centers, ptrdiff_t d, ptrdiff_t k, ISA(REAL_NAME(look)) * look)
{
    for (ptrdiff_t j = 0; j < d; j++) {
        double total = 0.0;
        for (ptrdiff_t c = 0; c < k; c++)
            total += (double)centers[c * d + j];
        look->middle[j] = (double)(REAL)(total / (double)k);
    }
    double largest = 0.0;
    for (ptrdiff_t c = 0; c < k; c++) {
        double norm = 0.0;
        for (ptrdiff_t j = 0; j < d; j++) {
            double t = (double)centers[c * d + j] - look->middle[j];
            norm += t * t;
            look->columns[j * k + c] = centers[c * d + j];
        }
        if (!(norm <= largest))
            largest = norm; /* and not a number, if one is */
    }
    int power;
    if (!(largest > 0.0) || !isfinite(largest))
        return 0;
    (void)frexp(sqrt(largest), &power);
    if (power < -QUICK_POWERS || power > QUICK_POWERS)
        return 0;
    look->scale = ldexp(1.0, -power);
    look->reach = sqrt(largest) * look->scale;
    for (ptrdiff_t c = 0; c < k; c++) {
        double norm = 0.0;
        for (ptrdiff_t j = 0; j < d; j++) {
            double t = ((double)centers[c * d + j] - look->middle[j]) * look->scale;
            norm += t * t;
            look->minus[c * d + j] = (float)-t;
        }
        look->half[c] = (float)(0.5 * norm);
    }
    return 1;
}

/* Compare QUICK_TILE vectors of points with `count` centers (a constant): the least value, the next, and whose the least is. */
static inline __attribute__((always_inline)) void ISA(REAL_NAME(quick_compare))(const float *xt, ptrdiff_t d, const float *minus,
                                                                                const float *half, ptrdiff_t first, const int count,
                                                                                Q *best, Q *second, QI *label)
{
    Q sum[QUICK_AT_ONCE][QUICK_TILE];
#pragma GCC unroll 4
    for (int c = 0; c < count; c++)
#pragma GCC unroll 4
        for (int v = 0; v < QUICK_TILE; v++)
            sum[c][v] = half[first + c] - (Q){0};
    for (ptrdiff_t j = 0; j < d; j++)
#pragma GCC unroll 4
        for (int c = 0; c < count; c++)
#pragma GCC unroll 4
            for (int v = 0; v < QUICK_TILE; v++)
                sum[c][v] =
                    QUICK_FMA(*(const Q *)(xt + j * ASSIGN_BLOCK + v * QUICK_LANES), minus[(first + c) * d + j] - (Q){0}, sum[c][v]);
#pragma GCC unroll 4
    for (int c = 0; c < count; c++)
#pragma GCC unroll 4
        for (int v = 0; v < QUICK_TILE; v++) {
            QI nearer = sum[c][v] < best[v];
            second[v] = QUICK_MIN(second[v], QUICK_MAX(best[v], sum[c][v]));
            best[v] = QUICK_MIN(best[v], sum[c][v]);
            label[v] = (nearer & (int32_t)(first + c)) | (~nearer & label[v]);
        }
}

static void ISA(REAL_NAME(quick_block))(const float *xt, ptrdiff_t d, const float *minus, const float *half, ptrdiff_t k, float *best,
                                        float *second, int32_t *label)
{
    for (ptrdiff_t start = 0; start < ASSIGN_BLOCK; start += QUICK_TILE * QUICK_LANES) {
        Q least[QUICK_TILE], next[QUICK_TILE];
        QI index[QUICK_TILE];
#pragma GCC unroll 4
        for (int v = 0; v < QUICK_TILE; v++) {
            least[v] = next[v] = INFINITY - (Q){0};
            index[v] = (QI){0};
        }
        ptrdiff_t c = 0;
        for (; c + QUICK_AT_ONCE <= k; c += QUICK_AT_ONCE)
            ISA(REAL_NAME(quick_compare))(xt + start, d, minus, half, c, QUICK_AT_ONCE, least, next, index);
        for (; c < k; c++)
            ISA(REAL_NAME(quick_compare))(xt + start, d, minus, half, c, 1, least, next, index);
#pragma GCC unroll 4
        for (int v = 0; v < QUICK_TILE; v++) {
            *(Q *)(best + start + v * QUICK_LANES) = least[v];
            *(Q *)(second + start + v * QUICK_LANES) = next[v];
            *(QI *)(label + start + v * QUICK_LANES) = index[v];
        }
    }
}

/* The nearest center of one point by exact comparison, centers in lanes: the distances are those of nearest_in_block. */
static ptrdiff_t ISA(REAL_NAME(nearest_of_one))(const REAL *x, ptrdiff_t d, const REAL *columns, ptrdiff_t k, REAL *distance)
{
    enum { GROUP = 32 };
    REAL least = (REAL)INFINITY, sum[GROUP];
    ptrdiff_t label = 0;
    for (ptrdiff_t first = 0; first < k; first += GROUP) {
        ptrdiff_t count = k - first < GROUP ? k - first : GROUP;
        for (ptrdiff_t c = 0; c < count; c++) {
            REAL t = x[0] - columns[first + c];
            sum[c] = t * t;
        }
        for (ptrdiff_t j = 1; j < d; j++)
            for (ptrdiff_t c = 0; c < count; c++) {
                REAL t = x[j] - columns[j * k + first + c];
                sum[c] += t * t;
            }
        for (ptrdiff_t c = 0; c < count; c++)
            if (sum[c] < least) {
                least = sum[c];
                label = first + c;
            }
    }
    *distance = least;
    return label;
}

/* Label a block by the look, and those of its `count` points that it leaves open exactly; xt holds them in columns, x in rows. Returns how
   many were open. */
static int64_t ISA(REAL_NAME(screened_block))(const REAL *x, const REAL *xt, ptrdiff_t count, ptrdiff_t d, const REAL *centers, ptrdiff_t k,
                                              const ISA(REAL_NAME(look)) * look, float *quick, REAL *best, REAL_INT *label)
{
    float norm[ASSIGN_BLOCK] = {0}, least[ASSIGN_BLOCK], next[ASSIGN_BLOCK];
    int32_t index[ASSIGN_BLOCK];
    REAL scale = (REAL)look->scale;
    for (ptrdiff_t j = 0; j < d; j++)
        for (ptrdiff_t b = 0; b < ASSIGN_BLOCK; b++) {
            float t = (float)((xt[j * ASSIGN_BLOCK + b] - (REAL)look->middle[j]) * scale);
            quick[j * ASSIGN_BLOCK + b] = t;
            norm[b] += t * t;
        }
    ISA(REAL_NAME(quick_block))(quick, d, look->minus, look->half, k, least, next, index);
    for (ptrdiff_t b = 0; b < ASSIGN_BLOCK; b++)
        best[b] = 0;
    for (ptrdiff_t j = 0; j < d; j++)
        for (ptrdiff_t b = 0; b < ASSIGN_BLOCK; b++) {
            REAL t = xt[j * ASSIGN_BLOCK + b] - centers[index[b] * d + j];
            best[b] += t * t;
        }
    /* A value of the look is off by (d + 5) u (||c||^2 / 2 + ||x|| ||c||) at most: d + 2 for the sum, 2 for x and c as floats, 1 for the half
       (Higham 2002, section 3.1); an exact distance by d + 2 of its own u, and 1 % more for products of these. */
    double looking = 1.01 * (double)(d + 6) * 0x1p-24, exact = 2.02 * (double)(d + 3) * (sizeof(REAL) == sizeof(float) ? 0x1p-24 : 0x1p-53);
    int64_t is_open[ASSIGN_BLOCK], open = 0;
    for (ptrdiff_t b = 0; b < ASSIGN_BLOCK; b++) {
        double squared = 1.001 * (double)norm[b], off = looking * look->reach * (0.5 * look->reach + sqrt(squared)) + 1e-18 * (double)d;
        double distance = squared + 2.0 * ((double)least[b] + off);
        double margin = 2.0 * off + 0.5 * exact * (distance > 0.0 ? distance : 0.0);
        is_open[b] = !(squared < 0x1p40) | !((double)next[b] - (double)least[b] > margin);
        label[b] = index[b];
    }
    for (ptrdiff_t b = 0; b < count; b++)
        if (is_open[b]) {
            label[b] = (REAL_INT)ISA(REAL_NAME(nearest_of_one))(x + b * d, d, look->columns, k, &best[b]);
            open++;
        }
    return open;
}

#undef Q
#undef QI
#undef QUICK_LANES
#undef QUICK_TILE
#undef QUICK_AT_ONCE
#undef QUICK_POWERS
#undef QUICK_FMA
#undef QUICK_MIN
#undef QUICK_MAX
