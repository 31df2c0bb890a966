/* Binding of region_sums.c. */
#include "binding.h"
#include "kernels.h"

PyObject *py_region_shapes(PyObject *self, PyObject *args)
{
    /* height, width | labels, sums [n, 3], boxes [n, 4] */
    (void)self;
    buffers b;
    Py_ssize_t height = PyLong_AsSsize_t(PyTuple_GetItem(args, 0)), width = PyLong_AsSsize_t(PyTuple_GetItem(args, 1));
    if (PyErr_Occurred() || !take(&b, args, 2, "rww"))
        return NULL;
    Py_ssize_t n = items(&b, 1) / 3;
    if (height < 1 || width < 1 || height > INT32_MAX / width || !fits(&b, 0, 4, height * width) || !fits(&b, 1, 8, 3 * n) ||
        !fits(&b, 2, 4, 4 * n) || !labels_below(&b, 0, n))
        return fail(&b, BAD);
    Py_BEGIN_ALLOW_THREADS
    region_shapes(b.view[0].buf, height, width, b.view[1].buf, b.view[2].buf);
    Py_END_ALLOW_THREADS
    release(&b);
    Py_RETURN_NONE;
}

PyObject *py_region_colors(PyObject *self, PyObject *args)
{
    /* channels, squared | labels [n], values [n, channels], centers [k, channels], sums [k, channels] */
    (void)self;
    buffers b;
    Py_ssize_t channels = PyLong_AsSsize_t(PyTuple_GetItem(args, 0));
    long squared = PyLong_AsLong(PyTuple_GetItem(args, 1));
    if (PyErr_Occurred() || !take(&b, args, 2, "rrrw"))
        return NULL;
    Py_ssize_t n = items(&b, 0), size = b.view[1].itemsize, sums = items(&b, 3);
    char kind = b.view[1].format ? b.view[1].format[0] : 'B';
    if (channels < 1 || !strchr("BHfd", kind) ||
        size != (kind == 'B'   ? 1
                 : kind == 'H' ? 2
                 : kind == 'f' ? 4
                               : 8) ||
        sums % channels || !fits(&b, 0, 4, n) || !fits(&b, 1, size, n * channels) || !fits(&b, 2, 8, sums) || !fits(&b, 3, 8, sums) ||
        !labels_below(&b, 0, sums / channels))
        return fail(&b, BAD);
    const int32_t *labels = b.view[0].buf;
    const double *centers = b.view[2].buf;
    double *out = b.view[3].buf;
    Py_BEGIN_ALLOW_THREADS
    if (kind == 'B')
        region_colors_u8(labels, n, b.view[1].buf, channels, centers, squared != 0, out);
    else if (kind == 'H')
        region_colors_u16(labels, n, b.view[1].buf, channels, centers, squared != 0, out);
    else if (kind == 'f')
        region_colors_f32(labels, n, b.view[1].buf, channels, centers, squared != 0, out);
    else
        region_colors_f64(labels, n, b.view[1].buf, channels, centers, squared != 0, out);
    Py_END_ALLOW_THREADS
    release(&b);
    Py_RETURN_NONE;
}
