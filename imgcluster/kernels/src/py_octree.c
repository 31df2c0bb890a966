/* The binding of octree.c. */
#include "binding.h"
#include "entry_points.h"
#include "kernels.h"

typedef struct {
    array points, weights, nodes, boxes, totals;
} tree_arrays;

/* The parameters of a tree, of which boxes and totals are there or still to be written. */
#define TREE(READ_OR_WRITE)                                                                                                                \
    READ(from.points, FLOAT32), READ(from.weights, FLOAT64), READ(from.nodes, INT32), READ_OR_WRITE(from.boxes, FLOAT32),                  \
        READ_OR_WRITE(from.totals, FLOAT64)

/* Whether every node lies inside its parent, and siblings cover their parent's points in order. */
static int nodes_are_sound(const octree_node *nodes, Py_ssize_t m, Py_ssize_t n)
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

static int check_tree(arguments *taken, const tree_arrays *from, octree *tree)
{
    Py_ssize_t n = from->weights.count, m = from->nodes.count / 3;
    if (!CHECK_SIZES(taken, {&from->points, 3 * (n + OCTREE_BLOCK)}, {&from->nodes, 3 * m}, {&from->boxes, 6 * m}, {&from->totals, 4 * m}))
        return 0;
    *tree = (octree){from->points.data, from->weights.data, from->nodes.data, from->boxes.data, from->totals.data, n, m};
    return require(taken, n > 0 && nodes_are_sound(tree->nodes, m, n), "nodes must be those of an octree over the points");
}

static int check_roots(arguments *taken, const array *roots, Py_ssize_t m)
{
    const int32_t *root = roots->data;
    for (Py_ssize_t i = 0; i < roots->count; i++)
        if (root[i] < 0 || root[i] >= m)
            return require(taken, 0, "roots must be nodes below %zd, got %d", m, (int)root[i]);
    return 1;
}

PyObject *py_octree_build(PyObject *self, PyObject *const *args, Py_ssize_t n_args)
{
    /* nodes may be empty: they are only counted */
    (void)self;
    Py_ssize_t levels, leaf_size;
    array keys, nodes;
    arguments taken;
    if (!TAKE(&taken, "octree_build", args, n_args, WHOLE(levels, 0, 8), WHOLE(leaf_size, 1, PY_SSIZE_T_MAX), READ(keys, UINT32),
              WRITE(nodes, INT32)))
        return NULL;
    if (!require(&taken, keys.count > 0 && keys.count <= INT32_MAX / 2, "keys must have between 1 and %d items, got %zd", INT32_MAX / 2,
                 keys.count))
        return NULL;
    Py_ssize_t m;
    Py_BEGIN_ALLOW_THREADS
    m = octree_build(keys.data, keys.count, (int)levels, leaf_size, NULL);
    Py_END_ALLOW_THREADS
    if (!CHECK_SIZES(&taken, OR_EMPTY(nodes, 3 * m)))
        return NULL;
    if (nodes.count) {
        Py_BEGIN_ALLOW_THREADS
        octree_build(keys.data, keys.count, (int)levels, leaf_size, nodes.data);
        Py_END_ALLOW_THREADS
    }
    finish(&taken);
    return PyLong_FromSsize_t(m);
}

PyObject *py_octree_summarize(PyObject *self, PyObject *const *args, Py_ssize_t n_args)
{
    (void)self;
    tree_arrays from;
    octree tree;
    arguments taken;
    if (!TAKE(&taken, "octree_summarize", args, n_args, TREE(WRITE)) || !check_tree(&taken, &from, &tree))
        return NULL;
    Py_BEGIN_ALLOW_THREADS
    octree_summarize(&tree, from.boxes.data, from.totals.data);
    Py_END_ALLOW_THREADS
    finish(&taken);
    Py_RETURN_NONE;
}

PyObject *py_octree_assign(PyObject *self, PyObject *const *args, Py_ssize_t n_args)
{
    /* centers [3, k], sums [k, 4] */
    (void)self;
    Py_ssize_t isa;
    tree_arrays from;
    array roots, centers, labels, node_labels, sums;
    octree tree;
    arguments taken;
    if (!TAKE(&taken, "octree_assign", args, n_args, ISA_LEVEL(isa), TREE(READ), READ(roots, INT32), READ(centers, FLOAT32),
              WRITE(labels, INT32), WRITE(node_labels, INT32), WRITE(sums, FLOAT64)) ||
        !check_tree(&taken, &from, &tree))
        return NULL;
    Py_ssize_t k = centers.count / 3;
    if (!require(&taken, k > 0 && k <= OCTREE_MAX_K, "centers must be between 1 and %d, got %zd", OCTREE_MAX_K, k) ||
        !CHECK_SIZES(&taken, {&centers, 3 * k}, {&labels, tree.n}, {&node_labels, tree.m}, {&sums, 4 * k}) ||
        !check_roots(&taken, &roots, tree.m))
        return NULL;
    int64_t changed;
    Py_BEGIN_ALLOW_THREADS
    changed = octree_assign((int)isa, &tree, roots.data, roots.count, centers.data, k, labels.data, node_labels.data, sums.data);
    Py_END_ALLOW_THREADS
    finish(&taken);
    return PyLong_FromLongLong(changed);
}
