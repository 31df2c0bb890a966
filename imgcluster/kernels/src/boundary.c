#include <string.h>

#include "isa.h"
#include "kernels.h"

/* The eight neighbours in a ring: east, north-east, north, ... south-east. A set of them is a byte, the lowest bit is east. */
enum { RING = 8 };

/* Bit m: whether a block, whose neighbours m belong to its own segment, may leave without cutting that in two. So it is
   when those in the four directions are one run of the ring (a simple point; Kong and Rosenfeld 1989). */
static const uint32_t SIMPLE[8] = {0xD505DADA, 0xD505DADA, 0x00000505, 0xD5050505, 0xD505DADA, 0xD505DADA, 0x80008F8F, 0xFF8F8F8F};

static inline int is_simple(unsigned same) { return SIMPLE[same >> 5] >> (same & 31) & 1; }

#define ISA_BODY "boundary.inc.h"
#include "each_isa.h"

void boundary_sums(const boundary_level *level, ptrdiff_t first_row, ptrdiff_t last_row, int64_t *sums)
{
    ptrdiff_t d = level->d, stride = d + 4;
    for (ptrdiff_t y = first_row; y < last_row; y++)
        for (ptrdiff_t x = 0; x < level->width; x++) {
            ptrdiff_t i = y * level->width + x;
            if (level->labels[i] < 0)
                continue;
            int64_t *sum = sums + level->labels[i] * stride, squares = 0, w = level->weights ? level->weights[i] : 1;
            for (ptrdiff_t c = 0; c < d; c++) {
                int64_t f = level->features[i * d + c];
                sum[c] += w * f;
                squares += f * f;
            }
            sum[d] += w * y;
            sum[d + 1] += w * x;
            sum[d + 2] += w;
            sum[d + 3] += w * squares;
        }
}

void boundary_segments(const boundary_terms *terms, const int64_t *sums, ptrdiff_t k, ptrdiff_t d, double *segments)
{
    for (ptrdiff_t i = 0; i < k; i++)
        describe_baseline(terms, sums + i * (d + 4), d, segments + i * (d + 4));
}

ptrdiff_t boundary_move(int isa, const boundary_level *level, const boundary_terms *terms, ptrdiff_t first_row, ptrdiff_t last_row, int live,
                        double *segments, int64_t *sums, uint8_t *candidates)
{
    static ptrdiff_t (*const body[])(const boundary_level *, const boundary_terms *, ptrdiff_t, ptrdiff_t, int, double *, int64_t *,
                                     uint8_t *) = ISA_TABLE(move_rows);
    return body[isa](level, terms, first_row, last_row, live, segments, sums, candidates);
}

void double_labels(const int32_t *coarse, const uint8_t *mask, ptrdiff_t height, ptrdiff_t width, int32_t *fine)
{
    ptrdiff_t half = (width + 1) / 2;
    for (ptrdiff_t y = 0; y < height; y++, fine += width) {
        const int32_t *row = coarse + y / 2 * half;
        for (ptrdiff_t x = 0; x + 1 < width; x += 2)
            fine[x] = fine[x + 1] = row[x / 2];
        if (width & 1)
            fine[width - 1] = row[half - 1];
        if (mask)
            for (ptrdiff_t x = 0; x < width; x++)
                fine[x] = mask[y * width + x] ? fine[x] : -1;
    }
}
