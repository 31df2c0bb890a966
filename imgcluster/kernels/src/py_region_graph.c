/* The binding of region_graph.c. */
#include "binding.h"
#include "entry_points.h"
#include "kernels.h"

PyObject *py_region_edges(PyObject *self, PyObject *const *args, Py_ssize_t n_args)
{
    /* features may be empty: contrasts are 0 */
    (void)self;
    Py_ssize_t height, width, d, bits;
    array labels, features, table, ends, lengths, contrasts;
    arguments taken;
    if (!TAKE(&taken, "region_edges", args, n_args, WHOLE(height, 1, INT32_MAX), WHOLE(width, 1, INT32_MAX), WHOLE(d, 1, INT32_MAX),
              WHOLE(bits, 1, 30), READ(labels, INT32), READ(features, INT16), WRITE(table, INT32), WRITE(ends, INT32),
              WRITE(lengths, INT64), WRITE(contrasts, INT64)))
        return NULL;
    Py_ssize_t pixels = times(height, width), capacity = lengths.count, room = (Py_ssize_t)1 << bits;
    if (!CHECK_SIZES(&taken, {&labels, pixels}, OR_EMPTY(features, times(pixels, d)), {&table, room}, {&ends, 2 * capacity},
                     {&contrasts, capacity}) ||
        !require(&taken, capacity < room, "lengths must have fewer items than the table of %zd, got %zd", room, capacity))
        return NULL;
    region_borders borders = {ends.data, lengths.data, contrasts.data};
    Py_ssize_t m;
    Py_BEGIN_ALLOW_THREADS
    m = region_edges(labels.data, data_or_null(&features), height, width, d, (int)bits, table.data, capacity, &borders);
    Py_END_ALLOW_THREADS
    finish(&taken);
    return PyLong_FromSsize_t(m);
}

static int check_ends(arguments *taken, const int32_t *ends, Py_ssize_t m, Py_ssize_t n)
{
    for (Py_ssize_t i = 0; i < 2 * m; i++)
        if (ends[i] < 0 || ends[i] >= n || ends[i] == ends[i ^ 1])
            return require(taken, 0, "ends must be two regions below %zd for each border", n);
    return 1;
}

/* Whether numbers of borders, which are added up where regions join, stay whole numbers of 64 bits. */
static int check_amounts(arguments *taken, const array *amounts)
{
    const int64_t *values = amounts->data;
    int64_t left = INT64_MAX;
    int holds = 1;
    for (Py_ssize_t i = 0; i < amounts->count && holds; i++) {
        holds = values[i] >= 0 && values[i] <= left;
        left -= holds ? values[i] : 0;
    }
    return require(taken, holds, "%s must not be negative, nor more than 2^63 - 1 in all", amounts->name);
}

PyObject *py_merge_regions(PyObject *self, PyObject *const *args, Py_ssize_t n_args)
{
    (void)self;
    double contrast, floor;
    Py_ssize_t power, n_regions;
    array areas, means, ends, lengths, contrasts, scratch, costs, merges, heights;
    arguments taken;
    if (!TAKE(&taken, "merge_regions", args, n_args, REAL(contrast), REAL(floor), WHOLE(power, 0, 8), WHOLE(n_regions, 1, PY_SSIZE_T_MAX),
              WRITE(areas, FLOAT64), WRITE(means, FLOAT64), WRITE(ends, INT32), WRITE(lengths, INT64), WRITE(contrasts, INT64),
              WRITE(scratch, INT32), WRITE(costs, FLOAT64), WRITE(merges, INT32), WRITE(heights, FLOAT64)))
        return NULL;
    Py_ssize_t n = areas.count, d = n ? means.count / n : 0, m = lengths.count;
    if (!require(&taken, n > 0 && n <= INT32_MAX, "areas must have between 1 and %d items, got %zd", INT32_MAX, n) ||
        !require(&taken, m <= INT32_MAX / 4, "lengths must have at most %d items, got %zd", INT32_MAX / 4, m) ||
        !CHECK_SIZES(&taken, {&means, n * d}, {&ends, 2 * m}, {&contrasts, m}, {&scratch, 3 * n + 4 * m}, {&costs, m},
                     {&merges, 2 * (n - 1)}, {&heights, n - 1}) ||
        !check_ends(&taken, ends.data, m, n) || !check_amounts(&taken, &lengths) || !check_amounts(&taken, &contrasts))
        return NULL;
    merge_terms terms = {contrast, floor, (int)power, n_regions};
    region_borders borders = {ends.data, lengths.data, contrasts.data};
    Py_ssize_t done;
    Py_BEGIN_ALLOW_THREADS
    done = merge_regions(&terms, n, d, m, areas.data, means.data, &borders, scratch.data, costs.data, merges.data, heights.data);
    Py_END_ALLOW_THREADS
    finish(&taken);
    return PyLong_FromSsize_t(done);
}

static int check_merges(arguments *taken, const int32_t *merges, Py_ssize_t m, Py_ssize_t n)
{
    for (Py_ssize_t i = 0; i < m; i++)
        if (merges[2 * i] < 0 || merges[2 * i + 1] <= merges[2 * i] || merges[2 * i + 1] >= n)
            return require(taken, 0, "merges must be pairs of regions below %zd, the lower first", n);
    return 1;
}

PyObject *py_merged_labels(PyObject *self, PyObject *const *args, Py_ssize_t n_args)
{
    (void)self;
    array merges, labels;
    arguments taken;
    if (!TAKE(&taken, "merged_labels", args, n_args, READ(merges, INT32), WRITE(labels, INT32)))
        return NULL;
    Py_ssize_t m = merges.count / 2, n = labels.count;
    if (!CHECK_SIZES(&taken, {&merges, 2 * m}) ||
        !require(&taken, n <= INT32_MAX, "labels must have at most %d items, got %zd", INT32_MAX, n) ||
        !check_merges(&taken, merges.data, m, n))
        return NULL;
    Py_BEGIN_ALLOW_THREADS
    merged_labels(n, merges.data, m, labels.data);
    Py_END_ALLOW_THREADS
    finish(&taken);
    Py_RETURN_NONE;
}
