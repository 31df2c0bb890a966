/* The binding of assign.c. */
#include "binding.h"
#include "entry_points.h"
#include "kernels.h"

PyObject *py_assign(PyObject *self, PyObject *const *args, Py_ssize_t n_args)
{
    (void)self;
    Py_ssize_t isa, n, d, k;
    array X, weights, centers, labels, distances, sums, counts, scratch, middle, columns, screen;
    arguments taken;
    if (!TAKE(&taken, "assign", args, n_args, ISA_LEVEL(isa), WHOLE(n, 1, PY_SSIZE_T_MAX), WHOLE(d, 1, PY_SSIZE_T_MAX - 1),
              WHOLE(k, 1, INT32_MAX), READ(X, FLOAT32 | FLOAT64), READ(weights, FLOAT64), READ_LIKE(centers, X), WRITE(labels, INT32),
              WRITE_LIKE(distances, X), WRITE(sums, FLOAT64), WRITE(counts, FLOAT64), WRITE_LIKE(scratch, X), WRITE(middle, FLOAT64),
              WRITE_LIKE(columns, X), WRITE(screen, FLOAT32)))
        return NULL;
    if (!CHECK_SIZES(&taken, {&X, times(n, d)}, {&weights, n}, {&centers, times(k, d)}, {&labels, n}, {&distances, n}, {&sums, times(k, d)},
                     {&counts, k}, {&scratch, times(ASSIGN_BLOCK, d)}, {&middle, d}, {&columns, times(k, d)},
                     {&screen, times(k + ASSIGN_BLOCK, d + 1)}))
        return NULL;
    assign_result r;
    Py_BEGIN_ALLOW_THREADS
    r = X.type == FLOAT32 ? assign_f32((int)isa, X.data, weights.data, n, d, centers.data, k, labels.data, distances.data, sums.data,
                                       counts.data, scratch.data, middle.data, columns.data, screen.data)
                          : assign_f64((int)isa, X.data, weights.data, n, d, centers.data, k, labels.data, distances.data, sums.data,
                                       counts.data, scratch.data, middle.data, columns.data, screen.data);
    Py_END_ALLOW_THREADS
    finish(&taken);
    return Py_BuildValue("dL", r.objective, (long long)r.changed);
}

PyObject *py_settle(PyObject *self, PyObject *const *args, Py_ssize_t n_args)
{
    /* X [n, d], centers [k, d], labels and distances [n] */
    (void)self;
    Py_ssize_t isa, n, d, k, most_passes, most_exchanges;
    double target;
    array X, weights, centers, labels, distances, sums, counts, columns, costs, narrow, scratch;
    arguments taken;
    if (!TAKE(&taken, "settle", args, n_args, ISA_LEVEL(isa), WHOLE(n, 1, PY_SSIZE_T_MAX), WHOLE(d, 1, PY_SSIZE_T_MAX),
              WHOLE(k, 1, INT32_MAX), WHOLE(most_passes, 1, 1 << 20), WHOLE(most_exchanges, 0, 1 << 20), REAL(target),
              READ(X, FLOAT32 | FLOAT64), READ(weights, FLOAT64), WRITE(centers, FLOAT64), WRITE(labels, INT32), WRITE_LIKE(distances, X),
              WRITE(sums, FLOAT64), WRITE(counts, FLOAT64), WRITE(columns, FLOAT64), WRITE(costs, FLOAT64), WRITE_LIKE(narrow, X),
              WRITE_LIKE(scratch, X)))
        return NULL;
    if (!CHECK_SIZES(&taken, {&X, times(n, d)}, {&weights, n}, {&centers, times(k, d)}, {&labels, n}, {&distances, n}, {&sums, times(k, d)},
                     {&counts, k}, {&columns, times(k, d)}, {&costs, k}, {&narrow, times(k, d)}, {&scratch, times(ASSIGN_BLOCK, d)}))
        return NULL;
    settle_result r;
    Py_BEGIN_ALLOW_THREADS
    r = X.type == FLOAT32
            ? settle_f32((int)isa, X.data, weights.data, n, d, k, most_passes, most_exchanges, target, centers.data, labels.data,
                         distances.data, sums.data, counts.data, columns.data, costs.data, narrow.data, scratch.data)
            : settle_f64((int)isa, X.data, weights.data, n, d, k, most_passes, most_exchanges, target, centers.data, labels.data,
                         distances.data, sums.data, counts.data, columns.data, costs.data, narrow.data, scratch.data);
    Py_END_ALLOW_THREADS
    finish(&taken);
    return Py_BuildValue("dL", r.objective, (long long)r.passes);
}

PyObject *py_nearer(PyObject *self, PyObject *const *args, Py_ssize_t n_args)
{
    /* Xt [d, n], candidates [m, d], out [m, n], potentials [m] */
    (void)self;
    Py_ssize_t isa;
    array Xt, weights, candidates, distances, out, potentials;
    arguments taken;
    if (!TAKE(&taken, "nearer", args, n_args, ISA_LEVEL(isa), READ(Xt, FLOAT32 | FLOAT64), READ(weights, FLOAT64),
              READ_LIKE(candidates, Xt), READ_LIKE(distances, Xt), WRITE_LIKE(out, Xt), WRITE(potentials, FLOAT64)))
        return NULL;
    Py_ssize_t n = weights.count, m = potentials.count, d = n ? Xt.count / n : 0;
    if (!require(&taken, d > 0, "Xt and weights must hold a point") ||
        !CHECK_SIZES(&taken, {&Xt, n * d}, {&candidates, times(m, d)}, {&distances, n}, {&out, times(m, n)}))
        return NULL;
    double *potential = potentials.data;
    Py_BEGIN_ALLOW_THREADS
    for (Py_ssize_t i = 0; i < m; i++)
        potential[i] = Xt.type == FLOAT32 ? nearer_f32((int)isa, Xt.data, weights.data, n, d, (float *)candidates.data + i * d,
                                                       distances.data, (float *)out.data + i * n)
                                          : nearer_f64((int)isa, Xt.data, weights.data, n, d, (double *)candidates.data + i * d,
                                                       distances.data, (double *)out.data + i * n);
    Py_END_ALLOW_THREADS
    finish(&taken);
    Py_RETURN_NONE;
}
