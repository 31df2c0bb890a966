#include "dither.h"
#include "sums.h"

enum { REACH = DITHER_REACH, WINDOW = 2 * REACH + 1, LUMA_STEPS = DITHER_LUMA - 1 };

/* The weight of a pixel by its luminance (Rec. 709), which is in 1/16384. */
static inline int64_t weight_of(const dither_weights *w, const uint8_t *pixel)
{
    int32_t luminance = 2126 * w->light[pixel[0]] + 7152 * w->light[pixel[1]] + 722 * w->light[pixel[2]];
    return w->of_luma[luminance / 10000 * LUMA_STEPS / DITHER_LIGHT];
}

static inline int is_opaque(const uint8_t *pixel, ptrdiff_t channels) { return channels == 3 || pixel[3] == 255; }

void pair_sums(const dither_weights *w, const uint8_t *pixels, ptrdiff_t channels, const uint8_t *indices, ptrdiff_t height,
               ptrdiff_t width, ptrdiff_t k, int64_t *pairs, int64_t *sums)
{
    for (ptrdiff_t y = REACH; y < height - REACH; y += 2)
        for (ptrdiff_t x = REACH; x < width - REACH; x++) {
            const uint8_t *pixel = pixels + (y * width + x) * channels;
            if (!is_opaque(pixel, channels))
                continue;
            ptrdiff_t entry = indices[y * width + x];
            int64_t *row = pairs + entry * k, weight = weight_of(w, pixel);
            int32_t blurred[3] = {0, 0, 0};
            for (ptrdiff_t i = 0; i < WINDOW * WINDOW; i++) {
                ptrdiff_t other = (y + i / WINDOW - REACH) * width + x + i % WINDOW - REACH;
                const uint8_t *color = pixels + other * channels;
                if (!is_opaque(color, channels))
                    continue;
                row[indices[other]] = wrapped_sum(row[indices[other]], weight * w->pair[i]);
                for (int c = 0; c < 3; c++)
                    blurred[c] += w->pair[i] * w->light[color[c]];
            }
            for (int c = 0; c < 3; c++)
                sums[3 * entry + c] = wrapped_sum(sums[3 * entry + c], weight * blurred[c]);
        }
}
