#include <string.h>

#include "isa.h"
#include "kernels.h"

enum {
    CURVE_SHIFT = 13,         /* 1,024 entries an octave: finer than 1/64 of a CIELAB unit where the curve is steepest */
    CURVE_FIRST = 0x3C000000, /* bits of 2^-7: the shift that keeps the argument away from 0, where octaves crowd */
    LIFT = 1 << 15,           /* makes any feature positive */
};

#define ISA_BODY "features.inc.h"
#include "each_isa.h"

void lab_u8(int isa, const lab_tables *t, const uint8_t *pixels, ptrdiff_t n, int16_t *out)
{
    static void (*const body[])(const lab_tables *, const uint8_t *, ptrdiff_t, int16_t *) = ISA_TABLE(lab_u8);
    body[isa](t, pixels, n, out);
}

void lab_u16(int isa, const lab_tables *t, const uint16_t *pixels, ptrdiff_t n, int16_t *out)
{
    static void (*const body[])(const lab_tables *, const uint16_t *, ptrdiff_t, int16_t *) = ISA_TABLE(lab_u16);
    body[isa](t, pixels, n, out);
}

void blur_rows(int isa, const int16_t *rows, ptrdiff_t n_rows, ptrdiff_t width, ptrdiff_t d, int16_t edge, int16_t *out, int16_t *scratch)
{
    static void (*const body[])(const int16_t *, ptrdiff_t, ptrdiff_t, ptrdiff_t, int16_t, int16_t *, int16_t *) = ISA_TABLE(blur_rows);
    body[isa](rows, n_rows, width, d, edge, out, scratch);
}

void halve(int isa, const int16_t *fine, const uint16_t *fine_weights, ptrdiff_t height, ptrdiff_t width, ptrdiff_t d, int16_t *coarse,
           uint16_t *weights)
{
    static void (*const body[])(const int16_t *, const uint16_t *, ptrdiff_t, ptrdiff_t, ptrdiff_t, int16_t *, uint16_t *) =
        ISA_TABLE(halve);
    body[isa](fine, fine_weights, height, width, d, coarse, weights);
}
