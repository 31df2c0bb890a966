/* The binding: parses buffers, checks what memory safety needs, releases the GIL, calls a kernel. Meaning is checked in Python. */
#include "binding.h"
#include "isa.h"
#include "kernels.h"

int best_isa;

static PyObject *py_assign(PyObject *self, PyObject *args)
{
    /* isa, n, d, k | X, w, centers, labels, distances, sums, counts, scratch */
    (void)self;
    buffers b;
    if (PyTuple_Size(args) != 12) {
        PyErr_SetString(PyExc_TypeError, "assign takes 12 arguments");
        return NULL;
    }
    long isa = PyLong_AsLong(PyTuple_GetItem(args, 0));
    Py_ssize_t n = PyLong_AsSsize_t(PyTuple_GetItem(args, 1)), d = PyLong_AsSsize_t(PyTuple_GetItem(args, 2)),
               k = PyLong_AsSsize_t(PyTuple_GetItem(args, 3));
    if (PyErr_Occurred() || !take(&b, args, 4, "rrrwwwww"))
        return NULL;
    Py_ssize_t size = b.view[0].itemsize;
    if (!isa_is_usable(isa) || n < 1 || d < 1 || k < 1 || (size != 4 && size != 8) || !fits(&b, 0, size, n * d) || !fits(&b, 1, 8, n) ||
        !fits(&b, 2, size, k * d) || !fits(&b, 3, 4, n) || !fits(&b, 4, size, n) || !fits(&b, 5, 8, k * d) || !fits(&b, 6, 8, k) ||
        !fits(&b, 7, size, ASSIGN_BLOCK * d))
        return fail(&b, BAD);
    assign_result r;
    Py_BEGIN_ALLOW_THREADS
    if (size == 4)
        r = assign_f32((int)isa, b.view[0].buf, b.view[1].buf, n, d, b.view[2].buf, k, b.view[3].buf, b.view[4].buf, b.view[5].buf,
                       b.view[6].buf, b.view[7].buf);
    else
        r = assign_f64((int)isa, b.view[0].buf, b.view[1].buf, n, d, b.view[2].buf, k, b.view[3].buf, b.view[4].buf, b.view[5].buf,
                       b.view[6].buf, b.view[7].buf);
    Py_END_ALLOW_THREADS
    release(&b);
    return Py_BuildValue("dL", r.objective, (long long)r.changed);
}

static PyObject *py_nearer(PyObject *self, PyObject *args)
{
    /* isa | Xt [d, n], w, candidates [m, d], distances, out [m, n], potentials [m] */
    (void)self;
    buffers b;
    long isa = PyLong_AsLong(PyTuple_GetItem(args, 0));
    if (PyErr_Occurred() || !take(&b, args, 1, "rrrrww"))
        return NULL;
    Py_ssize_t size = b.view[0].itemsize, n = items(&b, 1), m = items(&b, 5), d = m ? items(&b, 2) / m : 0;
    if (!isa_is_usable(isa) || n < 1 || d < 1 || (size != 4 && size != 8) || !fits(&b, 0, size, n * d) || !fits(&b, 1, 8, n) ||
        !fits(&b, 2, size, m * d) || !fits(&b, 3, size, n) || !fits(&b, 4, size, m * n) || !fits(&b, 5, 8, m))
        return fail(&b, BAD);
    double *potentials = b.view[5].buf;
    Py_BEGIN_ALLOW_THREADS
    for (Py_ssize_t i = 0; i < m; i++) {
        if (size == 4)
            potentials[i] = nearer_f32((int)isa, b.view[0].buf, b.view[1].buf, n, d, (float *)b.view[2].buf + i * d, b.view[3].buf,
                                       (float *)b.view[4].buf + i * n);
        else
            potentials[i] = nearer_f64((int)isa, b.view[0].buf, b.view[1].buf, n, d, (double *)b.view[2].buf + i * d, b.view[3].buf,
                                       (double *)b.view[4].buf + i * n);
    }
    Py_END_ALLOW_THREADS
    release(&b);
    Py_RETURN_NONE;
}

/* Every node lies inside its parent, and siblings cover their parent's points in order. */
static int tree_is_sound(const octree_node *nodes, Py_ssize_t m, Py_ssize_t n)
{
    if (m < 1 || nodes[0].begin != 0 || nodes[0].end != n || nodes[0].skip != m)
        return 0;
    for (Py_ssize_t i = 0; i < m; i++) {
        if (nodes[i].skip == i + 1)
            continue;
        int32_t at = nodes[i].begin;
        Py_ssize_t child = i + 1;
        while (child < nodes[i].skip && nodes[child].begin == at && nodes[child].end > at && nodes[child].skip > child) {
            at = nodes[child].end;
            child = nodes[child].skip;
        }
        if (child != nodes[i].skip || at != nodes[i].end)
            return 0;
    }
    return 1;
}

static PyObject *py_octree_build(PyObject *self, PyObject *args)
{
    /* levels, leaf_size | keys, nodes [m, 3] (empty: only count) */
    (void)self;
    buffers b;
    long levels = PyLong_AsLong(PyTuple_GetItem(args, 0));
    Py_ssize_t leaf_size = PyLong_AsSsize_t(PyTuple_GetItem(args, 1));
    if (PyErr_Occurred() || !take(&b, args, 2, "rw"))
        return NULL;
    Py_ssize_t n = items(&b, 0), m = items(&b, 1) / 3;
    if (levels < 0 || levels > 8 || leaf_size < 1 || n < 1 || n > INT32_MAX / 2 || !fits(&b, 0, 4, n) || !fits(&b, 1, 4, 3 * m) ||
        (m && octree_build(b.view[0].buf, n, (int)levels, leaf_size, NULL) != m))
        return fail(&b, BAD);
    Py_BEGIN_ALLOW_THREADS
    m = octree_build(b.view[0].buf, n, (int)levels, leaf_size, m ? b.view[1].buf : NULL);
    Py_END_ALLOW_THREADS
    release(&b);
    return PyLong_FromSsize_t(m);
}

/* points, w, nodes, boxes, totals stand at the head of the buffers. */
static int take_tree(const buffers *b, octree *tree)
{
    Py_ssize_t n = items(b, 1), m = items(b, 2) / 3;
    octree t = {b->view[0].buf, b->view[1].buf, b->view[2].buf, b->view[3].buf, b->view[4].buf, n, m};
    *tree = t;
    return n > 0 && fits(b, 0, 4, 3 * (n + OCTREE_BLOCK)) && fits(b, 1, 8, n) && fits(b, 2, 4, 3 * m) && fits(b, 3, 4, 6 * m) &&
           fits(b, 4, 8, 4 * m);
}

static PyObject *py_octree_summarize(PyObject *self, PyObject *args)
{
    /* points, w, nodes, boxes, totals */
    (void)self;
    buffers b;
    octree tree;
    if (!take(&b, args, 0, "rrrww"))
        return NULL;
    if (!take_tree(&b, &tree) || !tree_is_sound(tree.nodes, tree.m, tree.n))
        return fail(&b, BAD);
    Py_BEGIN_ALLOW_THREADS
    octree_summarize(&tree, b.view[3].buf, b.view[4].buf);
    Py_END_ALLOW_THREADS
    release(&b);
    Py_RETURN_NONE;
}

static PyObject *py_octree_assign(PyObject *self, PyObject *args)
{
    /* isa | points, w, nodes, boxes, totals, roots, centers [3, k], labels, node_label, sums [k, 4] */
    (void)self;
    buffers b;
    octree tree;
    long isa = PyLong_AsLong(PyTuple_GetItem(args, 0));
    if (PyErr_Occurred() || !take(&b, args, 1, "rrrrrrrwww"))
        return NULL;
    Py_ssize_t n_roots = items(&b, 5), k = items(&b, 6) / 3;
    if (!isa_is_usable(isa) || !take_tree(&b, &tree) || k < 1 || k > OCTREE_MAX_K || !fits(&b, 5, 4, n_roots) || !fits(&b, 6, 4, 3 * k) ||
        !fits(&b, 7, 4, tree.n) || !fits(&b, 8, 4, tree.m) || !fits(&b, 9, 8, 4 * k) || !tree_is_sound(tree.nodes, tree.m, tree.n))
        return fail(&b, BAD);
    const int32_t *roots = b.view[5].buf;
    for (Py_ssize_t i = 0; i < n_roots; i++)
        if (roots[i] < 0 || roots[i] >= tree.m)
            return fail(&b, BAD);
    int64_t changed;
    Py_BEGIN_ALLOW_THREADS
    changed = octree_assign((int)isa, &tree, roots, n_roots, b.view[6].buf, k, b.view[7].buf, b.view[8].buf, b.view[9].buf);
    Py_END_ALLOW_THREADS
    release(&b);
    return PyLong_FromLongLong(changed);
}

static PyObject *py_em_step(PyObject *self, PyObject *args)
{
    /* isa | X [n, d], w, means [k, d], factors, coefficients [k], sums, shares [n, k] or empty, densities [n] or empty, scratch, reached [k]; returns the log-likelihood */
    (void)self;
    buffers b;
    long isa = PyLong_AsLong(PyTuple_GetItem(args, 0));
    if (PyErr_Occurred() || !take(&b, args, 1, "rrrrrwwwww"))
        return NULL;
    Py_ssize_t n = items(&b, 1), k = items(&b, 4), d = k ? items(&b, 2) / k : 0;
    int full = d > 1 && items(&b, 3) == k * d * d;
    Py_ssize_t n_sums = 1 + d + (full ? d * (d + 1) / 2 : d), n_shares = items(&b, 6);
    if (!isa_is_usable(isa) || n < 1 || d < 1 || !fits(&b, 0, 8, n * d) || !fits(&b, 1, 8, n) || !fits(&b, 2, 8, k * d) ||
        !fits(&b, 3, 8, full ? k * d * d : k * d) || !fits(&b, 4, 8, k) || !fits(&b, 5, 8, k * n_sums) ||
        !fits(&b, 6, 8, n_shares ? n * k : 0) || !fits(&b, 7, 8, items(&b, 7) ? n : 0) ||
        !fits(&b, 8, 8, EM_BLOCK * (2 * d + 2 * k) + 8 * k * n_sums) || !fits(&b, 9, sizeof(ptrdiff_t), k))
        return fail(&b, BAD);
    em_model model = {b.view[2].buf, b.view[3].buf, b.view[4].buf, k, d, full};
    double log_likelihood;
    Py_BEGIN_ALLOW_THREADS
    log_likelihood = em_step((int)isa, &model, b.view[0].buf, b.view[1].buf, n, b.view[5].buf, n_shares ? b.view[6].buf : NULL,
                             items(&b, 7) ? b.view[7].buf : NULL, b.view[8].buf, b.view[9].buf);
    Py_END_ALLOW_THREADS
    release(&b);
    return PyFloat_FromDouble(log_likelihood);
}

static PyObject *py_histogram_count(PyObject *self, PyObject *args)
{
    /* channels | pixels [n, channels], table [2^24], touched [2^15], carries [n / 255 + 1]; returns the number of carries */
    (void)self;
    buffers b;
    Py_ssize_t channels = PyLong_AsSsize_t(PyTuple_GetItem(args, 0));
    if (PyErr_Occurred() || !take(&b, args, 1, "rwww"))
        return NULL;
    Py_ssize_t n = channels > 0 ? b.view[0].len / channels : 0;
    if (channels < 3 || !fits(&b, 0, 1, n * channels) || !fits(&b, 1, 1, 1 << 24) || !fits(&b, 2, 1, 1 << 15) ||
        !fits(&b, 3, 4, n / HISTOGRAM_CARRY + 1))
        return fail(&b, BAD);
    Py_BEGIN_ALLOW_THREADS
    n = histogram_count(b.view[0].buf, n, channels, b.view[1].buf, b.view[2].buf, b.view[3].buf);
    Py_END_ALLOW_THREADS
    release(&b);
    return PyLong_FromSsize_t(n);
}

static PyObject *py_histogram_collect(PyObject *self, PyObject *args)
{
    /* tables [t, 2^24], touched [t, 2^15], keys, counts (both empty: only count); returns the number of keys */
    (void)self;
    buffers b;
    if (!take(&b, args, 0, "rrww"))
        return NULL;
    Py_ssize_t n = items(&b, 2), t = items(&b, 1) >> 15;
    if (!fits(&b, 0, 1, t << 24) || !fits(&b, 1, 1, t << 15) || !fits(&b, 2, 4, n) || !fits(&b, 3, 8, n) ||
        (n && histogram_collect(b.view[0].buf, t, b.view[1].buf, NULL, NULL) != n))
        return fail(&b, BAD);
    Py_BEGIN_ALLOW_THREADS
    n = histogram_collect(b.view[0].buf, t, b.view[1].buf, n ? b.view[2].buf : NULL, b.view[3].buf);
    Py_END_ALLOW_THREADS
    release(&b);
    return PyLong_FromSsize_t(n);
}

static PyObject *py_keys_from_colors(PyObject *self, PyObject *args)
{
    (void)self;
    buffers b;
    if (!take(&b, args, 0, "rw"))
        return NULL;
    Py_ssize_t n = items(&b, 1);
    if (!fits(&b, 0, 1, 3 * n) || !fits(&b, 1, 4, n))
        return fail(&b, BAD);
    Py_BEGIN_ALLOW_THREADS
    keys_from_colors(b.view[0].buf, n, b.view[1].buf);
    Py_END_ALLOW_THREADS
    release(&b);
    Py_RETURN_NONE;
}

static PyObject *py_colors_from_keys(PyObject *self, PyObject *args)
{
    (void)self;
    buffers b;
    if (!take(&b, args, 0, "rw"))
        return NULL;
    Py_ssize_t n = items(&b, 0);
    if (!fits(&b, 0, 4, n) || !fits(&b, 1, 1, 3 * n))
        return fail(&b, BAD);
    Py_BEGIN_ALLOW_THREADS
    colors_from_keys(b.view[0].buf, n, b.view[1].buf);
    Py_END_ALLOW_THREADS
    release(&b);
    Py_RETURN_NONE;
}

static PyObject *py_remap_pixels(PyObject *self, PyObject *args)
{
    /* channels | pixels, table [2^24] of uint8 or uint16, indices */
    (void)self;
    buffers b;
    Py_ssize_t channels = PyLong_AsSsize_t(PyTuple_GetItem(args, 0));
    if (PyErr_Occurred() || !take(&b, args, 1, "rrw"))
        return NULL;
    Py_ssize_t n = items(&b, 2), size = b.view[1].itemsize;
    if (channels < 3 || (size != 1 && size != 2) || !fits(&b, 0, 1, n * channels) || !fits(&b, 1, size, 1 << 24) || !fits(&b, 2, size, n))
        return fail(&b, BAD);
    Py_BEGIN_ALLOW_THREADS
    if (size == 1)
        remap_pixels(b.view[0].buf, n, channels, b.view[1].buf, b.view[2].buf);
    else
        remap_pixels_wide(b.view[0].buf, n, channels, b.view[1].buf, b.view[2].buf);
    Py_END_ALLOW_THREADS
    release(&b);
    Py_RETURN_NONE;
}

static PyObject *py_isa_names(PyObject *self, PyObject *args)
{
    (void)self;
    (void)args;
    PyObject *names = PyList_New(0);
    for (int level = 0; names && level <= best_isa; level++) {
        PyObject *name = PyUnicode_FromString(isa_name(level));
        if (!name || PyList_Append(names, name) < 0)
            Py_CLEAR(names);
        Py_XDECREF(name);
    }
    return names;
}

static PyMethodDef methods[] = {
    {"isa_names", py_isa_names, METH_NOARGS, "Names of the instruction sets that run here, lowest first."},
    {"assign", py_assign, METH_VARARGS, "Assign points to their nearest centers."},
    {"nearer", py_nearer, METH_VARARGS, "Distances to the nearest center with one center more, for each candidate."},
    {"octree_build", py_octree_build, METH_VARARGS, "Nodes of an octree over sorted Morton keys, or their number."},
    {"octree_summarize", py_octree_summarize, METH_VARARGS, "Bounding box and totals of every node."},
    {"octree_assign", py_octree_assign, METH_VARARGS, "Assign the points of an octree to their nearest centers."},
    {"em_step", py_em_step, METH_VARARGS, "Responsibilities and the sums that refit a mixture."},
    {"local_candidates", py_local_candidates, METH_VARARGS, "The segments near each block of pixels."},
    {"local_em_step", py_local_em_step, METH_VARARGS, "Shares of the segments near each pixel, and the sums that refit them."},
    {"local_em_labels", py_local_em_labels, METH_VARARGS, "The best segment of those near each pixel."},
    {"histogram_count", py_histogram_count, METH_VARARGS, "Count the colors of pixels."},
    {"histogram_collect", py_histogram_collect, METH_VARARGS, "Keys and counts of the distinct colors."},
    {"keys_from_colors", py_keys_from_colors, METH_VARARGS, "Morton keys of colors."},
    {"colors_from_keys", py_colors_from_keys, METH_VARARGS, "Colors of Morton keys."},
    {"remap_pixels", py_remap_pixels, METH_VARARGS, "Palette index of each pixel, by table."},
    {"lab_features", py_lab_features, METH_VARARGS, "CIELAB of sRGB pixels as 16-bit integers."},
    {"blur_rows", py_blur_rows, METH_VARARGS, "1-2-1 blur of rows of features, both ways."},
    {"halve", py_halve, METH_VARARGS, "Weighted means of blocks of 2 x 2."},
    {"boundary_sums", py_boundary_sums, METH_VARARGS, "What the segments' means are made of."},
    {"boundary_segments", py_boundary_segments, METH_VARARGS, "Means, centers and weights of position of segments."},
    {"boundary_move", py_boundary_move, METH_VARARGS, "Move blocks on the borders of segments to better ones."},
    {"double_level", py_double_level, METH_VARARGS, "Labels and activity of a level from those of the coarser one."},
    {"region_edges", py_region_edges, METH_VARARGS, "Which regions touch, how long and with which contrast."},
    {"merge_regions", py_merge_regions, METH_VARARGS, "Join the cheapest pairs of touching regions."},
    {"merged_labels", py_merged_labels, METH_VARARGS, "What regions are called after merges."},
    {"label_components", py_label_components, METH_VARARGS, "4-connected components of equal label, or their number."},
    {"relabel", py_relabel, METH_VARARGS, "Labels renumbered in order of their first pixels."},
    {"map_labels", py_map_labels, METH_VARARGS, "Labels looked up in a table."},
    {"join_pieces", py_join_pieces, METH_VARARGS, "The component that each stray piece joins."},
    {"region_shapes", py_region_shapes, METH_VARARGS, "Pixels, coordinate sums and bounding box of each label."},
    {"region_colors", py_region_colors, METH_VARARGS, "Sums of colors or of their squares over each label."},
    {"trace_outlines", py_trace_outlines, METH_VARARGS, "Corners of the outlines of 4-connected components."},
    {"slic_assign", py_slic_assign, METH_VARARGS, "Assign pixels to the nearest of the centers whose windows hold them."},
    {NULL, NULL, 0, NULL},
};

static struct PyModuleDef_Slot slots[] = {{0, NULL}};

static struct PyModuleDef module = {PyModuleDef_HEAD_INIT, "_native", "Kernels in C.", 0, methods, slots, NULL, NULL, NULL};

PyMODINIT_FUNC PyInit__native(void)
{
    best_isa = isa_best();
    return PyModuleDef_Init(&module);
}
