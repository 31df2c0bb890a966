/* The binding of dither.c, diffusion.c, ordered.c, amounts.c and dither_fit.c. */
#include "binding.h"
#include "entry_points.h"
#include "kernels.h"

enum { MOST_ENTRIES = 1 << 16 };

PyObject *py_light_to_oklab(PyObject *self, PyObject *const *args, Py_ssize_t n_args)
{
    (void)self;
    array roots, light, lab;
    arguments taken;
    if (!TAKE(&taken, "light_to_oklab", args, n_args, READ(roots, FLOAT32), READ(light, FLOAT32), WRITE(lab, FLOAT32)) ||
        !CHECK_SIZES(&taken, {&roots, DITHER_ROOTS}, {&light, times(lab.count / 3, 3)}, {&lab, times(lab.count / 3, 3)}))
        return NULL;
    Py_BEGIN_ALLOW_THREADS
    light_to_oklab(roots.data, light.data, lab.count / 3, lab.data);
    Py_END_ALLOW_THREADS
    finish(&taken);
    Py_RETURN_NONE;
}

/* Whether every number is that of one of k entries. */
static int all_below(const array *numbers, Py_ssize_t k)
{
    const uint16_t *items = numbers->data;
    for (Py_ssize_t i = 0; i < numbers->count; i++)
        if (items[i] >= k)
            return 0;
    return 1;
}

PyObject *py_dither_cells(PyObject *self, PyObject *const *args, Py_ssize_t n_args)
{
    (void)self;
    array entries, among, inside, cells, candidates, kept, distances;
    arguments taken;
    if (!TAKE(&taken, "dither_cells", args, n_args, READ(entries, FLOAT32), READ(among, UINT16), READ(inside, UINT8), WRITE(cells, INT32),
              WRITE(candidates, UINT16), WRITE(kept, UINT16), WRITE(distances, FLOAT32)))
        return NULL;
    Py_ssize_t k = entries.count / DITHER_ENTRY, n = among.count, found;
    if (!require(&taken, k > 0 && k <= MOST_ENTRIES, "entries must be between 1 and %d, got %zd", MOST_ENTRIES, k) ||
        !CHECK_SIZES(&taken, {&entries, times(k, DITHER_ENTRY)}, {&inside, DITHER_CELLS}, {&cells, 2 * DITHER_CELLS}, {&kept, times(n, 2)},
                     {&distances, n}) ||
        !require(&taken, n <= MOST_ENTRIES && all_below(&among, k), "among must hold at most %d numbers below %zd", MOST_ENTRIES, k))
        return NULL;
    Py_BEGIN_ALLOW_THREADS
    found =
        dither_cells(entries.data, among.data, n, inside.data, cells.data, candidates.data, candidates.count, kept.data, distances.data);
    Py_END_ALLOW_THREADS
    finish(&taken);
    return PyLong_FromSsize_t(found);
}

/* Whether every cell's candidates lie in their list. */
static int cells_lie_within(const array *cells, Py_ssize_t n)
{
    const int32_t *ends = cells->data;
    for (Py_ssize_t i = 0; i < cells->count; i += 2)
        if (ends[i] < 0 || ends[i + 1] < ends[i] || ends[i + 1] > n)
            return 0;
    return 1;
}

/* Whether all indices of pixels that take no part, of either width, are below k. */
static int indices_are_below(const array *indices, const array *amounts, Py_ssize_t k)
{
    const uint8_t *parts = amounts->data;
    for (Py_ssize_t i = 0; i < amounts->count; i++)
        if (parts[i] == 0 && (indices->type == UINT16 ? ((const uint16_t *)indices->data)[i] : ((const uint8_t *)indices->data)[i]) >= k)
            return 0;
    return 1;
}

PyObject *py_diffuse_rows(PyObject *self, PyObject *const *args, Py_ssize_t n_args)
{
    (void)self;
    Py_ssize_t channels, width, first_row, clear;
    double strength, thrift;
    array light, roots, entries, cells, candidates, pixels, amounts, errors, above, indices;
    arguments taken;
    if (!TAKE(&taken, "diffuse_rows", args, n_args, WHOLE(channels, 3, 4), WHOLE(width, 1, INT32_MAX), WHOLE(first_row, 0, INT32_MAX),
              REAL(strength), REAL(thrift), WHOLE(clear, 0, MOST_ENTRIES), READ(light, FLOAT32), READ(roots, FLOAT32),
              READ(entries, FLOAT32), READ(cells, INT32), READ(candidates, UINT16), READ(pixels, UINT8), READ(amounts, UINT8),
              WRITE(errors, FLOAT32), WRITE(above, INT32), WRITE(indices, UINT8 | UINT16)))
        return NULL;
    Py_ssize_t k = entries.count / DITHER_ENTRY, most = indices.type == UINT8 ? 256 : MOST_ENTRIES, height = indices.count / width;
    if (!require(&taken, k > 0 && k <= most, "entries must be between 1 and %zd, got %zd", most, k) ||
        !require(&taken, clear <= k, "clear must be at most %zd, got %zd", k, clear) ||
        !CHECK_SIZES(&taken, {&light, 256}, {&roots, DITHER_ROOTS}, {&entries, times(k, DITHER_ENTRY)}, {&cells, 2 * DITHER_CELLS},
                     {&indices, times(height, width)}, {&pixels, times(indices.count, channels)}, OR_EMPTY(amounts, indices.count),
                     {&errors, times(width + 2, channels == 4 ? 12 : 6)}, {&above, width}) ||
        !require(&taken, cells_lie_within(&cells, candidates.count), "cells must lie within %zd candidates", candidates.count) ||
        !require(&taken, all_below(&candidates, k), "candidates must be below %zd", k) || !check_labels(&taken, &above, k) ||
        !require(&taken, indices_are_below(&indices, &amounts, k), "indices must be below %zd where amounts are 0", k))
        return NULL;
    dither_palette palette = {roots.data, entries.data, cells.data, candidates.data, k};
    Py_BEGIN_ALLOW_THREADS
    diffuse_rows(&palette, light.data, pixels.data, channels, data_or_null(&amounts), height, width, first_row, (float)strength,
                 (float)thrift, (int)clear, errors.data, above.data, indices.data, indices.type == UINT16);
    Py_END_ALLOW_THREADS
    finish(&taken);
    Py_RETURN_NONE;
}

PyObject *py_order_rows(PyObject *self, PyObject *const *args, Py_ssize_t n_args)
{
    (void)self;
    enum { MOST_MIXED = 16, MOST_SIDE = 1 << 10 };
    Py_ssize_t channels, width, first_row, side, n, clear;
    double strength;
    array light, roots, entries, cells, candidates, tile, pixels, colors, mixed, indices;
    arguments taken;
    if (!TAKE(&taken, "order_rows", args, n_args, WHOLE(channels, 3, 4), WHOLE(width, 1, INT32_MAX), WHOLE(first_row, 0, INT32_MAX),
              WHOLE(side, 1, MOST_SIDE), WHOLE(n, 1, MOST_MIXED), REAL(strength), WHOLE(clear, 0, MOST_ENTRIES), READ(light, FLOAT32),
              READ(roots, FLOAT32), READ(entries, FLOAT32), READ(cells, INT32), READ(candidates, UINT16), READ(tile, UINT16),
              READ(pixels, UINT8), WRITE(colors, UINT32), WRITE(mixed, UINT16), WRITE(indices, UINT8 | UINT16)))
        return NULL;
    Py_ssize_t k = entries.count / DITHER_ENTRY, most = indices.type == UINT8 ? 256 : MOST_ENTRIES, height = indices.count / width;
    if (!require(&taken, k > 0 && k <= most, "entries must be between 1 and %zd, got %zd", most, k) ||
        !require(&taken, clear <= k, "clear must be at most %zd, got %zd", k, clear) ||
        !CHECK_SIZES(&taken, {&light, 256}, {&roots, DITHER_ROOTS}, {&entries, times(k, DITHER_ENTRY)}, {&cells, 2 * DITHER_CELLS},
                     {&colors, 1 << DITHER_MIX_BITS}, {&mixed, times(n, 1 << DITHER_MIX_BITS)}, {&tile, side * side},
                     {&indices, times(height, width)}, {&pixels, times(indices.count, channels)}) ||
        !require(&taken, cells_lie_within(&cells, candidates.count), "cells must lie within %zd candidates", candidates.count) ||
        !require(&taken, all_below(&candidates, k), "candidates must be below %zd", k))
        return NULL;
    dither_mixes mixes = {colors.data, mixed.data};
    dither_palette palette = {roots.data, entries.data, cells.data, candidates.data, k};
    Py_BEGIN_ALLOW_THREADS
    order_rows(&palette, light.data, pixels.data, channels, height, width, first_row, tile.data, side, (float)strength, (int)n, (int)clear,
               &mixes, indices.data, indices.type == UINT16);
    Py_END_ALLOW_THREADS
    finish(&taken);
    Py_RETURN_NONE;
}

PyObject *py_dither_amounts(PyObject *self, PyObject *const *args, Py_ssize_t n_args)
{
    (void)self;
    Py_ssize_t channels, width;
    array pixels, limits, amounts;
    arguments taken;
    if (!TAKE(&taken, "dither_amounts", args, n_args, WHOLE(channels, 3, 4), WHOLE(width, 1, INT32_MAX), READ(pixels, UINT8),
              READ(limits, UINT8), WRITE(amounts, UINT8)))
        return NULL;
    Py_ssize_t height = amounts.count / width, with_more = times(height + 2, width);
    if (!CHECK_SIZES(&taken, {&amounts, times(height, width)}, {&limits, with_more}, {&pixels, times(with_more, channels)}))
        return NULL;
    Py_BEGIN_ALLOW_THREADS
    dither_amounts(pixels.data, limits.data, channels, height, width, amounts.data);
    Py_END_ALLOW_THREADS
    finish(&taken);
    Py_RETURN_NONE;
}

/* Whether every number is within 0..most. */
static int all_within(const array *numbers, int32_t most)
{
    const int32_t *items = numbers->data;
    for (Py_ssize_t i = 0; i < numbers->count; i++)
        if (items[i] < 0 || items[i] > most)
            return 0;
    return 1;
}

static int64_t sum_of(const array *numbers)
{
    const int32_t *items = numbers->data;
    int64_t sum = 0;
    for (Py_ssize_t i = 0; i < numbers->count; i++)
        sum += items[i];
    return sum;
}

PyObject *py_pair_sums(PyObject *self, PyObject *const *args, Py_ssize_t n_args)
{
    (void)self;
    enum { WINDOW = 2 * DITHER_REACH + 1, MOST_COLORS = 256 };
    Py_ssize_t channels, width, k;
    array light, of_luma, pair, pixels, indices, pairs, sums;
    arguments taken;
    if (!TAKE(&taken, "pair_sums", args, n_args, WHOLE(channels, 3, 4), WHOLE(width, 1, INT32_MAX), WHOLE(k, 1, MOST_COLORS),
              READ(light, INT32), READ(of_luma, INT32), READ(pair, INT32), READ(pixels, UINT8), READ(indices, UINT8), WRITE(pairs, INT64),
              WRITE(sums, INT64)))
        return NULL;
    Py_ssize_t height = indices.count / width;
    if (!CHECK_SIZES(&taken, {&light, 256}, {&of_luma, DITHER_LUMA}, {&pair, WINDOW * WINDOW}, {&indices, times(height, width)},
                     {&pixels, times(indices.count, channels)}, {&pairs, k * k}, {&sums, 3 * k}) ||
        !require(&taken, all_within(&light, DITHER_LIGHT), "light must be within 0..%d", DITHER_LIGHT) ||
        !require(&taken, all_within(&pair, DITHER_PAIRS) && sum_of(&pair) <= DITHER_PAIRS, "pair must be within 0..%d in all",
                 DITHER_PAIRS))
        return NULL;
    const uint8_t *entries = indices.data;
    for (Py_ssize_t i = 0; i < indices.count; i++)
        if (!require(&taken, entries[i] < k, "indices must be below %zd, got %d", k, entries[i]))
            return NULL;
    dither_weights weights = {light.data, of_luma.data, pair.data};
    Py_BEGIN_ALLOW_THREADS
    pair_sums(&weights, pixels.data, channels, indices.data, height, width, k, pairs.data, sums.data);
    Py_END_ALLOW_THREADS
    finish(&taken);
    Py_RETURN_NONE;
}
