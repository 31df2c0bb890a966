#include "kernels.h"

static inline int lower(int a, int b) { return a < b ? a : b; }
static inline int higher(int a, int b) { return a > b ? a : b; }

/* The widest range of a channel over the 3 x 3 pixels around column x of the middle of three rows. */
static inline int texture_at(const uint8_t *rows, ptrdiff_t width, ptrdiff_t channels, ptrdiff_t x)
{
    ptrdiff_t before = x ? x - 1 : x, after = x + 1 < width ? x + 1 : x;
    const ptrdiff_t columns[3] = {before * channels, x * channels, after * channels};
    int widest = 0;
    for (ptrdiff_t c = 0; c < channels; c++) {
        int least = 255, most = 0;
        for (int i = 0; i < 3; i++)
            for (int j = 0; j < 3; j++) {
                int shade = rows[i * width * channels + columns[j] + c];
                least = lower(least, shade);
                most = higher(most, shade);
            }
        widest = higher(widest, most - least);
    }
    return widest;
}

/* Whether any of the 3 x 3 pixels has the limit of a flat color. */
static inline int touches_flat(const uint8_t *limits, ptrdiff_t width, ptrdiff_t x)
{
    ptrdiff_t before = x ? x - 1 : x, after = x + 1 < width ? x + 1 : x;
    for (int i = 0; i < 3; i++, limits += width)
        if (limits[before] == DITHER_FLAT || limits[x] == DITHER_FLAT || limits[after] == DITHER_FLAT)
            return 1;
    return 0;
}

void dither_amounts(const uint8_t *pixels, const uint8_t *limits, ptrdiff_t channels, ptrdiff_t height, ptrdiff_t width, uint8_t *amounts)
{
    for (ptrdiff_t y = 0; y < height; y++)
        for (ptrdiff_t x = 0; x < width; x++) {
            int limit = limits[(y + 1) * width + x], amount = 0;
            if (limit > DITHER_NEVER && !touches_flat(limits + y * width, width, x)) {
                int texture = texture_at(pixels + y * width * channels, width, channels, x);
                amount = higher(lower(255 * (2 * limit - texture) / limit, 255), 0);
            }
            amounts[y * width + x] = (uint8_t)amount;
        }
}
