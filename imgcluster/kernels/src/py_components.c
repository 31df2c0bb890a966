/* The binding of components.c. */
#include "binding.h"
#include "entry_points.h"
#include "kernels.h"

PyObject *py_label_components(PyObject *self, PyObject *const *args, Py_ssize_t n_args)
{
    (void)self;
    Py_ssize_t height, width;
    array labels, components, parents;
    arguments taken;
    if (!TAKE(&taken, "label_components", args, n_args, WHOLE(height, 1, INT32_MAX), WHOLE(width, 1, INT32_MAX), READ(labels, INT32),
              WRITE(components, INT32), WRITE(parents, INT32)))
        return NULL;
    Py_ssize_t pixels = pixels_of(height, width), n;
    if (!CHECK_SIZES(&taken, {&labels, pixels}, {&components, pixels}, {&parents, pixels}))
        return NULL;
    Py_BEGIN_ALLOW_THREADS
    n = label_components(labels.data, height, width, components.data, parents.data);
    Py_END_ALLOW_THREADS
    finish(&taken);
    return PyLong_FromSsize_t(n);
}

PyObject *py_relabel(PyObject *self, PyObject *const *args, Py_ssize_t n_args)
{
    (void)self;
    array labels, numbers, out;
    arguments taken;
    if (!TAKE(&taken, "relabel", args, n_args, READ(labels, INT32), WRITE(numbers, INT32), WRITE(out, INT32)) ||
        !CHECK_SIZES(&taken, {&out, labels.count}) || !check_labels(&taken, &labels, numbers.count))
        return NULL;
    Py_ssize_t n;
    Py_BEGIN_ALLOW_THREADS
    n = relabel(labels.data, labels.count, numbers.data, out.data);
    Py_END_ALLOW_THREADS
    finish(&taken);
    return PyLong_FromSsize_t(n);
}

PyObject *py_map_labels(PyObject *self, PyObject *const *args, Py_ssize_t n_args)
{
    (void)self;
    array labels, table, out;
    arguments taken;
    if (!TAKE(&taken, "map_labels", args, n_args, READ(labels, INT32), READ(table, INT32), WRITE_IN_PLACE(out, INT32, labels)) ||
        !CHECK_SIZES(&taken, {&out, labels.count}) || !check_labels(&taken, &labels, table.count))
        return NULL;
    Py_BEGIN_ALLOW_THREADS
    map_labels(labels.data, labels.count, table.data, out.data);
    Py_END_ALLOW_THREADS
    finish(&taken);
    Py_RETURN_NONE;
}

/* Whether every pixel is inside of both maps or outside of both. */
static int same_outside(const int32_t *labels, const int32_t *components, Py_ssize_t n)
{
    int32_t differ = 0;
    Py_BEGIN_ALLOW_THREADS
    for (Py_ssize_t i = 0; i < n; i++)
        differ |= labels[i] ^ components[i];
    Py_END_ALLOW_THREADS
    return differ >= 0;
}

PyObject *py_join_pieces(PyObject *self, PyObject *const *args, Py_ssize_t n_args)
{
    (void)self;
    Py_ssize_t height, width, n_labels, min_size;
    array labels, components, owners, names, scratch;
    arguments taken;
    if (!TAKE(&taken, "join_pieces", args, n_args, WHOLE(height, 1, INT32_MAX), WHOLE(width, 1, INT32_MAX), WHOLE(n_labels, 0, INT32_MAX),
              WHOLE(min_size, PY_SSIZE_T_MIN, PY_SSIZE_T_MAX), READ(labels, INT32), READ(components, INT32), WRITE(owners, INT32),
              WRITE(names, INT32), WRITE(scratch, INT32)))
        return NULL;
    Py_ssize_t pixels = pixels_of(height, width), n = owners.count;
    if (!CHECK_SIZES(&taken, {&labels, pixels}, {&components, pixels}, {&names, n}, {&scratch, 4 * n + 1 + n_labels + pixels}) ||
        !check_labels(&taken, &labels, n_labels) || !check_labels(&taken, &components, n) ||
        !require(&taken, n <= pixels, "owners must have at most %zd items, got %zd", pixels, n) ||
        !require(&taken, same_outside(labels.data, components.data, pixels), "labels and components must be negative at the same pixels"))
        return NULL;
    Py_BEGIN_ALLOW_THREADS
    join_pieces(labels.data, components.data, height, width, n, n_labels, min_size, owners.data, names.data, scratch.data);
    Py_END_ALLOW_THREADS
    finish(&taken);
    Py_RETURN_NONE;
}
