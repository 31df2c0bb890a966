/* The binding of boundary.c. */
#include "binding.h"
#include "entry_points.h"
#include "kernels.h"
#include "runs.h"

/* A level, of which the weights may be empty, and the rows of it that are meant. */
typedef struct {
    Py_ssize_t height, width, d, first_row, last_row;
    array features, weights, labels, active;
} level_arguments;

#define LEVEL_NUMBERS                                                                                                                      \
    WHOLE(from.height, 1, INT32_MAX), WHOLE(from.width, 1, INT32_MAX - 1), WHOLE(from.d, 4, INT32_MAX),                                    \
        WHOLE(from.first_row, 0, INT32_MAX), WHOLE(from.last_row, 0, INT32_MAX)
#define LEVEL_ARRAYS READ(from.features, INT16), READ(from.weights, UINT16), WRITE(from.labels, INT32), WRITE(from.active, UINT8)
#define TERMS REAL(terms.position), REAL(terms.variance), REAL(terms.bonus), REAL(terms.margin)

static int check_level(arguments *taken, const level_arguments *from, boundary_level *level)
{
    Py_ssize_t pixels = times(from->height, from->width);
    *level = (boundary_level){
        from->features.data, data_or_null(&from->weights), from->labels.data, from->active.data, from->height, from->width, from->d};
    return require(taken, from->d % 4 == 0, "d must be a multiple of 4, got %zd", from->d) &&
           require(taken, from->first_row <= from->last_row && from->last_row <= from->height,
                   "first_row and last_row must be rows, got %zd and %zd", from->first_row, from->last_row) &&
           CHECK_SIZES(taken, {&from->features, times(pixels, from->d)}, OR_EMPTY(from->weights, pixels), {&from->labels, pixels},
                       {&from->active, pixels});
}

/* Whether every label of these rows is one of the k, or below 0. */
static int check_rows(arguments *taken, const boundary_level *level, Py_ssize_t first_row, Py_ssize_t last_row, Py_ssize_t k)
{
    array rows = {"labels", level->labels + first_row * level->width, (last_row - first_row) * level->width, INT32};
    return check_labels(taken, &rows, k);
}

PyObject *py_boundary_sums(PyObject *self, PyObject *const *args, Py_ssize_t n_args)
{
    (void)self;
    Py_ssize_t isa;
    level_arguments from;
    array sums;
    boundary_level level;
    arguments taken;
    if (!TAKE(&taken, "boundary_sums", args, n_args, ISA_LEVEL(isa), LEVEL_NUMBERS, LEVEL_ARRAYS, WRITE(sums, FLOAT64)) ||
        !check_level(&taken, &from, &level))
        return NULL;
    Py_ssize_t k = sums.count / (from.d + 4);
    if (!CHECK_SIZES(&taken, {&sums, k * (from.d + 4)}) || !check_rows(&taken, &level, from.first_row, from.last_row, k))
        return NULL;
    Py_BEGIN_ALLOW_THREADS
    boundary_sums((int)isa, &level, from.first_row, from.last_row, sums.data);
    Py_END_ALLOW_THREADS
    finish(&taken);
    Py_RETURN_NONE;
}

PyObject *py_boundary_segments(PyObject *self, PyObject *const *args, Py_ssize_t n_args)
{
    (void)self;
    Py_ssize_t d;
    boundary_terms terms;
    array sums, segments;
    arguments taken;
    if (!TAKE(&taken, "boundary_segments", args, n_args, WHOLE(d, 4, INT32_MAX), TERMS, READ(sums, FLOAT64), WRITE(segments, FLOAT64)))
        return NULL;
    if (!require(&taken, d % 4 == 0, "d must be a multiple of 4, got %zd", d))
        return NULL;
    Py_ssize_t k = sums.count / (d + 4);
    if (!CHECK_SIZES(&taken, {&sums, k * (d + 4)}, {&segments, k * (d + 4)}))
        return NULL;
    Py_BEGIN_ALLOW_THREADS
    boundary_segments(&terms, sums.data, k, d, segments.data);
    Py_END_ALLOW_THREADS
    finish(&taken);
    Py_RETURN_NONE;
}

/* The first label of these rows without a number below n; -1 if there is none. Negative labels are outside. */
static int32_t find_unnumbered(const boundary_level *level, Py_ssize_t first_row, Py_ssize_t last_row, const array *numbers, Py_ssize_t n)
{
    const int32_t *labels = level->labels + first_row * level->width, *number = numbers->data;
    Py_ssize_t count = (last_row - first_row) * level->width;
    for (Py_ssize_t i = 0; i < count; i = end_of_run(labels, i, count)) {
        int32_t label = labels[i];
        if (label >= 0 && (label >= numbers->count || number[label] < 0 || number[label] >= n))
            return label;
    }
    return -1;
}

PyObject *py_number_labels(PyObject *self, PyObject *const *args, Py_ssize_t n_args)
{
    (void)self;
    array labels, numbers, found;
    arguments taken;
    if (!TAKE(&taken, "number_labels", args, n_args, READ(labels, INT32), WRITE(numbers, INT32), WRITE(found, INT32)) ||
        !CHECK_SIZES(&taken, {&found, numbers.count}) || !check_labels(&taken, &labels, numbers.count))
        return NULL;
    Py_ssize_t n;
    Py_BEGIN_ALLOW_THREADS
    n = number_labels(labels.data, labels.count, numbers.data, found.data);
    Py_END_ALLOW_THREADS
    finish(&taken);
    return PyLong_FromSsize_t(n);
}

PyObject *py_boundary_move(PyObject *self, PyObject *const *args, Py_ssize_t n_args)
{
    /* sums may be empty unless live: none are kept; numbers may be: labels are rows */
    (void)self;
    Py_ssize_t isa, live;
    level_arguments from;
    boundary_terms terms;
    array numbers, segments, sums, candidates;
    boundary_level level;
    arguments taken;
    if (!TAKE(&taken, "boundary_move", args, n_args, ISA_LEVEL(isa), LEVEL_NUMBERS, WHOLE(live, 0, 1), TERMS, LEVEL_ARRAYS,
              READ(numbers, INT32), WRITE(segments, FLOAT64), WRITE(sums, FLOAT64), WRITE(candidates, INT32)) ||
        !check_level(&taken, &from, &level))
        return NULL;
    Py_ssize_t k = segments.count / (from.d + 4), size = k * (from.d + 4);
    /* the kernel also looks at a row beyond either end */
    Py_ssize_t first = from.first_row ? from.first_row - 1 : 0, last = from.last_row < from.height ? from.last_row + 1 : from.last_row;
    if (!CHECK_SIZES(&taken, {&segments, size}, {&sums, sums.count || live ? size : 0}, {&candidates, from.width + 1}) ||
        !(numbers.count || check_rows(&taken, &level, first, last, k)))
        return NULL;
    Py_ssize_t moves = 0;
    int32_t unnumbered;
    Py_BEGIN_ALLOW_THREADS
    unnumbered = numbers.count ? find_unnumbered(&level, first, last, &numbers, k) : -1;
    if (unnumbered < 0)
        moves = boundary_move((int)isa, &level, &terms, from.first_row, from.last_row, (int)live, data_or_null(&numbers), segments.data,
                              data_or_null(&sums), candidates.data);
    Py_END_ALLOW_THREADS
    if (!require(&taken, unnumbered < 0, "labels must have numbers below %zd, got label %d without", k, (int)unnumbered))
        return NULL;
    finish(&taken);
    return PyLong_FromSsize_t(moves);
}

PyObject *py_double_level(PyObject *self, PyObject *const *args, Py_ssize_t n_args)
{
    /* mask may be empty: all is inside */
    (void)self;
    Py_ssize_t height, width;
    array labels, active, mask, fine_labels, fine_active;
    arguments taken;
    if (!TAKE(&taken, "double_level", args, n_args, WHOLE(height, 1, INT32_MAX), WHOLE(width, 1, INT32_MAX), READ(labels, INT32),
              READ(active, UINT8), READ(mask, UINT8), WRITE(fine_labels, INT32), WRITE(fine_active, UINT8)))
        return NULL;
    Py_ssize_t pixels = times(height, width), blocks = times((height + 1) / 2, (width + 1) / 2);
    if (!CHECK_SIZES(&taken, {&labels, blocks}, {&active, blocks}, OR_EMPTY(mask, pixels), {&fine_labels, pixels}, {&fine_active, pixels}))
        return NULL;
    Py_BEGIN_ALLOW_THREADS
    double_level(labels.data, active.data, data_or_null(&mask), height, width, fine_labels.data, fine_active.data);
    Py_END_ALLOW_THREADS
    finish(&taken);
    Py_RETURN_NONE;
}
