/* Sums that a caller hands in and gets back. */
#ifndef IMGCLUSTER_SUMS_H
#define IMGCLUSTER_SUMS_H

#include <stdint.h>

/* a + b; beyond 64 bits it wraps, where C leaves open what happens. */
static inline int64_t wrapped_sum(int64_t a, int64_t b) { return (int64_t)((uint64_t)a + (uint64_t)b); }

#endif
