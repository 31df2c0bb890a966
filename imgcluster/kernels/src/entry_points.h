/* The entry points of the module by the file that binds them; _native.pyi says what each one takes, and kernels.h what that means. */
#ifndef IMGCLUSTER_ENTRY_POINTS_H
#define IMGCLUSTER_ENTRY_POINTS_H

#include <Python.h>

/* py_assign.c */
PyObject *py_assign(PyObject *self, PyObject *const *args, Py_ssize_t n_args);
PyObject *py_settle(PyObject *self, PyObject *const *args, Py_ssize_t n_args);
PyObject *py_nearer(PyObject *self, PyObject *const *args, Py_ssize_t n_args);

/* py_ward.c */
PyObject *py_ward(PyObject *self, PyObject *const *args, Py_ssize_t n_args);

/* py_em.c */
PyObject *py_em_step(PyObject *self, PyObject *const *args, Py_ssize_t n_args);

/* py_octree.c */
PyObject *py_octree_build(PyObject *self, PyObject *const *args, Py_ssize_t n_args);
PyObject *py_octree_summarize(PyObject *self, PyObject *const *args, Py_ssize_t n_args);
PyObject *py_octree_assign(PyObject *self, PyObject *const *args, Py_ssize_t n_args);

/* py_histogram.c */
PyObject *py_histogram_count(PyObject *self, PyObject *const *args, Py_ssize_t n_args);
PyObject *py_histogram_collect(PyObject *self, PyObject *const *args, Py_ssize_t n_args);
PyObject *py_keys_from_colors(PyObject *self, PyObject *const *args, Py_ssize_t n_args);
PyObject *py_colors_from_keys(PyObject *self, PyObject *const *args, Py_ssize_t n_args);
PyObject *py_remap_pixels(PyObject *self, PyObject *const *args, Py_ssize_t n_args);
PyObject *py_squared_difference(PyObject *self, PyObject *const *args, Py_ssize_t n_args);

/* py_local_em.c */
PyObject *py_local_candidates(PyObject *self, PyObject *const *args, Py_ssize_t n_args);
PyObject *py_local_em_step(PyObject *self, PyObject *const *args, Py_ssize_t n_args);
PyObject *py_local_em_labels(PyObject *self, PyObject *const *args, Py_ssize_t n_args);

/* py_features.c */
PyObject *py_lab_features(PyObject *self, PyObject *const *args, Py_ssize_t n_args);
PyObject *py_blur_rows(PyObject *self, PyObject *const *args, Py_ssize_t n_args);
PyObject *py_halve(PyObject *self, PyObject *const *args, Py_ssize_t n_args);

/* py_mask.c */
PyObject *py_blur_masked(PyObject *self, PyObject *const *args, Py_ssize_t n_args);
PyObject *py_count_runs(PyObject *self, PyObject *const *args, Py_ssize_t n_args);
PyObject *py_mask_pieces(PyObject *self, PyObject *const *args, Py_ssize_t n_args);

/* py_boundary.c */
PyObject *py_boundary_sums(PyObject *self, PyObject *const *args, Py_ssize_t n_args);
PyObject *py_boundary_segments(PyObject *self, PyObject *const *args, Py_ssize_t n_args);
PyObject *py_boundary_move(PyObject *self, PyObject *const *args, Py_ssize_t n_args);
PyObject *py_number_labels(PyObject *self, PyObject *const *args, Py_ssize_t n_args);
PyObject *py_double_level(PyObject *self, PyObject *const *args, Py_ssize_t n_args);

/* py_volume.c */
PyObject *py_volume_sums(PyObject *self, PyObject *const *args, Py_ssize_t n_args);
PyObject *py_volume_segments(PyObject *self, PyObject *const *args, Py_ssize_t n_args);
PyObject *py_volume_move(PyObject *self, PyObject *const *args, Py_ssize_t n_args);
PyObject *py_volume_halve(PyObject *self, PyObject *const *args, Py_ssize_t n_args);
PyObject *py_volume_double(PyObject *self, PyObject *const *args, Py_ssize_t n_args);

/* py_volume_regions.c */
PyObject *py_volume_components(PyObject *self, PyObject *const *args, Py_ssize_t n_args);
PyObject *py_volume_edges(PyObject *self, PyObject *const *args, Py_ssize_t n_args);
PyObject *py_volume_shapes(PyObject *self, PyObject *const *args, Py_ssize_t n_args);

/* py_slic.c */
PyObject *py_slic_assign(PyObject *self, PyObject *const *args, Py_ssize_t n_args);

/* py_components.c */
PyObject *py_label_components(PyObject *self, PyObject *const *args, Py_ssize_t n_args);
PyObject *py_relabel(PyObject *self, PyObject *const *args, Py_ssize_t n_args);
PyObject *py_map_labels(PyObject *self, PyObject *const *args, Py_ssize_t n_args);
PyObject *py_join_pieces(PyObject *self, PyObject *const *args, Py_ssize_t n_args);

/* py_region_sums.c */
PyObject *py_region_shapes(PyObject *self, PyObject *const *args, Py_ssize_t n_args);
PyObject *py_region_colors(PyObject *self, PyObject *const *args, Py_ssize_t n_args);
PyObject *py_region_ranges(PyObject *self, PyObject *const *args, Py_ssize_t n_args);
PyObject *py_region_values(PyObject *self, PyObject *const *args, Py_ssize_t n_args);

/* py_region_graph.c */
PyObject *py_region_edges(PyObject *self, PyObject *const *args, Py_ssize_t n_args);
PyObject *py_merge_regions(PyObject *self, PyObject *const *args, Py_ssize_t n_args);
PyObject *py_merged_labels(PyObject *self, PyObject *const *args, Py_ssize_t n_args);

/* py_outlines.c */
PyObject *py_trace_outlines(PyObject *self, PyObject *const *args, Py_ssize_t n_args);

/* py_dither.c */
PyObject *py_light_to_oklab(PyObject *self, PyObject *const *args, Py_ssize_t n_args);
PyObject *py_dither_cells(PyObject *self, PyObject *const *args, Py_ssize_t n_args);
PyObject *py_diffuse_rows(PyObject *self, PyObject *const *args, Py_ssize_t n_args);
PyObject *py_order_rows(PyObject *self, PyObject *const *args, Py_ssize_t n_args);
PyObject *py_dither_amounts(PyObject *self, PyObject *const *args, Py_ssize_t n_args);
PyObject *py_pair_sums(PyObject *self, PyObject *const *args, Py_ssize_t n_args);

/* py_rate_aware.c */
PyObject *py_rate_aware_rows(PyObject *self, PyObject *const *args, Py_ssize_t n_args);

/* py_deflate.c */
PyObject *py_deflate_best(PyObject *self, PyObject *const *args, Py_ssize_t n_args);

#endif
