/* Binding of outlines.c. */
#include "binding.h"
#include "kernels.h"

PyObject *py_trace_outlines(PyObject *self, PyObject *args)
{
    /* height, width | components, walked [H W] of zeros, vertices [m, 2], rings [r, 2] (both empty: only count); returns r, m */
    (void)self;
    buffers b;
    Py_ssize_t height = PyLong_AsSsize_t(PyTuple_GetItem(args, 0)), width = PyLong_AsSsize_t(PyTuple_GetItem(args, 1));
    if (PyErr_Occurred() || !take(&b, args, 2, "rwww"))
        return NULL;
    Py_ssize_t m = items(&b, 2) / 2, r = items(&b, 3) / 2;
    if (height < 1 || width < 1 || height > INT32_MAX / width || !fits(&b, 0, 4, height * width) || !fits(&b, 1, 1, height * width) ||
        !fits(&b, 2, 4, 2 * m) || !fits(&b, 3, 4, 2 * r))
        return fail(&b, BAD);
    outline_sizes n;
    Py_BEGIN_ALLOW_THREADS
    n = trace_outlines(b.view[0].buf, height, width, b.view[1].buf, NULL, NULL);
    Py_END_ALLOW_THREADS
    if (n.vertices > INT32_MAX || (r && (n.rings != r || n.vertices != m)))
        return fail(&b, BAD);
    if (r) {
        memset(b.view[1].buf, 0, (size_t)(height * width));
        Py_BEGIN_ALLOW_THREADS
        trace_outlines(b.view[0].buf, height, width, b.view[1].buf, b.view[2].buf, b.view[3].buf);
        Py_END_ALLOW_THREADS
    }
    release(&b);
    return Py_BuildValue("nn", (Py_ssize_t)n.rings, (Py_ssize_t)n.vertices);
}
