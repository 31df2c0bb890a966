/* The body of volume.c. A segment is a row of doubles: mean feature [d], z, y, x, weight of position, 1 / size. */
typedef double ISA(double4) __attribute__((vector_size(32), aligned(8), may_alias));
typedef int32_t ISA(int4) __attribute__((vector_size(16)));
typedef int32_t ISA(labels4) __attribute__((vector_size(16), aligned(4), may_alias));
typedef int16_t ISA(short4) __attribute__((vector_size(8), aligned(2), may_alias));

static inline __attribute__((always_inline)) ISA(int4) ISA(load)(const int16_t *f)
{
    return __builtin_convertvector(*(const ISA(short4) *)f, ISA(int4));
}

static inline __attribute__((always_inline)) double ISA(add_lanes)(ISA(double4) v) { return (v[0] + v[2]) + (v[1] + v[3]); }

static inline __attribute__((always_inline)) void ISA(describe)(const volume_terms *terms, const double *sum, ptrdiff_t d, double *segment)
{
    double size = sum[d + 3] > 0 ? sum[d + 3] : 1.0, inverse = 1.0 / size;
    ISA(double4) squares = {0, 0, 0, 0};
    for (ptrdiff_t c = 0; c < d; c += 4) {
        ISA(double4) mean = *(const ISA(double4) *)(sum + c) * inverse;
        *(ISA(double4) *)(segment + c) = mean;
        squares += mean * mean;
    }
    double variance = sum[d + 4] * BOUNDARY_SQUARE * inverse - ISA(add_lanes)(squares);
    for (int axis = 0; axis < 3; axis++)
        segment[d + axis] = sum[d + axis] * inverse;
    segment[d + 3] = terms->position * ((variance > 0 ? variance : 0) + terms->variance);
    segment[d + 4] = inverse;
}

/* Add what a block is made of to the sums of a segment, or take it away with a negative weight. */
static inline __attribute__((always_inline)) void ISA(add_block)(const int16_t *f, ptrdiff_t d, block_place at, double w, double *sum)
{
    ISA(int4) squares = {0, 0, 0, 0};
    for (ptrdiff_t c = 0; c < d; c += 4) {
        ISA(int4) values = ISA(load)(f + c);
        *(ISA(double4) *)(sum + c) += __builtin_convertvector(values, ISA(double4)) * w;
        squares += (values * values) >> 8; /* floor(f^2 / BOUNDARY_SQUARE) */
    }
    sum[d] += w * (double)at.z;
    sum[d + 1] += w * (double)at.y;
    sum[d + 2] += w * (double)at.x;
    sum[d + 3] += w;
    sum[d + 4] += w * ISA(add_lanes)(__builtin_convertvector(squares, ISA(double4)));
}

static inline __attribute__((always_inline)) void ISA(add_slices)(const volume_level *g, ptrdiff_t d, ptrdiff_t first, ptrdiff_t last,
                                                                  double *sums)
{
    ptrdiff_t i = first * g->height * g->width;
    for (ptrdiff_t z = first; z < last; z++)
        for (ptrdiff_t y = 0; y < g->height; y++)
            for (ptrdiff_t x = 0; x < g->width; x++, i++)
                if (g->labels[i] >= 0)
                    ISA(add_block)(g->features + i * d, d, (block_place){z, y, x}, g->weights ? g->weights[i] : 1.0,
                                   sums + g->labels[i] * (d + 5));
}

static void ISA(add_up)(const volume_level *g, ptrdiff_t first, ptrdiff_t last, double *sums)
{
    if (g->d == 4) /* the usual case, unrolled */
        ISA(add_slices)(g, 4, first, last, sums);
    else
        ISA(add_slices)(g, g->d, first, last, sums);
}

/* The labels of 3 x 3 x 3 blocks: nine rows from the block before the middle on, of which the fourth column is not looked at. */
typedef struct {
    ISA(int4) rows[9];
} ISA(surroundings);

static inline __attribute__((always_inline)) ISA(surroundings) ISA(look_around)(const volume_level *g, block_place at)
{
    ISA(surroundings) found;
    ptrdiff_t slice = g->height * g->width, i = at.z * slice + at.y * g->width + at.x - 1;
    int inner = at.z > 0 && at.y > 0 && at.x > 0 && at.z + 1 < g->depth && at.y + 1 < g->height && at.x + 2 < g->width;
    for (int row = 0; row < 9; row++) {
        ptrdiff_t w = row / 3 - 1, v = row % 3 - 1;
        const int32_t *from = g->labels + (i + w * slice + v * g->width);
        if (inner) {
            found.rows[row] = *(const ISA(labels4) *)from;
            continue;
        }
        int there = at.z + w >= 0 && at.y + v >= 0 && at.z + w < g->depth && at.y + v < g->height;
        for (int u = 0; u < 4; u++) /* -1 beyond the volume */
            found.rows[row][u] = there && u < 3 && at.x + u >= 1 && at.x + u <= g->width ? from[u] : -1;
    }
    return found;
}

/* Bits of all four lanes together. */
static inline __attribute__((always_inline)) unsigned ISA(gather_bits)(ISA(int4) v)
{
    typedef ISA(int4) SHUFFLE_INDEX __attribute__((unused));
    v |= SHUFFLE4(v, v, 2, 3, 0, 1);
    v |= SHUFFLE4(v, v, 1, 0, 3, 2);
    return (unsigned)v[0];
}

/* Which of the 26 neighbors have this label. */
static inline __attribute__((always_inline)) unsigned ISA(neighbors_of)(const ISA(surroundings) * s, int32_t label)
{
    const ISA(int4) wanted = {label, label, label, label}, bits = {1, 2, 4, 0};
    ISA(int4) same = {0, 0, 0, 0};
    for (int row = 0; row < 9; row++)
        same |= (s->rows[row] == wanted) & (bits << (3 * row));
    return ISA(gather_bits)(same) & ~MIDDLE;
}

/* Which of those behind the six faces are inside. */
static inline __attribute__((always_inline)) unsigned ISA(faces_inside)(const ISA(surroundings) * s)
{
    const ISA(int4) across = {1 << 12, 0, 1 << 14, 0};
    ISA(int4) inside = (s->rows[4] >= 0) & across;
    for (int row = 1; row < 9; row += 2) {
        const ISA(int4) bit = {0, 2 << (3 * row), 0, 0};
        inside |= (s->rows[row] >= 0) & bit;
    }
    return ISA(gather_bits)(inside);
}

/* What it costs to belong to a segment: to leave it for w > 0, to join it for w < 0. Either moves its mean (Hartigan and Wong): the squared
   distance counts n / (n - w) and n / (n + w) times, here to first order. */
static inline __attribute__((always_inline)) double ISA(cost)(const volume_terms *terms, const double *segment, const int16_t *f,
                                                              block_place at, ptrdiff_t d, double w, unsigned shared)
{
    ISA(double4) total = {0, 0, 0, 0};
    for (ptrdiff_t c = 0; c < d; c += 4) {
        ISA(double4) off = __builtin_convertvector(ISA(load)(f + c), ISA(double4)) - *(const ISA(double4) *)(segment + c);
        total += off * off;
    }
    double z = (double)at.z - segment[d], y = (double)at.y - segment[d + 1], x = (double)at.x - segment[d + 2];
    double away = (terms->side_z * (z * z) + terms->side_y * (y * y)) + terms->side_x * (x * x);
    double distance = ISA(add_lanes)(total) + segment[d + 3] * away;
    return distance * (1.0 + w * segment[d + 4]) - terms->bonus * __builtin_popcount(shared);
}

/* The segment that a block of segment a should belong to: its own, or a better one among its six neighbors. */
static inline __attribute__((always_inline)) int32_t ISA(choose)(const volume_level *g, const volume_terms *terms, const double *segments,
                                                                 ptrdiff_t d, int32_t first_label, block_place at, int32_t a,
                                                                 uint8_t *unsure)
{
    ISA(surroundings) around = ISA(look_around)(g, at);
    unsigned same = ISA(neighbors_of)(&around, a), others = ISA(faces_inside)(&around) & ~same;
    if (!others || !may_leave(same)) {
        *unsure = 1;
        return a;
    }
    ptrdiff_t slice = g->height * g->width, i = at.z * slice + at.y * g->width + at.x, stride = d + 5;
    const ptrdiff_t way[27] = {[4] = -slice, [10] = -g->width, [12] = -1, [14] = 1, [16] = g->width, [22] = slice};
    const int16_t *f = g->features + i * d;
    double w = g->weights ? g->weights[i] : 1.0;
    double least = ISA(cost)(terms, segments + (a - first_label) * stride, f, at, d, w, same), close = least + terms->margin;
    int32_t best = a;
    do {
        int32_t t = g->labels[i + way[__builtin_ctz(others)]];
        unsigned shared = ISA(neighbors_of)(&around, t);
        double cost = ISA(cost)(terms, segments + (t - first_label) * stride, f, at, d, -w, shared);
        *unsure |= cost < close;
        best = cost < least ? t : best;
        least = cost < least ? cost : least;
        others &= ~shared;
    } while (others);
    return best;
}

/* List the active blocks of a row that differ from one of their six neighbors; returns how many. */
static inline __attribute__((always_inline)) ptrdiff_t ISA(find_candidates)(const volume_level *g, ptrdiff_t z, ptrdiff_t y,
                                                                            int32_t *restrict list)
{
    enum { CHUNK = 64 };
    ptrdiff_t w = g->width, slice = g->height * w, n = 0;
    const int32_t *row = g->labels + z * slice + y * w, *above = y > 0 ? row - w : row, *below = y + 1 < g->height ? row + w : row;
    const int32_t *before = z > 0 ? row - slice : row, *behind = z + 1 < g->depth ? row + slice : row;
    const uint8_t *active = g->active + z * slice + y * w;
    for (ptrdiff_t start = 0; start < w; start += CHUNK) {
        uint8_t differs[CHUNK];
        ptrdiff_t count = w - start < CHUNK ? w - start : CHUNK, inner = w - start - 1 < CHUNK ? w - start - 1 : CHUNK;
        const int32_t *at = row + start;
        for (ptrdiff_t i = 0; i < count; i++) {
            int32_t label = at[i], up = label ^ above[start + i], down = label ^ below[start + i];
            differs[i] = (uint8_t)((up | down | (label ^ before[start + i]) | (label ^ behind[start + i])) != 0);
        }
        for (ptrdiff_t i = start ? 0 : 1; i < count; i++)
            differs[i] |= (uint8_t)(at[i] != at[i - 1]);
        for (ptrdiff_t i = 0; i < inner; i++)
            differs[i] |= (uint8_t)(at[i] != at[i + 1]);
        for (ptrdiff_t i = 0; i < count; i++)
            differs[i] &= active[start + i] & BLOCK_ACTIVE;
        for (ptrdiff_t i = 0; i < count; i++) { /* without a branch: there is no telling where borders are */
            list[n] = (int32_t)(start + i);
            n += differs[i];
        }
    }
    return n;
}

/* A block that moved makes its surroundings worth another look. */
static inline __attribute__((always_inline)) void ISA(wake)(const volume_level *g, block_place at)
{
    ptrdiff_t left = at.x > 0 ? at.x - 1 : 0, n = (at.x + 1 < g->width ? at.x + 2 : at.x + 1) - left;
    for (ptrdiff_t z = at.z > 0 ? at.z - 1 : 0; z <= at.z + 1 && z < g->depth; z++)
        for (ptrdiff_t y = at.y > 0 ? at.y - 1 : 0; y <= at.y + 1 && y < g->height; y++)
            memset(g->active + (z * g->height + y) * g->width + left, BLOCK_ACTIVE | BLOCK_UNSURE, (size_t)n);
}

/* Take a block from segment a to b, whose sums and means follow. */
static inline __attribute__((always_inline)) void ISA(transfer)(const volume_level *g, const volume_terms *terms, ptrdiff_t d,
                                                                block_place at, ptrdiff_t a, ptrdiff_t b, double *segments, double *sums)
{
    ptrdiff_t i = (at.z * g->height + at.y) * g->width + at.x, stride = d + 5;
    double w = g->weights ? g->weights[i] : 1.0;
    ISA(add_block)(g->features + i * d, d, at, -w, sums + a * stride);
    ISA(add_block)(g->features + i * d, d, at, w, sums + b * stride);
    ISA(describe)(terms, sums + a * stride, d, segments + a * stride);
    ISA(describe)(terms, sums + b * stride, d, segments + b * stride);
}

static inline __attribute__((always_inline)) ptrdiff_t ISA(move_row)(const volume_level *g, const volume_terms *terms, ptrdiff_t d,
                                                                     ptrdiff_t z, ptrdiff_t y, int32_t first_label, double *segments,
                                                                     double *sums, int32_t *candidates)
{
    ptrdiff_t n = ISA(find_candidates)(g, z, y, candidates), moves = 0, moved = -1, row = (z * g->height + y) * g->width;
    for (ptrdiff_t i = 0; i < n || moved >= 0;) {
        /* next to a block that moved there may be a new border */
        ptrdiff_t x = moved >= 0 && (i == n || candidates[i] > moved + 1) ? moved + 1 : candidates[i++];
        block_place at = {z, y, x};
        moved = -1;
        int32_t a = g->labels[row + x];
        uint8_t unsure = 0;
        int32_t b = a < 0 ? a : ISA(choose)(g, terms, segments, d, first_label, at, a, &unsure);
        g->active[row + x] = unsure ? BLOCK_UNSURE : 0;
        if (a == b)
            continue;
        moves++;
        moved = x + 1 < g->width ? x : -1;
        g->labels[row + x] = b;
        if (!sums)
            continue;
        ISA(wake)(g, at);
        ISA(transfer)(g, terms, d, at, a - first_label, b - first_label, segments, sums);
    }
    return moves;
}

static ptrdiff_t ISA(move_slices)(const volume_level *level, const volume_terms *given, ptrdiff_t first, ptrdiff_t last,
                                  int32_t first_label, double *segments, double *sums, int32_t *candidates)
{
    /* copies that no store can change, as far as a compiler knows */
    const volume_level g = *level;
    const volume_terms terms = *given;
    ptrdiff_t moves = 0;
    for (ptrdiff_t z = first; z < last; z++)
        for (ptrdiff_t y = 0; y < g.height; y++)
            if (g.d == 4) /* the usual case, unrolled */
                moves += ISA(move_row)(&g, &terms, 4, z, y, first_label, segments, sums, candidates);
            else
                moves += ISA(move_row)(&g, &terms, g.d, z, y, first_label, segments, sums, candidates);
    return moves;
}
