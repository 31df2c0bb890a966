/* From one level of a volume to the next. */
#include <string.h>

#include "volume.h"

enum { LIFT = 1 << 15 }; /* above 0 a division rounds down */

static inline ptrdiff_t parts(ptrdiff_t length, ptrdiff_t side) { return (length + side - 1) / side; }
static inline ptrdiff_t least(ptrdiff_t a, ptrdiff_t b) { return a < b ? a : b; }

/* The mean, rounded to the nearest, of the blocks from one corner to another; returns their weight. */
static int64_t mean_of(const int16_t *fine, const uint16_t *weights, ptrdiff_t height, ptrdiff_t width, ptrdiff_t d, const ptrdiff_t low[3],
                       const ptrdiff_t high[3], int64_t *totals, int16_t *mean)
{
    int64_t n = 0;
    memset(totals, 0, sizeof *totals * (size_t)d);
    for (ptrdiff_t z = low[0]; z < high[0]; z++)
        for (ptrdiff_t y = low[1]; y < high[1]; y++)
            for (ptrdiff_t x = low[2]; x < high[2]; x++) {
                ptrdiff_t i = (z * height + y) * width + x;
                int64_t w = weights ? weights[i] : 1;
                n += w;
                for (ptrdiff_t c = 0; c < d; c++)
                    totals[c] += w * (fine[i * d + c] + LIFT);
            }
    for (ptrdiff_t c = 0; c < d; c++)
        mean[c] = (int16_t)(n ? (totals[c] + n / 2) / n - LIFT : 0);
    return n;
}

/* The same for eight blocks of weight 1. */
static inline void mean_of_eight(const int16_t *f, ptrdiff_t slice, ptrdiff_t row, ptrdiff_t d, int16_t *mean)
{
    for (ptrdiff_t c = 0; c < d; c++) {
        const int16_t *g = f + c, *h = g + slice;
        mean[c] = (int16_t)((g[0] + g[d] + g[row] + g[row + d] + h[0] + h[d] + h[row] + h[row + d] + 4) >> 3);
    }
}

static inline __attribute__((always_inline)) void halve_blocks(const int16_t *fine, const uint16_t *fine_weights, ptrdiff_t depth,
                                                               ptrdiff_t height, ptrdiff_t width, ptrdiff_t d, block_sides sides,
                                                               int16_t *coarse, uint16_t *weights, int64_t *totals)
{
    int eight = !fine_weights && sides.along_z * sides.along_y * sides.along_x == 8;
    for (ptrdiff_t z = 0; z < depth; z += sides.along_z)
        for (ptrdiff_t y = 0; y < height; y += sides.along_y)
            for (ptrdiff_t x = 0; x < width; x += sides.along_x, coarse += d, weights++) {
                if (eight && z + 1 < depth && y + 1 < height && x + 1 < width) {
                    mean_of_eight(fine + ((z * height + y) * width + x) * d, height * width * d, width * d, d, coarse);
                    *weights = 8;
                    continue;
                }
                const ptrdiff_t low[3] = {z, y, x};
                const ptrdiff_t high[3] = {least(z + sides.along_z, depth), least(y + sides.along_y, height),
                                           least(x + sides.along_x, width)};
                *weights = (uint16_t)mean_of(fine, fine_weights, height, width, d, low, high, totals, coarse);
            }
}

void volume_halve(const int16_t *fine, const uint16_t *fine_weights, ptrdiff_t depth, ptrdiff_t height, ptrdiff_t width, ptrdiff_t d,
                  block_sides sides, int16_t *coarse, uint16_t *weights, int64_t *totals)
{
    if (d == 4) /* the usual case, unrolled */
        halve_blocks(fine, fine_weights, depth, height, width, 4, sides, coarse, weights, totals);
    else
        halve_blocks(fine, fine_weights, depth, height, width, d, sides, coarse, weights, totals);
}

/* One row of blocks, each `side` times. */
static void double_row(const int32_t *labels, const uint8_t *active, ptrdiff_t width, ptrdiff_t side, int32_t *out, uint8_t *out_active)
{
    if (side == 1) {
        memcpy(out, labels, sizeof *out * (size_t)width);
        for (ptrdiff_t x = 0; x < width; x++)
            out_active[x] = active[x] != 0;
        return;
    }
    for (ptrdiff_t x = 0; x < width / 2; x++) {
        out[2 * x] = labels[x];
        out[2 * x + 1] = labels[x];
    }
    for (ptrdiff_t x = 0; x < width / 2; x++) {
        out_active[2 * x] = active[x] != 0;
        out_active[2 * x + 1] = active[x] != 0;
    }
    if (width & 1) {
        out[width - 1] = labels[width / 2];
        out_active[width - 1] = active[width / 2] != 0;
    }
}

void volume_double(const int32_t *labels, const uint8_t *active, const uint8_t *mask, ptrdiff_t depth, ptrdiff_t height, ptrdiff_t width,
                   block_sides sides, int32_t *fine_labels, uint8_t *fine_active)
{
    ptrdiff_t rows = parts(height, sides.along_y), columns = parts(width, sides.along_x);
    for (ptrdiff_t z = 0; z < depth; z++)
        for (ptrdiff_t y = 0; y < height; y++) {
            ptrdiff_t from = (z / sides.along_z * rows + y / sides.along_y) * columns, to = (z * height + y) * width;
            double_row(labels + from, active + from, width, sides.along_x, fine_labels + to, fine_active + to);
            for (ptrdiff_t i = to; mask && i < to + width; i++)
                fine_labels[i] = mask[i] ? fine_labels[i] : -1;
        }
}
