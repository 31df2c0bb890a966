"""Label maps as files: 16-bit PNG, tiled TIFF, or NumPy's own."""

from __future__ import annotations

import io
import os
from pathlib import Path

import numpy as np
from PIL import Image, PngImagePlugin

from imgcluster.errors import ImageWriteError
from imgcluster.files import replacing
from imgcluster.kernels import bands
from imgcluster.picture import Georeference
from imgcluster.segmentation._label_tiff import save_label_tiff
from imgcluster.types import Int32Array, PathLike

_MOST_IN_PNG = 1 << 16


def save_labels(
    labels: Int32Array,
    n_segments: int,
    path: PathLike,
    start_label: int = 0,
    georeference: Georeference | None = None,
) -> None:
    """Write a label map (H, W), from 0, in the format of the extension, numbered from `start_label`.

    A 16-bit PNG cannot hold -1: with a mask it holds label + 1, 0 outside, and a text chunk that explains it.
    """
    extension = Path(os.fsdecode(path)).suffix.lower()
    if extension in (".tif", ".tiff"):
        save_label_tiff(labels, n_segments, path, start_label, georeference)
        return
    encoded = io.BytesIO()
    if extension == ".png":
        _write_png(labels, n_segments, start_label, encoded)
    elif extension == ".npy":
        about = {"descr": "<i4", "fortran_order": False, "shape": labels.shape}
        np.lib.format.write_array_header_1_0(encoded, about)
    else:
        raise ImageWriteError(os.fsdecode(path), "use the ending .png, .tif or .npy")
    with replacing(path) as stream:
        stream.write(encoded.getbuffer())
        if extension == ".npy":
            for rows in bands(labels):
                stream.write((labels[rows] + np.int32(start_label)).astype("<i4", copy=False).data)


def _write_png(labels: Int32Array, n_segments: int, start_label: int, stream: io.BytesIO) -> None:
    """Write a gray PNG of 16 bits."""
    shift = start_label or int((labels < 0).any())
    most = _MOST_IN_PNG - shift
    if n_segments > most:
        masked = " with a mask" if shift > start_label else " from 1 on" if shift else ""
        raise ValueError(f"a 16-bit PNG{masked} holds at most {most} segments, got {n_segments}; write .tif or .npy")
    about = PngImagePlugin.PngInfo()
    about.add_text("Comment", "label" if shift == start_label else "label + 1; 0 is outside of the mask")
    Image.fromarray((labels + shift).astype(np.uint16)).save(stream, "PNG", pnginfo=about)
