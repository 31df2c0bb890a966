/* The body of boundary.c. A segment is a row of doubles: mean feature [d], row, column, weight of position, 1 / size. */
typedef double ISA(double4) __attribute__((vector_size(32), aligned(8), may_alias));
typedef int32_t ISA(int4) __attribute__((vector_size(16)));
typedef int16_t ISA(short4) __attribute__((vector_size(8), aligned(2), may_alias));

static inline __attribute__((always_inline)) ISA(int4) ISA(load)(const int16_t *f)
{
    return __builtin_convertvector(*(const ISA(short4) *)f, ISA(int4));
}

/* floor(f^2 / BOUNDARY_SQUARE) */
static inline __attribute__((always_inline)) ISA(double4) ISA(square)(ISA(int4) f)
{
    return __builtin_convertvector((f * f) >> 8, ISA(double4));
}

static inline __attribute__((always_inline)) double ISA(add_lanes)(ISA(double4) v) { return (v[0] + v[2]) + (v[1] + v[3]); }

static inline __attribute__((always_inline)) void ISA(describe)(const boundary_terms *terms, const double *sum, ptrdiff_t d,
                                                                double *segment)
{
    double size = sum[d + 2] > 0 ? sum[d + 2] : 1.0, inverse = 1.0 / size;
    ISA(double4) squares = {0, 0, 0, 0};
    for (ptrdiff_t c = 0; c < d; c += 4) {
        ISA(double4) mean = *(const ISA(double4) *)(sum + c) * inverse;
        *(ISA(double4) *)(segment + c) = mean;
        squares += mean * mean;
    }
    double variance = sum[d + 3] * BOUNDARY_SQUARE * inverse - ISA(add_lanes)(squares);
    segment[d] = sum[d] * inverse;
    segment[d + 1] = sum[d + 1] * inverse;
    segment[d + 2] = terms->position * ((variance > 0 ? variance : 0) + terms->variance);
    segment[d + 3] = inverse;
}

/* Add blocks of one row, all of one segment and of equal weight, to its sums. */
static inline __attribute__((always_inline)) void ISA(add_run)(const int16_t *f, ptrdiff_t d, ptrdiff_t y, ptrdiff_t x, ptrdiff_t n,
                                                               double w, double *sum)
{
    ISA(double4) squares = {0, 0, 0, 0};
    for (ptrdiff_t c = 0; c < d; c += 4) {
        ISA(int4) total = {0, 0, 0, 0}, total_squares = {0, 0, 0, 0};
        for (ptrdiff_t i = 0; i < n; i++) {
            ISA(int4) at = ISA(load)(f + i * d + c);
            total += at;
            total_squares += (at * at) >> 8;
        }
        *(ISA(double4) *)(sum + c) += __builtin_convertvector(total, ISA(double4)) * w;
        squares += __builtin_convertvector(total_squares, ISA(double4));
    }
    double size = (double)n, column = (double)(n * (2 * x + n - 1) / 2);
    *(ISA(double4) *)(sum + d) += (ISA(double4)){size * (double)y, column, size, ISA(add_lanes)(squares)} * w;
}

static inline __attribute__((always_inline)) void ISA(add_rows)(const boundary_level *g, ptrdiff_t d, ptrdiff_t first_row,
                                                                ptrdiff_t last_row, double *sums)
{
    enum { RUN = 256 }; /* sums of so many squares, at most 2^22 each, stay within 32 bits */
    for (ptrdiff_t y = first_row; y < last_row; y++) {
        const int32_t *row = g->labels + y * g->width;
        const int16_t *features = g->features + y * g->width * d;
        const uint16_t *weights = g->weights ? g->weights + y * g->width : NULL;
        for (ptrdiff_t x = 0, end; x < g->width; x = end) {
            ptrdiff_t most = x + RUN < g->width ? x + RUN : g->width;
            for (end = x + 1; end < most && row[end] == row[x]; end++)
                ;
            for (ptrdiff_t u = x; weights && ++u < end;)
                if (weights[u] != weights[x])
                    end = u;
            if (row[x] >= 0)
                ISA(add_run)(features + x * d, d, y, x, end - x, weights ? weights[x] : 1.0, sums + row[x] * (d + 4));
        }
    }
}

static void ISA(add_up)(const boundary_level *g, ptrdiff_t first_row, ptrdiff_t last_row, double *sums)
{
    if (g->d == 4) /* the usual case, unrolled */
        ISA(add_rows)(g, 4, first_row, last_row, sums);
    else
        ISA(add_rows)(g, g->d, first_row, last_row, sums);
}

/* ||f - mean||^2 + weight of position * ||(y, x) - center||^2 */
static inline __attribute__((always_inline)) double ISA(distance)(const double *segment, const int16_t *f, double y, double x, ptrdiff_t d)
{
    ISA(double4) total = {0, 0, 0, 0};
    for (ptrdiff_t c = 0; c < d; c += 4) {
        ISA(double4) off = __builtin_convertvector(ISA(load)(f + c), ISA(double4)) - *(const ISA(double4) *)(segment + c);
        total += off * off;
    }
    double v = y - segment[d], u = x - segment[d + 1];
    return ISA(add_lanes)(total) + segment[d + 2] * (v * v + u * u);
}

/* The labels in and around a block: three rows from the one before it on, of which the fourth column is not looked at. */
typedef struct {
    ISA(int4) north, middle, south;
} ISA(surroundings);
typedef int32_t ISA(labels4) __attribute__((vector_size(16), aligned(4), may_alias));

static inline __attribute__((always_inline)) ISA(surroundings) ISA(look_around)(const boundary_level *g, ptrdiff_t y, ptrdiff_t x)
{
    const int32_t *at = g->labels + y * g->width + x - 1;
    if (y > 0 && x > 0 && y + 1 < g->height && x + 2 < g->width)
        return (ISA(surroundings)){*(const ISA(labels4) *)(at - g->width), *(const ISA(labels4) *)at,
                                   *(const ISA(labels4) *)(at + g->width)};
    ISA(int4) rows[3];
    for (int v = 0; v < 3; v++)
        for (int u = 0; u < 4; u++) /* -1 beyond the image */
            rows[v][u] = y + v < 1 || x + u < 1 || y + v > g->height || x + u > g->width || u == 3 ? -1 : at[(v - 1) * g->width + u];
    return (ISA(surroundings)){rows[0], rows[1], rows[2]};
}

/* Bits of all four lanes together. */
static inline __attribute__((always_inline)) unsigned ISA(gather_bits)(ISA(int4) v)
{
    typedef ISA(int4) SHUFFLE_INDEX __attribute__((unused));
    v |= SHUFFLE4(v, v, 2, 3, 0, 1);
    v |= SHUFFLE4(v, v, 1, 0, 3, 2);
    return (unsigned)v[0];
}

/* Which neighbors have this label. */
static inline __attribute__((always_inline)) unsigned ISA(neighbors_of)(ISA(surroundings) s, int32_t label)
{
    const ISA(int4) north = {8, 4, 2, 0}, middle = {16, 0, 1, 0}, south = {32, 64, 128, 0}, wanted = {label, label, label, label};
    return ISA(gather_bits)(((s.north == wanted) & north) | ((s.middle == wanted) & middle) | ((s.south == wanted) & south));
}

/* The same, and in the bits from OTHERS on which of those in the four directions belong to another segment. */
static inline __attribute__((always_inline)) unsigned ISA(neighbors)(ISA(surroundings) s, int32_t label)
{
    const ISA(int4) north = {8, 4, 2, 0}, middle = {16, 0, 1, 0}, south = {32, 64, 128, 0}, own = {label, label, label, label};
    const ISA(int4) up = {0, 4, 0, 0}, across = {16, 0, 1, 0}, down = {0, 64, 0, 0};
    ISA(int4) same = ((s.north == own) & north) | ((s.middle == own) & middle) | ((s.south == own) & south);
    ISA(int4) inside = ((s.north >= 0) & up) | ((s.middle >= 0) & across) | ((s.south >= 0) & down);
    return ISA(gather_bits)(same | ((inside & ~same) << OTHERS));
}

/* What it costs to belong to a segment. Leaving takes the mean along and joining moves it (Hartigan and Wong): the squared distance counts
   n / (n - w) and n / (n + w) times, here to first order. */
static inline __attribute__((always_inline)) double ISA(cost)(const double *segment, const int16_t *f, double y, double x, ptrdiff_t d,
                                                              double w, double bonus, int n_same)
{
    return ISA(distance)(segment, f, y, x, d) * (1.0 + w * segment[d + 3]) - bonus * n_same;
}

/* Where the values of a segment stand: in the row of its label, or in that of its number. */
static inline __attribute__((always_inline)) ptrdiff_t ISA(place)(const int32_t *numbers, int32_t label, ptrdiff_t d)
{
    return (numbers ? numbers[label] : label) * (d + 4);
}

/* The segment that the block (y, x) of segment a should belong to: its own, or a better one among its four neighbors. */
static inline __attribute__((always_inline)) int32_t ISA(choose)(const boundary_level *g, const boundary_terms *terms,
                                                                 const int32_t *numbers, const double *segments, ptrdiff_t d, ptrdiff_t y,
                                                                 ptrdiff_t x, int32_t a, uint8_t *unsure)
{
    ISA(surroundings) around = ISA(look_around)(g, y, x);
    unsigned both = ISA(neighbors)(around, a), same = both & 0xFF, others = both >> OTHERS;
    if (!others || !is_simple(same)) {
        *unsure = 1;
        return a;
    }
    const ptrdiff_t way[RING] = {1, 0, -g->width, 0, -1, 0, g->width, 0};
    ptrdiff_t i = y * g->width + x;
    const int16_t *f = g->features + i * d;
    double w = g->weights ? g->weights[i] : 1.0, v = (double)y, u = (double)x;
    double least = ISA(cost)(segments + ISA(place)(numbers, a, d), f, v, u, d, w, terms->bonus, __builtin_popcount(same)),
           close = least + terms->margin;
    int32_t best = a;
    do {
        int32_t t = g->labels[i + way[__builtin_ctz(others)]];
        unsigned shared = ISA(neighbors_of)(around, t);
        double cost = ISA(cost)(segments + ISA(place)(numbers, t, d), f, v, u, d, -w, terms->bonus, __builtin_popcount(shared));
        *unsure |= cost < close;
        best = cost < least ? t : best;
        least = cost < least ? cost : least;
        others &= ~shared;
    } while (others);
    return best;
}

static inline __attribute__((always_inline)) void ISA(transfer)(const boundary_level *g, ptrdiff_t d, ptrdiff_t y, ptrdiff_t x,
                                                                double *from, double *to)
{
    double w = g->weights ? g->weights[y * g->width + x] : 1.0;
    ISA(double4) squares = {0, 0, 0, 0};
    for (ptrdiff_t c = 0; c < d; c += 4) {
        ISA(int4) f = ISA(load)(g->features + (y * g->width + x) * d + c);
        ISA(double4) moved = __builtin_convertvector(f, ISA(double4)) * w;
        *(ISA(double4) *)(from + c) -= moved;
        *(ISA(double4) *)(to + c) += moved;
        squares += ISA(square)(f) * w;
    }
    ISA(double4) rest = {w * (double)y, w * (double)x, w, ISA(add_lanes)(squares)};
    *(ISA(double4) *)(from + d) -= rest;
    *(ISA(double4) *)(to + d) += rest;
}

/* List the active blocks of a row that differ from one of their four neighbors; returns how many. */
static inline __attribute__((always_inline)) ptrdiff_t ISA(find_candidates)(const boundary_level *g, ptrdiff_t y, int32_t *restrict list)
{
    enum { CHUNK = 64 };
    ptrdiff_t w = g->width, n = 0;
    const int32_t *row = g->labels + y * w, *above = y > 0 ? row - w : row, *below = y + 1 < g->height ? row + w : row;
    const uint8_t *active = g->active + y * w;
    for (ptrdiff_t start = 0; start < w; start += CHUNK) {
        uint8_t differs[CHUNK];
        ptrdiff_t count = w - start < CHUNK ? w - start : CHUNK, inner = w - start - 1 < CHUNK ? w - start - 1 : CHUNK;
        const int32_t *at = row + start;
        for (ptrdiff_t i = 0; i < count; i++)
            differs[i] = (uint8_t)((at[i] != above[start + i]) | (at[i] != below[start + i]));
        for (ptrdiff_t i = start ? 0 : 1; i < count; i++)
            differs[i] |= (uint8_t)(at[i] != at[i - 1]);
        for (ptrdiff_t i = 0; i < inner; i++)
            differs[i] |= (uint8_t)(at[i] != at[i + 1]);
        for (ptrdiff_t i = 0; i < count; i++)
            differs[i] &= active[start + i] & BLOCK_ACTIVE;
        for (ptrdiff_t i = count; i < CHUNK; i++)
            differs[i] = 0;
        for (ptrdiff_t i = 0; i < CHUNK; i += 8) {
            uint64_t eight;
            memcpy(&eight, differs + i, 8);
            if (!eight)
                continue;
            for (ptrdiff_t j = i; j < i + 8; j++) { /* without a branch: there is no telling where borders are */
                list[n] = (int32_t)(start + j);
                n += differs[j];
            }
        }
    }
    return n;
}

/* A block that moved makes its surroundings worth another look. */
static inline __attribute__((always_inline)) void ISA(wake)(const boundary_level *g, ptrdiff_t y, ptrdiff_t x)
{
    ptrdiff_t left = x > 0 ? x - 1 : 0, n = (x + 1 < g->width ? x + 2 : x + 1) - left;
    uint8_t *at = g->active + y * g->width + left;
    for (int row = -1; row <= 1; row++) {
        if (y + row < 0 || y + row >= g->height)
            continue;
        if (n == 3)
            memset(at + row * g->width, BLOCK_ACTIVE | BLOCK_UNSURE, 3);
        else
            memset(at + row * g->width, BLOCK_ACTIVE | BLOCK_UNSURE, (size_t)n);
    }
}

static inline __attribute__((always_inline)) ptrdiff_t ISA(move_rows_of)(const boundary_level *g, const boundary_terms *terms, ptrdiff_t d,
                                                                         ptrdiff_t first_row, ptrdiff_t last_row, int live,
                                                                         const int32_t *numbers, double *segments, double *sums,
                                                                         int32_t *candidates)
{
    ptrdiff_t moves = 0, w = g->width;
    for (ptrdiff_t y = first_row; y < last_row; y++) {
        ptrdiff_t n = ISA(find_candidates)(g, y, candidates), moved = -1;
        for (ptrdiff_t i = 0; i < n || moved >= 0;) {
            /* next to a block that moved there may be a new border */
            ptrdiff_t x = moved >= 0 && (i == n || candidates[i] > moved + 1) ? moved + 1 : candidates[i++];
            moved = -1;
            int32_t a = g->labels[y * w + x];
            uint8_t unsure = 0;
            int32_t b = a < 0 ? a : ISA(choose)(g, terms, numbers, segments, d, y, x, a, &unsure);
            g->active[y * w + x] = unsure ? BLOCK_UNSURE : 0;
            if (a == b)
                continue;
            moves++;
            moved = x + 1 < w ? x : -1;
            g->labels[y * w + x] = b;
            if (!sums)
                continue;
            ISA(wake)(g, y, x);
            ptrdiff_t from = ISA(place)(numbers, a, d), to = ISA(place)(numbers, b, d);
            ISA(transfer)(g, d, y, x, sums + from, sums + to);
            if (live) {
                ISA(describe)(terms, sums + from, d, segments + from);
                ISA(describe)(terms, sums + to, d, segments + to);
            }
        }
    }
    return moves;
}

static ptrdiff_t ISA(move_rows)(const boundary_level *level, const boundary_terms *given, ptrdiff_t first_row, ptrdiff_t last_row, int live,
                                const int32_t *numbers, double *segments, double *sums, int32_t *candidates)
{
    /* copies that no store can change, as far as a compiler knows */
    const boundary_level g = *level;
    const boundary_terms terms = *given;
    /* the usual cases, unrolled */
    if (g.d == 4 && !numbers)
        return ISA(move_rows_of)(&g, &terms, 4, first_row, last_row, live, NULL, segments, sums, candidates);
    if (g.d == 4)
        return ISA(move_rows_of)(&g, &terms, 4, first_row, last_row, live, numbers, segments, sums, candidates);
    return ISA(move_rows_of)(&g, &terms, g.d, first_row, last_row, live, numbers, segments, sums, candidates);
}
