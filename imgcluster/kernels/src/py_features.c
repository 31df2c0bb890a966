/* The binding of features.c. */
#include "binding.h"
#include "kernels.h"

PyObject *py_lab_features(PyObject *self, PyObject *args)
{
    /* isa | linear, matrix [3, 3], x, y [LAB_CURVE, 4], z, pixels [n, 3] of uint8 or uint16, out [n, 4] */
    (void)self;
    buffers b;
    long isa = PyLong_AsLong(PyTuple_GetItem(args, 0));
    if (PyErr_Occurred() || !take(&b, args, 1, "rrrrrrw"))
        return NULL;
    Py_ssize_t size = b.view[5].itemsize, n = items(&b, 5) / 3;
    if (!isa_is_usable(isa) || (size != 1 && size != 2) || !fits(&b, 0, 4, size == 1 ? 256 : 65536) || !fits(&b, 1, 4, 9) ||
        !fits(&b, 2, 2, LAB_CURVE) || !fits(&b, 3, 2, 4 * LAB_CURVE) || !fits(&b, 4, 2, LAB_CURVE) || !fits(&b, 5, size, 3 * n) ||
        !fits(&b, 6, 2, 4 * n))
        return fail(&b, BAD);
    lab_tables tables = {b.view[0].buf, b.view[1].buf, b.view[2].buf, b.view[3].buf, b.view[4].buf};
    Py_BEGIN_ALLOW_THREADS
    if (size == 1)
        lab_u8((int)isa, &tables, b.view[5].buf, n, b.view[6].buf);
    else
        lab_u16((int)isa, &tables, b.view[5].buf, n, b.view[6].buf);
    Py_END_ALLOW_THREADS
    release(&b);
    Py_RETURN_NONE;
}

PyObject *py_blur_rows(PyObject *self, PyObject *args)
{
    /* isa, width, d | rows [n_rows + 2, width, d], out [n_rows, width, d], scratch [width + 2, d] */
    (void)self;
    buffers b;
    long isa = PyLong_AsLong(PyTuple_GetItem(args, 0));
    Py_ssize_t width = PyLong_AsSsize_t(PyTuple_GetItem(args, 1)), d = PyLong_AsSsize_t(PyTuple_GetItem(args, 2));
    if (PyErr_Occurred() || !take(&b, args, 3, "rww"))
        return NULL;
    if (!isa_is_usable(isa) || width < 1 || d < 1)
        return fail(&b, BAD);
    Py_ssize_t n_rows = items(&b, 1) / (width * d);
    if (!fits(&b, 0, 2, (n_rows + 2) * width * d) || !fits(&b, 1, 2, n_rows * width * d) || !fits(&b, 2, 2, (width + 2) * d))
        return fail(&b, BAD);
    Py_BEGIN_ALLOW_THREADS
    blur_rows((int)isa, b.view[0].buf, n_rows, width, d, b.view[1].buf, b.view[2].buf);
    Py_END_ALLOW_THREADS
    release(&b);
    Py_RETURN_NONE;
}

PyObject *py_halve(PyObject *self, PyObject *args)
{
    /* isa, height, width, d | fine [height, width, d], fine_weights [height, width] or empty, coarse, weights */
    (void)self;
    buffers b;
    long isa = PyLong_AsLong(PyTuple_GetItem(args, 0));
    Py_ssize_t height = PyLong_AsSsize_t(PyTuple_GetItem(args, 1)), width = PyLong_AsSsize_t(PyTuple_GetItem(args, 2)),
               d = PyLong_AsSsize_t(PyTuple_GetItem(args, 3));
    if (PyErr_Occurred() || !take(&b, args, 4, "rrww"))
        return NULL;
    Py_ssize_t n = (height + 1) / 2 * ((width + 1) / 2), n_weights = items(&b, 1);
    if (!isa_is_usable(isa) || height < 1 || width < 1 || d < 4 || d % 4 || !fits(&b, 0, 2, height * width * d) ||
        !fits(&b, 1, 2, n_weights ? height * width : 0) || !fits(&b, 2, 2, n * d) || !fits(&b, 3, 2, n))
        return fail(&b, BAD);
    Py_BEGIN_ALLOW_THREADS
    halve((int)isa, b.view[0].buf, n_weights ? b.view[1].buf : NULL, height, width, d, b.view[2].buf, b.view[3].buf);
    Py_END_ALLOW_THREADS
    release(&b);
    Py_RETURN_NONE;
}
