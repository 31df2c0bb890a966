/* Connected components of a label map, and the joining of stray pieces to their neighbors.
   Union-find over runs of a row, as in He, Ren, Gao, Zhao, Yao, Chao, Pattern Recognition 70 (2017), doi:10.1016/j.patcog.2017.04.018. */
#include "kernels.h"
#include "runs.h"

static int32_t root_of(int32_t *parents, int32_t i)
{
    while (parents[i] != i) {
        parents[i] = parents[parents[i]];
        i = parents[i];
    }
    return i;
}

/* Join the run [from, to) to every component that touches it from the row above; returns the lowest root, -1 for none. */
static int32_t join_above(const int32_t *above, const int32_t *components_above, ptrdiff_t from, ptrdiff_t to, int32_t label,
                          int32_t *parents)
{
    int32_t found = -1;
    for (ptrdiff_t x = from; x < to; x++) {
        if (above[x] != label)
            continue;
        int32_t root = root_of(parents, components_above[x]);
        if (found < 0 || root < found) {
            if (found >= 0)
                parents[found] = root;
            found = root;
        } else {
            parents[root] = found;
        }
        while (x + 1 < to && above[x + 1] == label)
            x++;
    }
    return found;
}

/* Number components row by row with provisional numbers, and note in parents which of them are one. */
static int32_t number_runs(const int32_t *labels, ptrdiff_t height, ptrdiff_t width, int32_t *components, int32_t *parents)
{
    int32_t n = 0;
    for (ptrdiff_t y = 0; y < height; y++) {
        const int32_t *row = labels + y * width;
        int32_t *out = components + y * width;
        for (ptrdiff_t x = 0; x < width;) {
            ptrdiff_t from = x;
            int32_t label = row[x], number = -1;
            x = end_of_run(row, x, width);
            if (label >= 0) {
                number = y ? join_above(row - width, out - width, from, x, label, parents) : -1;
                if (number < 0) {
                    parents[n] = n;
                    number = n++;
                }
            }
            for (ptrdiff_t i = from; i < x; i++)
                out[i] = number;
        }
    }
    return n;
}

ptrdiff_t label_components(const int32_t *labels, ptrdiff_t height, ptrdiff_t width, int32_t *components, int32_t *parents)
{
    int32_t n_provisional = number_runs(labels, height, width, components, parents), n = 0;
    /* a parent is always lower than its child, so it has its final number first; and roots come in raster order */
    for (int32_t i = 0; i < n_provisional; i++)
        parents[i] = parents[i] == i ? n++ : parents[parents[i]];
    for (ptrdiff_t i = 0; i < height * width; i++)
        components[i] = components[i] < 0 ? -1 : parents[components[i]];
    return n;
}

ptrdiff_t relabel(const int32_t *labels, ptrdiff_t n, int32_t *numbers, int32_t *out)
{
    int32_t found = 0;
    for (ptrdiff_t i = 0; i < n; i++) {
        if (labels[i] >= 0 && numbers[labels[i]] < 0)
            numbers[labels[i]] = found++;
        out[i] = labels[i] < 0 ? -1 : numbers[labels[i]];
    }
    return found;
}

void map_labels(const int32_t *labels, ptrdiff_t n, const int32_t *table, int32_t *out)
{
    for (ptrdiff_t i = 0; i < n; i++)
        out[i] = labels[i] < 0 ? -1 : table[labels[i]];
}

/* The pieces of one call of join_pieces. A component that is kept has level 0, one that joins it directly level 1, and so on. */
typedef struct {
    const int32_t *components;
    ptrdiff_t height, width;
    int32_t *starts;                 /* [n + 1]: where the pixels of a piece begin in `pixels` */
    int32_t *levels, *votes, *queue; /* [n] each */
    int32_t *pixels;
    int32_t *owners;
    ptrdiff_t queued;
} pieces;

enum { UNREACHED = INT32_MAX };

/* The components at the four sides of a pixel; -1 where there is none. */
static void sides(const pieces *p, int32_t pixel, int32_t found[4])
{
    ptrdiff_t y = pixel / p->width, x = pixel % p->width;
    found[0] = y > 0 ? p->components[pixel - p->width] : -1;
    found[1] = x > 0 ? p->components[pixel - 1] : -1;
    found[2] = x + 1 < p->width ? p->components[pixel + 1] : -1;
    found[3] = y + 1 < p->height ? p->components[pixel + p->width] : -1;
}

static void reach(pieces *p, int32_t piece, int32_t level)
{
    p->levels[piece] = level;
    p->queue[p->queued++] = piece;
}

/* The owner among the neighbors on lower levels with the longest common border, ties to the lowest label, then component. */
static int32_t elect(pieces *p, int32_t piece, const int32_t *names)
{
    int32_t best = -1, around[4], *owners = p->queue + p->queued; /* room enough: queued pieces and owners are different components */
    ptrdiff_t n_owners = 0;
    for (int32_t i = p->starts[piece]; i < p->starts[piece + 1]; i++) {
        sides(p, p->pixels[i], around);
        for (int s = 0; s < 4; s++)
            if (around[s] >= 0 && p->levels[around[s]] < p->levels[piece] && p->votes[p->owners[around[s]]]++ == 0)
                owners[n_owners++] = p->owners[around[s]];
    }
    for (ptrdiff_t i = 0; i < n_owners; i++) {
        int32_t owner = owners[i], more = best < 0 ? 1 : p->votes[owner] - p->votes[best];
        if (more > 0 || (more == 0 && (names[owner] < names[best] || (names[owner] == names[best] && owner < best))))
            best = owner;
    }
    for (ptrdiff_t i = 0; i < n_owners; i++)
        p->votes[owners[i]] = 0;
    return best;
}

/* Put the neighbors of a piece that nobody has reached yet into the queue. */
static void reach_neighbors(pieces *p, int32_t piece)
{
    int32_t around[4];
    for (int32_t i = p->starts[piece]; i < p->starts[piece + 1]; i++) {
        sides(p, p->pixels[i], around);
        for (int s = 0; s < 4; s++)
            if (around[s] >= 0 && p->levels[around[s]] == UNREACHED)
                reach(p, around[s], p->levels[piece] + 1);
    }
}

/* Put every piece beside a kept component into the queue. */
static void reach_first(pieces *p, ptrdiff_t n)
{
    int32_t around[4];
    for (int32_t piece = 0; piece < n; piece++)
        for (int32_t i = p->starts[piece]; p->levels[piece] == UNREACHED && i < p->starts[piece + 1]; i++) {
            sides(p, p->pixels[i], around);
            for (int s = 0; s < 4; s++)
                if (around[s] >= 0 && p->levels[around[s]] == 0 && p->levels[piece] == UNREACHED)
                    reach(p, piece, 1);
        }
}

/* Tell areas (in votes) and labels of the components, keep the largest of each label, and note which pixels the others have. */
static void choose_kept(pieces *p, const int32_t *labels, ptrdiff_t n, ptrdiff_t n_labels, ptrdiff_t min_size, int32_t *names,
                        int32_t *largest)
{
    ptrdiff_t n_pixels = p->height * p->width;
    int32_t *areas = p->votes, at = 0;
    for (ptrdiff_t i = 0; i < n; i++)
        areas[i] = names[i] = 0;
    for (ptrdiff_t i = 0; i < n_labels; i++)
        largest[i] = -1;
    for (ptrdiff_t i = 0, from; (from = i) < n_pixels;) {
        int32_t component = p->components[i];
        i = end_of_run(p->components, i, n_pixels);
        if (component >= 0) {
            names[component] = labels[from];
            areas[component] += (int32_t)(i - from);
        }
    }
    for (int32_t i = 0; i < n; i++)
        if (largest[names[i]] < 0 || areas[i] > areas[largest[names[i]]])
            largest[names[i]] = i;
    for (int32_t i = 0; i < n; i++) {
        int kept = largest[names[i]] == i && areas[i] >= min_size;
        p->owners[i] = i;
        p->levels[i] = kept ? 0 : UNREACHED;
        p->starts[i] = at;
        at += kept ? 0 : areas[i];
    }
    p->starts[n] = at;
    for (ptrdiff_t i = 0; i < n; i++)
        p->queue[i] = p->starts[i];
    for (ptrdiff_t i = 0, to; at && i < n_pixels; i = to) {
        int32_t component = p->components[i];
        to = end_of_run(p->components, i, n_pixels);
        for (; component >= 0 && p->levels[component] != 0 && i < to; i++)
            p->pixels[p->queue[component]++] = (int32_t)i;
    }
    for (ptrdiff_t i = 0; i < n; i++)
        areas[i] = 0;
}

void join_pieces(const int32_t *labels, const int32_t *components, ptrdiff_t height, ptrdiff_t width, ptrdiff_t n, ptrdiff_t n_labels,
                 ptrdiff_t min_size, int32_t *owners, int32_t *names, int32_t *scratch)
{
    pieces p = {.components = components, .height = height, .width = width, .owners = owners};
    p.starts = scratch;
    p.levels = p.starts + n + 1;
    p.votes = p.levels + n;
    p.queue = p.votes + n;
    p.pixels = p.queue + n + n_labels; /* the labels' sizes stand between */
    choose_kept(&p, labels, n, n_labels, min_size, names, scratch + 4 * n + 1);
    reach_first(&p, n);
    ptrdiff_t done = 0;
    for (int32_t next = 0; next < n;) {
        for (; done < p.queued; done++) {
            int32_t piece = p.queue[done];
            owners[piece] = elect(&p, piece, names);
            reach_neighbors(&p, piece);
        }
        /* an island without any kept component becomes one segment, so it does not matter from which piece it starts */
        while (next < n && p.levels[next] != UNREACHED)
            next++;
        if (next < n) {
            p.levels[next] = 0;
            reach_neighbors(&p, next);
        }
    }
}
