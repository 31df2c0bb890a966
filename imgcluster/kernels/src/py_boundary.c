/* The binding of boundary.c. */
#include "binding.h"
#include "kernels.h"

/* features, weights (or empty), labels, active stand at the head of the buffers. */
static int take_level(const buffers *b, Py_ssize_t height, Py_ssize_t width, Py_ssize_t d, boundary_level *level)
{
    Py_ssize_t n_weights = items(b, 1);
    if (height < 1 || width < 1 || width >= INT32_MAX || d < 4 || d % 4 || height > PY_SSIZE_T_MAX / width / d)
        return 0;
    boundary_level l = {b->view[0].buf, n_weights ? b->view[1].buf : NULL, b->view[2].buf, b->view[3].buf, height, width, d};
    *level = l;
    return fits(b, 0, 2, height * width * d) && fits(b, 1, 2, n_weights ? height * width : 0) && fits(b, 2, 4, height * width) &&
           fits(b, 3, 1, height * width);
}

/* Whether these are rows of the level, or none. */
static int rows_fit(const boundary_level *level, Py_ssize_t first_row, Py_ssize_t last_row)
{
    return first_row >= 0 && first_row <= last_row && last_row <= level->height;
}

/* Every label of these rows is one of the k, or below 0. */
static int labels_fit(const boundary_level *level, Py_ssize_t first_row, Py_ssize_t last_row, Py_ssize_t k)
{
    int32_t highest = -1;
    for (const int32_t *at = level->labels + first_row * level->width, *end = level->labels + last_row * level->width; at < end; at++)
        highest = *at > highest ? *at : highest;
    return highest < k;
}

PyObject *py_boundary_sums(PyObject *self, PyObject *args)
{
    /* isa, height, width, d, first_row, last_row | features, weights, labels, active, sums [k, d + 4] */
    (void)self;
    buffers b;
    boundary_level level;
    Py_ssize_t at[6];
    for (int i = 0; i < 6; i++)
        at[i] = PyLong_AsSsize_t(PyTuple_GetItem(args, i));
    if (PyErr_Occurred() || !take(&b, args, 6, "rrwww"))
        return NULL;
    if (!isa_is_usable((long)at[0]) || !take_level(&b, at[1], at[2], at[3], &level) || !rows_fit(&level, at[4], at[5]))
        return fail(&b, BAD);
    Py_ssize_t d = at[3], k = items(&b, 4) / (d + 4);
    if (!fits(&b, 4, 8, k * (d + 4)) || !labels_fit(&level, at[4], at[5], k))
        return fail(&b, BAD);
    Py_BEGIN_ALLOW_THREADS
    boundary_sums((int)at[0], &level, at[4], at[5], b.view[4].buf);
    Py_END_ALLOW_THREADS
    release(&b);
    Py_RETURN_NONE;
}

/* position, variance, bonus, margin of the arguments from `first` on */
static boundary_terms take_terms(PyObject *args, Py_ssize_t first)
{
    boundary_terms terms = {PyFloat_AsDouble(PyTuple_GetItem(args, first)), PyFloat_AsDouble(PyTuple_GetItem(args, first + 1)),
                            PyFloat_AsDouble(PyTuple_GetItem(args, first + 2)), PyFloat_AsDouble(PyTuple_GetItem(args, first + 3))};
    return terms;
}

PyObject *py_boundary_segments(PyObject *self, PyObject *args)
{
    /* d, position, variance, bonus, margin | sums [k, d + 4], segments [k, d + 4] */
    (void)self;
    buffers b;
    Py_ssize_t d = PyLong_AsSsize_t(PyTuple_GetItem(args, 0));
    boundary_terms terms = take_terms(args, 1);
    if (PyErr_Occurred() || !take(&b, args, 5, "rw"))
        return NULL;
    if (d < 4 || d % 4 || d > PY_SSIZE_T_MAX / 16)
        return fail(&b, BAD);
    Py_ssize_t k = items(&b, 0) / (d + 4);
    if (!fits(&b, 0, 8, k * (d + 4)) || !fits(&b, 1, 8, k * (d + 4)))
        return fail(&b, BAD);
    Py_BEGIN_ALLOW_THREADS
    boundary_segments(&terms, b.view[0].buf, k, d, b.view[1].buf);
    Py_END_ALLOW_THREADS
    release(&b);
    Py_RETURN_NONE;
}

PyObject *py_boundary_move(PyObject *self, PyObject *args)
{
    /* isa, height, width, d, first_row, last_row, live, position, variance, bonus, margin | features, weights, labels, active, segments,
       sums (empty: none are kept, which needs live to be 0), candidates */
    (void)self;
    buffers b;
    boundary_level level;
    Py_ssize_t at[7];
    for (int i = 0; i < 7; i++)
        at[i] = PyLong_AsSsize_t(PyTuple_GetItem(args, i));
    boundary_terms terms = take_terms(args, 7);
    if (PyErr_Occurred() || !take(&b, args, 11, "rrwwwww"))
        return NULL;
    if (!isa_is_usable((long)at[0]) || !take_level(&b, at[1], at[2], at[3], &level) || !rows_fit(&level, at[4], at[5]))
        return fail(&b, BAD);
    Py_ssize_t d = at[3], k = items(&b, 4) / (d + 4), first = at[4] ? at[4] - 1 : 0, last = at[5] < at[1] ? at[5] + 1 : at[5];
    if (!fits(&b, 4, 8, k * (d + 4)) || !fits(&b, 5, 8, items(&b, 5) || at[6] ? k * (d + 4) : 0) || !fits(&b, 6, 4, at[2] + 1) ||
        !labels_fit(&level, first, last, k))
        return fail(&b, BAD);
    Py_ssize_t moves;
    Py_BEGIN_ALLOW_THREADS
    moves = boundary_move((int)at[0], &level, &terms, at[4], at[5], at[6] != 0, b.view[4].buf, items(&b, 5) ? b.view[5].buf : NULL,
                          b.view[6].buf);
    Py_END_ALLOW_THREADS
    release(&b);
    return PyLong_FromSsize_t(moves);
}

PyObject *py_double_level(PyObject *self, PyObject *args)
{
    /* height, width | labels, active, mask [height, width] or empty, fine labels and fine active [height, width] */
    (void)self;
    buffers b;
    Py_ssize_t height = PyLong_AsSsize_t(PyTuple_GetItem(args, 0)), width = PyLong_AsSsize_t(PyTuple_GetItem(args, 1));
    if (PyErr_Occurred() || !take(&b, args, 2, "rrrww"))
        return NULL;
    if (height < 1 || width < 1 || height > PY_SSIZE_T_MAX / width || !fits(&b, 0, 4, (height + 1) / 2 * ((width + 1) / 2)) ||
        !fits(&b, 1, 1, (height + 1) / 2 * ((width + 1) / 2)) || !fits(&b, 2, 1, items(&b, 2) ? height * width : 0) ||
        !fits(&b, 3, 4, height * width) || !fits(&b, 4, 1, height * width))
        return fail(&b, BAD);
    Py_BEGIN_ALLOW_THREADS
    double_level(b.view[0].buf, b.view[1].buf, items(&b, 2) ? b.view[2].buf : NULL, height, width, b.view[3].buf, b.view[4].buf);
    Py_END_ALLOW_THREADS
    release(&b);
    Py_RETURN_NONE;
}
