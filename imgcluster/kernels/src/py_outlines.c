/* The binding of outlines.c. */
#include "binding.h"
#include "entry_points.h"
#include "kernels.h"

PyObject *py_trace_outlines(PyObject *self, PyObject *const *args, Py_ssize_t n_args)
{
    (void)self;
    Py_ssize_t height, width, start;
    array labels, walked, vertices, rings;
    arguments taken;
    if (!TAKE(&taken, "trace_outlines", args, n_args, WHOLE(height, 1, INT32_MAX), WHOLE(width, 1, INT32_MAX),
              WHOLE(start, 0, PY_SSIZE_T_MAX), READ(labels, INT32), WRITE(walked, UINT8), WRITE(vertices, INT32), WRITE(rings, INT32)))
        return NULL;
    Py_ssize_t pixels = times(height, width);
    Py_ssize_t room = vertices.count / 2, n_rings = rings.count / 3;
    if (!CHECK_SIZES(&taken, {&labels, pixels}, {&walked, pixels < 0 ? pixels : pixels / 8 + 1}, {&vertices, 2 * room},
                     {&rings, 3 * n_rings}) ||
        !require(&taken, start <= pixels, "start must be at most %zd, got %zd", pixels, start) ||
        !require(&taken, room <= INT32_MAX, "vertices must have at most %d rows, got %zd", INT32_MAX, room))
        return NULL;
    outline_part n;
    Py_BEGIN_ALLOW_THREADS
    n = trace_outlines(labels.data, height, width, start, walked.data, vertices.data, room, rings.data, n_rings);
    Py_END_ALLOW_THREADS
    finish(&taken);
    return Py_BuildValue("nnn", (Py_ssize_t)n.rings, (Py_ssize_t)n.vertices, (Py_ssize_t)n.next);
}
