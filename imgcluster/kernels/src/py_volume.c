/* The binding of volume.c and volume_levels.c. */
#include "binding.h"
#include "entry_points.h"
#include "volume.h"

/* A level, of which the weights may be empty, and the slices of it that are meant. */
typedef struct {
    Py_ssize_t depth, height, width, d, first_slice, last_slice;
    array features, weights, labels, active;
} level_arguments;

#define LEVEL_NUMBERS                                                                                                                      \
    WHOLE(from.depth, 1, INT32_MAX), WHOLE(from.height, 1, INT32_MAX), WHOLE(from.width, 1, INT32_MAX - 1), WHOLE(from.d, 4, INT32_MAX),   \
        WHOLE(from.first_slice, 0, INT32_MAX), WHOLE(from.last_slice, 0, INT32_MAX)
#define LEVEL_ARRAYS READ(from.features, INT16), READ(from.weights, UINT16), WRITE(from.labels, INT32), WRITE(from.active, UINT8)
#define TERMS                                                                                                                              \
    REAL(terms.position), REAL(terms.variance), REAL(terms.bonus), REAL(terms.margin), REAL(terms.side_z), REAL(terms.side_y),             \
        REAL(terms.side_x)
#define SIDES WHOLE(sides.along_z, 1, 2), WHOLE(sides.along_y, 1, 2), WHOLE(sides.along_x, 1, 2)

static int check_level(arguments *taken, const level_arguments *from, volume_level *level)
{
    Py_ssize_t voxels = times(times(from->depth, from->height), from->width);
    *level = (volume_level){from->features.data, data_or_null(&from->weights),
                            from->labels.data,   from->active.data,
                            from->depth,         from->height,
                            from->width,         from->d};
    return require(taken, from->d % 4 == 0, "d must be a multiple of 4, got %zd", from->d) &&
           require(taken, from->first_slice <= from->last_slice && from->last_slice <= from->depth,
                   "first_slice and last_slice must be slices, got %zd and %zd", from->first_slice, from->last_slice) &&
           CHECK_SIZES(taken, {&from->features, times(voxels, from->d)}, OR_EMPTY(from->weights, voxels), {&from->labels, voxels},
                       {&from->active, voxels});
}

/* Whether every label of these slices is one of the k from the first on, or below 0. */
static int check_slices(arguments *taken, const volume_level *level, Py_ssize_t first_slice, Py_ssize_t last_slice, Py_ssize_t first_label,
                        Py_ssize_t k)
{
    Py_ssize_t slice = level->height * level->width;
    for (Py_ssize_t i = first_slice * slice; i < last_slice * slice; i++)
        if (level->labels[i] >= 0 && (level->labels[i] < first_label || level->labels[i] - first_label >= k))
            return require(taken, 0, "labels must be %zd to %zd, got %d", first_label, first_label + k - 1, (int)level->labels[i]);
    return 1;
}

PyObject *py_volume_sums(PyObject *self, PyObject *const *args, Py_ssize_t n_args)
{
    (void)self;
    Py_ssize_t isa;
    level_arguments from;
    array sums;
    volume_level level;
    arguments taken;
    if (!TAKE(&taken, "volume_sums", args, n_args, ISA_LEVEL(isa), LEVEL_NUMBERS, LEVEL_ARRAYS, WRITE(sums, FLOAT64)) ||
        !check_level(&taken, &from, &level))
        return NULL;
    Py_ssize_t k = sums.count / (from.d + 5);
    if (!CHECK_SIZES(&taken, {&sums, k * (from.d + 5)}) || !check_slices(&taken, &level, from.first_slice, from.last_slice, 0, k))
        return NULL;
    Py_BEGIN_ALLOW_THREADS
    volume_sums((int)isa, &level, from.first_slice, from.last_slice, sums.data);
    Py_END_ALLOW_THREADS
    finish(&taken);
    Py_RETURN_NONE;
}

PyObject *py_volume_segments(PyObject *self, PyObject *const *args, Py_ssize_t n_args)
{
    (void)self;
    Py_ssize_t d;
    volume_terms terms;
    array sums, segments;
    arguments taken;
    if (!TAKE(&taken, "volume_segments", args, n_args, WHOLE(d, 4, INT32_MAX), TERMS, READ(sums, FLOAT64), WRITE(segments, FLOAT64)))
        return NULL;
    if (!require(&taken, d % 4 == 0, "d must be a multiple of 4, got %zd", d))
        return NULL;
    Py_ssize_t k = sums.count / (d + 5);
    if (!CHECK_SIZES(&taken, {&sums, k * (d + 5)}, {&segments, k * (d + 5)}))
        return NULL;
    Py_BEGIN_ALLOW_THREADS
    volume_segments(&terms, sums.data, k, d, segments.data);
    Py_END_ALLOW_THREADS
    finish(&taken);
    Py_RETURN_NONE;
}

PyObject *py_volume_move(PyObject *self, PyObject *const *args, Py_ssize_t n_args)
{
    /* sums may be empty: none are kept */
    (void)self;
    Py_ssize_t isa, first_label;
    level_arguments from;
    volume_terms terms;
    array segments, sums, candidates;
    volume_level level;
    arguments taken;
    if (!TAKE(&taken, "volume_move", args, n_args, ISA_LEVEL(isa), LEVEL_NUMBERS, WHOLE(first_label, 0, INT32_MAX), TERMS, LEVEL_ARRAYS,
              WRITE(segments, FLOAT64), WRITE(sums, FLOAT64), WRITE(candidates, INT32)) ||
        !check_level(&taken, &from, &level))
        return NULL;
    Py_ssize_t k = segments.count / (from.d + 5), size = k * (from.d + 5);
    /* the kernel also looks at a slice beyond either end */
    Py_ssize_t first = from.first_slice ? from.first_slice - 1 : 0, last = from.last_slice + (from.last_slice < from.depth);
    if (!CHECK_SIZES(&taken, {&segments, size}, OR_EMPTY(sums, size), {&candidates, from.width + 1}) ||
        !check_slices(&taken, &level, first, last, first_label, k))
        return NULL;
    Py_ssize_t moves;
    Py_BEGIN_ALLOW_THREADS
    moves = volume_move((int)isa, &level, &terms, from.first_slice, from.last_slice, (int32_t)first_label, segments.data,
                        data_or_null(&sums), candidates.data);
    Py_END_ALLOW_THREADS
    finish(&taken);
    return PyLong_FromSsize_t(moves);
}

/* How many blocks a coarser level has. */
static Py_ssize_t blocks_of(Py_ssize_t depth, Py_ssize_t height, Py_ssize_t width, block_sides sides)
{
    return times(times((depth + sides.along_z - 1) / sides.along_z, (height + sides.along_y - 1) / sides.along_y),
                 (width + sides.along_x - 1) / sides.along_x);
}

PyObject *py_volume_halve(PyObject *self, PyObject *const *args, Py_ssize_t n_args)
{
    /* fine_weights may be empty: 1 each */
    (void)self;
    Py_ssize_t depth, height, width, d;
    block_sides sides;
    array fine, fine_weights, coarse, weights, totals;
    arguments taken;
    if (!TAKE(&taken, "volume_halve", args, n_args, WHOLE(depth, 1, INT32_MAX), WHOLE(height, 1, INT32_MAX), WHOLE(width, 1, INT32_MAX),
              WHOLE(d, 4, INT32_MAX), SIDES, READ(fine, INT16), READ(fine_weights, UINT16), WRITE(coarse, INT16), WRITE(weights, UINT16),
              WRITE(totals, INT64)))
        return NULL;
    Py_ssize_t voxels = times(times(depth, height), width), blocks = blocks_of(depth, height, width, sides);
    if (!CHECK_SIZES(&taken, {&fine, times(voxels, d)}, OR_EMPTY(fine_weights, voxels), {&coarse, times(blocks, d)}, {&weights, blocks},
                     {&totals, d}))
        return NULL;
    Py_BEGIN_ALLOW_THREADS
    volume_halve(fine.data, data_or_null(&fine_weights), depth, height, width, d, sides, coarse.data, weights.data, totals.data);
    Py_END_ALLOW_THREADS
    finish(&taken);
    Py_RETURN_NONE;
}

PyObject *py_volume_double(PyObject *self, PyObject *const *args, Py_ssize_t n_args)
{
    /* mask may be empty: all is inside */
    (void)self;
    Py_ssize_t depth, height, width;
    block_sides sides;
    array labels, active, mask, fine_labels, fine_active;
    arguments taken;
    if (!TAKE(&taken, "volume_double", args, n_args, WHOLE(depth, 1, INT32_MAX), WHOLE(height, 1, INT32_MAX), WHOLE(width, 1, INT32_MAX),
              SIDES, READ(labels, INT32), READ(active, UINT8), READ(mask, UINT8), WRITE(fine_labels, INT32), WRITE(fine_active, UINT8)))
        return NULL;
    Py_ssize_t voxels = times(times(depth, height), width), blocks = blocks_of(depth, height, width, sides);
    if (!CHECK_SIZES(&taken, {&labels, blocks}, {&active, blocks}, OR_EMPTY(mask, voxels), {&fine_labels, voxels}, {&fine_active, voxels}))
        return NULL;
    Py_BEGIN_ALLOW_THREADS
    volume_double(labels.data, active.data, data_or_null(&mask), depth, height, width, sides, fine_labels.data, fine_active.data);
    Py_END_ALLOW_THREADS
    finish(&taken);
    Py_RETURN_NONE;
}
