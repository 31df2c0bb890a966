"""The single entry to the kernels: the C module, or its NumPy twin if it is not built.

Results have the same bits for every instruction set and number of threads: points are cut
into chunks of fixed size whose sums are added in chunk order.
"""

from typing import TYPE_CHECKING

from imgcluster.doors import door

if TYPE_CHECKING:
    from imgcluster.kernels._assign import Totals, assign, nearer
    from imgcluster.kernels._backend import backend, isa
    from imgcluster.kernels._boundary import (
        BoundaryLevel,
        BoundaryTerms,
        boundary_segments,
        boundary_sums,
        boundary_sweep_frozen,
        boundary_sweep_live,
        double_level,
    )
    from imgcluster.kernels._components import join_pieces, label_components, map_labels, relabel
    from imgcluster.kernels._dither import (
        DITHER_ENTRY,
        DITHER_FLAT,
        DITHER_LAB,
        DITHER_LIGHT,
        DITHER_LUMA,
        DITHER_NEVER,
        DITHER_OPAQUE,
        DITHER_REACH,
        DITHER_ROOTS,
        DITHER_SIDE,
        DITHER_SPACING,
        DiffusionState,
        DitherPalette,
        DitherWeights,
        diffuse_rows,
        dither_amounts,
        dither_cells,
        light_to_oklab,
        order_rows,
        pair_sums,
    )
    from imgcluster.kernels._em import Expectation, em_step
    from imgcluster.kernels._features import LAB_CURVE, LabTables, blur_rows, halve, lab_features
    from imgcluster.kernels._histogram import colors_from_keys, count_colors, keys_from_colors, remap_pixels
    from imgcluster.kernels._local_em import (
        LOCAL_CANDIDATES,
        LocalImage,
        LocalModel,
        local_candidates,
        local_em_labels,
        local_em_shares,
        local_em_step,
    )
    from imgcluster.kernels._octree import OCTREE_BLOCK, OCTREE_MAX_CLUSTERS, OctreeArrays, assign_octree, build_octree
    from imgcluster.kernels._outlines import trace_outlines
    from imgcluster.kernels._rate_aware import (
        RATE_AWARE_CHUNK,
        RATE_AWARE_LONGEST,
        RATE_AWARE_SHIFTS,
        RateModel,
        rate_aware_rows,
    )
    from imgcluster.kernels._region_graph import Borders, Merges, merge_regions, merged_labels, region_edges
    from imgcluster.kernels._region_sums import RegionShapes, region_colors, region_shapes
    from imgcluster.kernels._slic import SlicPass, slic_pass

__all__ = [
    "DITHER_ENTRY",
    "DITHER_FLAT",
    "DITHER_LAB",
    "DITHER_LIGHT",
    "DITHER_LUMA",
    "DITHER_NEVER",
    "DITHER_OPAQUE",
    "DITHER_REACH",
    "DITHER_ROOTS",
    "DITHER_SIDE",
    "DITHER_SPACING",
    "LAB_CURVE",
    "LOCAL_CANDIDATES",
    "OCTREE_BLOCK",
    "OCTREE_MAX_CLUSTERS",
    "RATE_AWARE_CHUNK",
    "RATE_AWARE_LONGEST",
    "RATE_AWARE_SHIFTS",
    "Borders",
    "BoundaryLevel",
    "BoundaryTerms",
    "DiffusionState",
    "DitherPalette",
    "DitherWeights",
    "Expectation",
    "LabTables",
    "LocalImage",
    "LocalModel",
    "Merges",
    "OctreeArrays",
    "RateModel",
    "RegionShapes",
    "SlicPass",
    "Totals",
    "assign",
    "assign_octree",
    "backend",
    "blur_rows",
    "boundary_segments",
    "boundary_sums",
    "boundary_sweep_frozen",
    "boundary_sweep_live",
    "build_octree",
    "colors_from_keys",
    "count_colors",
    "diffuse_rows",
    "dither_amounts",
    "dither_cells",
    "double_level",
    "em_step",
    "halve",
    "isa",
    "join_pieces",
    "keys_from_colors",
    "lab_features",
    "label_components",
    "light_to_oklab",
    "local_candidates",
    "local_em_labels",
    "local_em_shares",
    "local_em_step",
    "map_labels",
    "merge_regions",
    "merged_labels",
    "nearer",
    "order_rows",
    "pair_sums",
    "rate_aware_rows",
    "region_colors",
    "region_edges",
    "region_shapes",
    "relabel",
    "remap_pixels",
    "slic_pass",
    "trace_outlines",
]

if not TYPE_CHECKING:
    __getattr__ = door(
        __name__,
        {
            "_assign": ("Totals", "assign", "nearer"),
            "_backend": ("backend", "isa"),
            "_boundary": (
                "BoundaryLevel",
                "BoundaryTerms",
                "boundary_segments",
                "boundary_sums",
                "boundary_sweep_frozen",
                "boundary_sweep_live",
                "double_level",
            ),
            "_components": ("join_pieces", "label_components", "map_labels", "relabel"),
            "_dither": (
                "DITHER_ENTRY",
                "DITHER_FLAT",
                "DITHER_LAB",
                "DITHER_LIGHT",
                "DITHER_LUMA",
                "DITHER_NEVER",
                "DITHER_OPAQUE",
                "DITHER_REACH",
                "DITHER_ROOTS",
                "DITHER_SIDE",
                "DITHER_SPACING",
                "DiffusionState",
                "DitherPalette",
                "DitherWeights",
                "diffuse_rows",
                "dither_amounts",
                "dither_cells",
                "light_to_oklab",
                "order_rows",
                "pair_sums",
            ),
            "_em": ("Expectation", "em_step"),
            "_features": ("LAB_CURVE", "LabTables", "blur_rows", "halve", "lab_features"),
            "_histogram": ("colors_from_keys", "count_colors", "keys_from_colors", "remap_pixels"),
            "_local_em": (
                "LOCAL_CANDIDATES",
                "LocalImage",
                "LocalModel",
                "local_candidates",
                "local_em_labels",
                "local_em_shares",
                "local_em_step",
            ),
            "_octree": ("OCTREE_BLOCK", "OCTREE_MAX_CLUSTERS", "OctreeArrays", "assign_octree", "build_octree"),
            "_outlines": ("trace_outlines",),
            "_rate_aware": (
                "RATE_AWARE_CHUNK",
                "RATE_AWARE_LONGEST",
                "RATE_AWARE_SHIFTS",
                "RateModel",
                "rate_aware_rows",
            ),
            "_region_graph": ("Borders", "Merges", "merge_regions", "merged_labels", "region_edges"),
            "_region_sums": ("RegionShapes", "region_colors", "region_shapes"),
            "_slic": ("SlicPass", "slic_pass"),
        },
    )
