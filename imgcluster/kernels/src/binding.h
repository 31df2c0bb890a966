/* What every file of the binding needs: taking buffers, checking their sizes, letting them go. */
#ifndef IMGCLUSTER_BINDING_H
#define IMGCLUSTER_BINDING_H

#define PY_SSIZE_T_CLEAN
#include <Python.h>
#include <string.h>

enum { MAX_BUFFERS = 10 };

/* The buffers of one call, released together. */
typedef struct {
    Py_buffer view[MAX_BUFFERS];
    int count;
} buffers;

static inline void *fail(buffers *b, const char *message)
{
    for (int i = 0; i < b->count; i++)
        PyBuffer_Release(&b->view[i]);
    b->count = 0;
    if (message)
        PyErr_SetString(PyExc_ValueError, message);
    return NULL;
}

static inline void release(buffers *b) { fail(b, NULL); }

/* Take the arguments from `first` on as C-contiguous buffers: 'r' to read, 'w' to write. */
static inline int take(buffers *b, PyObject *args, Py_ssize_t first, const char *modes)
{
    b->count = 0;
    if (PyTuple_Size(args) < first + (Py_ssize_t)strlen(modes)) {
        PyErr_SetString(PyExc_TypeError, "too few arguments");
        return 0;
    }
    for (int i = 0; modes[i]; i++) {
        int flags = PyBUF_C_CONTIGUOUS | PyBUF_FORMAT | (modes[i] == 'w' ? PyBUF_WRITABLE : 0);
        if (PyObject_GetBuffer(PyTuple_GetItem(args, first + i), &b->view[i], flags) < 0) {
            fail(b, NULL);
            return 0;
        }
        b->count = i + 1;
    }
    return 1;
}

/* 0 for items of no size, such as those of a structure without fields */
static inline Py_ssize_t items(const buffers *b, int i) { return b->view[i].itemsize ? b->view[i].len / b->view[i].itemsize : 0; }

/* Whether buffer i has this item size and number of items. */
static inline int fits(const buffers *b, int i, Py_ssize_t itemsize, Py_ssize_t count)
{
    return b->view[i].itemsize == itemsize && items(b, i) == count;
}

/* Whether every label of buffer i is below n; negative ones are outside. */
static inline int labels_below(const buffers *b, int i, Py_ssize_t n)
{
    const int32_t *labels = b->view[i].buf;
    Py_ssize_t count = items(b, i);
    int32_t highest = -1;
    for (Py_ssize_t j = 0; j < count; j++)
        highest = labels[j] > highest ? labels[j] : highest;
    return highest < n;
}

extern int best_isa; /* asked for once: CPUID takes microseconds on a virtual machine */

static inline int isa_is_usable(long isa) { return isa >= 0 && isa <= best_isa; }

PyObject *py_local_candidates(PyObject *, PyObject *);
PyObject *py_local_em_step(PyObject *, PyObject *);
PyObject *py_local_em_labels(PyObject *, PyObject *);
PyObject *py_label_components(PyObject *, PyObject *);
PyObject *py_relabel(PyObject *, PyObject *);
PyObject *py_map_labels(PyObject *, PyObject *);
PyObject *py_join_pieces(PyObject *, PyObject *);
PyObject *py_region_shapes(PyObject *, PyObject *);
PyObject *py_region_colors(PyObject *, PyObject *);
PyObject *py_trace_outlines(PyObject *, PyObject *);

#define BAD "an array has another item size or length than the kernel needs"

/* py_features.c */
PyObject *py_lab_features(PyObject *self, PyObject *args);
PyObject *py_blur_rows(PyObject *self, PyObject *args);
PyObject *py_halve(PyObject *self, PyObject *args);
PyObject *py_slic_assign(PyObject *, PyObject *);

/* py_boundary.c */
PyObject *py_boundary_sums(PyObject *self, PyObject *args);
PyObject *py_boundary_segments(PyObject *self, PyObject *args);
PyObject *py_boundary_move(PyObject *self, PyObject *args);
PyObject *py_double_level(PyObject *self, PyObject *args);

/* py_region_graph.c */
PyObject *py_region_edges(PyObject *self, PyObject *args);
PyObject *py_merge_regions(PyObject *self, PyObject *args);
PyObject *py_merged_labels(PyObject *self, PyObject *args);

#endif
