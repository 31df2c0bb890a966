/* The binding of histogram.c. */
#include "binding.h"
#include "entry_points.h"
#include "kernels.h"

enum { N_KEYS = 1 << 24, N_CELLS = 1 << 15 };

PyObject *py_histogram_count(PyObject *self, PyObject *const *args, Py_ssize_t n_args)
{
    (void)self;
    Py_ssize_t channels;
    array pixels, table, touched, carries;
    arguments taken;
    if (!TAKE(&taken, "histogram_count", args, n_args, WHOLE(channels, 3, PY_SSIZE_T_MAX), READ(pixels, UINT8), WRITE(table, UINT8),
              WRITE(touched, UINT8), WRITE(carries, UINT32)))
        return NULL;
    Py_ssize_t n = pixels.count / channels, n_carries;
    if (!CHECK_SIZES(&taken, {&pixels, n * channels}, {&table, N_KEYS}, {&touched, N_CELLS}, {&carries, n / HISTOGRAM_CARRY + 1}))
        return NULL;
    Py_BEGIN_ALLOW_THREADS
    n_carries = histogram_count(pixels.data, n, channels, table.data, touched.data, carries.data);
    Py_END_ALLOW_THREADS
    finish(&taken);
    return PyLong_FromSsize_t(n_carries);
}

PyObject *py_histogram_collect(PyObject *self, PyObject *const *args, Py_ssize_t n_args)
{
    /* keys and counts may both be empty: keys are only counted */
    (void)self;
    array tables, touched, keys, counts;
    arguments taken;
    if (!TAKE(&taken, "histogram_collect", args, n_args, READ(tables, UINT8), READ(touched, UINT8), WRITE(keys, UINT32),
              WRITE(counts, INT64)))
        return NULL;
    Py_ssize_t n_tables = touched.count / N_CELLS, n;
    if (!CHECK_SIZES(&taken, {&tables, times(n_tables, N_KEYS)}, {&touched, n_tables * N_CELLS}, {&counts, keys.count}))
        return NULL;
    if (keys.count) {
        Py_BEGIN_ALLOW_THREADS
        n = histogram_collect(tables.data, n_tables, touched.data, NULL, NULL);
        Py_END_ALLOW_THREADS
        if (!CHECK_SIZES(&taken, {&keys, n}))
            return NULL;
    }
    Py_BEGIN_ALLOW_THREADS
    n = histogram_collect(tables.data, n_tables, touched.data, data_or_null(&keys), data_or_null(&counts));
    Py_END_ALLOW_THREADS
    finish(&taken);
    return PyLong_FromSsize_t(n);
}

PyObject *py_keys_from_colors(PyObject *self, PyObject *const *args, Py_ssize_t n_args)
{
    (void)self;
    array colors, keys;
    arguments taken;
    if (!TAKE(&taken, "keys_from_colors", args, n_args, READ(colors, UINT8), WRITE(keys, UINT32)) ||
        !CHECK_SIZES(&taken, {&colors, times(keys.count, 3)}))
        return NULL;
    Py_BEGIN_ALLOW_THREADS
    keys_from_colors(colors.data, keys.count, keys.data);
    Py_END_ALLOW_THREADS
    finish(&taken);
    Py_RETURN_NONE;
}

PyObject *py_colors_from_keys(PyObject *self, PyObject *const *args, Py_ssize_t n_args)
{
    (void)self;
    array keys, colors;
    arguments taken;
    if (!TAKE(&taken, "colors_from_keys", args, n_args, READ(keys, UINT32), WRITE(colors, UINT8)) ||
        !CHECK_SIZES(&taken, {&colors, times(keys.count, 3)}))
        return NULL;
    Py_BEGIN_ALLOW_THREADS
    colors_from_keys(keys.data, keys.count, colors.data);
    Py_END_ALLOW_THREADS
    finish(&taken);
    Py_RETURN_NONE;
}

PyObject *py_remap_pixels(PyObject *self, PyObject *const *args, Py_ssize_t n_args)
{
    (void)self;
    Py_ssize_t channels;
    array pixels, table, indices;
    arguments taken;
    if (!TAKE(&taken, "remap_pixels", args, n_args, WHOLE(channels, 3, PY_SSIZE_T_MAX), READ(pixels, UINT8), READ(table, UINT8 | UINT16),
              WRITE_LIKE(indices, table)))
        return NULL;
    if (!CHECK_SIZES(&taken, {&pixels, times(indices.count, channels)}, {&table, N_KEYS}))
        return NULL;
    Py_BEGIN_ALLOW_THREADS
    if (table.type == UINT8)
        remap_pixels(pixels.data, indices.count, channels, table.data, indices.data);
    else
        remap_pixels_wide(pixels.data, indices.count, channels, table.data, indices.data);
    Py_END_ALLOW_THREADS
    finish(&taken);
    Py_RETURN_NONE;
}

PyObject *py_squared_difference(PyObject *self, PyObject *const *args, Py_ssize_t n_args)
{
    (void)self;
    array pixels, colors, indices;
    arguments taken;
    if (!TAKE(&taken, "squared_difference", args, n_args, READ(pixels, UINT8), READ(colors, UINT8), READ(indices, UINT8 | UINT16)))
        return NULL;
    Py_ssize_t k = colors.count / 3;
    int64_t total;
    if (!CHECK_SIZES(&taken, {&pixels, times(indices.count, 3)}, {&colors, times(k, 3)}))
        return NULL;
    Py_BEGIN_ALLOW_THREADS
    total = squared_difference(pixels.data, indices.count, colors.data, k, indices.data, indices.type == UINT16);
    Py_END_ALLOW_THREADS
    if (!require(&taken, total >= 0, "indices must be below %zd", k))
        return NULL;
    finish(&taken);
    return PyLong_FromLongLong(total);
}
