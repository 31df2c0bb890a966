/* The filtering algorithm: nearest centers, exactly, with few distances. A node of the octree hands to its children only the centers that can
   be nearest to a point of its box; a node that keeps one center is settled from its totals, whatever it holds.
   Kanungo et al., IEEE TPAMI 24(7), 2002 (doi:10.1109/TPAMI.2002.1017616). */

typedef struct {
    int count;
    float x[OCTREE_MAX_K + OCTREE_BLOCK], y[OCTREE_MAX_K + OCTREE_BLOCK], z[OCTREE_MAX_K + OCTREE_BLOCK];
    int32_t index[OCTREE_MAX_K + OCTREE_BLOCK];
} ISA(candidates);

/* What one pass carries down the tree. */
typedef struct {
    const octree *tree;
    int32_t *labels, *node_label;
    double *totals;
    int64_t changed;
} ISA(pass);

/* Squared distances of all candidates to a point; returns the index of the least, the lowest among equals. */
static int ISA(nearest_candidate)(const ISA(candidates) *restrict from, float px, float py, float pz, float *restrict distance)
{
    float least[OCTREE_BLOCK];
    for (int b = 0; b < OCTREE_BLOCK; b++)
        least[b] = INFINITY;
    for (int start = 0; start < from->count; start += OCTREE_BLOCK)
        for (int b = 0; b < OCTREE_BLOCK; b++) {
            float dx = from->x[start + b] - px, dy = from->y[start + b] - py, dz = from->z[start + b] - pz;
            float d = dx * dx + dy * dy + dz * dz;
            distance[start + b] = d;
            least[b] = d < least[b] ? d : least[b];
        }
    for (int half = OCTREE_BLOCK / 2; half; half /= 2)
        for (int b = 0; b < half; b++)
            least[b] = least[b + half] < least[b] ? least[b + half] : least[b];
    float nearest = least[0];
    int star = 0;
    while (star < from->count - 1 && distance[star] != nearest)
        star++;
    return star;
}

/* Padding to whole blocks lies so far away that it is never near. */
static void ISA(pad)(ISA(candidates) * list)
{
    for (int c = list->count; c % OCTREE_BLOCK; c++)
        list->x[c] = list->y[c] = list->z[c] = 1e18f;
}

/* Keep those of `from` that can be nearest to a point of the box; ascending order stays, so ties still go to the lowest index. */
static void ISA(prune)(const ISA(candidates) *restrict from, const float *box, ISA(candidates) *restrict to)
{
    float distance[OCTREE_MAX_K + OCTREE_BLOCK];
    int32_t near[OCTREE_MAX_K + 1];
    float mx = 0.5f * (box[0] + box[3]), my = 0.5f * (box[1] + box[4]), mz = 0.5f * (box[2] + box[5]);
    float hx = box[3] - mx, hy = box[4] - my, hz = box[5] - mz;
    int star = ISA(nearest_candidate)(from, mx, my, mz, distance);
    /* slack covers rounding: a center too many costs a distance, one too few would cost exactness */
    float reach = sqrtf(distance[star]) + 2.0f * sqrtf(hx * hx + hy * hy + hz * hz);
    float size = fabsf(mx) + fabsf(my) + fabsf(mz) + reach;
    float slack = 1e-5f * size * size;
    float limit = reach * reach * 1.0001f + slack;
    int within = 0;
    for (int c = 0; c < from->count; c++) { /* without branches: which centers are near is hard to predict */
        near[within] = c;
        within += distance[c] <= limit;
    }
    float sx = from->x[star], sy = from->y[star], sz = from->z[star];
    int kept = 0;
    for (int i = 0; i < within; i++) {
        int c = near[i];
        float cx = from->x[c], cy = from->y[c], cz = from->z[c];
        /* the corner of the box where c has the most to gain on star */
        float vx = cx > sx ? box[3] : box[0], vy = cy > sy ? box[4] : box[1], vz = cz > sz ? box[5] : box[2];
        float to_c = (cx - vx) * (cx - vx) + (cy - vy) * (cy - vy) + (cz - vz) * (cz - vz);
        float to_star = (sx - vx) * (sx - vx) + (sy - vy) * (sy - vy) + (sz - vz) * (sz - vz);
        to->x[kept] = cx;
        to->y[kept] = cy;
        to->z[kept] = cz;
        to->index[kept] = from->index[c];
        kept += to_c <= to_star * 1.0001f + slack;
    }
    if (!kept) { /* only where a center is not a number */
        to->x[0] = sx;
        to->y[0] = sy;
        to->z[0] = sz;
        to->index[kept++] = from->index[star];
    }
    to->count = kept;
    ISA(pad)(to);
}

/* All points of a node, and all nodes below it, go to one center. */
static void ISA(assign_whole)(ISA(pass) * pass, ptrdiff_t node, int32_t label)
{
    const octree *tree = pass->tree;
    for (int j = 0; j < 4; j++)
        pass->totals[4 * label + j] += tree->totals[4 * node + j];
    if (pass->node_label[node] == label)
        return;
    for (ptrdiff_t i = node; i < tree->nodes[node].skip; i++)
        pass->node_label[i] = label;
    for (ptrdiff_t p = tree->nodes[node].begin; p < tree->nodes[node].end; p++) {
        pass->changed += pass->labels[p] != label;
        pass->labels[p] = label;
    }
}

static void ISA(nearest_in_block)(const float *x, const float *y, const float *z, const ISA(candidates) * near, float *restrict best,
                                  int32_t *restrict label)
{
    for (int b = 0; b < OCTREE_BLOCK; b++) {
        float dx = x[b] - near->x[0], dy = y[b] - near->y[0], dz = z[b] - near->z[0];
        best[b] = dx * dx + dy * dy + dz * dz;
        label[b] = near->index[0];
    }
    for (int c = 1; c < near->count; c++) {
        float cx = near->x[c], cy = near->y[c], cz = near->z[c];
        int32_t index = near->index[c];
        for (int b = 0; b < OCTREE_BLOCK; b++) {
            float dx = x[b] - cx, dy = y[b] - cy, dz = z[b] - cz;
            float distance = dx * dx + dy * dy + dz * dz;
            /* an integer mask: a plain select costs three times as much on SSE2 and AVX2 */
            int32_t nearer = -(int32_t)(distance < best[b]);
            label[b] = (index & nearer) | (label[b] & ~nearer);
            best[b] = distance < best[b] ? distance : best[b];
        }
    }
}

static void ISA(assign_leaf)(ISA(pass) * pass, ptrdiff_t node, const ISA(candidates) * near)
{
    const octree *tree = pass->tree;
    const ptrdiff_t row = tree->n + OCTREE_BLOCK;
    const float *x = tree->points, *y = x + row, *z = y + row;
    float best[OCTREE_BLOCK];
    int32_t label[OCTREE_BLOCK];
    pass->node_label[node] = -1;
    for (ptrdiff_t start = tree->nodes[node].begin, end = tree->nodes[node].end; start < end; start += OCTREE_BLOCK) {
        ISA(nearest_in_block)(x + start, y + start, z + start, near, best, label);
        ptrdiff_t count = end - start < OCTREE_BLOCK ? end - start : OCTREE_BLOCK;
        int32_t *labels = pass->labels + start;
        for (ptrdiff_t b = 0; b < count; b++) {
            pass->changed += labels[b] != label[b];
            labels[b] = label[b];
        }
        for (ptrdiff_t b = 0; b < count; b++) {
            double w = tree->w[start + b], part[4] = {1.0, (double)x[start + b], (double)y[start + b], (double)z[start + b]};
            double *total = pass->totals + 4 * label[b];
            for (int j = 0; j < 4; j++)
                total[j] += w * part[j];
        }
    }
}

static void ISA(descend)(ISA(pass) * pass, ptrdiff_t node, const ISA(candidates) * from)
{
    const octree *tree = pass->tree;
    ISA(candidates) near;
    ISA(prune)(from, tree->boxes + 6 * node, &near);
    if (near.count == 1) {
        ISA(assign_whole)(pass, node, near.index[0]);
    } else if (tree->nodes[node].skip == node + 1) {
        ISA(assign_leaf)(pass, node, &near);
    } else {
        pass->node_label[node] = -1;
        for (ptrdiff_t child = node + 1; child < tree->nodes[node].skip; child = tree->nodes[child].skip)
            ISA(descend)(pass, child, &near);
    }
}

static int64_t ISA(octree_assign)(const octree *tree, const int32_t *roots, ptrdiff_t n_roots, const float *centers, ptrdiff_t k,
                                  int32_t *labels, int32_t *node_label, double *totals)
{
    ISA(pass) pass = {tree, labels, node_label, totals, 0};
    ISA(candidates) all;
    all.count = (int)k;
    for (ptrdiff_t c = 0; c < k; c++) {
        all.x[c] = centers[c];
        all.y[c] = centers[k + c];
        all.z[c] = centers[2 * k + c];
        all.index[c] = (int32_t)c;
    }
    ISA(pad)(&all);
    for (ptrdiff_t i = 0; i < n_roots; i++)
        ISA(descend)(&pass, roots[i], &all);
    return pass.changed;
}
