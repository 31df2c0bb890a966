/* The binding of em.c. */
#include "binding.h"
#include "entry_points.h"
#include "kernels.h"

PyObject *py_em_step(PyObject *self, PyObject *const *args, Py_ssize_t n_args)
{
    /* shares and densities may be empty: they are not asked for */
    (void)self;
    Py_ssize_t isa;
    array X, weights, means, factors, coefficients, sums, shares, densities, scratch, reached;
    arguments taken;
    if (!TAKE(&taken, "em_step", args, n_args, ISA_LEVEL(isa), READ(X, FLOAT64), READ(weights, FLOAT64), READ(means, FLOAT64),
              READ(factors, FLOAT64), READ(coefficients, FLOAT64), WRITE(sums, FLOAT64), WRITE(shares, FLOAT64), WRITE(densities, FLOAT64),
              WRITE(scratch, FLOAT64), WRITE(reached, INTP)))
        return NULL;
    Py_ssize_t n = weights.count, k = coefficients.count, d = k ? means.count / k : 0;
    if (!require(&taken, n > 0 && d > 0, "weights, coefficients and means must not be empty"))
        return NULL;
    int full = d > 1 && factors.count == times(times(k, d), d);
    Py_ssize_t n_sums = times(k, 1 + d + (full ? d * (d + 1) / 2 : d));
    if (!CHECK_SIZES(&taken, {&X, times(n, d)}, {&means, k * d}, {&factors, full ? factors.count : k * d}, {&sums, n_sums},
                     OR_EMPTY(shares, times(n, k)), OR_EMPTY(densities, n), {&scratch, EM_BLOCK * (2 * d + 2 * k) + 8 * n_sums},
                     {&reached, k}))
        return NULL;
    em_model model = {means.data, factors.data, coefficients.data, k, d, full};
    double log_likelihood;
    Py_BEGIN_ALLOW_THREADS
    log_likelihood = em_step((int)isa, &model, X.data, weights.data, n, sums.data, data_or_null(&shares), data_or_null(&densities),
                             scratch.data, reached.data);
    Py_END_ALLOW_THREADS
    finish(&taken);
    return PyFloat_FromDouble(log_likelihood);
}
