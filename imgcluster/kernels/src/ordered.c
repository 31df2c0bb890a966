#include "dither.h"

enum { MOST_MIXED = 16 };

/* Entries whose mean comes close to a color, dark to light: each next one is the nearest to the color and what the ones before it lack. */
static inline void mix_of(const dither_palette *p, const float *color, float strength, int n, int *mixed)
{
    float lack[3] = {0, 0, 0};
    for (int i = 0; i < n; i++) {
        float wanted[3], lab[3];
        for (int c = 0; c < 3; c++)
            wanted[c] = clipped(color[c] + strength * lack[c]);
        oklab_of(p->roots, wanted, lab);
        int k = nearest_entry(p, lab), j = i;
        k = k < 0 ? 0 : k;
        const float *entry = entry_of(p, k);
        for (int c = 0; c < 3; c++)
            lack[c] += color[c] - entry[c];
        for (; j > 0 && entry_of(p, mixed[j - 1])[DITHER_LAB] > entry[DITHER_LAB]; j--)
            mixed[j] = mixed[j - 1];
        mixed[j] = k;
    }
}

static inline int ordered_pixel(const dither_palette *p, const float *light, const uint8_t *pixel, ptrdiff_t channels, float strength,
                                int n, int threshold, int clear)
{
    float seen[6], lab[6];
    int mixed[MOST_MIXED];
    if (channels == 4 && pixel[3] == 0 && clear < p->k)
        return clear;
    light_over_grounds(light, pixel, channels, seen);
    if (channels == 4 && pixel[3] < 255) {
        oklab_of(p->roots, seen, lab);
        oklab_of(p->roots, seen + 3, lab + 3);
        return nearest_translucent(p, lab);
    }
    mix_of(p, seen, strength, n, mixed);
    return mixed[threshold * n >> 16];
}

void order_rows(const dither_palette *palette, const float *light, const uint8_t *pixels, ptrdiff_t channels, ptrdiff_t height,
                ptrdiff_t width, ptrdiff_t first_row, const uint16_t *tile, ptrdiff_t side, float strength, int n, int clear, void *indices,
                int wide)
{
    for (ptrdiff_t y = 0; y < height; y++) {
        const uint16_t *thresholds = tile + (first_row + y) % side * side;
        for (ptrdiff_t x = 0; x < width; x++) {
            ptrdiff_t i = y * width + x;
            int k = ordered_pixel(palette, light, pixels + i * channels, channels, strength, n, thresholds[x % side], clear);
            if (wide)
                ((uint16_t *)indices)[i] = (uint16_t)k;
            else
                ((uint8_t *)indices)[i] = (uint8_t)k;
        }
    }
}
