/* Rate-aware mapping: the palette indices of a row that cost least, error and deflated size together.
   A row is cut into literals, runs of the index before, and copies of the row above, as deflate does it (RFC 1951), by dynamic programming:
   costs[x] is that of the best way to write the x pixels before x. Rate and distortion under one Lagrangian: Shoham and Gersho, IEEE Trans.
   ASSP 36 (1988), doi:10.1109/29.90373. */
#include "kernels.h"

/* MOST_* starts are followed at a time: more change nothing that can be measured. */
enum { MOST_COPIES = 2, MOST_RUNS = 6, RUN_BEHIND_LITERAL = -2, LITERAL = -1, RUN = 0 }; /* a copy's kind is 1 + that of its shift */

/* A match that has begun: cost is that of all before it, its distance, and its errors so far. */
typedef struct {
    int64_t cost;
    int32_t start, kind;
    int32_t index; /* of a run; of a copy its start, so that no two are the same */
} match;

typedef struct {
    match items[MOST_RUNS];
    int n, most;
} matches;

typedef struct {
    const rate_aware_model *model;
    const int32_t *ids;
    const uint8_t *above;
    ptrdiff_t width;
    int64_t *costs, *literal_costs;
    int64_t *errors; /* [RATE_AWARE_SHIFTS, width]: of the indices above; above the limit where there is none */
    int32_t *kinds, *lengths, *last;
} row;

static const int shifts[RATE_AWARE_SHIFTS] = {0, -1, 1, -2, 2};

static inline int64_t error_of(const row *r, ptrdiff_t x, int index)
{
    const rate_aware_model *m = r->model;
    ptrdiff_t id = r->ids[x];
    if (!(m->allowed[id] & m->kinds[index]) && index != m->nearest[id])
        return m->limit + 1;
    const int16_t *a = m->points + id * m->d, *b = m->palette + (ptrdiff_t)index * m->d;
    uint32_t sum = 0;
    for (ptrdiff_t i = 0; i < m->d; i++) {
        uint32_t difference = (uint32_t)(a[i] - b[i]);
        sum += difference * difference;
    }
    return sum;
}

/* What it costs that a pixel does not have the entry of the pixel above, which would do: rows that each change elsewhere look frayed. */
static inline int64_t change_cost(const row *r, ptrdiff_t x, int index)
{
    return r->above && index != r->above[x] && r->errors[x] <= r->model->change_limit ? r->model->change_cost : 0;
}

static inline void relax(row *r, ptrdiff_t to, int64_t cost, int kind, int32_t length, int32_t index)
{
    if (cost < r->costs[to]) {
        r->costs[to] = cost;
        r->kinds[to] = kind;
        r->lengths[to] = length;
        r->last[to] = index;
    }
}

/* What a match would cost if it went on for three pixels, the fewest that deflate can copy. */
static inline int64_t prospect(const row *r, const match *m, ptrdiff_t x)
{
    ptrdiff_t length = x - m->start + 3;
    return m->cost + r->model->length_costs[length < RATE_AWARE_LONGEST ? length : RATE_AWARE_LONGEST];
}

/* Follow a match that begins at x, if there is room or one with a worse prospect; of runs of one index the better is kept. */
static void follow(const row *r, matches *found, match begun, ptrdiff_t x)
{
    match *worst = NULL;
    int64_t worst_cost = INT64_MIN;
    for (int i = 0; i < found->n; i++) {
        match *other = &found->items[i];
        int64_t cost = prospect(r, other, x);
        if (cost > worst_cost || other->index == begun.index) {
            worst = other;
            worst_cost = cost;
        }
        if (other->index == begun.index)
            break;
    }
    if (found->n < found->most && !(worst && worst->index == begun.index))
        found->items[found->n++] = begun;
    else if (prospect(r, &begun, x) < worst_cost)
        *worst = begun;
}

/* Take pixel x into the matches of one kind, and end them behind it where that is the best way to get there. */
static void go_on(row *r, matches *found, ptrdiff_t x)
{
    int kept = 0;
    for (int i = 0; i < found->n; i++) {
        match m = found->items[i];
        int copied = m.kind > RUN;
        int64_t error = copied ? r->errors[(m.kind - 1) * r->width + x] : error_of(r, x, m.index);
        if (error > r->model->limit)
            continue;
        ptrdiff_t length = x + 1 - m.start;
        int32_t index = copied ? r->above[x + shifts[m.kind - 1]] : m.index;
        m.cost += error + change_cost(r, x, index);
        if (length >= RATE_AWARE_SHORTEST)
            relax(r, x + 1, m.cost + r->model->length_costs[length], m.kind, (int32_t)length, index);
        if (length < RATE_AWARE_LONGEST)
            found->items[kept++] = m;
    }
    found->n = kept;
}

/* Write pixel x as a literal, and begin a run behind it with each index that it may have. */
static void take_literals(row *r, matches *runs, ptrdiff_t x)
{
    const rate_aware_model *m = r->model;
    const uint8_t *neighbors = m->neighbors + m->nearest[r->ids[x]] * m->n_neighbors;
    for (ptrdiff_t i = 0; i < m->n_neighbors; i++) {
        int64_t error = error_of(r, x, neighbors[i]);
        if (i > 0 && error > m->limit) /* the first is the nearest itself, which every pixel may have */
            continue;
        int64_t cost = r->costs[x] + error + change_cost(r, x, neighbors[i]) + r->literal_costs[neighbors[i]];
        relax(r, x + 1, cost, LITERAL, 1, neighbors[i]);
        match begun = {cost + m->distance_costs[RUN], (int32_t)(x + 1), RUN_BEHIND_LITERAL, neighbors[i]};
        follow(r, runs, begun, x + 1);
    }
}

/* The errors that copies of the row above would make. */
static void compare_above(row *r)
{
    for (int k = 0; k < RATE_AWARE_SHIFTS; k++)
        for (ptrdiff_t x = 0; x < r->width; x++) {
            ptrdiff_t from = x + shifts[k];
            r->errors[k * r->width + x] = from < 0 || from >= r->width ? r->model->limit + 1 : error_of(r, x, r->above[from]);
        }
}

/* Find the cheapest way to each pixel; a match behind one of its own kind would only be the longer one in two parts. */
static void parse(row *r)
{
    matches runs = {.most = MOST_RUNS}, copies[RATE_AWARE_SHIFTS];
    for (int k = 0; k < RATE_AWARE_SHIFTS; k++)
        copies[k] = (matches){.most = MOST_COPIES};
    r->costs[0] = 0;
    r->kinds[0] = RUN;
    for (ptrdiff_t x = 0; x < r->width; x++) {
        r->costs[x + 1] = INT64_MAX;
        r->kinds[x + 1] = LITERAL;
        r->lengths[x + 1] = 1;
        r->last[x + 1] = r->model->nearest[r->ids[x]];
        for (int k = 0; r->above && k < RATE_AWARE_SHIFTS; k++) {
            if (r->kinds[x] != k + 1)
                follow(r, &copies[k], (match){r->costs[x] + r->model->distance_costs[k + 1], (int32_t)x, k + 1, (int32_t)x}, x);
            go_on(r, &copies[k], x);
        }
        if (r->kinds[x] > RUN)
            follow(r, &runs, (match){r->costs[x] + r->model->distance_costs[RUN], (int32_t)x, RUN, r->last[x]}, x);
        go_on(r, &runs, x);
        take_literals(r, &runs, x);
    }
}

/* 16 * log2(n) of n > 0, by the leading seven bits. */
static int64_t sixteenths(int64_t n)
{
    static const uint8_t of_mantissa[64] = {0,  0,  1,  1,  1,  2,  2,  2,  3,  3,  3,  4,  4,  4,  5,  5,  5,  5,  6,  6,  6,  7,
                                            7,  7,  7,  8,  8,  8,  8,  9,  9,  9,  9,  10, 10, 10, 10, 11, 11, 11, 11, 11, 12, 12,
                                            12, 12, 13, 13, 13, 13, 13, 14, 14, 14, 14, 14, 15, 15, 15, 15, 15, 15, 16, 16};
    int bits = 0;
    while (n >= 128) {
        n >>= 1;
        bits++;
    }
    while (n < 64) {
        n <<= 1;
        bits--;
    }
    return 16 * (6 + bits) + of_mantissa[n - 64];
}

/* Price literals by how often each was used lately: deflate has codes of their own for every few rows. */
static void price_literals(const row *r, const int64_t *uses)
{
    const rate_aware_model *m = r->model;
    int64_t total = 0;
    for (ptrdiff_t i = 0; i < m->k; i++)
        total += m->prior[i] + uses[i];
    for (ptrdiff_t i = 0; i < m->k; i++) {
        int64_t length = RATE_AWARE_LITERAL + sixteenths(total) - sixteenths(m->prior[i] + uses[i]);
        r->literal_costs[i] = m->literal_price * (length < 16 ? 16 : length > 14 * 16 ? 14 * 16 : length) >> 8;
    }
}

/* Follow the cheapest way back from the end of the row, and count its literals, of which those of earlier rows weigh 7/8 each row. */
static void write_indices(const row *r, uint8_t *indices, int64_t *uses)
{
    for (ptrdiff_t i = 0; i < r->model->k; i++)
        uses[i] -= uses[i] >> 3;
    for (ptrdiff_t x = r->width; x > 0;) {
        int32_t kind = r->kinds[x], index = r->last[x];
        if (kind < RUN)
            uses[index] += RATE_AWARE_USE;
        for (ptrdiff_t from = x - r->lengths[x] - (kind == RUN_BEHIND_LITERAL); x > from; x--)
            indices[x - 1] = kind > RUN ? r->above[x - 1 + shifts[kind - 1]] : (uint8_t)index;
    }
}

void rate_aware_rows(const rate_aware_model *model, const int32_t *ids, const uint8_t *above, ptrdiff_t height, ptrdiff_t width,
                     int64_t *uses, uint8_t *indices, int64_t *costs, int32_t *steps)
{
    row r = {.model = model, .above = above, .width = width, .costs = costs, .errors = costs + width + 1};
    r.literal_costs = r.errors + RATE_AWARE_SHIFTS * width;
    r.kinds = steps;
    r.lengths = steps + width + 1;
    r.last = steps + 2 * (width + 1);
    for (ptrdiff_t y = 0; y < height; y++) {
        r.ids = ids + y * width;
        if (r.above)
            compare_above(&r);
        price_literals(&r, uses);
        parse(&r);
        write_indices(&r, indices + y * width, uses);
        r.above = indices + y * width;
    }
}
