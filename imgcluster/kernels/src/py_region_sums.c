/* The binding of region_sums.c. */
#include "binding.h"
#include "entry_points.h"
#include "kernels.h"

PyObject *py_region_shapes(PyObject *self, PyObject *const *args, Py_ssize_t n_args)
{
    (void)self;
    Py_ssize_t height, width;
    array labels, sums, boxes;
    arguments taken;
    if (!TAKE(&taken, "region_shapes", args, n_args, WHOLE(height, 1, INT32_MAX), WHOLE(width, 1, INT32_MAX), READ(labels, INT32),
              WRITE(sums, INT64), WRITE(boxes, INT32)))
        return NULL;
    Py_ssize_t n = sums.count / 3;
    if (!CHECK_SIZES(&taken, {&labels, pixels_of(height, width)}, {&sums, 3 * n}, {&boxes, 4 * n}) || !check_labels(&taken, &labels, n))
        return NULL;
    Py_BEGIN_ALLOW_THREADS
    region_shapes(labels.data, height, width, sums.data, boxes.data);
    Py_END_ALLOW_THREADS
    finish(&taken);
    Py_RETURN_NONE;
}

PyObject *py_region_colors(PyObject *self, PyObject *const *args, Py_ssize_t n_args)
{
    (void)self;
    Py_ssize_t channels, squared;
    array labels, values, centers, sums;
    arguments taken;
    if (!TAKE(&taken, "region_colors", args, n_args, WHOLE(channels, 1, INT32_MAX), WHOLE(squared, 0, 1), READ(labels, INT32),
              READ(values, UINT8 | UINT16 | FLOAT32 | FLOAT64), READ(centers, FLOAT64), WRITE(sums, FLOAT64)))
        return NULL;
    Py_ssize_t n = labels.count, k = sums.count / channels;
    if (!CHECK_SIZES(&taken, {&values, times(n, channels)}, {&sums, k * channels}, {&centers, k * channels}) ||
        !check_labels(&taken, &labels, k))
        return NULL;
    Py_BEGIN_ALLOW_THREADS
    if (values.type == UINT8)
        region_colors_u8(labels.data, n, values.data, channels, centers.data, (int)squared, sums.data);
    else if (values.type == UINT16)
        region_colors_u16(labels.data, n, values.data, channels, centers.data, (int)squared, sums.data);
    else if (values.type == FLOAT32)
        region_colors_f32(labels.data, n, values.data, channels, centers.data, (int)squared, sums.data);
    else
        region_colors_f64(labels.data, n, values.data, channels, centers.data, (int)squared, sums.data);
    Py_END_ALLOW_THREADS
    finish(&taken);
    Py_RETURN_NONE;
}

PyObject *py_region_ranges(PyObject *self, PyObject *const *args, Py_ssize_t n_args)
{
    (void)self;
    Py_ssize_t channels;
    array labels, values, counts, lows, highs;
    arguments taken;
    if (!TAKE(&taken, "region_ranges", args, n_args, WHOLE(channels, 1, INT32_MAX), READ(labels, INT32),
              READ(values, UINT8 | UINT16 | FLOAT32 | FLOAT64), WRITE(counts, INT64), WRITE(lows, FLOAT64), WRITE(highs, FLOAT64)))
        return NULL;
    Py_ssize_t n = labels.count, k = counts.count / channels;
    if (!CHECK_SIZES(&taken, {&values, times(n, channels)}, {&counts, k * channels}, {&lows, k * channels}, {&highs, k * channels}) ||
        !check_labels(&taken, &labels, k))
        return NULL;
    Py_BEGIN_ALLOW_THREADS
    if (values.type == UINT8)
        region_ranges_u8(labels.data, n, values.data, channels, counts.data, lows.data, highs.data);
    else if (values.type == UINT16)
        region_ranges_u16(labels.data, n, values.data, channels, counts.data, lows.data, highs.data);
    else if (values.type == FLOAT32)
        region_ranges_f32(labels.data, n, values.data, channels, counts.data, lows.data, highs.data);
    else
        region_ranges_f64(labels.data, n, values.data, channels, counts.data, lows.data, highs.data);
    Py_END_ALLOW_THREADS
    finish(&taken);
    Py_RETURN_NONE;
}

PyObject *py_region_values(PyObject *self, PyObject *const *args, Py_ssize_t n_args)
{
    (void)self;
    Py_ssize_t channels, channel;
    array labels, values, starts, out;
    arguments taken;
    if (!TAKE(&taken, "region_values", args, n_args, WHOLE(channels, 1, INT32_MAX), WHOLE(channel, 0, INT32_MAX), READ(labels, INT32),
              READ(values, UINT8 | UINT16 | FLOAT32 | FLOAT64), WRITE(starts, INT64), WRITE_LIKE(out, values)))
        return NULL;
    Py_ssize_t n = labels.count, k = starts.count - 1;
    if (!require(&taken, channel < channels, "channel must be below %zd, got %zd", channels, channel) ||
        !require(&taken, k >= 0, "starts must have one item more than there are labels, got none") ||
        !CHECK_SIZES(&taken, {&values, times(n, channels)}, {&out, n}) || !check_labels(&taken, &labels, k))
        return NULL;
    Py_BEGIN_ALLOW_THREADS
    if (values.type == UINT8)
        region_values_u8(labels.data, n, values.data, channels, channel, k, starts.data, out.data);
    else if (values.type == UINT16)
        region_values_u16(labels.data, n, values.data, channels, channel, k, starts.data, out.data);
    else if (values.type == FLOAT32)
        region_values_f32(labels.data, n, values.data, channels, channel, k, starts.data, out.data);
    else
        region_values_f64(labels.data, n, values.data, channels, channel, k, starts.data, out.data);
    Py_END_ALLOW_THREADS
    finish(&taken);
    Py_RETURN_NONE;
}
