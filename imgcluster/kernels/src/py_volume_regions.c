/* The binding of volume_regions.c. */
#include "binding.h"
#include "entry_points.h"
#include "volume.h"

#define SHAPE WHOLE(depth, 1, INT32_MAX), WHOLE(height, 1, INT32_MAX), WHOLE(width, 1, INT32_MAX)

/* How many voxels there are, or -1 for more than an int32 can number. */
static Py_ssize_t voxels_of(Py_ssize_t depth, Py_ssize_t height, Py_ssize_t width)
{
    Py_ssize_t slice = pixels_of(height, width);
    return slice < 0 ? -1 : pixels_of(depth, slice);
}

PyObject *py_volume_components(PyObject *self, PyObject *const *args, Py_ssize_t n_args)
{
    (void)self;
    Py_ssize_t depth, height, width;
    array labels, components, parents;
    arguments taken;
    if (!TAKE(&taken, "volume_components", args, n_args, SHAPE, READ(labels, INT32), WRITE(components, INT32), WRITE(parents, INT32)))
        return NULL;
    Py_ssize_t voxels = voxels_of(depth, height, width), n;
    if (!CHECK_SIZES(&taken, {&labels, voxels}, {&components, voxels}, {&parents, voxels}))
        return NULL;
    Py_BEGIN_ALLOW_THREADS
    n = volume_components(labels.data, depth, height, width, components.data, parents.data);
    Py_END_ALLOW_THREADS
    finish(&taken);
    return PyLong_FromSsize_t(n);
}

PyObject *py_volume_edges(PyObject *self, PyObject *const *args, Py_ssize_t n_args)
{
    /* features may be empty: contrasts are 0 */
    (void)self;
    Py_ssize_t depth, height, width, d, bits;
    array labels, features, table, ends, lengths, contrasts;
    arguments taken;
    if (!TAKE(&taken, "volume_edges", args, n_args, SHAPE, WHOLE(d, 1, INT32_MAX), WHOLE(bits, 1, 30), READ(labels, INT32),
              READ(features, INT16), WRITE(table, INT32), WRITE(ends, INT32), WRITE(lengths, INT64), WRITE(contrasts, INT64)))
        return NULL;
    Py_ssize_t voxels = voxels_of(depth, height, width), capacity = lengths.count, room = (Py_ssize_t)1 << bits;
    if (!CHECK_SIZES(&taken, {&labels, voxels}, OR_EMPTY(features, times(voxels, d)), {&table, room}, {&ends, 2 * capacity},
                     {&contrasts, capacity}) ||
        !require(&taken, capacity < room, "lengths must have fewer items than the table of %zd, got %zd", room, capacity))
        return NULL;
    region_borders borders = {ends.data, lengths.data, contrasts.data};
    Py_ssize_t m;
    Py_BEGIN_ALLOW_THREADS
    m = volume_edges(labels.data, data_or_null(&features), depth, height, width, d, (int)bits, table.data, capacity, &borders);
    Py_END_ALLOW_THREADS
    finish(&taken);
    return PyLong_FromSsize_t(m);
}

PyObject *py_volume_shapes(PyObject *self, PyObject *const *args, Py_ssize_t n_args)
{
    (void)self;
    Py_ssize_t depth, height, width;
    array labels, sums, boxes;
    arguments taken;
    if (!TAKE(&taken, "volume_shapes", args, n_args, SHAPE, READ(labels, INT32), WRITE(sums, INT64), WRITE(boxes, INT32)))
        return NULL;
    Py_ssize_t n = sums.count / 4;
    if (!CHECK_SIZES(&taken, {&labels, voxels_of(depth, height, width)}, {&sums, 4 * n}, {&boxes, 6 * n}) ||
        !check_labels(&taken, &labels, n))
        return NULL;
    Py_BEGIN_ALLOW_THREADS
    volume_shapes(labels.data, depth, height, width, sums.data, boxes.data);
    Py_END_ALLOW_THREADS
    finish(&taken);
    Py_RETURN_NONE;
}
