"""What is measured of a segmented image: labels, regions, and perhaps the mixture that made them."""

from __future__ import annotations

from collections.abc import Sequence
from copy import copy
from functools import cached_property
from typing import TYPE_CHECKING, Any, Self

import numpy as np
from numpy.typing import ArrayLike, NDArray

from imgcluster.parameters import check_choice, check_int, check_range, items_of
from imgcluster.picture import Georeference
from imgcluster.segmentation._as_array import AsArray
from imgcluster.segmentation._layers import check_band_names
from imgcluster.segmentation._mixture import Mixture, Responsibilities
from imgcluster.segmentation._regions import Regions
from imgcluster.types import Float64Array, Int32Array, Int64Array

if TYPE_CHECKING:
    from imgcluster.cluster import History

CHANNELS = ("srgb", "raw")


class Measured(AsArray):
    """A segmented image and what is known of its segments; `Segmentation` merges, draws and writes them."""

    _regions: Regions
    _channels: str
    _mean_features: Float64Array | None
    _mixture: Mixture | None
    _origins: Int32Array | None = None
    _value_range: Float64Array | None
    _start_label: int = 0
    _band_names: tuple[str, ...] | None = None
    _georeference: Georeference | None = None
    _values: NDArray[Any] | None = None

    def __init__(
        self,
        labels: ArrayLike | Measured,
        image: NDArray[Any],
        *,
        channels: str = "srgb",
        mean_features: Float64Array | None = None,
        mixture: Mixture | None = None,
        value_range: ArrayLike | None = None,
        band_names: Sequence[str] | None = None,
        start_label: int = 0,
        georeference: Georeference | None = None,
    ) -> None:
        check_choice("channels", channels, CHANNELS)
        self._regions, self._channels = Regions.checked(labels, image), channels
        self._mean_features, self._mixture = mean_features, mixture
        self._value_range = check_range(value_range, 1 if self.image.ndim == 2 else self.image.shape[2])
        self._name(band_names, start_label)
        self._georeference = georeference

    @classmethod
    def trusted(
        cls,
        labels: Int32Array,
        image: NDArray[Any],
        *,
        channels: str = "srgb",
        mixture: Mixture | None = None,
        origins: Int32Array | None = None,
        value_range: Float64Array | None = None,
    ) -> Self:
        """Return a segmentation without checking it, which would take a tenth of the time of the search."""
        self = cls.__new__(cls)
        self._regions, self._channels = Regions(labels, image), channels
        self._mean_features, self._mixture, self._origins = None, mixture, origins
        self._value_range = value_range
        return self

    def __repr__(self) -> str:
        height, width = self.indices.shape
        return f"<{type(self).__name__} {width}x{height}, {self.n_segments} segment{'s' * (self.n_segments != 1)}>"

    def _name(self, band_names: Sequence[str] | None, start_label: int) -> None:
        """Check and keep names of bands and the number of the first segment."""
        self._start_label = check_int("start_label", start_label, 0, 1)
        n_bands = 1 if self.image.ndim == self.indices.ndim else self.image.shape[-1]
        self._band_names = None if band_names is None else check_band_names(band_names, n_bands)

    def numbered_from(self, start_label: int) -> Self:
        """Return the same segmentation with labels from 0 or from 1 on: see `start_label`.

        Parameters
        ----------
        start_label : {0, 1}

        Returns
        -------
        Segmentation
            Measurements that were made are kept.
        """
        start_label = check_int("start_label", start_label, 0, 1)
        if start_label == self.start_label:
            return self
        same = copy(self)
        vars(same).pop("labels", None)
        same._start_label = start_label
        return same

    def _like(self, other: Measured) -> Self:
        """Return this segmentation with the first label and the names of bands of another."""
        self._start_label, self._band_names, self._georeference = (
            other.start_label,
            other.band_names,
            other.georeference,
        )
        return self

    def placed(self, georeference: Georeference | None, band_names: Sequence[str] | None = None) -> Self:
        """Return the same segmentation with another place on the map, and with names of bands if they fit.

        Parameters
        ----------
        georeference : Georeference or None
            Of a raster of the same size, such as `georeference` of another segmentation.
        band_names : sequence of str, optional
            Those that it has are kept where this is None, or has not a different name for each band.

        Returns
        -------
        Segmentation
            Measurements that were made are kept.

        Examples
        --------
        >>> import numpy as np
        >>> import imgcluster as ic
        >>> place = ic.Georeference("EPSG:32633", (10.0, 0.0, 600000.0, 0.0, -10.0, 5000000.0))
        >>> ic.Segmentation([[0, 1]], np.zeros((1, 2), np.uint8)).placed(place).georeference.crs
        'EPSG:32633'
        """
        same = copy(self)
        same._georeference = georeference
        n_bands = 1 if self.image.ndim == self.indices.ndim else self.image.shape[-1]
        names = tuple(name for name in items_of(band_names) or () if isinstance(name, str))
        if len(names) == len(set(names)) == n_bands:
            same._band_names = names
        return same

    @cached_property
    def labels(self) -> Int32Array:
        """Segment of each pixel: (H, W), int32, from `start_label` on; -1, or 0 from 1 on, outside the mask."""
        return self.indices + np.int32(self.start_label) if self.start_label else self.indices

    @property
    def indices(self) -> Int32Array:
        """Place of each pixel's segment in all arrays and tables: (H, W), int32, from 0; -1 outside the mask."""
        return self._regions.labels

    @property
    def start_label(self) -> int:
        """Label of the first segment, 0 or 1."""
        return self._start_label

    @property
    def band_names(self) -> tuple[str, ...] | None:
        """Names of the bands of the image in tables, or None."""
        return self._band_names

    @property
    def georeference(self) -> Georeference | None:
        """Where the image lies on the map, as the file of a raster says; or None."""
        return self._georeference

    @property
    def values(self) -> NDArray[Any] | None:
        """What the segments were called before `from_labels` or `merge` by a table: (n_segments,), integers; or None.

        ``segmentation.relabel(segmentation.values)`` is that map.
        """
        return self._values

    @property
    def image(self) -> NDArray[Any]:
        """The image that was segmented: (H, W) or (H, W, C)."""
        return self._regions.image

    @property
    def channels(self) -> str:
        """Whether three channels are colors, "srgb", or not, "raw"."""
        return self._channels

    @property
    def value_range(self) -> Float64Array | None:
        """What pictures show as black and white: (C, 2), float64; None for the range of the type, or of the values."""
        return self._value_range

    @property
    def n_segments(self) -> int:
        """Number of segments."""
        return self._regions.n_segments

    @property
    def areas(self) -> Int64Array:
        """Number of pixels of each segment: (n_segments,), int64."""
        return self._regions.areas

    @property
    def centroids(self) -> Float64Array:
        """Mean row and column of each segment: (n_segments, 2), float64, in pixels, 0 the center of the first."""
        return self._regions.centroids

    @property
    def mean_colors(self) -> Float64Array:
        """Mean of each channel over each segment: (n_segments, C), float64, in the units of the image.

        Values that are not finite are left out; without any other the mean is NaN.
        """
        return self._regions.mean_colors

    @property
    def counts(self) -> Int64Array:
        """Number of finite values of each channel in each segment, as means take them: (n_segments, C), int64."""
        return self._regions.counts

    @property
    def neighbors(self) -> Int32Array:
        """Pairs of segments with a common pixel side: (m, 2), int32, a < b, in ascending order."""
        return self._regions.neighbors

    @property
    def origins(self) -> Int32Array | None:
        """Which of the `labels` that `superpixels` began with each segment was: (n_segments,), int32, -1 for new ones.

        None without such a start. Segments keep their numbers, so that an entry differs from its place only where
        one was gone and its number was given on.
        """
        return self._origins

    @property
    def mean_features(self) -> Float64Array | None:
        """What `merge` compares: (n_segments, D), float64; None for the mean colors."""
        return self._mean_features

    @property
    def mixture(self) -> Mixture | None:
        """The local mixture of Gaussians that made the segments, or None."""
        return self._mixture

    @property
    def history(self) -> History | None:
        """How the log-likelihood of the mixture rose: `objective` and `steps`; or None."""
        return None if self._mixture is None else self._mixture.history

    @property
    def means(self) -> Float64Array | None:
        """Means of the mixture: (n_segments, C + 2), CIELAB or scaled channels, row, column; or None."""
        return None if self._mixture is None else self._mixture.means

    @property
    def covariances(self) -> Float64Array | None:
        """Covariances of the mixture: (n_segments, C + 2, C + 2); or None."""
        return None if self._mixture is None else self._mixture.covariances

    @cached_property
    def responsibilities(self) -> Responsibilities | None:
        """How far each pixel belongs to the segments near it: `segments` and `shares` (H, W, m), or None.

        Computed when first asked for. `responsibilities.of(k)` is the map of one segment, (H, W).
        """
        return None if self._mixture is None else self._mixture.responsibilities
