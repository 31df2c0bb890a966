#include <string.h>

#include "isa.h"
#include "kernels.h"

enum { EM_LANES = 8 };

/* A component this far (in nats) below a point's best has responsibility 0: e^-50 is lost in the rounding of the sum. */
#define EM_CUT -50.0
#define EM_EIGHT 1, 1, 1, 1, 1, 1, 1, 1
#define EM_ONES {EM_EIGHT, EM_EIGHT, EM_EIGHT, EM_EIGHT, EM_EIGHT, EM_EIGHT, EM_EIGHT, EM_EIGHT}

#define ISA_BODY "em.inc.h"
#include "each_isa.h"

double em_step(int isa, const em_model *model, const double *X, const double *w, ptrdiff_t n, double *sums, double *shares,
               double *densities, double *scratch, ptrdiff_t *reached)
{
    static void (*const body[])(const em_model *, const double *, const double *, ptrdiff_t, double *, double *, double *, ptrdiff_t *,
                                double *, double *) = ISA_TABLE(em_chunk);
    const ptrdiff_t d = model->d, n_sums = model->k * (1 + d + (model->full ? d * (d + 1) / 2 : d));
    double *lanes = scratch + EM_BLOCK * (2 * d + 2 * model->k), log_likelihood[EM_LANES] = {0}, total = 0.0;
    memset(lanes, 0, sizeof(double) * (size_t)(EM_LANES * n_sums));
    body[isa](model, X, w, n, shares, densities, scratch, reached, lanes, log_likelihood);
    for (ptrdiff_t i = 0; i < n_sums; i++)
        for (int lane = 0; lane < EM_LANES; lane++)
            sums[i] += lanes[EM_LANES * i + lane];
    for (int lane = 0; lane < EM_LANES; lane++)
        total += log_likelihood[lane];
    return total;
}
