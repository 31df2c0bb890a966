#include <math.h>

#include "isa.h"
#if ISA_X86
#include <immintrin.h>
#elif defined(__aarch64__)
#include <arm_neon.h>
#endif
#include "kernels.h"

/* Points at a time, and partial sums of a potential: fixed, so that its bits are. */
enum { NEARER_BLOCK = 512, NEARER_LANES = 16 };
/* From how many centers and dimensions on a look at the distances pays. */
enum { SCREEN_CLUSTERS_F32 = 80, SCREEN_CLUSTERS_F64 = 32, SCREEN_DIMENSIONS_F32 = 4, SCREEN_DIMENSIONS_F64 = 2 };
/* Of a trial: how many times the gain that is in sight it may lack; and what share of a cost or weight is but rounding. */
#define SETTLE_HOPE 1.5
#define SETTLE_ROUNDING 1e-9

#define REAL float
#define REAL_INT int32_t
#define REAL_NAME(name) name##_f32
#define ISA_BODY "screen.inc.h"
#include "each_isa.h"
#define ISA_BODY "assign.inc.h"
#include "each_isa.h"
#define ISA_BODY "settle.inc.h"
#include "each_isa.h"
#undef REAL
#undef REAL_INT
#undef REAL_NAME

#define REAL double
#define REAL_INT int64_t
#define REAL_NAME(name) name##_f64
#define ISA_BODY "screen.inc.h"
#include "each_isa.h"
#define ISA_BODY "assign.inc.h"
#include "each_isa.h"
#define ISA_BODY "settle.inc.h"
#include "each_isa.h"
#undef REAL
#undef REAL_INT
#undef REAL_NAME

assign_result assign_f32(int isa, const float *X, const double *w, ptrdiff_t n, ptrdiff_t d, const float *centers, ptrdiff_t k,
                         int32_t *labels, float *distances, double *sums, double *counts, float *scratch, double *middle, float *columns,
                         float *screen)
{
    static assign_result (*const body[])(const float *, const double *, ptrdiff_t, ptrdiff_t, const float *, ptrdiff_t, int32_t *, float *,
                                         double *, double *, float *, double *, float *, float *) = ISA_TABLE(assign_f32);
    return body[isa](X, w, n, d, centers, k, labels, distances, sums, counts, scratch, middle, columns,
                     k >= SCREEN_CLUSTERS_F32 && d >= SCREEN_DIMENSIONS_F32 ? screen : NULL);
}

assign_result assign_f64(int isa, const double *X, const double *w, ptrdiff_t n, ptrdiff_t d, const double *centers, ptrdiff_t k,
                         int32_t *labels, double *distances, double *sums, double *counts, double *scratch, double *middle, double *columns,
                         float *screen)
{
    static assign_result (*const body[])(const double *, const double *, ptrdiff_t, ptrdiff_t, const double *, ptrdiff_t, int32_t *,
                                         double *, double *, double *, double *, double *, double *, float *) = ISA_TABLE(assign_f64);
    return body[isa](X, w, n, d, centers, k, labels, distances, sums, counts, scratch, middle, columns,
                     k >= SCREEN_CLUSTERS_F64 && d >= SCREEN_DIMENSIONS_F64 ? screen : NULL);
}

double nearer_f32(int isa, const float *Xt, const double *w, ptrdiff_t n, ptrdiff_t d, const float *center, const float *distances,
                  float *out)
{
    static double (*const body[])(const float *, const double *, ptrdiff_t, ptrdiff_t, const float *, const float *, float *) =
        ISA_TABLE(nearer_f32);
    return body[isa](Xt, w, n, d, center, distances, out);
}

double nearer_f64(int isa, const double *Xt, const double *w, ptrdiff_t n, ptrdiff_t d, const double *center, const double *distances,
                  double *out)
{
    static double (*const body[])(const double *, const double *, ptrdiff_t, ptrdiff_t, const double *, const double *, double *) =
        ISA_TABLE(nearer_f64);
    return body[isa](Xt, w, n, d, center, distances, out);
}

settle_result settle_f32(int isa, const float *X, const double *w, ptrdiff_t n, ptrdiff_t d, ptrdiff_t k, ptrdiff_t most_passes,
                         ptrdiff_t most_exchanges, double target, double *centers, int32_t *labels, float *distances, double *sums,
                         double *counts, double *columns, double *costs, float *narrow, float *scratch)
{
    static settle_result (*const body[])(const float *, const double *, ptrdiff_t, ptrdiff_t, ptrdiff_t, ptrdiff_t, ptrdiff_t, double,
                                         double *, int32_t *, float *, double *, double *, double *, double *, float *, float *) =
        ISA_TABLE(settle_f32);
    return body[isa](X, w, n, d, k, most_passes, most_exchanges, target, centers, labels, distances, sums, counts, columns, costs, narrow,
                     scratch);
}

settle_result settle_f64(int isa, const double *X, const double *w, ptrdiff_t n, ptrdiff_t d, ptrdiff_t k, ptrdiff_t most_passes,
                         ptrdiff_t most_exchanges, double target, double *centers, int32_t *labels, double *distances, double *sums,
                         double *counts, double *columns, double *costs, double *narrow, double *scratch)
{
    static settle_result (*const body[])(const double *, const double *, ptrdiff_t, ptrdiff_t, ptrdiff_t, ptrdiff_t, ptrdiff_t, double,
                                         double *, int32_t *, double *, double *, double *, double *, double *, double *, double *) =
        ISA_TABLE(settle_f64);
    return body[isa](X, w, n, d, k, most_passes, most_exchanges, target, centers, labels, distances, sums, counts, columns, costs, narrow,
                     scratch);
}
