/* Binding of components.c. */
#include "binding.h"
#include "kernels.h"

PyObject *py_label_components(PyObject *self, PyObject *args)
{
    /* height, width | labels, components, parents [H W]; returns how many */
    (void)self;
    buffers b;
    Py_ssize_t height = PyLong_AsSsize_t(PyTuple_GetItem(args, 0)), width = PyLong_AsSsize_t(PyTuple_GetItem(args, 1));
    if (PyErr_Occurred() || !take(&b, args, 2, "rww"))
        return NULL;
    if (height < 1 || width < 1 || height > INT32_MAX / width || !fits(&b, 0, 4, height * width) || !fits(&b, 1, 4, height * width) ||
        !fits(&b, 2, 4, height * width))
        return fail(&b, BAD);
    Py_ssize_t n;
    Py_BEGIN_ALLOW_THREADS
    n = label_components(b.view[0].buf, height, width, b.view[1].buf, b.view[2].buf);
    Py_END_ALLOW_THREADS
    release(&b);
    return PyLong_FromSsize_t(n);
}

PyObject *py_relabel(PyObject *self, PyObject *args)
{
    /* labels [n], numbers, out [n]; returns how many */
    (void)self;
    buffers b;
    if (!take(&b, args, 0, "rww"))
        return NULL;
    Py_ssize_t n = items(&b, 0);
    if (!fits(&b, 0, 4, n) || !fits(&b, 1, 4, items(&b, 1)) || !fits(&b, 2, 4, n) || !labels_below(&b, 0, items(&b, 1)))
        return fail(&b, BAD);
    Py_ssize_t found;
    Py_BEGIN_ALLOW_THREADS
    found = relabel(b.view[0].buf, n, b.view[1].buf, b.view[2].buf);
    Py_END_ALLOW_THREADS
    release(&b);
    return PyLong_FromSsize_t(found);
}

PyObject *py_map_labels(PyObject *self, PyObject *args)
{
    /* labels [n], table, out [n] */
    (void)self;
    buffers b;
    if (!take(&b, args, 0, "rrw"))
        return NULL;
    Py_ssize_t n = items(&b, 0);
    if (!fits(&b, 0, 4, n) || !fits(&b, 1, 4, items(&b, 1)) || !fits(&b, 2, 4, n) || !labels_below(&b, 0, items(&b, 1)))
        return fail(&b, BAD);
    Py_BEGIN_ALLOW_THREADS
    map_labels(b.view[0].buf, n, b.view[1].buf, b.view[2].buf);
    Py_END_ALLOW_THREADS
    release(&b);
    Py_RETURN_NONE;
}

PyObject *py_join_pieces(PyObject *self, PyObject *args)
{
    /* height, width, n_labels, min_size | labels, components, owners [n], names [n], scratch [4 n + 1 + n_labels + H W] */
    (void)self;
    buffers b;
    Py_ssize_t height = PyLong_AsSsize_t(PyTuple_GetItem(args, 0)), width = PyLong_AsSsize_t(PyTuple_GetItem(args, 1)),
               n_labels = PyLong_AsSsize_t(PyTuple_GetItem(args, 2)), min_size = PyLong_AsSsize_t(PyTuple_GetItem(args, 3));
    if (PyErr_Occurred() || !take(&b, args, 4, "rrwww"))
        return NULL;
    Py_ssize_t n = items(&b, 2);
    if (height < 1 || width < 1 || height > INT32_MAX / width || n_labels < 0 || n_labels > INT32_MAX || n > height * width ||
        !fits(&b, 0, 4, height * width) || !fits(&b, 1, 4, height * width) || !fits(&b, 2, 4, n) || !fits(&b, 3, 4, n) ||
        !fits(&b, 4, 4, 4 * n + 1 + n_labels + height * width) || !labels_below(&b, 0, n_labels) || !labels_below(&b, 1, n))
        return fail(&b, BAD);
    const int32_t *labels = b.view[0].buf, *components = b.view[1].buf;
    int32_t differ = 0;
    for (Py_ssize_t i = 0; i < height * width; i++)
        differ |= labels[i] ^ components[i];
    if (differ < 0) /* some pixel is inside of one and outside of the other */
        return fail(&b, BAD);
    Py_BEGIN_ALLOW_THREADS
    join_pieces(labels, components, height, width, n, n_labels, min_size, b.view[2].buf, b.view[3].buf, b.view[4].buf);
    Py_END_ALLOW_THREADS
    release(&b);
    Py_RETURN_NONE;
}
