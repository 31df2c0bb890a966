"""Statistics of segments on values of any kind: the bands of an image, and layers that lie on it."""

from __future__ import annotations

import os
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from functools import cached_property
from typing import Any

import numpy as np
from numpy.typing import NDArray

from imgcluster import kernels
from imgcluster.files import shown
from imgcluster.parameters import check_number, given_text, items_of, plain_array
from imgcluster.picture import Georeference, channels_of, check_same_place, equal_to, open_source
from imgcluster.types import Float64Array, Int32Array, Int64Array
from imgcluster.wording import printable

STATISTICS = ("mean", "sum", "variance", "std", "min", "max", "median", "count")


@dataclass(frozen=True, eq=False)
class LayerStatistics:
    """What the finite values of each segment are like, measured when first asked for; NaN where there are none.

    Attributes
    ----------
    labels : ndarray of shape (H, W) or (D, H, W), int32
        0..n_segments-1, each of them used; -1 outside.
    values : ndarray of shape (..., C), uint8, uint16, float32 or float64
        As high and wide as labels.
    areas : ndarray of shape (n_segments,), int64
        Pixels of each segment.
    """

    labels: Int32Array
    values: NDArray[Any]
    areas: Int64Array

    @cached_property
    def _ranges(self) -> kernels.RegionRanges:
        return kernels.region_ranges(self.labels, self.values, len(self.areas), self.values.shape[-1])

    @cached_property
    def count(self) -> Int64Array:
        """Number of finite values: (n, C)."""
        if self.values.dtype.kind == "u":
            return np.repeat(self.areas[:, None], self.values.shape[-1], axis=1)
        return self._ranges.counts

    @property
    def min(self) -> Float64Array:
        """Least value: (n, C)."""
        return self._ranges.lows

    @property
    def max(self) -> Float64Array:
        """Greatest value: (n, C)."""
        return self._ranges.highs

    @cached_property
    def sum(self) -> Float64Array:
        """Sum of the values, NaN without any: (n, C)."""
        sums = kernels.region_colors(self.labels, self.values, np.zeros(self.count.shape))
        return np.where(self.count > 0, sums, np.nan)

    @cached_property
    def mean(self) -> Float64Array:
        """Mean: (n, C)."""
        means: Float64Array = self.sum / np.maximum(self.count, 1)
        return means

    @cached_property
    def variance(self) -> Float64Array:
        """Mean of the squared distances to the mean: (n, C)."""
        squares = kernels.region_colors(self.labels, self.values, np.nan_to_num(self.mean), squared=True)
        return np.where(self.count > 0, squares / np.maximum(self.count, 1), np.nan)

    @property
    def std(self) -> Float64Array:
        """Root of the variance: (n, C)."""
        return np.sqrt(self.variance)

    @property
    def median(self) -> Float64Array:
        """Median: (n, C)."""
        median: Float64Array = self.percentiles([50.0])[0]
        return median

    def percentiles(self, wanted: Sequence[float]) -> Float64Array:
        """Return percentiles, between two values by their distance as numpy.percentile does: (len(wanted), n, C)."""
        found = np.full((len(wanted), *self.count.shape), np.nan)
        for channel in range(self.values.shape[-1]):
            values, starts = kernels.region_values(self.labels, self.values, len(self.areas), channel)
            for first, last in zip(starts[:-1].tolist(), starts[1:].tolist(), strict=True):
                values[first:last].sort()
            used = starts[1:] > starts[:-1]
            first, room = starts[:-1][used], np.diff(starts)[used] - 1
            for i, percent in enumerate(wanted):
                at = room * percent / 100
                below = np.floor(at).astype(np.int64)
                low = values[first + below].astype(np.float64)
                high = values[first + np.minimum(below + 1, room)].astype(np.float64)
                found[i, used, channel] = low + (high - low) * (at - below)
        return found

    def columns(self, names: Sequence[str], percentiles: Sequence[float]) -> dict[str, NDArray[Any]]:
        """Return columns, a kind after the other, for channels of these names."""
        kinds: dict[str, NDArray[Any]] = {kind: getattr(self, kind) for kind in ("mean", "variance", "min", "max")}
        if percentiles:
            found = self.percentiles(percentiles)
            kinds |= {f"percentile_{percent:g}": part for percent, part in zip(percentiles, found, strict=True)}
        kinds["count"] = self.count
        return {
            f"{kind}_{name}": column
            for kind, values in kinds.items()
            for name, column in zip(names, values.T, strict=True)
        }


def read_layer(
    name: str, layer: Any, shape: tuple[int, ...], place: Georeference | None = None, image: str = "the image"
) -> NDArray[Any]:
    """Return the values of a layer, an array or a file, with an axis of channels: (*shape, C); NaN is no value.

    It must lie where the image does, if the files of both say where that is.
    """
    values, gaps, of_layer = _values_of(layer)
    if values.shape[: len(shape)] != shape or values.ndim > len(shape) + 1 or 0 in values.shape:
        raise ValueError(f"{name} must be as large as the labels, {shape}, got {values.shape}; resize or crop it")
    if values.dtype.kind not in "biuf":
        raise TypeError(f"{name} must hold real numbers, got {values.dtype}; convert it with astype")
    check_same_place(name, of_layer, image, place, shape)
    values = channels_of(values)
    if gaps is not None and gaps.any():
        values = np.where(gaps, np.nan, values.astype(np.float64))
    return np.ascontiguousarray(values.reshape(*shape, -1))


def _values_of(layer: Any) -> tuple[NDArray[Any], NDArray[np.bool_] | None, Georeference | None]:
    """Return the values of a layer, where they do not count, and where it lies on the map."""
    if isinstance(layer, str | bytes | os.PathLike):
        with open_source(layer, raw=True) as source:
            stored = source.values(raw=True)
        gaps = None if stored.nodata is None else equal_to(stored.pixels, stored.nodata)
        return stored.pixels, gaps, stored.georeference
    if isinstance(layer, np.ma.MaskedArray):
        return np.asarray(layer.data), np.ma.getmaskarray(layer), None
    return plain_array("layer", layer), None, None


def read_layers(
    layers: Any, shape: tuple[int, ...], place: Georeference | None = None, image: str = "the image"
) -> dict[str, NDArray[Any]]:
    """Return the values of layers by name, each with an axis of channels: see `read_layer`."""
    if layers is not None and not isinstance(layers, Mapping):
        raise TypeError(f"layers must map names to arrays, such as {{'height': array}}, got {type(layers).__name__}")
    found: dict[str, NDArray[Any]] = {}
    for name, layer in (layers or {}).items():
        if not isinstance(name, str) or not name:
            raise ValueError(f"layers must have names, such as 'height', got {given_text(name)}")
        said = f"layer {name} ({shown(layer)})" if isinstance(layer, str | bytes | os.PathLike) else f"layer {name}"
        found[name] = read_layer(said, layer, shape, place, image)
    return found


def layer_columns(
    labels: Int32Array,
    areas: Int64Array,
    layers: Mapping[str, Any] | None,
    percentiles: Sequence[float],
    place: Georeference | None = None,
) -> dict[str, NDArray[Any]]:
    """Return the columns of layers by name; the bands of one with several are name_0, name_1, ..."""
    columns: dict[str, NDArray[Any]] = {}
    for name, values in read_layers(layers, labels.shape, place).items():
        n_bands = values.shape[-1]
        names = [name] if n_bands == 1 else [f"{name}_{band}" for band in range(n_bands)]
        columns |= LayerStatistics(labels, values, areas).columns(names, percentiles)
    return columns


def check_percentiles(percentiles: Any) -> tuple[float, ...]:
    """Return percentiles from 0 to 100, without repetition."""
    found = items_of(percentiles)
    given = (percentiles,) if found is None else found
    return tuple(dict.fromkeys(check_number("percentiles", value, 0, 100) for value in given))


def check_band_names(names: Any, n_bands: int) -> tuple[str, ...]:
    """Return a name for each band, all different."""
    given = items_of(names.split(",") if isinstance(names, str) else names)
    if given is None or not all(isinstance(name, str) and name for name in given):
        raise TypeError(f"band_names must be texts, such as ('red', 'nir'), got {given_text(names)}")
    if len(given) != n_bands:
        listed = printable(", ".join(given))
        raise ValueError(f"band_names must be a name for each of {n_bands} bands, got {len(given)}: {listed}")
    if len(set(given)) < len(given):
        raise ValueError(f"band_names must differ, got {printable(', '.join(given))}")
    return given
