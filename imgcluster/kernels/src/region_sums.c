/* What is added up over each segment of a label map: pixels, coordinates, bounding boxes, colors. Labels are below n, negative outside. */
#include "kernels.h"
#include "runs.h"
#include "sums.h"

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
            sum[0] = wrapped_sum(sum[0], length);
            sum[1] = wrapped_sum(sum[1], y * length);
            sum[2] = wrapped_sum(sum[2], (from + x - 1) * length / 2);
            box[1] = from < box[1] ? (int32_t)from : box[1];
            box[2] = (int32_t)y + 1;
            box[3] = x > box[3] ? (int32_t)x : box[3];
        }
    }
}

/* Pixels are added one by one in raster order, so that there is one result only; integers give exact sums. What is not finite is left out. */
#define ALWAYS(value) 1
#define IF_FINITE(value) ((value) - (value) == 0)
#define REGION_COLORS(name, type, IS_VALID)                                                                                                \
    REGION_COLORS_OF(name, type)                                                                                                           \
    {                                                                                                                                      \
        for (ptrdiff_t i = 0; i < n; i++) {                                                                                                \
            if (labels[i] < 0)                                                                                                             \
                continue;                                                                                                                  \
            const double *center = centers + labels[i] * channels;                                                                         \
            double *sum = sums + labels[i] * channels;                                                                                     \
            for (ptrdiff_t c = 0; c < channels; c++) {                                                                                     \
                if (!IS_VALID(values[i * channels + c]))                                                                                   \
                    continue;                                                                                                              \
                double value = (double)values[i * channels + c] - center[c];                                                               \
                sum[c] += squared ? value * value : value;                                                                                 \
            }                                                                                                                              \
        }                                                                                                                                  \
    }

REGION_COLORS(u8, uint8_t, ALWAYS)
REGION_COLORS(u16, uint16_t, ALWAYS)
REGION_COLORS(f32, float, IF_FINITE)
REGION_COLORS(f64, double, IF_FINITE)

#define REGION_RANGES(name, type, IS_VALID)                                                                                                \
    REGION_RANGES_OF(name, type)                                                                                                           \
    {                                                                                                                                      \
        for (ptrdiff_t i = 0; i < n; i++) {                                                                                                \
            if (labels[i] < 0)                                                                                                             \
                continue;                                                                                                                  \
            ptrdiff_t first = labels[i] * channels;                                                                                        \
            for (ptrdiff_t c = 0; c < channels; c++) {                                                                                     \
                if (!IS_VALID(values[i * channels + c]))                                                                                   \
                    continue;                                                                                                              \
                double value = (double)values[i * channels + c];                                                                           \
                if (!counts[first + c] || value < lows[first + c])                                                                         \
                    lows[first + c] = value;                                                                                               \
                if (!counts[first + c] || value > highs[first + c])                                                                        \
                    highs[first + c] = value;                                                                                              \
                counts[first + c] = wrapped_sum(counts[first + c], 1);                                                                     \
            }                                                                                                                              \
        }                                                                                                                                  \
    }

REGION_RANGES(u8, uint8_t, ALWAYS)
REGION_RANGES(u16, uint16_t, ALWAYS)
REGION_RANGES(f32, float, IF_FINITE)
REGION_RANGES(f64, double, IF_FINITE)

/* A counting sort by label. */
#define REGION_VALUES(name, type, IS_VALID)                                                                                                \
    REGION_VALUES_OF(name, type)                                                                                                           \
    {                                                                                                                                      \
        for (ptrdiff_t k = 0; k <= n_labels; k++)                                                                                          \
            starts[k] = 0;                                                                                                                 \
        for (ptrdiff_t i = 0; i < n; i++)                                                                                                  \
            if (labels[i] >= 0 && IS_VALID(values[i * channels + channel]))                                                                \
                starts[labels[i] + 1]++;                                                                                                   \
        for (ptrdiff_t k = 0; k < n_labels; k++)                                                                                           \
            starts[k + 1] += starts[k];                                                                                                    \
        for (ptrdiff_t i = 0; i < n; i++)                                                                                                  \
            if (labels[i] >= 0 && IS_VALID(values[i * channels + channel]))                                                                \
                out[starts[labels[i]]++] = values[i * channels + channel];                                                                 \
        for (ptrdiff_t k = n_labels; k > 0; k--) /* each has moved to where the next one began */                                          \
            starts[k] = starts[k - 1];                                                                                                     \
        starts[0] = 0;                                                                                                                     \
    }

REGION_VALUES(u8, uint8_t, ALWAYS)
REGION_VALUES(u16, uint16_t, ALWAYS)
REGION_VALUES(f32, float, IF_FINITE)
REGION_VALUES(f64, double, IF_FINITE)
