#include <math.h>

#include "isa.h"
#include "kernels.h"
#include "sums.h"

enum { TILE = SLIC_TILE * SLIC_COLUMNS };

/* The centers that each block of a row of blocks is compared with, in ascending order: list[offsets[b]] up to list[offsets[b + 1]].
   list has room for each center once and for each block of each box once. */
typedef struct {
    int32_t *offsets, *list;
} block_candidates;

static void find_candidates(const slic_problem *p, ptrdiff_t block_row, ptrdiff_t n_blocks, block_candidates found)
{
    int32_t *offsets = found.offsets, *rows = found.list, *list = found.list + p->k;
    ptrdiff_t n = 0;
    for (ptrdiff_t c = 0; c < p->k; c++) {
        rows[n] = (int32_t)c;
        n += p->boxes[4 * c] <= block_row && block_row < p->boxes[4 * c + 1];
    }
    for (ptrdiff_t b = 0; b < n_blocks + 2; b++)
        offsets[b] = 0;
    for (ptrdiff_t i = 0; i < n; i++)
        for (int32_t b = p->boxes[4 * rows[i] + 2]; b < p->boxes[4 * rows[i] + 3]; b++)
            offsets[b + 2]++;
    for (ptrdiff_t b = 0; b < n_blocks; b++)
        offsets[b + 2] += offsets[b + 1];
    /* offsets[b + 1] is where block b begins, and moves on to where it ends */
    for (ptrdiff_t i = 0; i < n; i++)
        for (int32_t b = p->boxes[4 * rows[i] + 2]; b < p->boxes[4 * rows[i] + 3]; b++)
            list[offsets[b + 1]++] = rows[i];
}

/* For a block that no window meets: the center nearest to its middle, by position alone. */
static int32_t nearest_by_position(const slic_problem *p, float row, float column)
{
    int32_t nearest = 0;
    float best = INFINITY;
    for (ptrdiff_t c = 0; c < p->k; c++) {
        const float *center = p->centers + c * (p->d + 2) + p->d;
        float dy = row - center[0], dx = column - center[1], distance = dx * dx + dy * dy;
        if (distance < best) {
            best = distance;
            nearest = (int32_t)c;
        }
    }
    return nearest;
}

#define ISA_BODY "slic.inc.h"
#include "each_isa.h"

int64_t slic_assign(int isa, const slic_problem *problem, ptrdiff_t first, ptrdiff_t end, int32_t *labels, int64_t *sums,
                    int32_t *candidates, float *scratch)
{
    static int64_t (*const body[])(const slic_problem *, ptrdiff_t, ptrdiff_t, int32_t *, int64_t *, int32_t *, float *) =
        ISA_TABLE(slic_assign);
    return body[isa](problem, first, end, labels, sums, candidates, scratch);
}
