/* The module: which entry points it has. What they take is said in the py_*.c files; meaning is checked in Python. */
#include "binding.h"
#include "entry_points.h"
#include "isa.h"

int best_isa;

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

/* METH_FASTCALL is passed as another kind of function, hence the cast. */
#define ENTRY_POINT(name, text) {#name, (PyCFunction)(void (*)(void))py_##name, METH_FASTCALL, text}

static PyMethodDef methods[] = {
    {"isa_names", py_isa_names, METH_NOARGS, "Names of the instruction sets that run here, lowest first."},
    ENTRY_POINT(assign, "Assign points to their nearest centers."),
    ENTRY_POINT(settle, "Run Lloyd's algorithm and exchanges of single points on few points."),
    ENTRY_POINT(nearer, "Distances to the nearest center with one center more, for each candidate."),
    ENTRY_POINT(ward, "Merge the pair of clusters that costs least, until k are left."),
    ENTRY_POINT(em_step, "Responsibilities and the sums that refit a mixture."),
    ENTRY_POINT(octree_build, "Nodes of an octree over sorted Morton keys, or their number."),
    ENTRY_POINT(octree_summarize, "Bounding box and totals of every node."),
    ENTRY_POINT(octree_assign, "Assign the points of an octree to their nearest centers."),
    ENTRY_POINT(histogram_count, "Count the colors of pixels."),
    ENTRY_POINT(histogram_collect, "Keys and counts of the distinct colors."),
    ENTRY_POINT(keys_from_colors, "Morton keys of colors."),
    ENTRY_POINT(colors_from_keys, "Colors of Morton keys."),
    ENTRY_POINT(remap_pixels, "Palette index of each pixel, by table."),
    ENTRY_POINT(squared_difference, "Squared distance of pixels to the colors of their indices."),
    ENTRY_POINT(local_candidates, "The segments near each block of pixels."),
    ENTRY_POINT(local_em_step, "Shares of the segments near each pixel, and the sums that refit them."),
    ENTRY_POINT(local_em_labels, "The best segment of those near each pixel."),
    ENTRY_POINT(lab_features, "CIELAB of sRGB pixels as 16-bit integers."),
    ENTRY_POINT(blur_rows, "1-2-1 blur of rows of features, both ways."),
    ENTRY_POINT(halve, "Weighted means of blocks of 2 x 2."),
    ENTRY_POINT(blur_masked, "Blur at the edge of a mask, by what is inside."),
    ENTRY_POINT(count_runs, "Runs of ones in the rows of a mask."),
    ENTRY_POINT(mask_pieces, "Runs of a mask, and its 4-connected pieces."),
    ENTRY_POINT(boundary_sums, "What the segments' means are made of."),
    ENTRY_POINT(boundary_segments, "Means, centers and weights of position of segments."),
    ENTRY_POINT(boundary_move, "Move blocks on the borders of segments to better ones."),
    ENTRY_POINT(number_labels, "Number the labels that occur."),
    ENTRY_POINT(double_level, "Labels and activity of a level from those of the coarser one."),
    ENTRY_POINT(volume_sums, "What the means of segments of volumes are made of."),
    ENTRY_POINT(volume_segments, "Means, centers and weights of position of segments of volumes."),
    ENTRY_POINT(volume_move, "Move blocks of voxels on the borders of segments to better ones."),
    ENTRY_POINT(volume_halve, "Weighted means of blocks of voxels."),
    ENTRY_POINT(volume_double, "Labels and activity of a level of a volume from those of the coarser one."),
    ENTRY_POINT(volume_components, "6-connected components of equal label, or their number."),
    ENTRY_POINT(volume_edges, "Which regions of a volume touch, how long and with which contrast."),
    ENTRY_POINT(volume_shapes, "Voxels, coordinate sums and bounding box of each label."),
    ENTRY_POINT(slic_assign, "Assign pixels to the nearest of the centers whose windows hold them."),
    ENTRY_POINT(label_components, "4-connected components of equal label, or their number."),
    ENTRY_POINT(relabel, "Labels renumbered in order of their first pixels."),
    ENTRY_POINT(map_labels, "Labels looked up in a table."),
    ENTRY_POINT(join_pieces, "The component that each stray piece joins."),
    ENTRY_POINT(region_shapes, "Pixels, coordinate sums and bounding box of each label."),
    ENTRY_POINT(region_colors, "Sums of colors or of their squares over each label."),
    ENTRY_POINT(region_ranges, "Counts, least and greatest of the finite values of each label."),
    ENTRY_POINT(region_values, "The finite values of a channel in the order of labels."),
    ENTRY_POINT(region_edges, "Which regions touch, how long and with which contrast."),
    ENTRY_POINT(merge_regions, "Join the cheapest pairs of touching regions."),
    ENTRY_POINT(merged_labels, "What regions are called after merges."),
    ENTRY_POINT(trace_outlines, "Corners of the outlines of labels."),
    ENTRY_POINT(light_to_oklab, "OKLab of linear light."),
    ENTRY_POINT(dither_cells, "Which palette entries may be nearest in each cell of OKLab."),
    ENTRY_POINT(diffuse_rows, "Floyd-Steinberg error diffusion over rows of pixels."),
    ENTRY_POINT(rate_aware_rows, "Palette indices that cost least in error and deflated size."),
    ENTRY_POINT(deflate_best, "Deflate in few bytes."),
    ENTRY_POINT(order_rows, "Ordered dithering of rows of pixels."),
    ENTRY_POINT(dither_amounts, "How much each pixel takes part in dithering."),
    ENTRY_POINT(pair_sums, "What the palette of a dithered picture is solved from."),
    {NULL, NULL, 0, NULL},
};

static struct PyModuleDef_Slot slots[] = {{0, NULL}};

static struct PyModuleDef module = {PyModuleDef_HEAD_INIT, "_native", "Kernels in C.", 0, methods, slots, NULL, NULL, NULL};

PyMODINIT_FUNC PyInit__native(void)
{
    best_isa = isa_best();
    return PyModuleDef_Init(&module);
}
