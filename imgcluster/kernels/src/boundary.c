#include <string.h>

#include "isa.h"
#include "kernels.h"
#include "runs.h"

/* The eight neighbors in a ring: east, north-east, north, ... south-east. A set of them is a byte, the lowest bit is east. */
enum { RING = 8, OTHERS = 8 };

/* Bit m: whether a block, whose neighbors m belong to its own segment, may leave without cutting that in two. So it is
   when those in the four directions are one run of the ring (a simple point; Kong and Rosenfeld 1989). */
static const uint32_t SIMPLE[8] = {0xD505DADA, 0xD505DADA, 0x00000505, 0xD5050505, 0xD505DADA, 0xD505DADA, 0x80008F8F, 0xFF8F8F8F};

static inline int is_simple(unsigned same) { return SIMPLE[same >> 5] >> (same & 31) & 1; }

#define ISA_BODY "boundary.inc.h"
#include "each_isa.h"

void boundary_sums(int isa, const boundary_level *level, ptrdiff_t first_row, ptrdiff_t last_row, double *sums)
{
    static void (*const body[])(const boundary_level *, ptrdiff_t, ptrdiff_t, double *) = ISA_TABLE(add_up);
    body[isa](level, first_row, last_row, sums);
}

void boundary_segments(const boundary_terms *terms, const double *sums, ptrdiff_t k, ptrdiff_t d, double *segments)
{
    for (ptrdiff_t i = 0; i < k; i++)
        describe_baseline(terms, sums + i * (d + 4), d, segments + i * (d + 4));
}

ptrdiff_t boundary_move(int isa, const boundary_level *level, const boundary_terms *terms, ptrdiff_t first_row, ptrdiff_t last_row,
                        int live, const int32_t *numbers, double *segments, double *sums, int32_t *candidates)
{
    static ptrdiff_t (*const body[])(const boundary_level *, const boundary_terms *, ptrdiff_t, ptrdiff_t, int, const int32_t *, double *,
                                     double *, int32_t *) = ISA_TABLE(move_rows);
    return body[isa](level, terms, first_row, last_row, live, numbers, segments, sums, candidates);
}

ptrdiff_t number_labels(const int32_t *labels, ptrdiff_t n, int32_t *numbers, int32_t *found)
{
    int32_t count = 0;
    for (ptrdiff_t i = 0; i < n; i = end_of_run(labels, i, n))
        if (labels[i] >= 0 && numbers[labels[i]] < 0) {
            numbers[labels[i]] = count;
            found[count++] = labels[i];
        }
    return count;
}

void double_level(const int32_t *labels, const uint8_t *active, const uint8_t *mask, ptrdiff_t height, ptrdiff_t width,
                  int32_t *fine_labels, uint8_t *fine_active)
{
    ptrdiff_t half = (width + 1) / 2, whole = width / 2;
    for (ptrdiff_t y = 0; y < height; y++) {
        const int32_t *row = labels + y / 2 * half;
        const uint8_t *row_active = active + y / 2 * half;
        int32_t *out = fine_labels + y * width;
        uint8_t *out_active = fine_active + y * width;
        for (ptrdiff_t x = 0; x < whole; x++) {
            out[2 * x] = row[x];
            out[2 * x + 1] = row[x];
        }
        for (ptrdiff_t x = 0; x < whole; x++) {
            out_active[2 * x] = row_active[x] != 0;
            out_active[2 * x + 1] = row_active[x] != 0;
        }
        if (width & 1) {
            out[width - 1] = row[half - 1];
            out_active[width - 1] = row_active[half - 1] != 0;
        }
        for (ptrdiff_t x = 0; mask && x < width; x++)
            out[x] = mask[y * width + x] ? out[x] : -1;
    }
}
