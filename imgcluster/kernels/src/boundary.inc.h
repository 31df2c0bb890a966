/* The body of boundary.c. A segment is a row of doubles: mean feature [d], row, column, weight of position, size. */
typedef double ISA(double4) __attribute__((vector_size(32), aligned(8), may_alias));

static inline void ISA(describe)(const boundary_terms *terms, const int64_t *sum, ptrdiff_t d, double *segment)
{
    double size = sum[d + 2] > 0 ? (double)sum[d + 2] : 1.0, variance = (double)sum[d + 3] / size;
    for (ptrdiff_t c = 0; c < d; c++) {
        double mean = (double)sum[c] / size;
        segment[c] = mean;
        variance -= mean * mean;
    }
    segment[d] = (double)sum[d] / size;
    segment[d + 1] = (double)sum[d + 1] / size;
    segment[d + 2] = terms->position * ((variance > 0 ? variance : 0) + terms->variance);
    segment[d + 3] = size;
}

/* ||f - mean||^2 + weight of position * ||(y, x) - centre||^2 */
static inline __attribute__((always_inline)) double ISA(distance)(const double *segment, const int16_t *f, double y, double x, ptrdiff_t d)
{
    ISA(double4) total = {0, 0, 0, 0};
    for (ptrdiff_t c = 0; c < d; c += 4) {
        ISA(double4) at = {f[c], f[c + 1], f[c + 2], f[c + 3]}, off = at - *(const ISA(double4) *)(segment + c);
        total += off * off;
    }
    double v = y - segment[d], u = x - segment[d + 1];
    return (total[0] + total[2]) + (total[1] + total[3]) + segment[d + 2] * (v * v + u * u);
}

static inline __attribute__((always_inline)) int ISA(count)(const int32_t *ring, int32_t label)
{
    int n = 0;
    for (int k = 0; k < RING; k++)
        n += ring[k] == label;
    return n;
}

/* Labels of the ring around (y, x); -1 beyond the image. */
static inline __attribute__((always_inline)) void ISA(look_around)(const boundary_level *g, ptrdiff_t y, ptrdiff_t x, int32_t *ring)
{
    static const int8_t DY[RING] = {0, -1, -1, -1, 0, 1, 1, 1}, DX[RING] = {1, 1, 0, -1, -1, -1, 0, 1};
    ptrdiff_t w = g->width;
    const int32_t *at = g->labels + y * w + x;
    if (y > 0 && x > 0 && y + 1 < g->height && x + 1 < w) {
        int32_t inner[RING] = {at[1], at[1 - w], at[-w], at[-1 - w], at[-1], at[w - 1], at[w], at[w + 1]};
        memcpy(ring, inner, sizeof inner);
        return;
    }
    for (int k = 0; k < RING; k++) {
        ptrdiff_t v = y + DY[k], u = x + DX[k];
        ring[k] = v < 0 || u < 0 || v >= g->height || u >= w ? -1 : g->labels[v * w + u];
    }
}

/* The segment that the block (y, x) of segment a should belong to: its own, or a better one among its four neighbours. */
static inline __attribute__((always_inline)) int32_t ISA(choose)(const boundary_level *g, const boundary_terms *terms, const double *segments,
                                                                 ptrdiff_t d, ptrdiff_t y, ptrdiff_t x, int32_t a)
{
    int32_t ring[RING], first = -1;
    ISA(look_around)(g, y, x, ring);
    int several = 0;
    unsigned same = 0;
    for (int k = 0; k < RING; k++)
        same |= (unsigned)(ring[k] == a) << k;
    for (int k = RING - 2; k >= 0; k -= 2) {
        int other = ring[k] >= 0 && ring[k] != a;
        several |= other && first >= 0 && ring[k] != first;
        first = other ? ring[k] : first;
    }
    if (first < 0 || !is_simple(same))
        return a;
    ptrdiff_t i = y * g->width + x, stride = d + 4;
    const int16_t *f = g->features + i * d;
    const double *from = segments + a * stride;
    double weight = g->weights ? g->weights[i] : 1.0;
    /* Hartigan and Wong: leaving takes the mean along, joining moves it */
    double least = ISA(distance)(from, f, (double)y, (double)x, d) * (from[d + 3] / (from[d + 3] - weight)) -
                   terms->bonus * __builtin_popcount(same);
    int32_t best = a;
    for (int k = 0; k < RING; k += 2) {
        int32_t t = several ? ring[k] : first;
        if (t >= 0 && t != a && t != best) {
            const double *to = segments + t * stride;
            double cost = ISA(distance)(to, f, (double)y, (double)x, d) * (to[d + 3] / (to[d + 3] + weight)) - terms->bonus * ISA(count)(ring, t);
            if (cost < least) {
                least = cost;
                best = t;
            }
        }
        if (!several)
            break;
    }
    return best;
}

static inline __attribute__((always_inline)) void ISA(transfer)(const boundary_level *g, ptrdiff_t d, ptrdiff_t y, ptrdiff_t x, int32_t a,
                                                                int32_t b, int64_t *sums)
{
    ptrdiff_t i = y * g->width + x;
    int64_t *from = sums + a * (d + 4), *to = sums + b * (d + 4), w = g->weights ? g->weights[i] : 1, squares = 0;
    for (ptrdiff_t c = 0; c < d; c++) {
        int64_t f = g->features[i * d + c];
        from[c] -= w * f;
        to[c] += w * f;
        squares += f * f;
    }
    const int64_t rest[4] = {w * y, w * x, w, w * squares};
    for (int c = 0; c < 4; c++) {
        from[d + c] -= rest[c];
        to[d + c] += rest[c];
    }
}

/* Mark the active blocks of a row that differ from one of their four neighbours. */
static void ISA(find_candidates)(const boundary_level *g, ptrdiff_t y, uint8_t *restrict candidates)
{
    ptrdiff_t w = g->width;
    const int32_t *row = g->labels + y * w, *above = y > 0 ? row - w : row, *below = y + 1 < g->height ? row + w : row;
    const uint8_t *active = g->active + y * w;
    for (ptrdiff_t x = 0; x < w; x++)
        candidates[x] = (uint8_t)((row[x] != above[x]) | (row[x] != below[x]));
    for (ptrdiff_t x = 1; x < w; x++)
        candidates[x] |= (uint8_t)(row[x] != row[x - 1]);
    for (ptrdiff_t x = 0; x + 1 < w; x++)
        candidates[x] |= (uint8_t)(row[x] != row[x + 1]);
    for (ptrdiff_t x = 0; x < w; x++)
        candidates[x] &= active[x];
}

static inline ptrdiff_t ISA(next_candidate)(const uint8_t *candidates, ptrdiff_t x, ptrdiff_t width)
{
    uint64_t eight;
    for (; x + 8 <= width; x += 8) {
        memcpy(&eight, candidates + x, 8);
        if (eight)
            break;
    }
    while (x < width && !candidates[x])
        x++;
    return x;
}

/* A block that moved makes its surroundings worth another look. */
static inline void ISA(wake)(const boundary_level *g, ptrdiff_t y, ptrdiff_t x)
{
    for (ptrdiff_t v = y > 0 ? y - 1 : 0; v <= y + 1 && v < g->height; v++)
        for (ptrdiff_t u = x > 0 ? x - 1 : 0; u <= x + 1 && u < g->width; u++)
            g->active[v * g->width + u] = 1;
}

static inline __attribute__((always_inline)) ptrdiff_t ISA(move_rows_of)(const boundary_level *g, const boundary_terms *terms, ptrdiff_t d,
                                                                         ptrdiff_t first_row, ptrdiff_t last_row, int live, double *segments,
                                                                         int64_t *sums, uint8_t *candidates)
{
    ptrdiff_t moves = 0, w = g->width;
    for (ptrdiff_t y = first_row; y < last_row; y++) {
        ISA(find_candidates)(g, y, candidates);
        for (ptrdiff_t x = ISA(next_candidate)(candidates, 0, w); x < w; x = ISA(next_candidate)(candidates, x + 1, w)) {
            int32_t a = g->labels[y * w + x];
            g->active[y * w + x] = 0;
            int32_t b = a < 0 ? a : ISA(choose)(g, terms, segments, d, y, x, a);
            if (a == b)
                continue;
            moves++;
            g->labels[y * w + x] = b;
            ISA(wake)(g, y, x);
            if (x + 1 < w)
                candidates[x + 1] = 1;
            ISA(transfer)(g, d, y, x, a, b, sums);
            if (live) {
                ISA(describe)(terms, sums + a * (d + 4), d, segments + a * (d + 4));
                ISA(describe)(terms, sums + b * (d + 4), d, segments + b * (d + 4));
            }
        }
    }
    return moves;
}

static ptrdiff_t ISA(move_rows)(const boundary_level *g, const boundary_terms *terms, ptrdiff_t first_row, ptrdiff_t last_row, int live,
                                double *segments, int64_t *sums, uint8_t *candidates)
{
    if (g->d == 4) /* the usual case, unrolled */
        return ISA(move_rows_of)(g, terms, 4, first_row, last_row, live, segments, sums, candidates);
    return ISA(move_rows_of)(g, terms, g->d, first_row, last_row, live, segments, sums, candidates);
}
