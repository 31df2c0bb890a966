/* The binding of rate_aware.c. */
#include "binding.h"
#include "entry_points.h"
#include "kernels.h"

/* Larger costs are no measure of anything, and those of a row could not be added up. */
static const int64_t most = (int64_t)1 << 40;

static int is_cost(double cost) { return cost >= 0 && cost <= (double)most; }

static int all_below(const void *items, Py_ssize_t count, Py_ssize_t end)
{
    const uint8_t *values = items;
    int below = 1;
    for (Py_ssize_t i = 0; i < count; i++)
        below &= values[i] < end;
    return below;
}

static int all_ids(const int32_t *ids, Py_ssize_t count, Py_ssize_t end)
{
    int within = 1;
    for (Py_ssize_t i = 0; i < count; i++)
        within &= ids[i] >= 0 && ids[i] < end;
    return within;
}

static int all_costs(const array *costs, int64_t least)
{
    const int64_t *values = costs->data;
    int within = 1;
    for (Py_ssize_t i = 0; i < costs->count; i++)
        within &= values[i] >= least && values[i] <= most;
    return within;
}

PyObject *py_rate_aware_rows(PyObject *self, PyObject *const *args, Py_ssize_t n_args)
{
    (void)self;
    Py_ssize_t height, width, d;
    double literal_price, limit, change_cost, change_limit;
    array points, nearest, allowed, palette, kinds, neighbors, prior, length_costs, distance_costs;
    array ids, above, uses, indices, costs, steps;
    arguments taken;
    if (!TAKE(&taken, "rate_aware_rows", args, n_args, WHOLE(height, 1, INT32_MAX), WHOLE(width, 1, INT32_MAX), WHOLE(d, 1, 64),
              REAL(literal_price), REAL(limit), REAL(change_cost), REAL(change_limit), READ(points, INT16), READ(nearest, UINT8),
              READ(allowed, UINT8), READ(palette, INT16), READ(kinds, UINT8), READ(neighbors, UINT8), READ(prior, INT64),
              READ(length_costs, INT64), READ(distance_costs, INT64), READ(ids, INT32), READ(above, UINT8), WRITE(uses, INT64),
              WRITE(indices, UINT8), WRITE(costs, INT64), WRITE(steps, INT32)))
        return NULL;
    Py_ssize_t pixels = times(height, width), n = nearest.count, k = kinds.count, n_neighbors = k ? neighbors.count / k : 0;
    if (!require(&taken, n > 0 && k > 0 && n_neighbors > 0, "points, palette and neighbors must not be empty") ||
        !require(&taken, is_cost(literal_price) && is_cost(limit) && is_cost(change_cost) && is_cost(change_limit),
                 "literal_price, limit, change_cost and change_limit must be between 0 and 2^40") ||
        !CHECK_SIZES(&taken, {&points, times(n, d)}, {&allowed, n}, {&palette, times(k, d)}, {&neighbors, times(k, n_neighbors)},
                     {&prior, k}, {&uses, k}, {&length_costs, RATE_AWARE_LONGEST + 1}, {&distance_costs, 1 + RATE_AWARE_SHIFTS},
                     {&ids, pixels}, OR_EMPTY(above, width), {&indices, pixels}, {&costs, times(width, 1 + RATE_AWARE_SHIFTS) + 1 + k},
                     {&steps, times(width, 3) + 3}) ||
        !require(&taken, all_ids(ids.data, pixels, n), "ids must be between 0 and %zd", n - 1) ||
        !require(&taken,
                 all_below(nearest.data, n, k) && all_below(neighbors.data, neighbors.count, k) && all_below(above.data, above.count, k),
                 "nearest, neighbors and above must be between 0 and %zd", k - 1) ||
        !require(&taken, all_costs(&length_costs, 0) && all_costs(&distance_costs, 0),
                 "length_costs and distance_costs must be between 0 and 2^40") ||
        !require(&taken, all_costs(&prior, 1) && all_costs(&uses, 0), "prior must be between 1 and 2^40, and uses between 0 and that"))
        return NULL;
    rate_aware_model model = {points.data,
                              nearest.data,
                              allowed.data,
                              palette.data,
                              kinds.data,
                              neighbors.data,
                              prior.data,
                              length_costs.data,
                              distance_costs.data,
                              k,
                              d,
                              n_neighbors,
                              (int64_t)literal_price,
                              (int64_t)limit,
                              (int64_t)change_cost,
                              (int64_t)change_limit};
    Py_BEGIN_ALLOW_THREADS
    rate_aware_rows(&model, ids.data, data_or_null(&above), height, width, uses.data, indices.data, costs.data, steps.data);
    Py_END_ALLOW_THREADS
    finish(&taken);
    Py_RETURN_NONE;
}
