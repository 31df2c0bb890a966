/* Exact histogram over all 2^24 colours, and mapping of pixels by a table of the same order.
   Keys are in Morton order: eight neighbouring shades a channel share 2 kB of the table, so a photo stays in the cache. */
#include "kernels.h"

/* Bits of a byte, three apart: b7..b0 -> bit 21, 18, ... 0. */
static inline uint32_t spread(uint32_t v)
{
    v = (v | v << 8) & 0x00F00Fu;
    v = (v | v << 4) & 0x0C30C3u;
    return (v | v << 2) & 0x249249u;
}

static inline uint32_t gather(uint32_t v)
{
    v &= 0x249249u;
    v = (v | v >> 2) & 0x0C30C3u;
    v = (v | v >> 4) & 0x00F00Fu;
    return (v | v >> 8) & 0xFFu;
}

typedef struct {
    uint32_t r[256], g[256], b[256];
} spread_table;

static void fill(spread_table *t)
{
    for (uint32_t v = 0; v < 256; v++) {
        t->b[v] = spread(v);
        t->g[v] = t->b[v] << 1;
        t->r[v] = t->b[v] << 2;
    }
}

static inline uint32_t key_of(const spread_table *t, const uint8_t *p) { return t->r[p[0]] | t->g[p[1]] | t->b[p[2]]; }

void histogram_count(const uint8_t *pixels, ptrdiff_t n, ptrdiff_t channels, uint32_t *table, uint8_t *touched)
{
    spread_table t;
    fill(&t);
    for (ptrdiff_t i = 0; i < n; i++) {
        uint32_t key = key_of(&t, pixels + i * channels);
        table[key]++;
        touched[key >> 9] = 1;
    }
}

ptrdiff_t histogram_size(const uint32_t *table, const uint8_t *touched)
{
    ptrdiff_t size = 0;
    for (ptrdiff_t cell = 0; cell < 1 << 15; cell++)
        if (touched[cell])
            for (ptrdiff_t i = cell << 9; i < (cell + 1) << 9; i++)
                size += table[i] != 0;
    return size;
}

void histogram_collect(const uint32_t *table, const uint8_t *touched, uint32_t *keys, int64_t *counts)
{
    ptrdiff_t out = 0;
    for (ptrdiff_t cell = 0; cell < 1 << 15; cell++)
        if (touched[cell])
            for (ptrdiff_t i = cell << 9; i < (cell + 1) << 9; i++)
                if (table[i]) {
                    keys[out] = (uint32_t)i;
                    counts[out++] = table[i];
                }
}

void keys_from_colors(const uint8_t *colors, ptrdiff_t n, uint32_t *keys)
{
    spread_table t;
    fill(&t);
    for (ptrdiff_t i = 0; i < n; i++)
        keys[i] = key_of(&t, colors + 3 * i);
}

void colors_from_keys(const uint32_t *keys, ptrdiff_t n, uint8_t *colors)
{
    for (ptrdiff_t i = 0; i < n; i++) {
        colors[3 * i] = (uint8_t)gather(keys[i] >> 2);
        colors[3 * i + 1] = (uint8_t)gather(keys[i] >> 1);
        colors[3 * i + 2] = (uint8_t)gather(keys[i]);
    }
}

void remap_pixels(const uint8_t *pixels, ptrdiff_t n, ptrdiff_t channels, const uint8_t *table, uint8_t *indices)
{
    spread_table t;
    fill(&t);
    for (ptrdiff_t i = 0; i < n; i++)
        indices[i] = table[key_of(&t, pixels + i * channels)];
}

void remap_pixels_wide(const uint8_t *pixels, ptrdiff_t n, ptrdiff_t channels, const uint16_t *table, uint16_t *indices)
{
    spread_table t;
    fill(&t);
    for (ptrdiff_t i = 0; i < n; i++)
        indices[i] = table[key_of(&t, pixels + i * channels)];
}
