"""Segmented pictures: what becomes of labels, how segments merge, look and are written; and clusters of pixels."""

from typing import TYPE_CHECKING

from imgcluster.doors import door

if TYPE_CHECKING:
    from imgcluster.segmentation._connectivity import (
        connect_pieces,
        divide_segments,
        enforce_connectivity,
        is_connected,
        label_components,
        relabel,
    )
    from imgcluster.segmentation._edges import Edges
    from imgcluster.segmentation._layers import check_percentiles, read_layers
    from imgcluster.segmentation._measured import CHANNELS
    from imgcluster.segmentation._mixture import Mixture, Responsibilities
    from imgcluster.segmentation._regions import check_pixels, way_to_renumber
    from imgcluster.segmentation._segment import Segmented, segment
    from imgcluster.segmentation._segmentation import Segmentation
    from imgcluster.segmentation._volume import VolumeSegmentation
    from imgcluster.segmentation._volume_connectivity import connect_volume, divide_volume
    from imgcluster.segmentation._volume_regions import check_spacing, check_volume

__all__ = [
    "CHANNELS",
    "Edges",
    "Mixture",
    "Responsibilities",
    "Segmentation",
    "Segmented",
    "VolumeSegmentation",
    "check_percentiles",
    "check_pixels",
    "check_spacing",
    "check_volume",
    "connect_pieces",
    "connect_volume",
    "divide_segments",
    "divide_volume",
    "enforce_connectivity",
    "is_connected",
    "label_components",
    "read_layers",
    "relabel",
    "segment",
    "way_to_renumber",
]

if not TYPE_CHECKING:
    __getattr__ = door(
        __name__,
        {
            "_connectivity": (
                "connect_pieces",
                "divide_segments",
                "enforce_connectivity",
                "is_connected",
                "label_components",
                "relabel",
            ),
            "_mixture": ("Mixture", "Responsibilities"),
            "_regions": ("check_pixels", "way_to_renumber"),
            "_segment": ("Segmented", "segment"),
            "_edges": ("Edges",),
            "_layers": ("check_percentiles", "read_layers"),
            "_measured": ("CHANNELS",),
            "_segmentation": ("Segmentation",),
            "_volume": ("VolumeSegmentation",),
            "_volume_connectivity": ("connect_volume", "divide_volume"),
            "_volume_regions": ("check_spacing", "check_volume"),
        },
    )
