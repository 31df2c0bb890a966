#include "binding.h"
#include "kernels.h"

/* Every box lies inside the grid of blocks; returns how many blocks of a row of blocks all boxes hold together, or -1. */
static Py_ssize_t box_columns(const slic_problem *p, Py_ssize_t block_rows, Py_ssize_t block_columns)
{
    Py_ssize_t total = 0;
    for (Py_ssize_t c = 0; c < p->k; c++) {
        const int32_t *box = p->boxes + 4 * c;
        if (box[0] < 0 || box[1] < box[0] || box[1] > block_rows || box[2] < 0 || box[3] < box[2] || box[3] > block_columns)
            return -1;
        total += box[3] - box[2];
    }
    return total;
}

PyObject *py_slic_assign(PyObject *self, PyObject *args)
{
    /* isa, height, width, step, phase, first, end, scale | features, centers, boxes, labels, sums, candidates, scratch */
    (void)self;
    buffers b;
    if (PyTuple_Size(args) != 15) {
        PyErr_SetString(PyExc_TypeError, "slic_assign takes 15 arguments");
        return NULL;
    }
    Py_ssize_t number[7];
    for (int i = 0; i < 7; i++)
        number[i] = PyLong_AsSsize_t(PyTuple_GetItem(args, i));
    double scale = PyFloat_AsDouble(PyTuple_GetItem(args, 7));
    if (PyErr_Occurred() || !take(&b, args, 8, "rrrwwww"))
        return NULL;
    Py_ssize_t isa = number[0], height = number[1], width = number[2], step = number[3], phase = number[4], first = number[5],
               end = number[6];
    Py_ssize_t n = items(&b, 3), k = items(&b, 2) / 4, d = k ? items(&b, 1) / k - 2 : 0;
    if (!isa_is_usable(isa) || height < 1 || width < 1 || width > INT32_MAX || n / width != height || step < 1 || phase < 0 ||
        phase >= height || d < 4 || d % 4 || k > INT32_MAX || !fits(&b, 0, 2, n * d) || !fits(&b, 1, 4, k * (d + 2)) ||
        !fits(&b, 2, 4, 4 * k) || !fits(&b, 3, 4, n) || !fits(&b, 4, 8, k * (d + 3)) || !fits(&b, 6, 4, d * SLIC_SCRATCH))
        return fail(&b, BAD);
    slic_problem problem = {b.view[0].buf, height, width, d, step, phase, (float)scale, b.view[1].buf, b.view[2].buf, k};
    Py_ssize_t visited = (height - phase + step - 1) / step, block_rows = (visited + SLIC_ROWS - 1) / SLIC_ROWS;
    Py_ssize_t block_columns = (width + SLIC_COLUMNS - 1) / SLIC_COLUMNS, held = box_columns(&problem, block_rows, block_columns);
    if (first < 0 || end < first || end > block_rows || held < 0 || b.view[5].itemsize != 4 ||
        items(&b, 5) < block_columns + 2 + k + 1 + held)
        return fail(&b, BAD);
    long long changed;
    Py_BEGIN_ALLOW_THREADS
    changed = slic_assign((int)isa, &problem, first, end, b.view[3].buf, b.view[4].buf, b.view[5].buf, b.view[6].buf);
    Py_END_ALLOW_THREADS
    release(&b);
    return PyLong_FromLongLong(changed);
}
