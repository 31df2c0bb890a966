/* Ward's agglomeration: the pair of clusters whose merging costs least is merged, until k are left. Costs are computed again where they are
   asked for: memory is that of the clusters. */
#include <math.h>

#include "kernels.h"

typedef struct {
    ptrdiff_t n, d;
    double *columns, *sizes; /* what was merged into another is at infinity */
    double *costs;           /* of merging one cluster with each other */
} clusters;

/* Compute what merging cluster i with each other costs, and return the first that costs least. */
static ptrdiff_t cheapest_partner(const clusters *of, ptrdiff_t i)
{
    double *restrict costs = of->costs;
    for (ptrdiff_t o = 0; o < of->n; o++)
        costs[o] = 0.0;
    for (ptrdiff_t j = 0; j < of->d; j++) {
        const double *restrict column = of->columns + j * of->n;
        double own = column[i];
        for (ptrdiff_t o = 0; o < of->n; o++) {
            double t = column[o] - own;
            costs[o] += t * t;
        }
    }
    const double *restrict sizes = of->sizes;
    double size = sizes[i];
    for (ptrdiff_t o = 0; o < of->n; o++)
        costs[o] *= sizes[o] * size / (sizes[o] + size);
    costs[i] = INFINITY;
    ptrdiff_t best = 0;
    for (ptrdiff_t o = 1; o < of->n; o++)
        best = costs[o] < costs[best] ? o : best;
    return best;
}

/* Merge the second of two clusters into the first. */
static void merge(const clusters *of, ptrdiff_t i, ptrdiff_t gone)
{
    double *sizes = of->sizes, size = sizes[i] + sizes[gone];
    for (ptrdiff_t j = 0; j < of->d; j++) {
        double *column = of->columns + j * of->n;
        column[i] = (column[i] * sizes[i] + column[gone] * sizes[gone]) / size;
        column[gone] = INFINITY;
    }
    sizes[i] = size;
}

void ward(ptrdiff_t n, ptrdiff_t d, ptrdiff_t k, double *columns, double *sizes, double *costs, double *least, int32_t *partner)
{
    const clusters of = {n, d, columns, sizes, costs};
    for (ptrdiff_t i = 0; i < n; i++) {
        partner[i] = (int32_t)cheapest_partner(&of, i);
        least[i] = costs[partner[i]];
    }
    for (ptrdiff_t left = n; left > k; left--) {
        ptrdiff_t i = 0;
        for (ptrdiff_t o = 1; o < n; o++)
            i = least[o] < least[i] ? o : i;
        ptrdiff_t gone = partner[i];
        merge(&of, i, gone);
        least[gone] = INFINITY;
        partner[i] = (int32_t)cheapest_partner(&of, i);
        least[i] = costs[partner[i]];
        for (ptrdiff_t o = 0; o < n; o++) {
            if (costs[o] < least[o]) {
                least[o] = costs[o];
                partner[o] = (int32_t)i;
            } else if (o != i && (partner[o] == i || partner[o] == gone)) {
                partner[o] = -1; /* lost: to be looked for when these costs are used up */
            }
        }
        for (ptrdiff_t o = 0; o < n; o++)
            if (partner[o] < 0) {
                partner[o] = columns[o] < INFINITY ? (int32_t)cheapest_partner(&of, o) : 0;
                least[o] = columns[o] < INFINITY ? costs[partner[o]] : INFINITY;
            }
    }
}
