/* SLIC's assignment for one instruction set: blocks of SLIC_ROWS visited rows by SLIC_COLUMNS columns, pixels in lanes.
   Every distance is computed elementwise in one order, so its bits do not depend on the vector width. */

typedef float ISA(slic_vector) __attribute__((vector_size(8 * ISA_DOUBLES), aligned(4), may_alias));
typedef int32_t ISA(slic_mask) __attribute__((vector_size(8 * ISA_DOUBLES), aligned(4), may_alias));
typedef int32_t ISA(slic_eight) __attribute__((vector_size(32), aligned(4), may_alias));
typedef int16_t ISA(slic_short_eight) __attribute__((vector_size(16), aligned(2), may_alias));
#define V ISA(slic_vector)
#define M ISA(slic_mask)
#define EIGHT ISA(slic_eight)
#define SHORT_EIGHT ISA(slic_short_eight)
enum { ISA(slic_lanes) = 2 * ISA_DOUBLES };
#define LANES ISA(slic_lanes)

/* The tile's rows as planes of float: planes[(row * d + feature) * TILE + column]; beyond the image the last row and column repeat. */
static inline __attribute__((always_inline)) void ISA(slic_planes)(const slic_problem *p, const ptrdiff_t d, const ptrdiff_t *rows,
                                                                   ptrdiff_t begin, ptrdiff_t columns, float *restrict planes)
{
    for (int r = 0; r < SLIC_ROWS; r++) {
        const int16_t *from = p->features + (rows[r] * p->width + begin) * d;
        float *to = planes + r * d * TILE;
        for (ptrdiff_t x = 0; x < columns; x++)
            for (ptrdiff_t j = 0; j < d; j++)
                to[j * TILE + x] = (float)from[x * d + j];
        for (ptrdiff_t x = columns; x % SLIC_COLUMNS; x++)
            for (ptrdiff_t j = 0; j < d; j++)
                to[j * TILE + x] = to[j * TILE + x - 1];
    }
}

/* Compare one vector of columns of all rows of a block with its candidates; ties stay with the lower index. */
static inline __attribute__((always_inline)) void ISA(slic_compare)(const slic_problem *p, const ptrdiff_t d, const float *planes, V x,
                                                                    const float *y, const int32_t *candidates, ptrdiff_t n,
                                                                    int32_t *nearest)
{
    V best[SLIC_ROWS];
    M label[SLIC_ROWS];
#pragma GCC unroll 4
    for (int r = 0; r < SLIC_ROWS; r++) {
        best[r] = (V){0} + INFINITY;
        label[r] = (M){0};
    }
    for (ptrdiff_t i = 0; i < n; i++) {
        const float *center = p->centers + candidates[i] * (d + 2);
        V sum[SLIC_ROWS], dx = x - center[d + 1];
        dx *= dx;
#pragma GCC unroll 4
        for (int r = 0; r < SLIC_ROWS; r++) {
            float dy = y[r] - center[d];
            sum[r] = dx + dy * dy;
        }
        for (ptrdiff_t j = 0; j < d; j++)
#pragma GCC unroll 4
            for (int r = 0; r < SLIC_ROWS; r++) {
                V t = *(const V *)(planes + (r * d + j) * TILE) - center[j];
                sum[r] += t * t;
            }
#pragma GCC unroll 4
        for (int r = 0; r < SLIC_ROWS; r++) {
            M nearer = sum[r] < best[r];
            label[r] = (nearer & candidates[i]) | (~nearer & label[r]);
            best[r] = (V)((nearer & (M)sum[r]) | (~nearer & (M)best[r]));
        }
    }
#pragma GCC unroll 4
    for (int r = 0; r < SLIC_ROWS; r++)
        *(M *)(nearest + r * SLIC_COLUMNS) = label[r];
}

/* Take over a row of new labels where the old one is not negative; returns how many changed. */
static inline __attribute__((always_inline)) int64_t ISA(slic_take)(const int32_t *restrict nearest, ptrdiff_t n, int32_t *restrict labels)
{
    int32_t changed = 0;
    for (ptrdiff_t x = 0; x < n; x++) {
        int32_t old = labels[x], label = old < 0 ? old : nearest[x];
        changed += label != old;
        labels[x] = label;
    }
    return changed;
}

/* Add the features of n pixels, in int32: at most a tile of them. */
static inline __attribute__((always_inline)) void ISA(slic_add_run)(const int16_t *features, const ptrdiff_t d, ptrdiff_t n, int64_t *sum)
{
    ptrdiff_t i = 0;
    if (d == 4 && n > 1) { /* two pixels at a time */
        EIGHT total = {0};
        for (; i + 2 <= n; i += 2)
            total += __builtin_convertvector(*(const SHORT_EIGHT *)(features + 4 * i), EIGHT);
        for (int j = 0; j < 4; j++)
            sum[j] = wrapped_sum(sum[j], total[j] + total[j + 4]);
    }
    for (; i < n; i++)
        for (ptrdiff_t j = 0; j < d; j++)
            sum[j] = wrapped_sum(sum[j], features[i * d + j]);
}

/* Add the features, positions and number of a row's pixels to the sums of their labels, a run of equal labels at a time. */
static inline __attribute__((always_inline)) void ISA(slic_add)(const int16_t *features, const ptrdiff_t d, const int32_t *labels,
                                                                ptrdiff_t row, ptrdiff_t begin, ptrdiff_t columns, int64_t *sums)
{
    for (ptrdiff_t x = 0, stop; x < columns; x = stop) {
        int32_t label = labels[x];
        for (stop = x + 1; stop < columns && labels[stop] == label;)
            stop++;
        if (label < 0)
            continue;
        int64_t *sum = sums + label * (d + 3), n = stop - x;
        ISA(slic_add_run)(features + x * d, d, n, sum);
        sum[d] = wrapped_sum(sum[d], row * n);
        sum[d + 1] = wrapped_sum(sum[d + 1], (2 * begin + x + stop - 1) * n / 2);
        sum[d + 2] = wrapped_sum(sum[d + 2], n);
    }
}

/* Whether a block has a pixel to label. */
static inline int ISA(slic_inside)(const slic_problem *p, const ptrdiff_t *rows, ptrdiff_t begin, ptrdiff_t n, const int32_t *labels)
{
    for (int r = 0; r < SLIC_ROWS; r++)
        for (ptrdiff_t x = 0; x < n; x++)
            if (labels[rows[r] * p->width + begin + x] >= 0)
                return 1;
    return 0;
}

static inline __attribute__((always_inline)) int64_t ISA(slic_block)(const slic_problem *p, const ptrdiff_t d, const float *planes,
                                                                     const ptrdiff_t *rows, ptrdiff_t n_rows, ptrdiff_t begin, ptrdiff_t n,
                                                                     const int32_t *candidates, ptrdiff_t n_candidates, int32_t *labels)
{
    if (!ISA(slic_inside)(p, rows, begin, n, labels))
        return 0;
    float x[SLIC_COLUMNS], y[SLIC_ROWS];
    for (int i = 0; i < SLIC_COLUMNS; i++)
        x[i] = (float)(begin + i) * p->scale;
    for (int r = 0; r < SLIC_ROWS; r++)
        y[r] = (float)rows[r] * p->scale;
    int32_t nearest[SLIC_ROWS * SLIC_COLUMNS], alone;
    if (!n_candidates) {
        alone = nearest_by_position(p, y[SLIC_ROWS / 2], x[SLIC_COLUMNS / 2]);
        candidates = &alone;
        n_candidates = 1;
    }
    for (int v = 0; v < SLIC_COLUMNS; v += LANES)
        ISA(slic_compare)(p, d, planes + v, *(const V *)(x + v), y, candidates, n_candidates, nearest + v);
    int64_t changed = 0;
    for (int r = 0; r < n_rows; r++) {
        int32_t *row = labels + rows[r] * p->width + begin;
        changed += n == SLIC_COLUMNS ? ISA(slic_take)(nearest + r * SLIC_COLUMNS, SLIC_COLUMNS, row)
                                     : ISA(slic_take)(nearest + r * SLIC_COLUMNS, n, row);
    }
    return changed;
}

/* Blocks of one row of blocks, a tile of columns at a time: its planes stay in the cache nearest by. */
static inline __attribute__((always_inline)) int64_t ISA(slic_block_row)(const slic_problem *p, const ptrdiff_t d, ptrdiff_t block_row,
                                                                         int32_t *labels, int64_t *sums, const int32_t *offsets,
                                                                         const int32_t *list, float *planes)
{
    int64_t changed = 0;
    ptrdiff_t rows[SLIC_ROWS], start = block_row * SLIC_ROWS, visited = (p->height - p->phase + p->step - 1) / p->step;
    ptrdiff_t n_rows = visited - start < SLIC_ROWS ? visited - start : SLIC_ROWS;
    for (ptrdiff_t r = 0; r < SLIC_ROWS; r++)
        rows[r] = p->phase + (start + (r < n_rows ? r : n_rows - 1)) * p->step;
    for (ptrdiff_t begin = 0; begin < p->width; begin += TILE) {
        ptrdiff_t columns = p->width - begin < TILE ? p->width - begin : TILE;
        ISA(slic_planes)(p, d, rows, begin, columns, planes);
        for (ptrdiff_t x = 0; x < columns; x += SLIC_COLUMNS) {
            ptrdiff_t block = (begin + x) / SLIC_COLUMNS, n = columns - x < SLIC_COLUMNS ? columns - x : SLIC_COLUMNS;
            changed += ISA(slic_block)(p, d, planes + x, rows, n_rows, begin + x, n, list + offsets[block],
                                       offsets[block + 1] - offsets[block], labels);
        }
        for (int r = 0; r < n_rows; r++) {
            ptrdiff_t at = rows[r] * p->width + begin;
            ISA(slic_add)(p->features + at * d, d, labels + at, rows[r], begin, columns, sums);
        }
    }
    return changed;
}

static int64_t ISA(slic_assign)(const slic_problem *p, ptrdiff_t first, ptrdiff_t end, int32_t *labels, int64_t *sums, int32_t *candidates,
                                float *planes)
{
    int64_t changed = 0;
    ptrdiff_t n_blocks = (p->width + SLIC_COLUMNS - 1) / SLIC_COLUMNS;
    block_candidates found = {candidates, candidates + n_blocks + 2};
    for (ptrdiff_t block_row = first; block_row < end; block_row++) {
        find_candidates(p, block_row, n_blocks, found);
        if (p->d == 4) /* colors: a constant that the compiler unrolls */
            changed += ISA(slic_block_row)(p, 4, block_row, labels, sums, found.offsets, found.list + p->k, planes);
        else
            changed += ISA(slic_block_row)(p, p->d, block_row, labels, sums, found.offsets, found.list + p->k, planes);
    }
    return changed;
}

#undef V
#undef M
#undef EIGHT
#undef SHORT_EIGHT
#undef LANES
