/* What is added up over each segment of a label map: pixels, coordinates, bounding boxes, colors. Labels are below n, negative outside. */
#include "kernels.h"
#include "runs.h"

void region_shapes(const int32_t *labels, ptrdiff_t height, ptrdiff_t width, int64_t *sums, int32_t *boxes)
{
    for (ptrdiff_t y = 0; y < height; y++) {
        const int32_t *row = labels + y * width;
        for (ptrdiff_t x = 0; x < width;) {
            ptrdiff_t from = x;
            int32_t label = row[x];
            x = end_of_run(row, x, width);
            if (label < 0)
                continue;
            int64_t *sum = sums + 3 * label, length = x - from;
            int32_t *box = boxes + 4 * label;
            if (!sum[0]) {
                box[0] = (int32_t)y;
                box[1] = (int32_t)from;
                box[3] = (int32_t)x;
            }
            sum[0] += length;
            sum[1] += y * length;
            sum[2] += (from + x - 1) * length / 2;
            box[1] = from < box[1] ? (int32_t)from : box[1];
            box[2] = (int32_t)y + 1;
            box[3] = x > box[3] ? (int32_t)x : box[3];
        }
    }
}

/* Pixels are added one by one in raster order, so that there is one result only; integers give exact sums. */
#define REGION_COLORS(name, type)                                                                                                          \
    REGION_COLORS_OF(name, type)                                                                                                           \
    {                                                                                                                                      \
        for (ptrdiff_t i = 0; i < n; i++) {                                                                                                \
            if (labels[i] < 0)                                                                                                             \
                continue;                                                                                                                  \
            const double *center = centers + labels[i] * channels;                                                                         \
            double *sum = sums + labels[i] * channels;                                                                                     \
            for (ptrdiff_t c = 0; c < channels; c++) {                                                                                     \
                double value = (double)values[i * channels + c] - center[c];                                                               \
                sum[c] += squared ? value * value : value;                                                                                 \
            }                                                                                                                              \
        }                                                                                                                                  \
    }

REGION_COLORS(u8, uint8_t)
REGION_COLORS(u16, uint16_t)
REGION_COLORS(f32, float)
REGION_COLORS(f64, double)
