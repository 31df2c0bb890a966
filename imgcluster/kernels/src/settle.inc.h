/* Lloyd's algorithm on few points from start to end, and then exchanges of single points, for one element type and instruction set. */

/* Move centers to the means of their clusters; returns by how much the objective falls. */
static double ISA(REAL_NAME(settle_refit))(const double *sums, const double *counts, ptrdiff_t d, ptrdiff_t k, double *centers)
{
    double gain = 0.0;
    for (ptrdiff_t c = 0; c < k; c++)
        for (ptrdiff_t j = 0; counts[c] > 0.0 && j < d; j++) {
            double mean = sums[c * d + j] / counts[c], way = centers[c * d + j] - mean;
            centers[c * d + j] = mean;
            gain += counts[c] * (way * way);
        }
    return gain;
}

/* Visit the points in order and give each to the cluster where the objective gains most, means following at once; returns how many moved. */
static int64_t ISA(REAL_NAME(settle_exchange))(const REAL *X, const double *w, ptrdiff_t n, ptrdiff_t d, ptrdiff_t k, double *centers,
                                               int32_t *labels, double *counts, double *restrict columns, double *restrict costs)
{
    int64_t moves = 0;
    for (ptrdiff_t c = 0; c < k; c++)
        for (ptrdiff_t j = 0; j < d; j++)
            columns[j * k + c] = centers[c * d + j];
    for (ptrdiff_t i = 0; i < n; i++) {
        double weight = w[i];
        ptrdiff_t own = labels[i];
        if (!(weight > 0.0) || counts[own] - weight <= SETTLE_ROUNDING * counts[own])
            continue;
        for (ptrdiff_t c = 0; c < k; c++)
            costs[c] = 0.0;
        for (ptrdiff_t j = 0; j < d; j++) {
            double x = (double)X[i * d + j];
            const double *column = columns + j * k;
            for (ptrdiff_t c = 0; c < k; c++) {
                double t = x - column[c];
                costs[c] += t * t;
            }
        }
        double here = costs[own] * (counts[own] / (counts[own] - weight)) * (1.0 - SETTLE_ROUNDING);
        for (ptrdiff_t c = 0; c < k; c++)
            costs[c] *= counts[c] / (counts[c] + weight);
        costs[own] = here;
        ptrdiff_t best = own;
        for (ptrdiff_t c = 0; c < k; c++)
            best = costs[c] < costs[best] ? c : best;
        if (best == own)
            continue;
        for (ptrdiff_t j = 0; j < d; j++) {
            double x = (double)X[i * d + j], *from = columns + j * k + own, *to = columns + j * k + best;
            *from += (*from - x) * (weight / (counts[own] - weight));
            *to += (x - *to) * (weight / (counts[best] + weight));
        }
        counts[own] -= weight;
        counts[best] += weight;
        labels[i] = (int32_t)best;
        moves++;
    }
    for (ptrdiff_t c = 0; c < k; c++)
        for (ptrdiff_t j = 0; j < d; j++)
            centers[c * d + j] = columns[j * k + c];
    return moves;
}

static settle_result ISA(REAL_NAME(settle))(const REAL *X, const double *w, ptrdiff_t n, ptrdiff_t d, ptrdiff_t k, ptrdiff_t most_passes,
                                            ptrdiff_t most_exchanges, double target, double *centers, int32_t *labels, REAL *distances,
                                            double *sums, double *counts, double *columns, double *costs, REAL *narrow, REAL *scratch)
{
    double objective = INFINITY, before = INFINITY, gain = 0.0;
    int64_t passes = 0;
    for (ptrdiff_t exchanges = -1; exchanges < most_exchanges; exchanges++) {
        if (exchanges >= 0 && !ISA(REAL_NAME(settle_exchange))(X, w, n, d, k, centers, labels, counts, columns, costs))
            break;
        for (ptrdiff_t pass = 0;; pass++) {
            for (ptrdiff_t i = 0; i < k * d; i++)
                narrow[i] = (REAL)centers[i], sums[i] = 0.0;
            for (ptrdiff_t c = 0; c < k; c++)
                counts[c] = 0.0;
            assign_result step = ISA(REAL_NAME(assign))(X, w, n, d, narrow, k, labels, distances, sums, counts, scratch, NULL, NULL, NULL);
            passes++;
            if (step.changed == 0 || pass >= most_passes) {
                objective = step.objective;
                break;
            }
            objective = step.objective - ISA(REAL_NAME(settle_refit))(sums, counts, d, k, centers);
            double last = gain;
            gain = before - objective;
            before = objective;
            /* the gains so far make a geometric series: a trial that will end above the target in spite of it is given up */
            if (exchanges < 0 && pass >= 2 && objective - SETTLE_HOPE * gain * (gain < 0.9 * last ? gain / (last - gain) : 9.0) > target)
                return (settle_result){objective, passes};
        }
    }
    return (settle_result){objective, passes};
}
