/* The binding of region_graph.c. */
#include "binding.h"
#include "kernels.h"

PyObject *py_region_edges(PyObject *self, PyObject *args)
{
    /* height, width, d, bits | labels, features or empty, table [2^bits], ends [m, 2], lengths [m], contrasts [m]; returns how many, or -1 */
    (void)self;
    buffers b;
    Py_ssize_t height = PyLong_AsSsize_t(PyTuple_GetItem(args, 0)), width = PyLong_AsSsize_t(PyTuple_GetItem(args, 1)),
               d = PyLong_AsSsize_t(PyTuple_GetItem(args, 2));
    long bits = PyLong_AsLong(PyTuple_GetItem(args, 3));
    if (PyErr_Occurred() || !take(&b, args, 4, "rrwwww"))
        return NULL;
    Py_ssize_t capacity = items(&b, 4);
    if (height < 1 || width < 1 || d < 1 || height > PY_SSIZE_T_MAX / width / d || bits < 1 || bits > 30 ||
        !fits(&b, 0, 4, height * width) || !fits(&b, 1, 2, items(&b, 1) ? height * width * d : 0) ||
        !fits(&b, 2, 4, (Py_ssize_t)1 << bits) || !fits(&b, 3, 4, 2 * capacity) || !fits(&b, 4, 8, capacity) || !fits(&b, 5, 8, capacity) ||
        capacity >= (Py_ssize_t)1 << bits)
        return fail(&b, BAD);
    region_borders borders = {b.view[3].buf, b.view[4].buf, b.view[5].buf};
    Py_ssize_t m;
    Py_BEGIN_ALLOW_THREADS
    m = region_edges(b.view[0].buf, items(&b, 1) ? b.view[1].buf : NULL, height, width, d, (int)bits, b.view[2].buf, capacity, &borders);
    Py_END_ALLOW_THREADS
    release(&b);
    return PyLong_FromSsize_t(m);
}

PyObject *py_merge_regions(PyObject *self, PyObject *args)
{
    /* contrast, floor, power, n_regions | areas [n], means [n, d], ends [m, 2], lengths [m], contrasts [m], scratch [3 n + 4 m], costs [m],
       merges [n - 1, 2], heights [n - 1]; returns how many */
    (void)self;
    buffers b;
    double contrast = PyFloat_AsDouble(PyTuple_GetItem(args, 0)), floor = PyFloat_AsDouble(PyTuple_GetItem(args, 1));
    long power = PyLong_AsLong(PyTuple_GetItem(args, 2));
    Py_ssize_t n_regions = PyLong_AsSsize_t(PyTuple_GetItem(args, 3));
    if (PyErr_Occurred() || !take(&b, args, 4, "wwwwwwwww"))
        return NULL;
    Py_ssize_t n = items(&b, 0), d = n ? items(&b, 1) / n : 0, m = items(&b, 3);
    if (n < 1 || n > INT32_MAX || m > INT32_MAX / 4 || power < 0 || power > 8 || n_regions < 1 || !fits(&b, 0, 8, n) ||
        !fits(&b, 1, 8, n * d) || !fits(&b, 2, 4, 2 * m) || !fits(&b, 3, 8, m) || !fits(&b, 4, 8, m) || !fits(&b, 5, 4, 3 * n + 4 * m) ||
        !fits(&b, 6, 8, m) || !fits(&b, 7, 4, 2 * (n - 1)) || !fits(&b, 8, 8, n - 1))
        return fail(&b, BAD);
    const int32_t *ends = b.view[2].buf;
    for (Py_ssize_t i = 0; i < 2 * m; i++)
        if (ends[i] < 0 || ends[i] >= n || ends[i] == ends[i ^ 1])
            return fail(&b, BAD);
    merge_terms terms = {contrast, floor, (int)power, n_regions};
    region_borders borders = {b.view[2].buf, b.view[3].buf, b.view[4].buf};
    Py_ssize_t done;
    Py_BEGIN_ALLOW_THREADS
    done =
        merge_regions(&terms, n, d, m, b.view[0].buf, b.view[1].buf, &borders, b.view[5].buf, b.view[6].buf, b.view[7].buf, b.view[8].buf);
    Py_END_ALLOW_THREADS
    release(&b);
    return PyLong_FromSsize_t(done);
}

PyObject *py_merged_labels(PyObject *self, PyObject *args)
{
    /* merges [m, 2], labels [n] */
    (void)self;
    buffers b;
    if (!take(&b, args, 0, "rw"))
        return NULL;
    Py_ssize_t m = items(&b, 0) / 2, n = items(&b, 1);
    const int32_t *merges = b.view[0].buf;
    if (!fits(&b, 0, 4, 2 * m) || !fits(&b, 1, 4, n) || n > INT32_MAX)
        return fail(&b, BAD);
    for (Py_ssize_t i = 0; i < m; i++)
        if (merges[2 * i] < 0 || merges[2 * i + 1] <= merges[2 * i] || merges[2 * i + 1] >= n)
            return fail(&b, BAD);
    Py_BEGIN_ALLOW_THREADS
    merged_labels(n, merges, m, b.view[1].buf);
    Py_END_ALLOW_THREADS
    release(&b);
    Py_RETURN_NONE;
}
