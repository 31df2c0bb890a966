"""A segmented volume: what `Segmentation` is for pictures, as far as it makes sense for stacks of slices."""

from __future__ import annotations

import io
import os
from collections.abc import Mapping, Sequence
from functools import cached_property
from pathlib import Path
from typing import Any, NoReturn, Self

import numpy as np
from numpy.typing import ArrayLike, NDArray

from imgcluster.cards import card, figure
from imgcluster.errors import ImageWriteError
from imgcluster.files import name_of, replacing, shown
from imgcluster.parameters import check_choice, check_int, check_range
from imgcluster.picture import preview, read_volume
from imgcluster.segmentation._measured import CHANNELS, Measured
from imgcluster.segmentation._segmentation import Segmentation
from imgcluster.segmentation._shapes import surfaces
from imgcluster.segmentation._taking import LabelMap, TakenImage
from imgcluster.segmentation._volume_regions import VolumeRegions, check_spacing
from imgcluster.types import Float64Array, ImageSource, Int32Array, PathLike

_BOX = ("first_slice", "top", "left", "last_slice", "bottom", "right")


class VolumeSegmentation(Segmentation):
    """A volume cut into segments, such as supervoxels.

    It has what `Segmentation` has, with slices before rows and columns: labels are (D, H, W), areas are numbers of
    voxels, centroids (n_segments, 3), and neighbors have a common face. In place of perimeter and axes tables have
    `surface`, the faces of voxels on it by their areas in units of `spacing`. Drawings and polygons are those of a
    slice: ``volume[z].overlay()``.

    Parameters
    ----------
    labels : ndarray of shape (D, H, W), or VolumeSegmentation
        Integers: the segment of each voxel, 0..n_segments-1, each of them used; -1 outside the mask.
    image : ndarray of shape (D, H, W) or (D, H, W, C), uint8, uint16, float32 or float64
        What was segmented.
    spacing : sequence of three float
        Distances of slices, rows and columns.
    channels : {"srgb", "raw"}
        Whether three channels are sRGB colors; any other number is raw.
    mean_features : ndarray of shape (n_segments, C'), float64, optional
        What `merge` compares; by default the mean colors, in CIELAB if there are three channels.
    value_range : array-like of shape (2,) or (C, 2), optional
        The values of each channel that pictures show as black and white.
    band_names : sequence of str, optional
        Names of the bands in tables.
    start_label : {0, 1}
        The label of the first segment; the outside is one less.

    Raises
    ------
    ValueError
        If labels and image differ in depth, height and width, or labels are not -1, 0, ..., n_segments-1.
    TypeError
        If labels are not integers, or the image has another type.

    Examples
    --------
    >>> import numpy as np
    >>> import imgcluster as ic
    >>> volume = np.zeros((8, 32, 32), np.uint8)
    >>> volume[:, :16] = 200
    >>> cut = ic.superpixels(volume, 6, ndim=3)
    >>> cut.labels.shape, cut.n_segments, cut.centroids.shape, cut[4].overlay().shape
    ((8, 32, 32), 6, (6, 3), (32, 32, 3))
    """

    _spacing: tuple[float, float, float]

    def __init__(
        self,
        labels: ArrayLike | Measured,
        image: NDArray[Any],
        *,
        spacing: Sequence[float] = (1.0, 1.0, 1.0),
        channels: str = "srgb",
        mean_features: Float64Array | None = None,
        value_range: ArrayLike | None = None,
        band_names: Sequence[str] | None = None,
        start_label: int = 0,
    ) -> None:
        check_choice("channels", channels, CHANNELS)
        self._regions, self._channels = VolumeRegions.checked(labels, image), channels
        self._spacing, self._mean_features, self._mixture = check_spacing(spacing), mean_features, None
        self._value_range = check_range(value_range, 1 if self.image.ndim == 3 else self.image.shape[3])
        self._name(band_names, start_label)

    @classmethod
    def of_search(
        cls,
        labels: Int32Array,
        image: NDArray[Any],
        *,
        spacing: tuple[float, float, float],
        channels: str,
        value_range: Float64Array | None = None,
    ) -> VolumeSegmentation:
        """Return a segmentation without checking it."""
        self = cls.__new__(cls)
        self._regions, self._channels, self._spacing = VolumeRegions(labels, image), channels, spacing
        self._mean_features, self._mixture, self._value_range = None, None, value_range
        return self

    @classmethod
    def from_labels(
        cls,
        labels: ArrayLike | PathLike,
        image: ImageSource,
        *,
        outside: int | None = -1,
        channels: str = "srgb",
        value_range: ArrayLike | None = None,
        band_names: Sequence[str] | None = None,
        start_label: int = 0,
        spacing: Sequence[float] = (1.0, 1.0, 1.0),
    ) -> Self:
        """Return the segmentation that a volume of any integers is: see `Segmentation.from_labels`.

        Parameters
        ----------
        labels : array-like of shape (D, H, W), or path
        image : ndarray of shape (D, H, W) or (D, H, W, C), or path
            Files are .npy, or TIFFs with a page a slice.
        outside, channels, value_range, band_names, start_label
            As for pictures.
        spacing : sequence of three float
            Distances of slices, rows and columns.

        Returns
        -------
        VolumeSegmentation
        """
        result = super().from_labels(
            labels,
            image,
            outside=outside,
            channels=channels,
            value_range=value_range,
            band_names=band_names,
            start_label=start_label,
        )
        result._spacing = check_spacing(spacing)
        return result

    @staticmethod
    def _taken(labels: Any, image: Any, channels: str) -> tuple[LabelMap, TakenImage]:
        """Read labels and volume, if they are files."""
        numbers, voxels = (
            read_volume(it) if isinstance(it, str | bytes | os.PathLike) else it for it in (labels, image)
        )
        return LabelMap(numbers), TakenImage(voxels, channels)

    def __repr__(self) -> str:
        depth, height, width = self.indices.shape
        return (
            f"<{type(self).__name__} {width}x{height}x{depth}, {self.n_segments} segment{'s' * (self.n_segments != 1)}>"
        )

    def _repr_html_(self) -> str:
        """Show the slice in the middle in a notebook."""
        middle = len(self.indices) // 2
        drawn = figure(*preview(self[middle].overlay()), f"slice {middle}")
        return card(*self._facts(), drawn, f"slice {middle} of {len(self.indices)}")

    def __getitem__(self, z: Any) -> Any:
        """Return slice z as a picture, or a part of the labels by anything but a number.

        The segments of a slice are numbered anew, in the order of their numbers in the volume.
        """
        if not isinstance(z, int | np.integer):
            return super().__getitem__(z)
        z = check_int("slice", z, 0, len(self.indices) - 1)
        labels = self.indices[z]
        numbers = np.unique(labels)
        shift = int(numbers[0] >= 0)  # without an outside there is no -1 among them
        found = np.searchsorted(numbers, labels).astype(np.int32) - 1 + shift
        return Segmentation.trusted(found, self.image[z], channels=self.channels, value_range=self.value_range)

    @property
    def spacing(self) -> tuple[float, float, float]:
        """Distances of slices, rows and columns."""
        return self._spacing

    @cached_property
    def _volume_regions(self) -> VolumeRegions:
        assert isinstance(self._regions, VolumeRegions)
        return self._regions

    def merge(
        self, n_segments: int | None = None, *, table: ArrayLike | Mapping[int, int] | PathLike | None = None
    ) -> VolumeSegmentation:
        """Join neighboring segments, those that differ least first, until n_segments are left: as for pictures.

        Parameters
        ----------
        n_segments : int, optional
            From 1 to as many as there are. Pieces of a mask without a common border stay apart, so that more may be
            left.
        table : array-like of shape (n_segments,), mapping of int to int, or path, optional
            Instead: a number for each segment, or for some by label; those of the same number are joined.

        Returns
        -------
        VolumeSegmentation
            Of the same volume; segments are in the order of the lowest label that each was made of.

        Raises
        ------
        ValueError, TypeError
            If n_segments is out of its range, or the table does not fit; if both or none is given.
        """
        merged = super().merge(n_segments, table=table)
        assert isinstance(merged, VolumeSegmentation)
        return merged

    def _joined(self, labels: Int32Array, mean_features: Float64Array) -> VolumeSegmentation:
        return VolumeSegmentation(
            labels,
            self.image,
            spacing=self.spacing,
            channels=self.channels,
            mean_features=mean_features,
            value_range=self.value_range,
        )

    def _places(self) -> dict[str, NDArray[Any]]:
        """Return the columns of places and of the surface."""
        columns: dict[str, NDArray[Any]] = {"area": self.areas}
        for axis, name in enumerate(("slice", "row", "column")):
            columns[f"centroid_{name}"] = self.centroids[:, axis]
        for i, side in enumerate(_BOX):
            columns[f"bbox_{side}"] = self._volume_regions.volume_shapes.boxes[:, i]
        return columns | {"surface": surfaces(self.indices, self.n_segments, self.spacing)}

    def save_labels(self, path: PathLike, *, table: ArrayLike | Mapping[int, int] | PathLike | None = None) -> None:
        """Write the labels as .npy, or as .tif with a page a slice (32 bits, signed).

        Parameters
        ----------
        path : path
        table : array-like of shape (n_segments,), mapping of int to int, or path, optional
            As for pictures.

        Raises
        ------
        ImageWriteError
            If the ending is another, or the file cannot be written.
        """
        labels = self.labels if table is None else self._written(table)[0] + np.int32(self.start_label)
        extension = Path(name_of(path)).suffix.lower()
        encoded = io.BytesIO()
        if extension == ".npy":
            np.save(encoded, labels)
        elif extension in (".tif", ".tiff"):
            import tifffile

            about: dict[str, Any] = {"photometric": "minisblack", "metadata": {"axes": "ZYX"}}
            tifffile.imwrite(encoded, labels, compression="zlib", **about)
        else:
            raise ImageWriteError(shown(path), "use the ending .npy or .tif for the labels of a volume")
        with replacing(path) as stream:
            stream.write(encoded.getbuffer())

    def boundaries(self, thickness: int | None = 2) -> NoReturn:
        """Refuse: lines are drawn in pictures."""
        _refuse("boundaries", "boundaries()")

    def overlay(self, color: tuple[int, int, int] = (255, 230, 0), thickness: int | None = None) -> NoReturn:
        """Refuse: lines are drawn in pictures."""
        _refuse("overlay", "overlay()")

    def to_geojson(self, **of_table: Any) -> NoReturn:
        """Refuse: polygons outline the segments of pictures."""
        _refuse("to_geojson", "to_geojson()")

    def save_geojson(self, path: PathLike, **of_table: Any) -> NoReturn:
        """Refuse: polygons outline the segments of pictures."""
        _refuse("save_geojson", "save_geojson(path)")

    def save_polygons(self, path: PathLike, **of_table: Any) -> NoReturn:
        """Refuse: polygons outline the segments of pictures."""
        _refuse("save_polygons", "save_polygons(path)")

    def save_annotations(self, path: PathLike, format: str, **about: Any) -> NoReturn:
        """Refuse: annotations are drawn on pictures."""
        _refuse("save_annotations", "save_annotations(path, format)")


def _refuse(name: str, call: str) -> NoReturn:
    """Say that something is for pictures, and the way out."""
    raise TypeError(f"{name} is for pictures, not for volumes; take a slice, as in segmentation[0].{call}")
