"""Volumes among the inputs of a run: they are read by path, and what is made of them is no picture."""

from __future__ import annotations

import os
from collections.abc import Mapping
from pathlib import Path
from typing import TYPE_CHECKING, Any

from imgcluster.errors import ImageReadError
from imgcluster.tasks._content import Content

if TYPE_CHECKING:
    from numpy.typing import NDArray

VOLUME_LABELS = (".npy", ".tif", ".tiff")
"""The endings of the label maps of volumes."""

_OF_VOLUMES = ("labels", "table", "edges", "npz")  # what can be written of them


def is_volume(parameters: Mapping[str, Any]) -> bool:
    """Check whether the inputs are volumes."""
    return bool(parameters.get("ndim", 2) == 3)


def check_volume(parameters: Mapping[str, Any], style: str, no_picture: str, extras: Mapping[str, str]) -> None:
    """Reject what cannot be made of volumes."""
    if not is_volume(parameters):
        return
    if style != no_picture:
        raise ValueError(f"style must be {no_picture!r} for volumes, got {style!r}; ask for labels in extras")
    for kind in extras:
        if kind not in _OF_VOLUMES:
            raise ValueError(f"{kind} is for pictures, not for volumes; ask for labels in extras")
    labels = extras.get("labels", VOLUME_LABELS[0])
    ending = labels if labels.startswith(".") else Path(labels).suffix
    if ending.lower() not in VOLUME_LABELS:
        raise ValueError(f"labels of volumes must end in {', '.join(VOLUME_LABELS)}, got {labels!r}; write .tif")


def read_content_volume(content: Content) -> NDArray[Any]:
    """Read the volume in a file."""
    from imgcluster.picture import read_volume

    if not isinstance(content.source, str):
        raise ImageReadError(content.name, "a volume is not read from a stream", "name its file")
    return read_volume(content.source)


def read_volumes(files: Mapping[str, Any]) -> dict[str, Any]:
    """Read those of some volumes that are files."""
    from imgcluster.picture import read_volume

    return {
        name: read_volume(file) if isinstance(file, str | bytes | os.PathLike) else file for name, file in files.items()
    }
