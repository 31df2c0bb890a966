"""Label maps as tiled TIFFs that keep their place on the map (TIFF 6.0, GeoTIFF 1.1)."""

from __future__ import annotations

import io
from collections.abc import Iterator
from typing import TYPE_CHECKING, Any, BinaryIO

import numpy as np
from numpy.typing import NDArray

from imgcluster.errors import ImageWriteError
from imgcluster.files import replacing, shown
from imgcluster.kernels import bands
from imgcluster.threads import default_threads
from imgcluster.types import Int32Array, PathLike

if TYPE_CHECKING:
    from imgcluster.picture import Georeference

_TILE, _LARGE_TILE, _LARGE = 256, 512, 1 << 26  # pixels
_MULTIPLE = 16  # of sides of tiles
_MOST_BYTES = (1 << 32) - (1 << 26)  # offsets of a classic TIFF have 32 bits; the rest is for what surrounds the tiles
_BUFFER = 1 << 24  # bytes of tiles that are deflated in parallel
_MOST_16_BITS = (1 << 16) - 1
_ASCII, _NODATA = 2, 42113


def save_label_tiff(
    labels: Int32Array, n_segments: int, path: PathLike, start_label: int, georeference: Georeference | None
) -> None:
    """Write a label map (H, W), from 0, numbered from `start_label`; what is outside is one less, and GDAL's nodata.

    Labels from 1 on have 16 bits where these suffice, others 32 bits with a sign.
    """
    tags = _geo_tags(georeference, path)
    dtype = np.uint16 if start_label == 1 and n_segments <= _MOST_16_BITS else np.int32
    if any(labels[rows].min() < 0 for rows in bands(labels)):
        tags.append((_NODATA, _ASCII, 0, str(start_label - 1), True))
    with replacing(path) as stream:
        if stream.seekable():
            _write(stream, labels, dtype, start_label, tags)
            return
        encoded = io.BytesIO()
        _write(encoded, labels, dtype, start_label, tags)
        stream.write(encoded.getbuffer())


def _geo_tags(georeference: Georeference | None, path: PathLike) -> list[tuple[Any, ...]]:
    """Return the tags of the place on the map, as tifffile takes them."""
    if georeference is None:
        return []
    try:
        return [(*tag, True) for tag in georeference.with_tags().tags]
    except ImportError as error:
        raise ImageWriteError(shown(path), f"{error}, or write .npy") from error


def _write(stream: BinaryIO, labels: Int32Array, dtype: Any, start_label: int, tags: list[tuple[Any, ...]]) -> None:
    """Write a tiled TIFF, deflated with differences along rows, or a BigTIFF if it may be too large."""
    from tifffile import FileHandle, TiffWriter

    n_bytes = labels.size * np.dtype(dtype).itemsize
    side = _LARGE_TILE if labels.size > _LARGE else _TILE
    tile = tuple(min(side, -(-n // _MULTIPLE) * _MULTIPLE) for n in labels.shape)
    # a name, because a stream over a descriptor has a number for one, which tifffile does not expect
    handle = FileHandle(stream, name="labels", size=0)
    with TiffWriter(handle, bigtiff=n_bytes > _MOST_BYTES) as writer:
        writer.write(
            _tiles(labels, tile, dtype, start_label),
            shape=labels.shape,
            dtype=dtype,
            tile=tile,
            photometric="minisblack",
            compression="zlib",
            predictor=True,
            maxworkers=default_threads(),
            buffersize=_BUFFER,
            metadata=None,
            software=False,
            extratags=tags,
        )


def _tiles(labels: Int32Array, shape: tuple[int, ...], dtype: Any, start_label: int) -> Iterator[NDArray[Any]]:
    """Cut a label map into tiles, from left to right and from top to bottom, the outermost padded with the outside."""
    height, width = labels.shape
    for top in range(0, height, shape[0]):
        for left in range(0, width, shape[1]):
            part = labels[top : top + shape[0], left : left + shape[1]]
            tile = np.full(shape, start_label - 1, dtype) if part.shape != shape else np.empty(shape, dtype)
            np.add(part, start_label, out=tile[: part.shape[0], : part.shape[1]], casting="unsafe")
            yield tile
