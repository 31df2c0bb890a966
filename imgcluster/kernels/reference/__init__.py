"""The kernels in NumPy: fallback, specification and test oracle in one.

Each function has the signature of its twin in ``_native``; ``src/kernels.h`` describes the arrays. Nothing
is checked here: only the C kernels could read outside their arrays, and the entry points pass the same to both.
"""

from imgcluster.kernels.reference._assign import assign, nearer
from imgcluster.kernels.reference._boundary import (
    boundary_move,
    boundary_segments,
    boundary_sums,
    double_level,
    number_labels,
)
from imgcluster.kernels.reference._components import join_pieces, label_components, map_labels, relabel
from imgcluster.kernels.reference._deflate_parse import deflate_best
from imgcluster.kernels.reference._diffusion import diffuse_rows
from imgcluster.kernels.reference._dither import dither_cells, light_to_oklab
from imgcluster.kernels.reference._dither_fit import dither_amounts, pair_sums
from imgcluster.kernels.reference._em import EM_CUT, em_step
from imgcluster.kernels.reference._features import blur_rows, halve, lab_features
from imgcluster.kernels.reference._histogram import (
    colors_from_keys,
    histogram_collect,
    histogram_count,
    keys_from_colors,
    remap_pixels,
    squared_difference,
)
from imgcluster.kernels.reference._local_em import local_candidates, local_em_labels, local_em_step
from imgcluster.kernels.reference._mask import blur_masked, count_runs, mask_pieces
from imgcluster.kernels.reference._octree import octree_assign, octree_build, octree_summarize
from imgcluster.kernels.reference._ordered import order_rows
from imgcluster.kernels.reference._outlines import trace_outlines
from imgcluster.kernels.reference._rate_aware import rate_aware_rows
from imgcluster.kernels.reference._region_graph import merge_regions, merged_labels, region_edges
from imgcluster.kernels.reference._region_sums import region_colors, region_ranges, region_shapes, region_values
from imgcluster.kernels.reference._settle import settle
from imgcluster.kernels.reference._slic import slic_assign
from imgcluster.kernels.reference._volume import volume_move, volume_segments, volume_sums
from imgcluster.kernels.reference._volume_levels import volume_double, volume_halve
from imgcluster.kernels.reference._volume_regions import volume_components, volume_edges, volume_shapes
from imgcluster.kernels.reference._ward import ward

__all__ = [
    "EM_CUT",
    "assign",
    "blur_masked",
    "blur_rows",
    "boundary_move",
    "boundary_segments",
    "boundary_sums",
    "colors_from_keys",
    "count_runs",
    "deflate_best",
    "diffuse_rows",
    "dither_amounts",
    "dither_cells",
    "double_level",
    "em_step",
    "halve",
    "histogram_collect",
    "histogram_count",
    "join_pieces",
    "keys_from_colors",
    "lab_features",
    "label_components",
    "light_to_oklab",
    "local_candidates",
    "local_em_labels",
    "local_em_step",
    "map_labels",
    "mask_pieces",
    "merge_regions",
    "merged_labels",
    "nearer",
    "number_labels",
    "octree_assign",
    "octree_build",
    "octree_summarize",
    "order_rows",
    "pair_sums",
    "rate_aware_rows",
    "region_colors",
    "region_edges",
    "region_ranges",
    "region_shapes",
    "region_values",
    "relabel",
    "remap_pixels",
    "settle",
    "slic_assign",
    "squared_difference",
    "trace_outlines",
    "volume_components",
    "volume_double",
    "volume_edges",
    "volume_halve",
    "volume_move",
    "volume_segments",
    "volume_shapes",
    "volume_sums",
    "ward",
]
