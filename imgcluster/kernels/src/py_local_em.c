/* Binding of local_em.c. */
#include "binding.h"
#include "kernels.h"

/* height, width, channels, side, first, last stand behind the first argument of a call. */
static int take_geometry(PyObject *args, local_image *image, Py_ssize_t *first, Py_ssize_t *last)
{
    Py_ssize_t *to[] = {&image->height, &image->width, &image->channels, &image->side, first, last};
    for (int i = 0; i < 6; i++)
        *to[i] = PyLong_AsSsize_t(PyTuple_GetItem(args, i + 1));
    return !PyErr_Occurred();
}

static Py_ssize_t n_blocks(Py_ssize_t length, Py_ssize_t side) { return (length + side - 1) / side; }

static int geometry_is_sound(const local_image *image, Py_ssize_t first, Py_ssize_t last)
{
    Py_ssize_t side = image->side;
    return image->height > 0 && image->width > 0 && image->height <= INT32_MAX / image->width && image->channels > 0 &&
           image->channels <= LOCAL_EM_CHANNELS && (side == 4 || side == 8 || side == 16) && first >= 0 && first <= last &&
           last <= n_blocks(image->height, side);
}

/* features, labels, candidates, means, factors, coefficients stand at the head of the buffers. */
static int model_is_sound(const buffers *b, local_image *image, Py_ssize_t first, Py_ssize_t last)
{
    Py_ssize_t pixels = image->height * image->width, columns = n_blocks(image->width, image->side) * LOCAL_EM_CANDIDATES;
    Py_ssize_t k = items(b, 5), c = image->channels;
    image->depth = items(b, 0) / pixels;
    image->features = b->view[0].buf;
    image->labels = b->view[1].buf;
    image->candidates = b->view[2].buf;
    if (image->depth < c || !fits(b, 0, 2, pixels * image->depth) || !fits(b, 1, 4, pixels) ||
        !fits(b, 2, 4, columns * n_blocks(image->height, image->side)) || !fits(b, 3, 8, k * (c + 2)) || !fits(b, 4, 8, k * (c + 3)) ||
        !fits(b, 5, 8, k))
        return 0;
    for (Py_ssize_t i = first * columns; i < last * columns; i++)
        if (image->candidates[i] < -1 || image->candidates[i] >= k)
            return 0;
    return 1;
}

PyObject *py_local_candidates(PyObject *self, PyObject *args)
{
    /* margin, height, width, channels (any), side, first, last, stride | labels [H, W], candidates [rows, columns, 16] */
    (void)self;
    buffers b;
    local_image image;
    Py_ssize_t margin = PyLong_AsSsize_t(PyTuple_GetItem(args, 0)), first, last;
    if (!take_geometry(args, &image, &first, &last))
        return NULL;
    Py_ssize_t stride = PyLong_AsSsize_t(PyTuple_GetItem(args, 7));
    if (PyErr_Occurred() || !take(&b, args, 8, "rw"))
        return NULL;
    if (!geometry_is_sound(&image, first, last) || margin < 0 || margin > 4096 || stride < 1 || (margin * 2 + 16) / stride > 128 ||
        !fits(&b, 0, 4, image.height * image.width) ||
        !fits(&b, 1, 4, n_blocks(image.height, image.side) * n_blocks(image.width, image.side) * LOCAL_EM_CANDIDATES))
        return fail(&b, BAD);
    Py_BEGIN_ALLOW_THREADS
    local_candidates(b.view[0].buf, image.height, image.width, image.side, margin, stride, first, last, b.view[1].buf);
    Py_END_ALLOW_THREADS
    release(&b);
    Py_RETURN_NONE;
}

PyObject *py_local_em_step(PyObject *self, PyObject *args)
{
    /* isa, height, width, channels, side, first, last, hard | features, labels, candidates, means, factors, coefficients, sums [k, 6 + 2 channels]
       or empty, shares [H, W, 16] or empty; returns the log-likelihood */
    (void)self;
    buffers b;
    local_image image;
    Py_ssize_t first, last;
    long isa = PyLong_AsLong(PyTuple_GetItem(args, 0));
    if (!take_geometry(args, &image, &first, &last))
        return NULL;
    long hard = PyLong_AsLong(PyTuple_GetItem(args, 7));
    if (PyErr_Occurred() || !take(&b, args, 8, "rrrrrrww"))
        return NULL;
    Py_ssize_t k = items(&b, 5), n_sums = items(&b, 6), n_shares = items(&b, 7);
    if (!isa_is_usable(isa) || !geometry_is_sound(&image, first, last) || !model_is_sound(&b, &image, first, last) ||
        !fits(&b, 6, 8, n_sums ? k * LOCAL_EM_SUMS(image.channels) : 0) ||
        !fits(&b, 7, 4, n_shares ? image.height * image.width * LOCAL_EM_CANDIDATES : 0))
        return fail(&b, BAD);
    local_mixture mixture = {b.view[3].buf, b.view[4].buf, b.view[5].buf};
    double log_likelihood;
    Py_BEGIN_ALLOW_THREADS
    log_likelihood =
        local_em_step((int)isa, &image, &mixture, hard != 0, first, last, n_sums ? b.view[6].buf : NULL, n_shares ? b.view[7].buf : NULL);
    Py_END_ALLOW_THREADS
    release(&b);
    return PyFloat_FromDouble(log_likelihood);
}

PyObject *py_local_em_labels(PyObject *self, PyObject *args)
{
    /* isa, height, width, channels, side, first, last | features, labels, candidates, means, factors, coefficients, new labels [H, W] */
    (void)self;
    buffers b;
    local_image image;
    Py_ssize_t first, last;
    long isa = PyLong_AsLong(PyTuple_GetItem(args, 0));
    if (!take_geometry(args, &image, &first, &last))
        return NULL;
    if (!take(&b, args, 7, "rrrrrrw"))
        return NULL;
    if (!isa_is_usable(isa) || !geometry_is_sound(&image, first, last) || !model_is_sound(&b, &image, first, last) ||
        !fits(&b, 6, 4, image.height * image.width))
        return fail(&b, BAD);
    local_mixture mixture = {b.view[3].buf, b.view[4].buf, b.view[5].buf};
    Py_BEGIN_ALLOW_THREADS
    local_em_labels((int)isa, &image, &mixture, first, last, b.view[6].buf);
    Py_END_ALLOW_THREADS
    release(&b);
    Py_RETURN_NONE;
}
