"""Segments as annotations: one module a format, and what they share."""

from imgcluster.segmentation.annotations._annotations import UNNAMED, Annotations
from imgcluster.segmentation.annotations._files import (
    ANNOTATION_FORMATS,
    check_annotations,
    class_names,
    named_image,
    save_annotations,
    scale_to,
)

__all__ = [
    "ANNOTATION_FORMATS",
    "UNNAMED",
    "Annotations",
    "check_annotations",
    "class_names",
    "named_image",
    "save_annotations",
    "scale_to",
]
