/* The binding of slic.c. */
#include "binding.h"
#include "entry_points.h"
#include "kernels.h"

/* Whether every box lies inside the grid of blocks: how many blocks of a row of blocks all boxes hold together, or -1. */
static Py_ssize_t box_columns(const int32_t *boxes, Py_ssize_t k, Py_ssize_t block_rows, Py_ssize_t block_columns)
{
    Py_ssize_t total = 0;
    for (const int32_t *box = boxes; box < boxes + 4 * k; box += 4) {
        if (box[0] < 0 || box[1] < box[0] || box[1] > block_rows || box[2] < 0 || box[3] < box[2] || box[3] > block_columns)
            return -1;
        total += box[3] - box[2];
    }
    return total;
}

PyObject *py_slic_assign(PyObject *self, PyObject *const *args, Py_ssize_t n_args)
{
    (void)self;
    Py_ssize_t isa, height, width, step, phase, first, end;
    double scale;
    array features, centers, boxes, labels, sums, candidates, scratch;
    arguments taken;
    if (!TAKE(&taken, "slic_assign", args, n_args, ISA_LEVEL(isa), WHOLE(height, 1, INT32_MAX), WHOLE(width, 1, INT32_MAX),
              WHOLE(step, 1, INT32_MAX), WHOLE(phase, 0, INT32_MAX), WHOLE(first, 0, INT32_MAX), WHOLE(end, 0, INT32_MAX), REAL(scale),
              READ(features, INT16), READ(centers, FLOAT32), READ(boxes, INT32), WRITE(labels, INT32), WRITE(sums, INT64),
              WRITE(candidates, INT32), WRITE(scratch, FLOAT32)))
        return NULL;
    Py_ssize_t pixels = times(height, width), k = boxes.count / 4, d = features.count / (pixels > 0 ? pixels : 1);
    if (!require(&taken, phase < height, "phase must be a row below %zd, got %zd", height, phase) ||
        !require(&taken, d > 0 && d % 4 == 0, "features must have a multiple of 4 items a pixel, got %zd", d) ||
        !require(&taken, k > 0 && k <= INT32_MAX, "boxes must be between 1 and %d, got %zd", INT32_MAX, k) ||
        !CHECK_SIZES(&taken, {&features, times(pixels, d)}, {&centers, times(k, d + 2)}, {&boxes, 4 * k}, {&labels, pixels},
                     {&sums, times(k, d + 3)}, {&scratch, times(d, SLIC_SCRATCH)}))
        return NULL;
    Py_ssize_t visited = (height - phase + step - 1) / step, block_rows = (visited + SLIC_ROWS - 1) / SLIC_ROWS;
    Py_ssize_t block_columns = (width + SLIC_COLUMNS - 1) / SLIC_COLUMNS, held = box_columns(boxes.data, k, block_rows, block_columns);
    if (!require(&taken, first <= end && end <= block_rows, "first and end must be among %zd rows of blocks, got %zd and %zd", block_rows,
                 first, end) ||
        !require(&taken, held >= 0, "boxes must lie within %zd by %zd blocks", block_rows, block_columns) ||
        !CHECK_SIZES(&taken, {&candidates, block_columns + 3 + k + held}))
        return NULL;
    slic_problem problem = {features.data, height, width, d, step, phase, (float)scale, centers.data, boxes.data, k};
    int64_t changed;
    Py_BEGIN_ALLOW_THREADS
    changed = slic_assign((int)isa, &problem, first, end, labels.data, sums.data, candidates.data, scratch.data);
    Py_END_ALLOW_THREADS
    finish(&taken);
    return PyLong_FromLongLong(changed);
}
