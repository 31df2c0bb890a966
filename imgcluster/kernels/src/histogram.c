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

/* A byte a colour: a quarter of the memory, whose first touch costs more than the counting. What does not fit is carried. */
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

/* Visit the colours counted in any of the tables, in order of their keys. */
ptrdiff_t histogram_collect(const uint8_t *tables, ptrdiff_t n_tables, const uint8_t *touched, uint32_t *keys, int64_t *counts)
{
    const ptrdiff_t size = 1 << 24, cells = 1 << 15;
    ptrdiff_t out = 0;
    for (ptrdiff_t cell = 0; cell < cells; cell++) {
        uint8_t any = 0;
        for (ptrdiff_t i = 0; i < n_tables; i++)
            any |= touched[i * cells + cell];
        for (ptrdiff_t key = cell << 9; any && key < (cell + 1) << 9; key++) {
            int64_t count = 0;
            for (ptrdiff_t i = 0; i < n_tables; i++)
                count += tables[i * size + key];
            if (keys && count) {
                keys[out] = (uint32_t)key;
                counts[out] = count;
            }
            out += count != 0;
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

void remap_pixels_wide(const uint8_t *pixels, ptrdiff_t n, ptrdiff_t channels, const uint16_t *table, uint16_t *indices)
{
    spread_table t;
    fill(&t);
    for (ptrdiff_t i = 0; i < n; i++)
        indices[i] = table[key_of(&t, pixels + i * channels)];
}
