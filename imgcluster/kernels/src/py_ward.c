/* The binding of ward.c. */
#include "binding.h"
#include "entry_points.h"
#include "kernels.h"

PyObject *py_ward(PyObject *self, PyObject *const *args, Py_ssize_t n_args)
{
    (void)self;
    Py_ssize_t n, d, k;
    array columns, sizes, costs, least, partner;
    arguments taken;
    if (!TAKE(&taken, "ward", args, n_args, WHOLE(n, 1, INT32_MAX), WHOLE(d, 1, PY_SSIZE_T_MAX), WHOLE(k, 1, INT32_MAX),
              WRITE(columns, FLOAT64), WRITE(sizes, FLOAT64), WRITE(costs, FLOAT64), WRITE(least, FLOAT64), WRITE(partner, INT32)))
        return NULL;
    if (!require(&taken, k <= n, "k must be at most %zd, got %zd", n, k) ||
        !CHECK_SIZES(&taken, {&columns, times(n, d)}, {&sizes, n}, {&costs, n}, {&least, n}, {&partner, n}))
        return NULL;
    Py_BEGIN_ALLOW_THREADS
    ward(n, d, k, columns.data, sizes.data, costs.data, least.data, partner.data);
    Py_END_ALLOW_THREADS
    finish(&taken);
    Py_RETURN_NONE;
}
