/* The binding of features.c. */
#include "binding.h"
#include "entry_points.h"
#include "kernels.h"

PyObject *py_lab_features(PyObject *self, PyObject *const *args, Py_ssize_t n_args)
{
    (void)self;
    Py_ssize_t isa;
    array linear, matrix, x, y, z, pixels, out;
    arguments taken;
    if (!TAKE(&taken, "lab_features", args, n_args, ISA_LEVEL(isa), READ(linear, FLOAT32), READ(matrix, FLOAT32), READ(x, UINT16),
              READ(y, UINT16), READ(z, UINT16), READ(pixels, UINT8 | UINT16), WRITE(out, INT16)))
        return NULL;
    Py_ssize_t n = pixels.count / 3;
    if (!CHECK_SIZES(&taken, {&linear, pixels.type == UINT8 ? 256 : 65536}, {&matrix, 9}, {&x, LAB_CURVE}, {&y, 4 * LAB_CURVE},
                     {&z, LAB_CURVE}, {&pixels, 3 * n}, {&out, 4 * n}))
        return NULL;
    lab_tables tables = {linear.data, matrix.data, x.data, y.data, z.data};
    Py_BEGIN_ALLOW_THREADS
    if (pixels.type == UINT8)
        lab_u8((int)isa, &tables, pixels.data, n, out.data);
    else
        lab_u16((int)isa, &tables, pixels.data, n, out.data);
    Py_END_ALLOW_THREADS
    finish(&taken);
    Py_RETURN_NONE;
}

PyObject *py_blur_rows(PyObject *self, PyObject *const *args, Py_ssize_t n_args)
{
    /* rows [n_rows + 2, width, d], out [n_rows, width, d], scratch [width + 2, d] */
    (void)self;
    Py_ssize_t isa, width, d, edge;
    array rows, out, scratch;
    arguments taken;
    if (!TAKE(&taken, "blur_rows", args, n_args, ISA_LEVEL(isa), WHOLE(width, 1, INT32_MAX), WHOLE(d, 1, INT32_MAX),
              WHOLE(edge, 0, BLUR_EDGE_MAX), READ(rows, INT16), WRITE(out, INT16), WRITE(scratch, INT16)))
        return NULL;
    Py_ssize_t row = times(width, d), n_rows = row > 0 ? out.count / row : 0;
    if (!CHECK_SIZES(&taken, {&rows, times(n_rows + 2, row)}, {&out, times(n_rows, row)}, {&scratch, times(width + 2, d)}))
        return NULL;
    Py_BEGIN_ALLOW_THREADS
    blur_rows((int)isa, rows.data, n_rows, width, d, (int16_t)edge, out.data, scratch.data);
    Py_END_ALLOW_THREADS
    finish(&taken);
    Py_RETURN_NONE;
}

PyObject *py_halve(PyObject *self, PyObject *const *args, Py_ssize_t n_args)
{
    /* fine_weights may be empty: 1 each */
    (void)self;
    Py_ssize_t isa, height, width, d;
    array fine, fine_weights, coarse, weights;
    arguments taken;
    if (!TAKE(&taken, "halve", args, n_args, ISA_LEVEL(isa), WHOLE(height, 1, INT32_MAX), WHOLE(width, 1, INT32_MAX),
              WHOLE(d, 4, INT32_MAX), READ(fine, INT16), READ(fine_weights, UINT16), WRITE(coarse, INT16), WRITE(weights, UINT16)))
        return NULL;
    if (!require(&taken, d % 4 == 0, "d must be a multiple of 4, got %zd", d))
        return NULL;
    Py_ssize_t pixels = times(height, width), blocks = times((height + 1) / 2, (width + 1) / 2);
    if (!CHECK_SIZES(&taken, {&fine, times(pixels, d)}, OR_EMPTY(fine_weights, pixels), {&coarse, times(blocks, d)}, {&weights, blocks}))
        return NULL;
    Py_BEGIN_ALLOW_THREADS
    halve((int)isa, fine.data, data_or_null(&fine_weights), height, width, d, coarse.data, weights.data);
    Py_END_ALLOW_THREADS
    finish(&taken);
    Py_RETURN_NONE;
}
