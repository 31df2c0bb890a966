#include <math.h>
#include <string.h>

#include "isa.h"
#include "kernels.h"

enum { LOCAL_EM_LANES = 16, LOCAL_EM_PIXELS = LOCAL_EM_SIDE * LOCAL_EM_SIDE, LOCAL_EM_FOUND = 512 };
/* A component this far (in nats) below a pixel's best has share 0. */
#define LOCAL_EM_CUT -20.0f
#define LOCAL_EM_UNIT 64.0f

/* A block of pixels, one array for each feature; pixels beyond the image repeat its last ones with weight 0. */
typedef struct {
    int side, size;
    float color[LOCAL_EM_CHANNELS][LOCAL_EM_PIXELS], row[LOCAL_EM_PIXELS], column[LOCAL_EM_PIXELS], weight[LOCAL_EM_PIXELS];
    int32_t label[LOCAL_EM_PIXELS];
} local_block;

/* A component as seen from a block: its position counts from the block's first pixel, so that float is enough in any image. */
typedef struct {
    float color[LOCAL_EM_CHANNELS], factor[LOCAL_EM_CHANNELS], row, column, factor_rr, factor_rc, factor_cc, coefficient;
} local_component;

#define ISA_BODY "local_em.inc.h"
#include "each_isa.h"

static ptrdiff_t blocks(ptrdiff_t length, ptrdiff_t side) { return (length + side - 1) / side; }

static ptrdiff_t least(ptrdiff_t a, ptrdiff_t b) { return a < b ? a : b; }

static void load_pixel(const local_image *image, ptrdiff_t at, int i, local_block *block)
{
    const int16_t *feature = image->features + at * image->depth;
    for (int j = 0; j < (int)image->channels; j++)
        block->color[j][i] = (float)feature[j] * (1.0f / LOCAL_EM_UNIT);
    block->label[i] = image->labels[at];
    block->weight[i] = image->labels[at] >= 0 ? 1.0f : 0.0f;
}

/* One row of a block that lies inside the image, for the usual number of channels. */
static void load_row_of_3(const int16_t *feature, const int32_t *label, int i, local_block *block)
{
    for (int x = 0; x < block->side; x++, i++, feature += 4) {
        block->color[0][i] = (float)feature[0] * (1.0f / LOCAL_EM_UNIT);
        block->color[1][i] = (float)feature[1] * (1.0f / LOCAL_EM_UNIT);
        block->color[2][i] = (float)feature[2] * (1.0f / LOCAL_EM_UNIT);
        block->label[i] = label[x];
        block->weight[i] = label[x] >= 0 ? 1.0f : 0.0f;
    }
}

static void load_block(const local_image *image, ptrdiff_t top, ptrdiff_t left, local_block *block)
{
    const ptrdiff_t side = image->side;
    for (ptrdiff_t y = 0; y < side; y++) {
        ptrdiff_t row = least(top + y, image->height - 1), at = row * image->width + left;
        if (row == top + y && left + side <= image->width && image->channels == 3 && image->depth == 4) {
            load_row_of_3(image->features + at * 4, image->labels + at, (int)(y * side), block);
            continue;
        }
        for (ptrdiff_t x = 0; x < side; x++) {
            int i = (int)(y * side + x);
            load_pixel(image, row * image->width + least(left + x, image->width - 1), i, block);
            if (row < top + y || left + x >= image->width) {
                block->label[i] = -1;
                block->weight[i] = 0.0f;
            }
        }
    }
}

/* What all blocks have in common. */
static void prepare(const local_image *image, local_block *block)
{
    block->side = (int)image->side;
    block->size = block->side * block->side;
    for (int i = 0; i < block->size; i++) {
        block->row[i] = (float)(i / block->side);
        block->column[i] = (float)(i % block->side);
    }
}

static int load_components(const local_mixture *mixture, const int32_t *candidates, ptrdiff_t channels, ptrdiff_t top, ptrdiff_t left,
                           local_component *components)
{
    int n = 0;
    for (; n < LOCAL_EM_CANDIDATES && candidates[n] >= 0; n++) {
        const double *mean = mixture->means + candidates[n] * (channels + 2), *factor = mixture->factors + candidates[n] * (channels + 3);
        local_component *c = components + n;
        for (ptrdiff_t j = 0; j < channels; j++) {
            c->color[j] = (float)mean[j];
            c->factor[j] = (float)factor[j];
        }
        c->row = (float)(mean[channels] - (double)top);
        c->column = (float)(mean[channels + 1] - (double)left);
        c->factor_rr = (float)factor[channels];
        c->factor_rc = (float)factor[channels + 1];
        c->factor_cc = (float)factor[channels + 2];
        c->coefficient = (float)mixture->coefficients[candidates[n]];
    }
    return n;
}

static void store_shares(const local_image *image, ptrdiff_t top, ptrdiff_t left, const float *rows, int n, float *shares)
{
    const ptrdiff_t side = image->side;
    for (ptrdiff_t y = 0; y < least(side, image->height - top); y++)
        for (ptrdiff_t x = 0; x < least(side, image->width - left); x++) {
            float *out = shares + ((top + y) * image->width + left + x) * LOCAL_EM_CANDIDATES;
            for (int c = 0; c < LOCAL_EM_CANDIDATES; c++)
                out[c] = c < n ? rows[c * side * side + y * side + x] : 0.0f;
        }
}

double local_em_step(int isa, const local_image *image, const local_mixture *mixture, int hard, ptrdiff_t first, ptrdiff_t last,
                     double *sums, float *shares)
{
    static double (*const body[])(const local_block *, const local_component *, const int32_t *, int, int, int, float *, double *) =
        ISA_TABLE(local_step);
    const ptrdiff_t side = image->side, columns = blocks(image->width, side);
    local_block block;
    local_component components[LOCAL_EM_CANDIDATES];
    float rows[LOCAL_EM_CANDIDATES * LOCAL_EM_PIXELS];
    double log_likelihood = 0.0;
    prepare(image, &block);
    for (ptrdiff_t i = first * columns; i < last * columns; i++) {
        const int32_t *candidates = image->candidates + i * LOCAL_EM_CANDIDATES;
        ptrdiff_t top = i / columns * side, left = i % columns * side;
        int n = load_components(mixture, candidates, image->channels, top, left, components);
        if (n) {
            load_block(image, top, left, &block);
            log_likelihood += body[isa](&block, components, candidates, n, (int)image->channels, hard, rows, sums);
        }
        if (shares)
            store_shares(image, top, left, rows, n, shares);
    }
    return log_likelihood;
}

void local_em_labels(int isa, const local_image *image, const local_mixture *mixture, ptrdiff_t first, ptrdiff_t last, int32_t *labels)
{
    static void (*const body[])(const local_block *, const local_component *, const int32_t *, int, int, float *, int32_t *) =
        ISA_TABLE(local_labels);
    const ptrdiff_t side = image->side, columns = blocks(image->width, side);
    local_block block;
    local_component components[LOCAL_EM_CANDIDATES];
    float row[LOCAL_EM_PIXELS];
    int32_t best[LOCAL_EM_PIXELS];
    prepare(image, &block);
    for (ptrdiff_t i = first * columns; i < last * columns; i++) {
        const int32_t *candidates = image->candidates + i * LOCAL_EM_CANDIDATES;
        ptrdiff_t top = i / columns * side, left = i % columns * side;
        int n = load_components(mixture, candidates, image->channels, top, left, components);
        load_block(image, top, left, &block);
        memset(best, 0xff, sizeof best);
        body[isa](&block, components, candidates, n, (int)image->channels, row, best);
        for (ptrdiff_t y = 0; y < least(side, image->height - top); y++)
            for (ptrdiff_t x = 0; x < least(side, image->width - left); x++)
                labels[(top + y) * image->width + left + x] = block.label[y * side + x] < 0 ? -1 : best[y * side + x];
    }
}

/* Labels found in a window, and how often. */
typedef struct {
    int32_t label[LOCAL_EM_FOUND], count[LOCAL_EM_FOUND];
    int n, last;
} found_labels;

/* Count a label; when the table is full, no new label is added. */
static void count_label(found_labels *found, int32_t label, int32_t weight)
{
    if (label < 0)
        return;
    if (found->n == 0 || found->label[found->last] != label) {
        int k = 0;
        while (k < found->n && found->label[k] != label)
            k++;
        if (k == LOCAL_EM_FOUND)
            return;
        if (k == found->n) {
            found->label[k] = label;
            found->count[found->n++] = 0;
        }
        found->last = k;
    }
    found->count[found->last] += weight;
}

/* Whether label i is to be left out before label j. */
static int weaker(const found_labels *found, int i, int j)
{
    if (found->count[i] != found->count[j])
        return found->count[i] < found->count[j];
    return found->label[i] > found->label[j];
}

static void store_candidates(found_labels *found, int32_t *candidates)
{
    while (found->n > LOCAL_EM_CANDIDATES) {
        int weakest = 0;
        for (int k = 1; k < found->n; k++)
            weakest = weaker(found, k, weakest) ? k : weakest;
        found->n--;
        found->label[weakest] = found->label[found->n];
        found->count[weakest] = found->count[found->n];
    }
    memset(candidates, 0xff, sizeof(int32_t) * LOCAL_EM_CANDIDATES);
    for (int k = 0; k < found->n; k++) {
        int at = k;
        for (; at > 0 && candidates[at - 1] > found->label[k]; at--)
            candidates[at] = candidates[at - 1];
        candidates[at] = found->label[k];
    }
}

void local_candidates(const int32_t *labels, ptrdiff_t height, ptrdiff_t width, ptrdiff_t side, ptrdiff_t margin, ptrdiff_t stride,
                      ptrdiff_t first, ptrdiff_t last, int32_t *candidates)
{
    const ptrdiff_t columns = blocks(width, side);
    for (ptrdiff_t i = first * columns; i < last * columns; i++) {
        const ptrdiff_t top = i / columns * side, left = i % columns * side;
        found_labels found;
        found.n = found.last = 0;
        for (ptrdiff_t y = top; y < least(top + side, height); y++)
            for (ptrdiff_t x = left; x < least(left + side, width); x++)
                count_label(&found, labels[y * width + x], 1 << 16); /* above anything the margin can add */
        for (ptrdiff_t y = top - margin; y < least(top + side + margin, height); y += stride)
            for (ptrdiff_t x = left - margin; y >= 0 && x < least(left + side + margin, width); x += stride)
                if (x >= 0)
                    count_label(&found, labels[y * width + x], 1);
        store_candidates(&found, candidates + i * LOCAL_EM_CANDIDATES);
    }
}
