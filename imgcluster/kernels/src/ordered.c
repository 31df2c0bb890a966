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

/* The mix of an opaque color, from the last one of its place if that is the same. */
static inline const uint16_t *known_mix(const dither_palette *p, const uint8_t *pixel, const float *color, float strength, int n,
                                        const dither_mixes *mixes)
{
    uint32_t number = (uint32_t)(pixel[0] << 16 | pixel[1] << 8 | pixel[2]) + 1, place = number * 2654435769u >> (32 - DITHER_MIX_BITS);
    uint16_t *entries = mixes->entries + (ptrdiff_t)place * n;
    if (mixes->colors[place] != number) {
        int mixed[MOST_MIXED];
        mix_of(p, color, strength, n, mixed);
        for (int i = 0; i < n; i++)
            entries[i] = (uint16_t)mixed[i];
        mixes->colors[place] = number;
    }
    return entries;
}

static inline int ordered_pixel(const dither_palette *p, const float *light, const uint8_t *pixel, ptrdiff_t channels, float strength,
                                int n, int threshold, int clear, const dither_mixes *mixes)
{
    float seen[6], lab[6];
    if (channels == 4 && pixel[3] == 0 && clear < p->k)
        return clear;
    light_over_grounds(light, pixel, channels, seen);
    if (channels == 4 && pixel[3] < 255) {
        oklab_of(p->roots, seen, lab);
        oklab_of(p->roots, seen + 3, lab + 3);
        return nearest_translucent(p, lab);
    }
    return known_mix(p, pixel, seen, strength, n, mixes)[threshold * n >> 16];
}

void order_rows(const dither_palette *palette, const float *light, const uint8_t *pixels, ptrdiff_t channels, ptrdiff_t height,
                ptrdiff_t width, ptrdiff_t first_row, const uint16_t *tile, ptrdiff_t side, float strength, int n, int clear,
                const dither_mixes *mixes, void *indices, int wide)
{
    for (ptrdiff_t y = 0; y < height; y++) {
        const uint16_t *thresholds = tile + (first_row + y) % side * side;
        for (ptrdiff_t x = 0; x < width; x++) {
            ptrdiff_t i = y * width + x;
            int k = ordered_pixel(palette, light, pixels + i * channels, channels, strength, n, thresholds[x % side], clear, mixes);
            if (wide)
                ((uint16_t *)indices)[i] = (uint16_t)k;
            else
                ((uint8_t *)indices)[i] = (uint8_t)k;
        }
    }
}
