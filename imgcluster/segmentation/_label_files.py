"""Label maps as files: 16-bit PNG, tiled TIFF, or NumPy's own."""

from __future__ import annotations

import io
from pathlib import Path

import numpy as np
from PIL import Image, PngImagePlugin

from imgcluster.errors import ImageWriteError
from imgcluster.files import name_of, replacing, shown
from imgcluster.kernels import bands
from imgcluster.picture import Georeference
from imgcluster.segmentation._label_tiff import save_label_tiff
from imgcluster.types import Int32Array, PathLike

_MOST_IN_PNG = 1 << 16
SHIFTED, OUTSIDE_0 = "label + 1", "; 0 is outside of the mask"
"""What the text of a PNG begins or ends with, where its numbers are not labels, or 0 is none."""


def save_labels(
    labels: Int32Array,
    n_segments: int,
    path: PathLike,
    start_label: int = 0,
    georeference: Georeference | None = None,
    *,
    classes: bool = False,
) -> None:
    """Write a label map (H, W), from 0, in the format of the extension, numbered from `start_label`.

    A 16-bit PNG cannot hold -1: with a mask it holds label + 1, 0 outside, and a text chunk that explains it. Numbers
    of classes are never shifted.
    """
    extension = Path(name_of(path)).suffix.lower()
    if extension in (".tif", ".tiff"):
        save_label_tiff(labels, n_segments, path, start_label, georeference)
        return
    encoded = io.BytesIO()
    if extension == ".png":
        _write_png(labels, n_segments, start_label, encoded, classes=classes)
    elif extension == ".npy":
        about = {"descr": "<i4", "fortran_order": False, "shape": labels.shape}
        np.lib.format.write_array_header_1_0(encoded, about)
    else:
        raise ImageWriteError(shown(path), "use the ending .png, .tif or .npy")
    with replacing(path) as stream:
        stream.write(encoded.getbuffer())
        if extension == ".npy":
            for rows in bands(labels):
                stream.write((labels[rows] + np.int32(start_label)).astype("<i4", copy=False).data)


def _write_png(labels: Int32Array, n_segments: int, start_label: int, stream: io.BytesIO, *, classes: bool) -> None:
    """Write a gray PNG of 16 bits."""
    has_outside = bool((labels < 0).any())
    shift = start_label or int(has_outside and not classes)
    most = _MOST_IN_PNG - shift
    if classes:
        _check_classes(labels, n_segments + start_label, has_outside and not start_label)
        labels = np.maximum(labels, -start_label)
    elif n_segments > most:
        masked = " with a mask" if shift > start_label else " from 1 on" if shift else ""
        raise ValueError(f"a 16-bit PNG{masked} holds at most {most} segments, got {n_segments}; write .tif or .npy")
    about = PngImagePlugin.PngInfo()
    meaning = "class" if classes else "label" if shift == start_label else SHIFTED
    about.add_text("Comment", meaning + (OUTSIDE_0 if has_outside else ""))
    Image.fromarray((labels + shift).astype(np.uint16)).save(stream, "PNG", pnginfo=about)


def _check_classes(labels: Int32Array, bound: int, is_0_outside: bool) -> None:
    """Reject numbers of classes that a PNG cannot hold as they are."""
    if bound > _MOST_IN_PNG:
        raise ValueError(
            f"a 16-bit PNG holds numbers up to {_MOST_IN_PNG - 1}, got class {bound - 1}; write .tif or .npy"
        )
    if is_0_outside and (labels == 0).any():
        raise ValueError(
            "a PNG holds 0 outside of the mask, but a class is 0, too; number them from 1, or write .tif or .npy"
        )
