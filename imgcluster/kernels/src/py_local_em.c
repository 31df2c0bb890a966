/* The binding of local_em.c. */
#include "binding.h"
#include "entry_points.h"
#include "kernels.h"

typedef struct {
    array features, labels, candidates, means, factors, coefficients;
} model_arrays;

#define GEOMETRY                                                                                                                           \
    WHOLE(image.height, 1, INT32_MAX), WHOLE(image.width, 1, INT32_MAX), WHOLE(image.channels, 1, LOCAL_EM_CHANNELS),                      \
        WHOLE(image.side, 4, LOCAL_EM_SIDE), WHOLE(first, 0, INT32_MAX), WHOLE(last, 0, INT32_MAX)
#define MODEL                                                                                                                              \
    READ(from.features, INT16), READ(from.labels, INT32), READ(from.candidates, INT32), READ(from.means, FLOAT64),                         \
        READ(from.factors, FLOAT64), READ(from.coefficients, FLOAT64)

static Py_ssize_t n_blocks(Py_ssize_t length, Py_ssize_t side) { return (length + side - 1) / side; }

static Py_ssize_t n_candidates(const local_image *image, Py_ssize_t block_rows)
{
    return block_rows * n_blocks(image->width, image->side) * LOCAL_EM_CANDIDATES;
}

static int check_geometry(arguments *taken, const local_image *image, Py_ssize_t first, Py_ssize_t last)
{
    Py_ssize_t side = image->side;
    return require(taken, pixels_of(image->height, image->width) >= 0, "height * width must be at most %d", INT32_MAX) &&
           require(taken, side == 4 || side == 8 || side == 16, "side must be 4, 8 or 16, got %zd", side) &&
           require(taken, first <= last && last <= n_blocks(image->height, side), "first and last must be rows of blocks, got %zd and %zd",
                   first, last);
}

/* Check what a model is made of, and that the candidates of the rows at hand are components of it. */
static int check_model(arguments *taken, const model_arrays *from, local_image *image, Py_ssize_t first, Py_ssize_t last)
{
    Py_ssize_t pixels = image->height * image->width, k = from->coefficients.count, channels = image->channels;
    image->depth = from->features.count / pixels;
    if (!require(taken, image->depth >= channels, "features must have at least %zd items a pixel, got %zd", channels, image->depth) ||
        !CHECK_SIZES(taken, {&from->features, pixels * image->depth}, {&from->labels, pixels},
                     {&from->candidates, n_candidates(image, n_blocks(image->height, image->side))}, {&from->means, k * (channels + 2)},
                     {&from->factors, k * (channels + 3)}))
        return 0;
    image->features = from->features.data;
    image->labels = from->labels.data;
    image->candidates = from->candidates.data;
    for (Py_ssize_t i = n_candidates(image, first); i < n_candidates(image, last); i++)
        if (image->candidates[i] < -1 || image->candidates[i] >= k)
            return require(taken, 0, "candidates must be between -1 and %zd, got %d", k - 1, (int)image->candidates[i]);
    return 1;
}

PyObject *py_local_candidates(PyObject *self, PyObject *const *args, Py_ssize_t n_args)
{
    (void)self;
    Py_ssize_t margin, first, last, stride;
    local_image image;
    array labels, candidates;
    arguments taken;
    if (!TAKE(&taken, "local_candidates", args, n_args, WHOLE(margin, 0, 4096), GEOMETRY, WHOLE(stride, 1, INT32_MAX), READ(labels, INT32),
              WRITE(candidates, INT32)) ||
        !check_geometry(&taken, &image, first, last))
        return NULL;
    if (!require(&taken, (margin * 2 + 16) / stride <= 128, "stride must be larger for a margin of %zd, got %zd", margin, stride) ||
        !CHECK_SIZES(&taken, {&labels, image.height * image.width},
                     {&candidates, n_candidates(&image, n_blocks(image.height, image.side))}))
        return NULL;
    Py_BEGIN_ALLOW_THREADS
    local_candidates(labels.data, image.height, image.width, image.side, margin, stride, first, last, candidates.data);
    Py_END_ALLOW_THREADS
    finish(&taken);
    Py_RETURN_NONE;
}

PyObject *py_local_em_step(PyObject *self, PyObject *const *args, Py_ssize_t n_args)
{
    /* sums and shares may be empty: they are not asked for */
    (void)self;
    Py_ssize_t isa, first, last, hard;
    local_image image;
    model_arrays from;
    array sums, shares;
    arguments taken;
    if (!TAKE(&taken, "local_em_step", args, n_args, ISA_LEVEL(isa), GEOMETRY, WHOLE(hard, 0, 1), MODEL, WRITE(sums, FLOAT64),
              WRITE(shares, FLOAT32)) ||
        !check_geometry(&taken, &image, first, last) || !check_model(&taken, &from, &image, first, last))
        return NULL;
    if (!CHECK_SIZES(&taken, OR_EMPTY(sums, from.coefficients.count * LOCAL_EM_SUMS(image.channels)),
                     OR_EMPTY(shares, image.height * image.width * LOCAL_EM_CANDIDATES)))
        return NULL;
    local_mixture mixture = {from.means.data, from.factors.data, from.coefficients.data};
    double log_likelihood;
    Py_BEGIN_ALLOW_THREADS
    log_likelihood = local_em_step((int)isa, &image, &mixture, (int)hard, first, last, data_or_null(&sums), data_or_null(&shares));
    Py_END_ALLOW_THREADS
    finish(&taken);
    return PyFloat_FromDouble(log_likelihood);
}

PyObject *py_local_em_labels(PyObject *self, PyObject *const *args, Py_ssize_t n_args)
{
    (void)self;
    Py_ssize_t isa, first, last;
    local_image image;
    model_arrays from;
    array out;
    arguments taken;
    if (!TAKE(&taken, "local_em_labels", args, n_args, ISA_LEVEL(isa), GEOMETRY, MODEL, WRITE(out, INT32)) ||
        !check_geometry(&taken, &image, first, last) || !check_model(&taken, &from, &image, first, last) ||
        !CHECK_SIZES(&taken, {&out, image.height * image.width}))
        return NULL;
    local_mixture mixture = {from.means.data, from.factors.data, from.coefficients.data};
    Py_BEGIN_ALLOW_THREADS
    local_em_labels((int)isa, &image, &mixture, first, last, out.data);
    Py_END_ALLOW_THREADS
    finish(&taken);
    Py_RETURN_NONE;
}
