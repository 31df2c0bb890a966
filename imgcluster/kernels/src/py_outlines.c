/* The binding of outlines.c. */
#include "binding.h"
#include "entry_points.h"
#include "kernels.h"
#include <string.h>

PyObject *py_trace_outlines(PyObject *self, PyObject *const *args, Py_ssize_t n_args)
{
    /* vertices [m, 2] and rings [r, 2] may both be empty: they are only counted */
    (void)self;
    Py_ssize_t height, width;
    array components, walked, vertices, rings;
    arguments taken;
    if (!TAKE(&taken, "trace_outlines", args, n_args, WHOLE(height, 1, INT32_MAX), WHOLE(width, 1, INT32_MAX), READ(components, INT32),
              WRITE(walked, UINT8), WRITE(vertices, INT32), WRITE(rings, INT32)))
        return NULL;
    Py_ssize_t pixels = pixels_of(height, width);
    if (!CHECK_SIZES(&taken, {&components, pixels}, {&walked, pixels}))
        return NULL;
    outline_sizes n;
    Py_BEGIN_ALLOW_THREADS
    n = trace_outlines(components.data, height, width, walked.data, NULL, NULL);
    Py_END_ALLOW_THREADS
    if (!require(&taken, n.vertices <= INT32_MAX, "components must have at most %d corners, got %zd", INT32_MAX, (Py_ssize_t)n.vertices))
        return NULL;
    if (rings.count || vertices.count) {
        if (!CHECK_SIZES(&taken, {&vertices, 2 * n.vertices}, {&rings, 2 * n.rings}))
            return NULL;
        memset(walked.data, 0, (size_t)pixels);
        Py_BEGIN_ALLOW_THREADS
        trace_outlines(components.data, height, width, walked.data, vertices.data, rings.data);
        Py_END_ALLOW_THREADS
    }
    finish(&taken);
    return Py_BuildValue("nn", (Py_ssize_t)n.rings, (Py_ssize_t)n.vertices);
}
