#include "isa.h"
#include "kernels.h"

#define ISA_BODY "features.inc.h"
#include "each_isa.h"

enum {
    CURVE_SHIFT = 13,         /* 1,024 entries an octave: finer than 1/64 of a CIELAB unit where the curve is steepest */
    CURVE_FIRST = 0x3C000000, /* bits of 2^-7: the shift that keeps the argument away from 0, where octaves crowd */
};

typedef float float4 __attribute__((vector_size(16)));
typedef int32_t int4 __attribute__((vector_size(16)));

static inline int32_t curve_at(const int16_t *curve, int32_t bits)
{
    int32_t i = (bits - CURVE_FIRST) >> CURVE_SHIFT;
    return curve[i < 0 ? 0 : i >= LAB_CURVE ? LAB_CURVE - 1 : i];
}

/* L = 116 f(Y) - 16, a = 500 (f(X) - f(Y)), b = 200 (f(Y) - f(Z)); the curve holds 2^14 for 1. */
static inline void lab_pixel(const lab_tables *t, float r, float g, float b, int16_t *out)
{
    const float *m = t->matrix;
    float4 red = {m[0], m[1], m[2], 0}, green = {m[3], m[4], m[5], 0}, blue = {m[6], m[7], m[8], 0};
    float4 xyz = red * r + green * g + blue * b + 0x1p-7f;
    int4 bits = (int4)xyz;
    int32_t fx = curve_at(t->curve, bits[0]), fy = curve_at(t->curve, bits[1]), fz = curve_at(t->curve, bits[2]);
    enum { HALF = 1 << 13 };
    out[0] = (int16_t)(((fy * t->weights[0] + HALF) >> 14) - t->weights[3]);
    out[1] = (int16_t)(((fx - fy) * t->weights[1] + HALF) >> 14);
    out[2] = (int16_t)(((fy - fz) * t->weights[2] + HALF) >> 14);
    out[3] = 0;
}

void lab_u8(const lab_tables *t, const uint8_t *pixels, ptrdiff_t n, int16_t *out)
{
    for (ptrdiff_t i = 0; i < n; i++, pixels += 3)
        lab_pixel(t, t->linear[pixels[0]], t->linear[pixels[1]], t->linear[pixels[2]], out + 4 * i);
}

void lab_u16(const lab_tables *t, const uint16_t *pixels, ptrdiff_t n, int16_t *out)
{
    for (ptrdiff_t i = 0; i < n; i++, pixels += 3)
        lab_pixel(t, t->linear[pixels[0]], t->linear[pixels[1]], t->linear[pixels[2]], out + 4 * i);
}

void blur_rows(int isa, const int16_t *rows, ptrdiff_t n_rows, ptrdiff_t width, ptrdiff_t d, int16_t *out, int16_t *scratch)
{
    static void (*const body[])(const int16_t *, ptrdiff_t, ptrdiff_t, ptrdiff_t, int16_t *, int16_t *) = ISA_TABLE(blur_rows);
    body[isa](rows, n_rows, width, d, out, scratch);
}

void halve(int isa, const int16_t *fine, const uint16_t *fine_weights, ptrdiff_t height, ptrdiff_t width, ptrdiff_t d, int16_t *coarse,
           uint16_t *weights)
{
    static void (*const body[])(const int16_t *, const uint16_t *, ptrdiff_t, ptrdiff_t, ptrdiff_t, int16_t *, uint16_t *) = ISA_TABLE(halve);
    body[isa](fine, fine_weights, height, width, d, coarse, weights);
}
