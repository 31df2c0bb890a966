#include "dither.h"

typedef struct {
    const dither_palette *palette;
    const float *light;
    float strength, thrift;
    int clear; /* the entry of clear pixels, or k */
} diffusion;

/* An opaque pixel takes the entry before it or above it, if that is nearly as near: indices that repeat take fewer bytes. */
static inline int thrifty(const diffusion *d, const float *lab, int best, int before, int above, float thrift)
{
    if ((before == best || before < 0) && (above == best || above < 0))
        return best;
    const float *entry = entry_of(d->palette, best);
    float bonus = thrift * entry[DITHER_SPACING], least = squared_distance(lab, entry + DITHER_LAB);
    int found = best;
    for (int i = 0; i < 2; i++) {
        int other = i ? before : above;
        if (other < 0 || entry_of(d->palette, other)[DITHER_OPAQUE] == 0)
            continue;
        float distance = squared_distance(lab, entry_of(d->palette, other) + DITHER_LAB) - bonus;
        if (distance < least) {
            least = distance;
            found = other;
        }
    }
    return found;
}

/* What a pixel wants may lie beyond black and white, or means would not be kept, but not far: no color makes up for that. */
static inline float bounded(float x) { return x > 1.5f ? 1.5f : x > -0.5f ? x : -0.5f; }

/* Errors come in, errors go out: in is what reaches a pixel, out what it gives to the four after it. */
static inline int diffuse_pixel(const diffusion *d, const uint8_t *pixel, ptrdiff_t channels, float amount, int before, int above,
                                const float *in, float *out)
{
    float wanted[6], inside[6], lab[6];
    int n = channels == 4 ? 6 : 3, opaque = channels == 3 || pixel[3] == 255, k;
    light_over_grounds(d->light, pixel, channels, wanted);
    for (int c = 0; c < n; c++) {
        /* over either ground an opaque pixel looks the same */
        float error = opaque && n == 6 ? 0.5f * (in[c % 3] + in[c % 3 + 3]) : in[c];
        wanted[c] = bounded(wanted[c] + error * amount);
        inside[c] = clipped(wanted[c]);
    }
    oklab_of(d->palette->roots, inside, lab);
    if (opaque) {
        k = nearest_entry(d->palette, lab);
        k = k < 0 ? 0 : thrifty(d, lab, k, before, above, d->thrift * amount);
    } else {
        oklab_of(d->palette->roots, inside + 3, lab + 3);
        k = nearest_translucent(d->palette, lab);
    }
    for (int c = 0; c < n; c++)
        out[c] = (wanted[c] - entry_of(d->palette, k)[c]) * (d->strength * amount);
    return k;
}

static inline void diffuse_row(const diffusion *d, const uint8_t *pixels, ptrdiff_t channels, const uint8_t *amounts, ptrdiff_t width,
                               int backward, const float *current, float *next, int32_t *above, const uint8_t *narrow, const uint16_t *wide)
{
    int n = channels == 4 ? 6 : 3, before = -1;
    ptrdiff_t step = backward ? -1 : 1, x = backward ? width - 1 : 0, ahead = step * n;
    float carried[6] = {0}, error[6];
    for (int c = 0; c < n; c++)
        next[x * n + c] = next[x * n - ahead + c] = 0;
    for (ptrdiff_t i = 0; i < width; i++, x += step) {
        float *below = next + x * n, arrived[6];
        float amount = amounts ? (float)amounts[x] * (1.0f / 255) : 1.0f;
        if (amounts && amounts[x] == 0) {
            before = narrow ? narrow[x] : wide[x];
            memset(error, 0, sizeof error);
        } else if (channels == 4 && pixels[x * channels + 3] == 0 && d->clear < d->palette->k) {
            before = d->clear;
            memset(error, 0, sizeof error);
        } else {
            for (int c = 0; c < n; c++)
                arrived[c] = current[x * n + c] + carried[c];
            before = diffuse_pixel(d, pixels + x * channels, channels, amount, before, above[x], arrived, error);
        }
        above[x] = before;
        for (int c = 0; c < n; c++) {
            carried[c] = error[c] * (7.0f / 16);
            below[c - ahead] += error[c] * (3.0f / 16);
            below[c] += error[c] * (5.0f / 16);
            below[c + ahead] = error[c] * (1.0f / 16);
        }
    }
}

void diffuse_rows(const dither_palette *palette, const float *light, const uint8_t *pixels, ptrdiff_t channels, const uint8_t *amounts,
                  ptrdiff_t height, ptrdiff_t width, ptrdiff_t first_row, float strength, float thrift, int clear, float *errors,
                  int32_t *above, void *indices, int wide)
{
    diffusion d = {palette, light, strength, thrift, clear};
    ptrdiff_t n = channels == 4 ? 6 : 3, room = n * (width + 2);
    for (ptrdiff_t y = 0; y < height; y++) {
        int backward = (first_row + y) & 1;
        const uint8_t *row = pixels + y * width * channels, *amount = amounts ? amounts + y * width : NULL;
        float *current = errors + (backward ? room : 0) + n, *next = errors + (backward ? 0 : room) + n;
        uint8_t *narrow_row = wide ? NULL : (uint8_t *)indices + y * width;
        uint16_t *wide_row = wide ? (uint16_t *)indices + y * width : NULL;
        if (channels == 3)
            diffuse_row(&d, row, 3, amount, width, backward, current, next, above, narrow_row, wide_row);
        else
            diffuse_row(&d, row, 4, amount, width, backward, current, next, above, narrow_row, wide_row);
        for (ptrdiff_t x = 0; x < width; x++)
            if (wide)
                wide_row[x] = (uint16_t)above[x];
            else
                narrow_row[x] = (uint8_t)above[x];
    }
}
