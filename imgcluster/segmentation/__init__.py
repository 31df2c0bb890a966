"""Segmented pictures: what becomes of labels, how segments merge, look and are written; and clusters of pixels."""

from imgcluster.segmentation._connectivity import (
    connect_pieces,
    divide_segments,
    enforce_connectivity,
    is_connected,
    label_components,
    relabel,
)
from imgcluster.segmentation._mixture import Mixture, Responsibilities
from imgcluster.segmentation._segment import Segmented, segment
from imgcluster.segmentation._segmentation import Segmentation

__all__ = [
    "Mixture",
    "Responsibilities",
    "Segmentation",
    "Segmented",
    "connect_pieces",
    "divide_segments",
    "enforce_connectivity",
    "is_connected",
    "label_components",
    "relabel",
    "segment",
]
