/* The binding of mask.c. */
#include "binding.h"
#include "entry_points.h"
#include "kernels.h"

PyObject *py_blur_masked(PyObject *self, PyObject *const *args, Py_ssize_t n_args)
{
    /* rows [n_rows + 2, width, d], mask [n_rows + 2, width], out [n_rows, width, d] */
    (void)self;
    Py_ssize_t width, d, edge;
    array rows, mask, out;
    arguments taken;
    if (!TAKE(&taken, "blur_masked", args, n_args, WHOLE(width, 1, INT32_MAX), WHOLE(d, 1, INT32_MAX), WHOLE(edge, 0, BLUR_EDGE_MAX),
              READ(rows, INT16), READ(mask, UINT8), WRITE(out, INT16)))
        return NULL;
    Py_ssize_t row = times(width, d), n_rows = row > 0 ? out.count / row : 0;
    if (!CHECK_SIZES(&taken, {&rows, times(n_rows + 2, row)}, {&mask, times(n_rows + 2, width)}, {&out, times(n_rows, row)}))
        return NULL;
    Py_BEGIN_ALLOW_THREADS
    blur_masked(rows.data, mask.data, n_rows, width, d, (int16_t)edge, out.data);
    Py_END_ALLOW_THREADS
    finish(&taken);
    Py_RETURN_NONE;
}

PyObject *py_count_runs(PyObject *self, PyObject *const *args, Py_ssize_t n_args)
{
    (void)self;
    Py_ssize_t height, width, n;
    array mask;
    arguments taken;
    if (!TAKE(&taken, "count_runs", args, n_args, WHOLE(height, 1, INT32_MAX), WHOLE(width, 1, INT32_MAX), READ(mask, UINT8)) ||
        !CHECK_SIZES(&taken, {&mask, pixels_of(height, width)}))
        return NULL;
    Py_BEGIN_ALLOW_THREADS
    n = count_runs(mask.data, height, width);
    Py_END_ALLOW_THREADS
    finish(&taken);
    return PyLong_FromSsize_t(n);
}

PyObject *py_mask_pieces(PyObject *self, PyObject *const *args, Py_ssize_t n_args)
{
    /* firsts, lengths, pieces [count_runs] */
    (void)self;
    Py_ssize_t height, width, n;
    array mask, firsts, lengths, pieces;
    arguments taken;
    if (!TAKE(&taken, "mask_pieces", args, n_args, WHOLE(height, 1, INT32_MAX), WHOLE(width, 1, INT32_MAX), READ(mask, UINT8),
              WRITE(firsts, INT64), WRITE(lengths, INT32), WRITE(pieces, INT32)) ||
        !CHECK_SIZES(&taken, {&mask, pixels_of(height, width)}))
        return NULL;
    n = count_runs(mask.data, height, width);
    if (!CHECK_SIZES(&taken, {&firsts, n}, {&lengths, n}, {&pieces, n}))
        return NULL;
    Py_BEGIN_ALLOW_THREADS
    n = mask_pieces(mask.data, height, width, firsts.data, lengths.data, pieces.data);
    Py_END_ALLOW_THREADS
    finish(&taken);
    return PyLong_FromSsize_t(n);
}
