/* Points in three dimensions in an octree, and their assignment to centers. The tree is built from Morton keys: sorted keys are the tree. */
#include <math.h>

#include "isa.h"
#include "kernels.h"

/* One past the last key that shares the bits above `shift` with the key at `begin`. */
static ptrdiff_t end_of_child(const uint32_t *keys, ptrdiff_t begin, ptrdiff_t end, int shift)
{
    uint32_t prefix = keys[begin] >> shift;
    while (begin < end) {
        ptrdiff_t middle = begin + (end - begin) / 2;
        if (keys[middle] >> shift > prefix)
            end = middle;
        else
            begin = middle + 1;
    }
    return end;
}

/* Write the subtree over [begin, end) at nodes[node ...] in depth-first order (only count it when nodes is NULL); return the node after it. */
static ptrdiff_t build(const uint32_t *keys, ptrdiff_t begin, ptrdiff_t end, int level, ptrdiff_t leaf_size, octree_node *nodes,
                       ptrdiff_t node)
{
    while (level > 0 && keys[begin] >> 3 * (level - 1) == keys[end - 1] >> 3 * (level - 1))
        level--; /* a single child: the node is its child */
    ptrdiff_t next = node + 1;
    if (level > 0 && end - begin > leaf_size)
        for (ptrdiff_t child = begin; child < end;) {
            ptrdiff_t stop = end_of_child(keys, child, end, 3 * (level - 1));
            next = build(keys, child, stop, level - 1, leaf_size, nodes, next);
            child = stop;
        }
    if (nodes) {
        nodes[node].begin = (int32_t)begin;
        nodes[node].end = (int32_t)end;
        nodes[node].skip = (int32_t)next;
    }
    return next;
}

ptrdiff_t octree_build(const uint32_t *keys, ptrdiff_t n, int levels, ptrdiff_t leaf_size, octree_node *nodes)
{
    return build(keys, 0, n, levels, leaf_size, nodes, 0);
}

static void summarize_leaf(const octree *tree, ptrdiff_t node, float *box, double *total)
{
    const ptrdiff_t row = tree->n + OCTREE_BLOCK;
    for (int j = 0; j < 3; j++)
        box[j] = box[3 + j] = tree->points[j * row + tree->nodes[node].begin];
    for (ptrdiff_t p = tree->nodes[node].begin; p < tree->nodes[node].end; p++) {
        total[0] += tree->w[p];
        for (int j = 0; j < 3; j++) {
            float v = tree->points[j * row + p];
            box[j] = v < box[j] ? v : box[j];
            box[3 + j] = v > box[3 + j] ? v : box[3 + j];
            total[1 + j] += tree->w[p] * (double)v;
        }
    }
}

void octree_summarize(const octree *tree, float *boxes, double *totals)
{
    for (ptrdiff_t node = tree->m - 1; node >= 0; node--) { /* children stand behind their parent */
        float *box = boxes + 6 * node;
        double *total = totals + 4 * node;
        for (int j = 0; j < 4; j++)
            total[j] = 0.0;
        if (tree->nodes[node].skip == node + 1) {
            summarize_leaf(tree, node, box, total);
            continue;
        }
        for (int j = 0; j < 6; j++)
            box[j] = boxes[6 * (node + 1) + j];
        for (ptrdiff_t child = node + 1; child < tree->nodes[node].skip; child = tree->nodes[child].skip) {
            for (int j = 0; j < 3; j++) {
                float low = boxes[6 * child + j], high = boxes[6 * child + 3 + j];
                box[j] = low < box[j] ? low : box[j];
                box[3 + j] = high > box[3 + j] ? high : box[3 + j];
            }
            for (int j = 0; j < 4; j++)
                total[j] += totals[4 * child + j];
        }
    }
}

#define ISA_BODY "octree.inc.h"
#include "each_isa.h"

int64_t octree_assign(int isa, const octree *tree, const int32_t *roots, ptrdiff_t n_roots, const float *centers, ptrdiff_t k,
                      int32_t *labels, int32_t *node_label, double *totals)
{
    static int64_t (*const body[])(const octree *, const int32_t *, ptrdiff_t, const float *, ptrdiff_t, int32_t *, int32_t *, double *) =
        ISA_TABLE(octree_assign);
    return body[isa](tree, roots, n_roots, centers, k, labels, node_label, totals);
}
