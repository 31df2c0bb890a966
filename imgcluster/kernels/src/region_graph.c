#include <string.h>

#include "borders.h"
#include "kernels.h"

ptrdiff_t region_edges(const int32_t *labels, const int16_t *features, ptrdiff_t height, ptrdiff_t width, ptrdiff_t d, int bits,
                       int32_t *table, ptrdiff_t capacity, region_borders *borders)
{
    ptrdiff_t m = 0;
    memset(table, 0xFF, sizeof *table << bits);
    for (ptrdiff_t y = 0; y < height; y++) {
        const int32_t *row = labels + y * width, *below = y + 1 < height ? row + width : row;
        const int16_t *f = features ? features + y * width * d : NULL;
        ptrdiff_t across = -1, down = -1;
        for (ptrdiff_t x = 0; x < width; x++) {
            int32_t a = row[x], right = x + 1 < width ? row[x + 1] : a, under = below[x];
            if (a < 0 || (a == right && a == under))
                continue;
            if (right != a && right >= 0) {
                int64_t contrast = features ? contrast_of(f + x * d, f + (x + 1) * d, d) : 0;
                if (!meet(borders, table, bits, capacity, &m, &across, a, right, contrast))
                    return -1;
            }
            if (under != a && under >= 0) {
                int64_t contrast = features ? contrast_of(f + x * d, f + (x + width) * d, d) : 0;
                if (!meet(borders, table, bits, capacity, &m, &down, a, under, contrast))
                    return -1;
            }
        }
    }
    return m;
}

/* The state of a merge: each region chains its half-edges (2 e and 2 e + 1, whose owner is ends[h]); living edges stand in a heap by cost. */
typedef struct {
    const merge_terms *terms;
    region_borders *borders;
    double *areas, *means, *costs;
    ptrdiff_t d;
    int32_t *first, *last, *edge_to; /* [n]: ends of the chains; the edge from the region at hand, or -1 */
    int32_t *next;                   /* [2 m] */
    int32_t *heap, *place;           /* [m]: edges; where each stands, -1 when it is gone */
    ptrdiff_t size;
} merging;

static double cost_of(const merging *g, ptrdiff_t e)
{
    ptrdiff_t a = g->borders->ends[2 * e], b = g->borders->ends[2 * e + 1];
    double squared = 0, harmonic = g->areas[a] * g->areas[b] / (g->areas[a] + g->areas[b]);
    for (ptrdiff_t c = 0; c < g->d; c++) {
        double off = g->means[a * g->d + c] - g->means[b * g->d + c];
        squared += off * off;
    }
    double cost = squared + g->terms->contrast * ((double)g->borders->contrasts[e] / (double)g->borders->lengths[e]) + g->terms->floor;
    for (int i = 0; i < g->terms->power; i++)
        cost *= harmonic;
    return cost;
}

/* The order of edges: by cost, then by number. */
static int before(const merging *g, int32_t e, int32_t f) { return g->costs[e] != g->costs[f] ? g->costs[e] < g->costs[f] : e < f; }

static void put(merging *g, ptrdiff_t at, int32_t e)
{
    g->heap[at] = e;
    g->place[e] = (int32_t)at;
}

/* Move the edge at a place up or down to where it belongs. */
static void settle(merging *g, ptrdiff_t at)
{
    int32_t e = g->heap[at];
    for (ptrdiff_t up; at && before(g, e, g->heap[up = (at - 1) / 2]); at = up)
        put(g, at, g->heap[up]);
    for (ptrdiff_t down; (down = 2 * at + 1) < g->size; at = down) {
        down += down + 1 < g->size && before(g, g->heap[down + 1], g->heap[down]);
        if (!before(g, g->heap[down], e))
            break;
        put(g, at, g->heap[down]);
    }
    put(g, at, e);
}

static void drop(merging *g, int32_t e)
{
    ptrdiff_t at = g->place[e];
    g->place[e] = -1;
    int32_t moved = g->heap[--g->size];
    if (moved == e)
        return;
    put(g, at, moved);
    settle(g, at);
}

static void chain(merging *g, int32_t region, int32_t half)
{
    g->next[half] = -1;
    if (g->first[region] < 0)
        g->first[region] = half;
    else
        g->next[g->last[region]] = half;
    g->last[region] = half;
}

/* Drop the edge from region a to b, rebuild the chain of a without the edges that are gone, and note whom each of the others leads to. */
static void prune(merging *g, int32_t a, int32_t b)
{
    int32_t half = g->first[a];
    g->first[a] = g->last[a] = -1;
    while (half >= 0) {
        int32_t e = half >> 1, to = g->borders->ends[half ^ 1], following = g->next[half];
        if (g->place[e] >= 0 && to == b) {
            drop(g, e);
        } else if (g->place[e] >= 0) {
            chain(g, a, half);
            g->edge_to[to] = e;
        }
        half = following;
    }
}

/* Give the borders of region b to region a; a common neighbor keeps one border of both. */
static void hand_over(merging *g, int32_t a, int32_t b)
{
    for (int32_t half = g->first[b], following; half >= 0; half = following) {
        int32_t e = half >> 1, kept;
        following = g->next[half];
        if (g->place[e] < 0)
            continue;
        kept = g->edge_to[g->borders->ends[half ^ 1]];
        if (kept >= 0) {
            g->borders->lengths[kept] += g->borders->lengths[e];
            g->borders->contrasts[kept] += g->borders->contrasts[e];
            drop(g, e);
        } else {
            g->borders->ends[half] = a;
            chain(g, a, half);
        }
    }
}

static void join(merging *g, int32_t a, int32_t b)
{
    prune(g, a, b);
    hand_over(g, a, b);
    double size = g->areas[a] + g->areas[b];
    for (ptrdiff_t c = 0; c < g->d; c++) {
        double *mean = g->means + a * g->d + c;
        *mean = (g->areas[a] * *mean + g->areas[b] * g->means[b * g->d + c]) / size;
    }
    g->areas[a] = size;
    for (int32_t half = g->first[a]; half >= 0; half = g->next[half]) {
        g->edge_to[g->borders->ends[half ^ 1]] = -1;
        g->costs[half >> 1] = cost_of(g, half >> 1);
        settle(g, g->place[half >> 1]);
    }
}

ptrdiff_t merge_regions(const merge_terms *terms, ptrdiff_t n, ptrdiff_t d, ptrdiff_t m, double *areas, double *means,
                        region_borders *borders, int32_t *scratch, double *costs, int32_t *merges, double *heights)
{
    merging g = {.terms = terms, .borders = borders, .areas = areas, .means = means, .costs = costs, .d = d};
    g.first = scratch;
    g.last = g.first + n;
    g.edge_to = g.last + n;
    g.next = g.edge_to + n;
    g.heap = g.next + 2 * m;
    g.place = g.heap + m;
    memset(scratch, 0xFF, sizeof *scratch * (size_t)(3 * n));
    for (int32_t e = 0; e < m; e++) {
        costs[e] = cost_of(&g, e);
        chain(&g, borders->ends[2 * e], 2 * e);
        chain(&g, borders->ends[2 * e + 1], 2 * e + 1);
        g.heap[g.size] = e;
        g.place[e] = (int32_t)g.size;
        settle(&g, g.size++);
    }
    ptrdiff_t done = 0;
    for (; g.size && n - done > terms->n_regions; done++) {
        int32_t e = g.heap[0], p = borders->ends[2 * e], q = borders->ends[2 * e + 1], a = p < q ? p : q, b = p < q ? q : p;
        heights[done] = costs[e];
        merges[2 * done] = a;
        merges[2 * done + 1] = b;
        join(&g, a, b);
    }
    return done;
}

void merged_labels(ptrdiff_t n, const int32_t *merges, ptrdiff_t n_merges, int32_t *labels)
{
    for (ptrdiff_t i = 0; i < n; i++)
        labels[i] = (int32_t)i;
    for (ptrdiff_t i = n_merges; i-- > 0;) /* from the last on: whom the second joined has its final region already */
        labels[merges[2 * i + 1]] = labels[merges[2 * i]];
    int32_t next = 0;
    for (ptrdiff_t i = 0; i < n; i++) /* a region is called by its lowest, which comes first */
        labels[i] = labels[i] == i ? next++ : labels[labels[i]];
}
