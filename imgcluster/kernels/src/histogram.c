/* Exact histogram over all 2^24 colors, and mapping of pixels by a table of the same order.
   Keys are in Morton order: eight neighboring shades a channel share 2 kB of the table, so a photo stays in the cache. */
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

/* A byte a color: a quarter of the memory, whose first touch costs more than the counting. What does not fit is carried. */
ptrdiff_t histogram_count(const uint8_t *pixels, ptrdiff_t n, ptrdiff_t channels, uint8_t *table, uint8_t *touched, uint32_t *carries)
{
    spread_table t;
    ptrdiff_t n_carries = 0;
    fill(&t);
    for (ptrdiff_t i = 0; i < n; i++) {
        uint32_t key = key_of(&t, pixels + i * channels);
        touched[key >> 9] = 1;
        if (table[key] == HISTOGRAM_CARRY && n_carries <= n / HISTOGRAM_CARRY) { /* always, when the table was empty */
            table[key] = 0;
            carries[n_carries++] = key;
        }
        table[key]++;
    }
    return n_carries;
}

enum { CELL = 1 << 9, CELLS = 1 << 15 };

/* Counts of a cell's colors, added over the tables; returns whether any pixel lies in it. */
static int add_cell(const uint8_t *tables, ptrdiff_t n_tables, const uint8_t *touched, ptrdiff_t cell, uint16_t *sum)
{
    int any = 0;
    for (ptrdiff_t i = 0; i < n_tables; i++) {
        if (!touched[i * CELLS + cell])
            continue;
        const uint8_t *part = tables + i * CELLS * CELL + cell * CELL;
        for (int c = 0; c < CELL; c++)
            sum[c] = (uint16_t)((any ? sum[c] : 0) + part[c]);
        any = 1;
    }
    return any;
}

ptrdiff_t histogram_collect(const uint8_t *tables, ptrdiff_t n_tables, const uint8_t *touched, uint32_t *keys, int64_t *counts)
{
    ptrdiff_t out = 0;
    uint16_t sum[CELL];
    for (ptrdiff_t cell = 0; cell < CELLS; cell++) {
        if (!add_cell(tables, n_tables, touched, cell, sum))
            continue;
        if (!keys) {
            uint16_t found = 0;
            for (int c = 0; c < CELL; c++)
                found += sum[c] != 0;
            out += found;
            continue;
        }
        for (int c = 0; c < CELL; c++)
            if (sum[c]) {
                keys[out] = (uint32_t)(cell * CELL + c);
                counts[out++] = sum[c];
            }
    }
    return out;
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

int64_t squared_difference(const uint8_t *pixels, ptrdiff_t n, const uint8_t *colors, ptrdiff_t k, const void *indices, int wide)
{
    int64_t total = 0;
    for (ptrdiff_t i = 0; i < n; i++) {
        ptrdiff_t index = wide ? ((const uint16_t *)indices)[i] : ((const uint8_t *)indices)[i];
        if (index >= k)
            return -1;
        const uint8_t *color = colors + 3 * index;
        int32_t red = pixels[3 * i] - color[0], green = pixels[3 * i + 1] - color[1], blue = pixels[3 * i + 2] - color[2];
        total += red * red + green * green + blue * blue;
    }
    return total;
}

void remap_pixels_wide(const uint8_t *pixels, ptrdiff_t n, ptrdiff_t channels, const uint16_t *table, uint16_t *indices)
{
    spread_table t;
    fill(&t);
    for (ptrdiff_t i = 0; i < n; i++)
        indices[i] = table[key_of(&t, pixels + i * channels)];
}
