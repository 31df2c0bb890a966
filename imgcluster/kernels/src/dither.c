#include "dither.h"

#include <math.h>

void light_to_oklab(const float *roots, const float *light, ptrdiff_t n, float *lab)
{
    for (ptrdiff_t i = 0; i < n; i++) {
        float inside[3] = {clipped(light[3 * i]), clipped(light[3 * i + 1]), clipped(light[3 * i + 2])};
        oklab_of(roots, inside, lab + 3 * i);
    }
}

/* Cells -> lists */

typedef struct {
    float low[3], high[3];
} box;

/* The box of a cell, or of a block of cells. */
static box box_of(const int *cell, int cells)
{
    box b;
    for (int axis = 0; axis < 3; axis++) {
        float from = axis ? -DITHER_CHROMA : 0.0f, step = (axis ? 2 * DITHER_CHROMA : 1.0f) / DITHER_SIDE;
        b.low[axis] = from + (float)cell[axis] * step;
        b.high[axis] = from + (float)(cell[axis] + cells) * step;
    }
    return b;
}

/* Keep the entries that may be the nearest to some point of a box: those not farther from it than the nearest's far corner. */
static ptrdiff_t keep_near(const float *entries, const uint16_t *from, ptrdiff_t n, const box *b, float *distances, uint16_t *to)
{
    float bound = INFINITY;
    for (ptrdiff_t i = 0; i < n; i++) {
        const float *lab = entries + (ptrdiff_t)DITHER_ENTRY * from[i] + DITHER_LAB;
        float least = 0, most = 0;
        for (int axis = 0; axis < 3; axis++) {
            float below = b->low[axis] - lab[axis], above = lab[axis] - b->high[axis];
            float out = below > above ? below : above, far = below < above ? -below : -above;
            out = out > 0 ? out : 0;
            least += out * out;
            most += far * far;
        }
        distances[i] = least;
        bound = most < bound ? most : bound;
    }
    bound *= 1.0001f; /* more than what rounding can do to a distance */
    ptrdiff_t m = 0;
    for (ptrdiff_t i = 0; i < n; i++)
        if (distances[i] <= bound)
            to[m++] = from[i];
    return m;
}

ptrdiff_t dither_cells(const float *entries, const uint16_t *among, ptrdiff_t n, const uint8_t *inside, int32_t *cells,
                       uint16_t *candidates, ptrdiff_t capacity, uint16_t *kept, float *distances)
{
    enum { BLOCK = 4 };
    ptrdiff_t total = 0;
    for (int c = 0; c < DITHER_CELLS / (BLOCK * BLOCK * BLOCK); c++) {
        int per = DITHER_SIDE / BLOCK, corner[3] = {c / (per * per) * BLOCK, c / per % per * BLOCK, c % per * BLOCK};
        box block = box_of(corner, BLOCK);
        ptrdiff_t m = keep_near(entries, among, n, &block, distances, kept);
        for (int i = 0; i < BLOCK * BLOCK * BLOCK; i++) {
            int cell[3] = {corner[0] + i / (BLOCK * BLOCK), corner[1] + i / BLOCK % BLOCK, corner[2] + i % BLOCK};
            int number = (cell[0] * DITHER_SIDE + cell[1]) * DITHER_SIDE + cell[2];
            box b = box_of(cell, 1);
            ptrdiff_t found = inside[number] ? keep_near(entries, kept, m, &b, distances, kept + n) : 0;
            cells[2 * number] = (int32_t)total;
            if (total + found <= capacity)
                memcpy(candidates + total, kept + n, (size_t)found * sizeof *kept);
            total += found;
            cells[2 * number + 1] = (int32_t)total;
        }
    }
    return total;
}
