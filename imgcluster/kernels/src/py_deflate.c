/* The binding of deflate_parse.c. */
#include "binding.h"
#include "entry_points.h"
#include "kernels.h"

PyObject *py_deflate_best(PyObject *self, PyObject *const *args, Py_ssize_t n_args)
{
    (void)self;
    Py_ssize_t start, last, depth, rounds, written;
    array data, chains, scratch, out;
    arguments taken;
    if (!TAKE(&taken, "deflate_best", args, n_args, WHOLE(start, 0, INT32_MAX), WHOLE(last, 0, 1), WHOLE(depth, 1, INT32_MAX),
              WHOLE(rounds, 1, INT32_MAX), READ(data, UINT8), WRITE(chains, INT32), WRITE(scratch, UINT32), WRITE(out, UINT8)))
        return NULL;
    Py_ssize_t n = data.count - start;
    if (!require(&taken, n >= 0 && data.count <= INT32_MAX, "data must have at least start = %zd bytes and at most 2^31 - 1", start) ||
        !CHECK_SIZES(&taken, {&chains, DEFLATE_CHAINS}, {&scratch, DEFLATE_SCRATCH}, {&out, n + n / 64 + 64}))
        return NULL;
    Py_BEGIN_ALLOW_THREADS
    written = deflate_best(data.data, start, data.count, (int)last, (int)depth, (int)rounds, chains.data, scratch.data, out.data);
    Py_END_ALLOW_THREADS
    finish(&taken);
    return PyLong_FromSsize_t(written);
}
