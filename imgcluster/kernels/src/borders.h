/* The borders of regions as they are found, by a hash table of pairs of labels. */
#ifndef IMGCLUSTER_BORDERS_H
#define IMGCLUSTER_BORDERS_H

#include "kernels.h"

/* Find the border of a pair, or begin it; -1 when there is no room. */
static inline ptrdiff_t border_of(region_borders *borders, int32_t *table, int bits, ptrdiff_t capacity, ptrdiff_t *m, int32_t a, int32_t b)
{
    uint32_t low = (uint32_t)(a < b ? a : b), high = (uint32_t)(a < b ? b : a), mask = (1u << bits) - 1;
    uint32_t at = (low * 0x9E3779B1u ^ high * 0x85EBCA77u) * 0xC2B2AE3Du >> (32 - bits);
    for (;; at = (at + 1) & mask) {
        int32_t e = table[at];
        if (e < 0)
            break;
        if ((uint32_t)borders->ends[2 * e] == low && (uint32_t)borders->ends[2 * e + 1] == high)
            return e;
    }
    if (*m == capacity)
        return -1;
    ptrdiff_t e = (*m)++;
    table[at] = (int32_t)e;
    borders->ends[2 * e] = (int32_t)low;
    borders->ends[2 * e + 1] = (int32_t)high;
    borders->lengths[e] = borders->contrasts[e] = 0;
    return e;
}

/* Add one side of a pixel to the border of two labels. */
static inline int meet(region_borders *borders, int32_t *table, int bits, ptrdiff_t capacity, ptrdiff_t *m, ptrdiff_t *last, int32_t a,
                       int32_t b, int64_t contrast)
{
    int32_t low = a < b ? a : b, high = a < b ? b : a;
    ptrdiff_t e = *last; /* along a border the pair stays the same */
    if (e < 0 || borders->ends[2 * e] != low || borders->ends[2 * e + 1] != high) {
        e = *last = border_of(borders, table, bits, capacity, m, a, b);
        if (e < 0)
            return 0;
    }
    borders->lengths[e]++;
    borders->contrasts[e] += contrast;
    return 1;
}

static inline int64_t contrast_of(const int16_t *f, const int16_t *g, ptrdiff_t d)
{
    int64_t total = 0;
    for (ptrdiff_t c = 0; c < d; c++) {
        int32_t off = f[c] - g[c];
        total += (int64_t)off * off;
    }
    return total;
}

#endif
