/* What the ditherings share: light to OKLab by a table, and the nearest entry of a palette through lists by cell. */
#ifndef IMGCLUSTER_DITHER_H
#define IMGCLUSTER_DITHER_H

#include <stdint.h>
#include <string.h>

#include "kernels.h"

enum { ROOT_SHIFT = 14, ROOT_FIRST = 0x3B000000 }; /* 512 roots an octave from 2^-9 on, which keeps the argument away from 0 */

static inline float cube_root(const float *roots, float t)
{
    t += 0x1p-9f;
    int32_t bits;
    memcpy(&bits, &t, sizeof bits);
    return roots[(bits - ROOT_FIRST) >> ROOT_SHIFT];
}

/* Also makes 0 of what is not a number, so that no index leaves the table. */
static inline float clipped(float x) { return x > 1.0f ? 1.0f : x > 0.0f ? x : 0.0f; }

/* OKLab of linear light in 0..1. */
static inline void oklab_of(const float *roots, const float *light, float *lab)
{
    float r = light[0], g = light[1], b = light[2];
    float l = cube_root(roots, 0.4122214708f * r + 0.5363325363f * g + 0.0514459929f * b);
    float m = cube_root(roots, 0.2119034982f * r + 0.6806995451f * g + 0.1073969566f * b);
    float s = cube_root(roots, 0.0883024619f * r + 0.2817188376f * g + 0.6299787005f * b);
    lab[0] = 0.2104542553f * l + 0.7936177850f * m - 0.0040720468f * s;
    lab[1] = 1.9779984951f * l - 2.4285922050f * m + 0.4505937099f * s;
    lab[2] = 0.0259040371f * l + 0.7827717662f * m - 0.8086757660f * s;
}

static inline float squared_distance(const float *p, const float *q)
{
    float x = p[0] - q[0], y = p[1] - q[1], z = p[2] - q[2];
    return x * x + y * y + z * z;
}

/* The grid of cells: L from 0 to 1, a and b from -.34 to .34, where all of sRGB lies. */
#define DITHER_CHROMA 0.34f

static inline int cell_step(float v)
{
    v *= DITHER_SIDE;
    return !(v > 0) ? 0 : v >= DITHER_SIDE ? DITHER_SIDE - 1 : (int)v; /* what is no number, too, is in the first */
}

static inline int cell_of(const float *lab)
{
    const float per = 1.0f / (2 * DITHER_CHROMA);
    int x = cell_step(lab[0]), y = cell_step((lab[1] + DITHER_CHROMA) * per), z = cell_step((lab[2] + DITHER_CHROMA) * per);
    return (x * DITHER_SIDE + y) * DITHER_SIDE + z;
}

static inline const float *entry_of(const dither_palette *p, int k) { return p->entries + (ptrdiff_t)DITHER_ENTRY * k; }

/* The nearest of a cell's candidates, ties to the first of them; -1 where a cell has none. */
static inline int nearest_entry(const dither_palette *p, const float *lab)
{
    const int32_t *cell = p->cells + 2 * cell_of(lab);
    const uint16_t *c = p->candidates + cell[0], *end = p->candidates + cell[1];
    if (end - c < 2)
        return c < end ? *c : -1;
    /* distances are not negative, so that their bits have their order; a minimum of whole numbers takes no branch, which would be guessed wrong */
    uint64_t best = UINT64_MAX;
    for (uint64_t place = 0; c + place < end; place++) {
        float distance = squared_distance(lab, entry_of(p, c[place]) + DITHER_LAB);
        uint32_t bits;
        memcpy(&bits, &distance, sizeof bits);
        uint64_t key = (uint64_t)bits << 32 | place;
        best = key < best ? key : best;
    }
    return c[(uint32_t)best];
}

/* A pixel as it looks over black and over white: the light of six shades; of an opaque picture only three. */
static inline void light_over_grounds(const float *light, const uint8_t *pixel, ptrdiff_t channels, float *out)
{
    int alpha = channels == 4 ? pixel[3] : 255;
    for (int c = 0; c < 3; c++) {
        int shade = (pixel[c] * alpha + 127) / 255;
        out[c] = light[shade];
        if (channels == 4)
            out[3 + c] = light[shade + 255 - alpha];
    }
}

/* A translucent pixel takes the entry that is nearest over black and over white together. */
static inline int nearest_translucent(const dither_palette *p, const float *lab)
{
    int best = 0;
    float least = 0;
    for (int k = 0; k < p->k; k++) {
        const float *entry = entry_of(p, k) + DITHER_LAB;
        float distance = squared_distance(lab, entry) + squared_distance(lab + 3, entry + 3);
        if (k == 0 || distance < least) {
            least = distance;
            best = k;
        }
    }
    return best;
}

#endif
