"""Superpixels of volumes: how they are cut, and segments that are too small for the search."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any, NamedTuple

import numpy as np
from numpy.typing import NDArray

from imgcluster import kernels
from imgcluster.errors import ConversionWarning
from imgcluster.parameters import given_text
from imgcluster.segmentation import VolumeSegmentation, check_spacing
from imgcluster.superpixel._boundary import COMPACTNESS
from imgcluster.superpixel._volume_features import volume_features
from imgcluster.superpixel._volume_inputs import TakenVolume, take_volume
from imgcluster.superpixel._volume_search import VOLUME_EFFORTS, volume_kmeans
from imgcluster.types import BoolArray, Int32Array
from imgcluster.warning import warn

DEFAULT_SEGMENTS = 400
_SPECK = 4  # a piece of the mask with less than a quarter of the voxels of a mean segment does not count as one


def check_dimensions(image: object, ndim: object, spacing: object) -> bool:
    """Return whether a volume is meant: it is asked for by name."""
    if isinstance(ndim, bool) or not isinstance(ndim, int | np.integer) or ndim not in (2, 3):
        raise ValueError(f"ndim must be 2 for a picture or 3 for a volume, got {given_text(ndim)}")
    if ndim == 3:
        return True
    if spacing is not None:
        raise ValueError(f"spacing is for volumes, got {given_text(spacing)} for a picture; pass ndim=3")
    if getattr(image, "ndim", 2) == 4:
        shape = getattr(image, "shape", ())
        raise ValueError(f"image must be a picture, got an array of shape {shape}; pass ndim=3 for a volume")
    return False


class _Wish(NamedTuple):
    """How a volume is to be cut."""

    n_segments: int
    spacing: tuple[float, float, float]
    compactness: float
    effort: str
    n_threads: int


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
    nodata: float | None,
    channels: str,
    value_range: Any,
    n_threads: int,
) -> VolumeSegmentation:
    """Cut a volume into segments; `start` are the parameters that are for pictures alone."""
    if method != "boundary":
        raise ValueError(f'method must be "boundary" for volumes, got "{method}"')
    for name, value in start.items():
        if value is not None:
            raise ValueError(f"{name} is for pictures; leave it out for a volume")
    distances = check_spacing((1.0, 1.0, 1.0) if spacing is None else spacing)
    taken = take_volume(image, mask, nodata, channels, value_range)
    if taken.n_inside == 0:
        _warn("nothing is inside the mask, so there are no segments")
        labels = np.full(taken.values.shape[:3], -1, np.int32)
    else:
        wanted = DEFAULT_SEGMENTS if n_segments is None else n_segments
        if wanted > taken.n_inside:
            _warn(f"n_segments is {wanted}, but the voxels are {taken.n_inside}: each is a segment")
            wanted = taken.n_inside
        rounded = COMPACTNESS if compactness is None else compactness
        labels = _search(taken, _Wish(wanted, distances, rounded, effort, n_threads))
    kind = "raw" if taken.raw else "srgb"
    return VolumeSegmentation.of_search(
        labels, taken.values, spacing=distances, channels=kind, value_range=taken.ranges
    )


def _search(taken: TakenVolume, wish: _Wish) -> Int32Array:
    """Search segments in what is inside."""
    plan = VOLUME_EFFORTS[wish.effort]
    features = volume_features(
        taken.values,
        raw=taken.raw,
        inside=taken.inside,
        ranges=taken.ranges,
        spacing=wish.spacing,
        n_blurs=plan.n_blurs,
        n_threads=wish.n_threads,
    )

    def search(part: BoolArray | None) -> Int32Array:
        return volume_kmeans(
            features,
            wish.n_segments,
            spacing=wish.spacing,
            compactness=wish.compactness,
            effort=plan,
            inside=part,
            n_threads=wish.n_threads,
        )

    if taken.inside is None:
        return search(None)
    return _beside_specks(search, taken.inside, taken.n_inside, wish.n_segments)


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
    warn(what, ConversionWarning)
