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
    from imgcluster.segmentation._measured import CHANNELS
    from imgcluster.segmentation._mixture import Mixture, Responsibilities
    from imgcluster.segmentation._regions import check_pixels
    from imgcluster.segmentation._segment import Segmented, segment
    from imgcluster.segmentation._segmentation import Segmentation

__all__ = [
    "CHANNELS",
    "Mixture",
    "Responsibilities",
    "Segmentation",
    "Segmented",
    "check_pixels",
    "connect_pieces",
    "divide_segments",
    "enforce_connectivity",
    "is_connected",
    "label_components",
    "relabel",
    "segment",
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
            "_regions": ("check_pixels",),
            "_segment": ("Segmented", "segment"),
            "_measured": ("CHANNELS",),
            "_segmentation": ("Segmentation",),
        },
    )
