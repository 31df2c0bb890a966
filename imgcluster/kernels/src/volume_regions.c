/* Label maps of volumes: connected components, which regions touch, and where they are. */
#include <string.h>

#include "borders.h"
#include "runs.h"
#include "sums.h"
#include "volume.h"

static int32_t root_of(int32_t *parents, int32_t i)
{
    while (parents[i] != i) {
        parents[i] = parents[parents[i]];
        i = parents[i];
    }
    return i;
}

/* Join the run [from, to), which has the root `found` (-1: none yet), to every component that touches it from another row; returns the lowest
   root of all. */
static int32_t join_beside(const int32_t *row, const int32_t *components, ptrdiff_t from, ptrdiff_t to, int32_t label, int32_t found,
                           int32_t *parents)
{
    for (ptrdiff_t x = from; x < to; x++) {
        if (row[x] != label)
            continue;
        int32_t root = root_of(parents, components[x]);
        if (found < 0 || root < found) {
            if (found >= 0)
                parents[found] = root;
            found = root;
        } else {
            parents[root] = found;
        }
        while (x + 1 < to && row[x + 1] == label)
            x++;
    }
    return found;
}

/* Number the runs of a row with provisional numbers from n on, and note in parents which of them are one; returns the next number. */
static int32_t number_runs(const int32_t *row, int32_t *out, ptrdiff_t width, ptrdiff_t above, ptrdiff_t before, int32_t n,
                           int32_t *parents)
{
    for (ptrdiff_t x = 0; x < width;) {
        ptrdiff_t from = x;
        int32_t label = row[x], number = -1;
        x = end_of_run(row, x, width);
        if (label >= 0) {
            number = above ? join_beside(row - above, out - above, from, x, label, -1, parents) : -1;
            number = before ? join_beside(row - before, out - before, from, x, label, number, parents) : number;
            if (number < 0) {
                parents[n] = n;
                number = n++;
            }
        }
        for (ptrdiff_t i = from; i < x; i++)
            out[i] = number;
    }
    return n;
}

ptrdiff_t volume_components(const int32_t *labels, ptrdiff_t depth, ptrdiff_t height, ptrdiff_t width, int32_t *components,
                            int32_t *parents)
{
    int32_t n_provisional = 0, n = 0;
    for (ptrdiff_t z = 0; z < depth; z++)
        for (ptrdiff_t y = 0; y < height; y++) {
            ptrdiff_t i = (z * height + y) * width;
            n_provisional = number_runs(labels + i, components + i, width, y ? width : 0, z ? height * width : 0, n_provisional, parents);
        }
    /* a parent is always lower than its child, so it has its final number first; and roots come in raster order */
    for (int32_t i = 0; i < n_provisional; i++)
        parents[i] = parents[i] == i ? n++ : parents[parents[i]];
    for (ptrdiff_t i = 0; i < depth * height * width; i++)
        components[i] = components[i] < 0 ? -1 : parents[components[i]];
    return n;
}

ptrdiff_t volume_edges(const int32_t *labels, const int16_t *features, ptrdiff_t depth, ptrdiff_t height, ptrdiff_t width, ptrdiff_t d,
                       int bits, int32_t *table, ptrdiff_t capacity, region_borders *borders)
{
    ptrdiff_t m = 0, i = 0, steps[3] = {1, width, height * width};
    memset(table, 0xFF, sizeof *table << bits);
    for (ptrdiff_t z = 0; z < depth; z++)
        for (ptrdiff_t y = 0; y < height; y++) {
            ptrdiff_t last[3] = {-1, -1, -1};
            for (ptrdiff_t x = 0; x < width; x++, i++) {
                const int there[3] = {x + 1 < width, y + 1 < height, z + 1 < depth};
                for (int axis = 0; axis < 3 && labels[i] >= 0; axis++) {
                    ptrdiff_t to = there[axis] ? i + steps[axis] : i;
                    if (labels[to] == labels[i] || labels[to] < 0)
                        continue;
                    int64_t contrast = features ? contrast_of(features + i * d, features + to * d, d) : 0;
                    if (!meet(borders, table, bits, capacity, &m, &last[axis], labels[i], labels[to], contrast))
                        return -1;
                }
            }
        }
    return m;
}

/* Add the run [from, to) of a row to the sums and the box of its label. */
static void add_run(ptrdiff_t z, ptrdiff_t y, ptrdiff_t from, ptrdiff_t to, int64_t *sum, int32_t *box)
{
    const ptrdiff_t low[3] = {z, y, from}, high[3] = {z + 1, y + 1, to};
    for (int axis = 0; axis < 3; axis++) {
        if (!sum[0] || low[axis] < box[axis])
            box[axis] = (int32_t)low[axis];
        if (!sum[0] || high[axis] > box[3 + axis])
            box[3 + axis] = (int32_t)high[axis];
    }
    int64_t length = to - from;
    sum[0] = wrapped_sum(sum[0], length);
    sum[1] = wrapped_sum(sum[1], z * length);
    sum[2] = wrapped_sum(sum[2], y * length);
    sum[3] = wrapped_sum(sum[3], (from + to - 1) * length / 2);
}

void volume_shapes(const int32_t *labels, ptrdiff_t depth, ptrdiff_t height, ptrdiff_t width, int64_t *sums, int32_t *boxes)
{
    for (ptrdiff_t z = 0; z < depth; z++)
        for (ptrdiff_t y = 0; y < height; y++) {
            const int32_t *row = labels + (z * height + y) * width;
            for (ptrdiff_t x = 0, from; (from = x) < width;) {
                x = end_of_run(row, x, width);
                if (row[from] >= 0)
                    add_run(z, y, from, x, sums + 4 * row[from], boxes + 6 * row[from]);
            }
        }
}
