"""Superpixels of volumes: what they take, and segments that are too small for the search."""

from __future__ import annotations

import warnings
from collections.abc import Sequence
from typing import Any

import numpy as np
from numpy.typing import NDArray

from imgcluster import kernels
from imgcluster.errors import ConversionWarning
from imgcluster.picture import read_volume
from imgcluster.segmentation import VolumeSegmentation, check_spacing, check_volume
from imgcluster.superpixel._boundary import COMPACTNESS
from imgcluster.superpixel._volume_features import volume_features
from imgcluster.superpixel._volume_search import VOLUME_EFFORTS, volume_kmeans
from imgcluster.types import BoolArray, Int32Array

DEFAULT_SEGMENTS = 400
MAX_CHANNELS = 16
_SPECK = 4  # a piece of the mask with less than a quarter of the voxels of a mean segment does not count as one


def check_dimensions(image: object, ndim: object, spacing: object) -> bool:
    """Return whether a volume is meant: it is asked for by name."""
    if isinstance(ndim, bool) or ndim not in (2, 3):
        raise ValueError(f"ndim must be 2 for a picture or 3 for a volume, got {ndim!r}")
    if ndim == 3:
        return True
    if spacing is not None:
        raise ValueError(f"spacing is for volumes, got {spacing!r} for a picture; pass ndim=3")
    if getattr(image, "ndim", 2) == 4:
        shape = getattr(image, "shape", ())
        raise ValueError(f"image must be a picture, got an array of shape {shape}; pass ndim=3 for a volume")
    return False


def cut_volume(
    image: Any,
    n_segments: int | None,
    *,
    method: str,
    effort: str,
    compactness: float | None,
    spacing: Sequence[float] | None,
    mask: NDArray[Any] | None,
    start: dict[str, Any],
    channels: str,
    n_threads: int,
) -> VolumeSegmentation:
    """Cut a volume into segments; `start` are the parameters that are for pictures alone."""
    if method != "boundary":
        raise ValueError(f'method must be "boundary" for volumes, got "{method}"')
    for name, value in start.items():
        if value is not None:
            raise ValueError(f"{name} is for pictures; leave it out for a volume")
    distances = check_spacing((1.0, 1.0, 1.0) if spacing is None else spacing)
    is_path = isinstance(image, str | bytes) or hasattr(image, "__fspath__")
    volume = check_volume(read_volume(image) if is_path else image)
    raw = _is_raw(volume, channels)
    inside = _check_mask(mask, volume.shape[:3])
    _check_values(volume, raw, inside)
    kind = "raw" if raw else "srgb"
    n_inside = volume[..., 0].size if volume.ndim == 4 else volume.size
    n_inside = n_inside if inside is None else int(np.count_nonzero(inside))
    if n_inside == 0:
        _warn("nothing is inside the mask, so there are no segments")
        none = np.full(volume.shape[:3], -1, np.int32)
        return VolumeSegmentation.of_search(none, volume, spacing=distances, channels=kind)
    wanted = DEFAULT_SEGMENTS if n_segments is None else n_segments
    if wanted > n_inside:
        _warn(f"n_segments is {wanted}, but the voxels are {n_inside}: each is a segment")
        wanted = n_inside
    plan = VOLUME_EFFORTS[effort]
    features = volume_features(
        volume, raw=raw, inside=inside, spacing=distances, n_blurs=plan.n_blurs, n_threads=n_threads
    )

    def search(part: BoolArray | None) -> Int32Array:
        return volume_kmeans(
            features,
            wanted,
            spacing=distances,
            compactness=COMPACTNESS if compactness is None else compactness,
            effort=plan,
            inside=part,
            n_threads=n_threads,
        )

    labels = search(None) if inside is None else _beside_specks(search, inside, n_inside, wanted)
    return VolumeSegmentation.of_search(labels, volume, spacing=distances, channels=kind)


def _is_raw(volume: NDArray[Any], channels: str) -> bool:
    """Settle whether channels are not colors: gray volumes are intensities whatever is asked for."""
    if channels == "raw" or volume.ndim == 3:
        n_channels = volume.shape[3] if volume.ndim == 4 else 1
        if n_channels > MAX_CHANNELS:
            raise ValueError(
                f"a volume must have 1 to {MAX_CHANNELS} channels, got {n_channels}; "
                "they come last, or take their first principal components"
            )
        return True
    if volume.shape[3] != 3:
        raise ValueError(
            f"a volume of colors must be of shape (D, H, W, 3), got {volume.shape}; "
            'pass channels="raw" for channels that are not colors'
        )
    return False


def _check_mask(mask: NDArray[Any] | None, shape: tuple[int, ...]) -> BoolArray | None:
    """Return what is inside as (D, H, W) of bool, or None for everything."""
    if mask is None:
        return None
    array = np.asarray(mask)
    if array.dtype.kind not in "biuf":
        raise TypeError(f"mask must be of bool or numbers, got {array.dtype}")
    if array.shape != shape:
        raise ValueError(f"mask must be of the shape of the volume, {shape}, got {array.shape}; a voxel, a value")
    inside: BoolArray = np.ascontiguousarray(array != 0)
    return None if inside.all() else inside


def _check_values(volume: NDArray[Any], raw: bool, inside: BoolArray | None) -> None:
    """Reject values inside that are not finite, and colors beyond 0..1."""
    if volume.dtype.kind != "f":
        return
    values = volume if inside is None else volume[inside]
    if not values.size:
        return
    low, high = float(values.min()), float(values.max())
    if not (np.isfinite(low) and np.isfinite(high)):
        n_bad = int(np.count_nonzero(~np.isfinite(values)))
        raise ValueError(
            f"a volume must be finite, but {n_bad} of {values.size} values are NaN or infinite; "
            "leave them out with mask=numpy.isfinite(volume), or replace them with numpy.nan_to_num"
        )
    if not raw and (low < 0 or high > 1):
        raise ValueError(
            f"colors must be in 0..1 where they are floating point, got {low:g} to {high:g}; "
            'scale them, or pass channels="raw" for channels that are not colors'
        )
    if high - low > np.finfo(np.float64).max / 4:
        raise ValueError(f"a volume must span less than 1e307, got {low:g} to {high:g}; scale it")


def _beside_specks(search: Any, inside: BoolArray, n_inside: int, wanted: int) -> Int32Array:
    """Search without the specks of a mask, which become segments of their own, and warn if there are more pieces."""
    pieces, n_pieces = kernels.volume_components(np.where(inside, np.int32(0), np.int32(-1)))
    sizes = np.bincount(pieces[inside], minlength=n_pieces)
    specks = sizes * _SPECK * wanted < n_inside
    if specks.all():
        specks[sizes.argmax()] = False
    numbers = np.where(specks, np.cumsum(specks) - 1, -1).astype(np.int32)
    found = kernels.map_labels(pieces, numbers)
    labels: Int32Array = search(inside & (found < 0))
    n = int(labels.max()) + 1
    labels[found >= 0] = found[found >= 0] + n
    if n > wanted:
        _warn(f"mask has {n} pieces large enough for a segment, and each is one, though n_segments is {wanted}")
    if specks.any():
        _warn(f"mask has {int(specks.sum())} pieces of less than a quarter of a mean segment, which are segments, too")
    return labels


def _warn(what: str) -> None:
    """Warn the caller of superpixels()."""
    warnings.warn(what, ConversionWarning, stacklevel=5)
