"""A segmented image: its segments, how they merge, how they look, and how they are written."""

from __future__ import annotations

from collections.abc import Mapping
from functools import cached_property

import numpy as np
from numpy.typing import ArrayLike, NDArray

from imgcluster import kernels
from imgcluster.cards import card, figure
from imgcluster.colors import channel_ranges, grid_features
from imgcluster.parameters import check_int, given_text, items_of
from imgcluster.picture import preview
from imgcluster.segmentation import _drawings, _label_files, _numbering
from imgcluster.segmentation._merge_tree import MergeTree
from imgcluster.segmentation._outlined import Outlined
from imgcluster.types import Float64Array, Int32Array, PathLike, UInt8Array


class Segmentation(Outlined):
    """An image cut into segments, such as superpixels.

    Parameters
    ----------
    labels : ndarray of shape (H, W), or Segmentation
        Integers: the segment of each pixel, 0..n_segments-1, each of them used; -1 outside the mask.
    image : ndarray of shape (H, W) or (H, W, C), uint8, uint16, float32 or float64
        What was segmented.
    channels : {"srgb", "raw"}
        Whether three channels are sRGB colors; any other number is raw.
    mean_features : ndarray of shape (n_segments, D), float64, optional
        What `merge` compares; by default the mean colors, in CIELAB if there are three channels, else scaled by the
        range of each channel.
    mixture : Mixture, optional
        The local mixture of Gaussians that made the segments.
    value_range : array-like of shape (2,) or (C, 2), optional
        The values of each channel that pictures show as black and white.
    band_names : sequence of str, optional
        Names of the bands in tables.
    start_label : {0, 1}
        The label of the first segment in `labels`, tables and files; the outside is one less, so 0 for napari and
        scikit-image's regionprops with 1. Arrays with an entry a segment begin at 0 all the same: see `indices`.
    georeference : Georeference, optional
        Where the image lies on the map; label maps in TIFF say so, too.

    Raises
    ------
    ValueError
        If labels and image differ in height and width, or labels are not -1, 0, ..., n_segments-1.
    TypeError
        If labels are not integers, or the image has another type.

    Notes
    -----
    Measurements, such as areas and mean colors, are made in one pass over the pixels when first asked for, and kept.

    Examples
    --------
    >>> import numpy as np
    >>> import imgcluster as ic
    >>> image = np.array([[0, 10, 200], [0, 10, 220]], np.uint8)
    >>> segmentation = ic.Segmentation([[0, 0, 1], [0, 0, 1]], image)
    >>> segmentation.areas.tolist(), segmentation.mean_colors.tolist(), segmentation.neighbors.tolist()
    ([4, 2], [[5.0], [210.0]], [[0, 1]])
    """

    @cached_property
    def _merge_tree(self) -> MergeTree:
        return MergeTree.grow(self.areas, self._features, self._regions.borders)

    @property
    def merges(self) -> Int32Array:
        """The pairs that `merge` joins, in order: (t, 2), the second becomes part of the first, whose number is lower.

        Of segments of which some do not touch there are fewer than ``n_segments - 1``.
        """
        return self._merge_tree.merges

    @cached_property
    def _display_range(self) -> tuple[Float64Array, Float64Array]:
        inside = None if self.indices.min() >= 0 else self.indices >= 0
        return _drawings.display_range(self.image, self.value_range, inside, is_color=self._is_color)

    @property
    def _ranges(self) -> Float64Array:
        """The range of each channel inside, by quantiles: (C, 2)."""
        # slices of a volume, one below the other
        labels = self.indices.reshape(-1, self.indices.shape[-1])
        image = self.image.reshape(*labels.shape, *self.image.shape[self.indices.ndim :])
        return channel_ranges(image, None if labels.min() >= 0 else labels >= 0)

    @cached_property
    def _features(self) -> Float64Array:
        """What merging compares: colors in CIELAB, other channels by their range inside."""
        if self.mean_features is not None:
            return self.mean_features
        means = self.mean_colors
        if self.n_segments == 0:
            return means
        if np.isnan(means).any():  # a segment without a value is like all others together
            known, counts = np.nan_to_num(means), self._regions.counts
            means = np.where(np.isnan(means), (known * counts).sum(axis=0) / np.maximum(counts.sum(axis=0), 1), means)
        if means.shape[1] == 1:
            return means
        if not self._is_color:
            ranges = self._ranges if self.value_range is None else self.value_range
            width = ranges[:, 1] - ranges[:, 0]
            return (means - ranges[:, 0]) / np.where(width > 0, width, 1.0)
        low, high = self._display_range
        colors = np.clip((means[None] - low) / np.where(high > low, high - low, 1.0), 0, 1)
        features: Float64Array = grid_features(colors)[0].astype(np.float64)
        return features

    def merge(
        self, n_segments: int | None = None, *, table: ArrayLike | Mapping[int, int] | PathLike | None = None
    ) -> Segmentation:
        """Join neighboring segments, those that differ least first, until n_segments are left; or those of a table.

        Each step joins the two neighbors whose union adds least to the sum of squared distances to the means (Ward's
        criterion). Channels that are not colors are compared by their ranges, as `superpixels` does, so that their
        units do not matter. The order does not depend on n_segments, so fewer segments are always unions of more.

        Parameters
        ----------
        n_segments : int, optional
            From 1 to as many as there are. Pieces of a mask without a common border stay apart, so that more may be
            left.
        table : array-like of shape (n_segments,), mapping of int to int, or path, optional
            Instead: a number for each segment, in the order of labels, such as its class; those of the same number are
            joined, wherever they lie. A mapping, or a CSV file as for `relabel`, goes from labels to numbers; labels
            that it does not name stay as they are. Classes with names are numbered first.

        Returns
        -------
        Segmentation
            Of the same image; segments are in the order of the lowest label that each was made of. With a table its
            `values`, the column "value" of tables and polygons, are the numbers of the table: ``values[i]`` is the
            class of segment i.

        Raises
        ------
        ValueError, TypeError
            If n_segments is out of its range, or the table does not fit; if both or none is given.

        Examples
        --------
        >>> import numpy as np
        >>> import imgcluster as ic
        >>> strips = ic.Segmentation([[0, 1, 2]], np.array([[10, 12, 90]], np.uint8))
        >>> strips.merge(2).labels.tolist(), strips.merge(table=[5, 3, 5]).labels.tolist()
        ([[0, 0, 1]], [[0, 1, 0]])
        """
        if (n_segments is None) == (table is None):
            raise TypeError("merge takes either n_segments or a table, such as merge(20) or merge(table=classes)")
        values = None
        if table is None:
            numbers = self._merge_tree.cut(check_int("n_segments", n_segments, 1, max(self.n_segments, 1)))
        else:
            numbers, values = _numbering.groups_of(table, self.n_segments, self.start_label)
        n_left = int(numbers.max(initial=-1)) + 1
        sums = np.zeros((n_left, self._features.shape[1]))
        np.add.at(sums, numbers, self._features * self.areas[:, None])
        areas = np.bincount(numbers, self.areas, minlength=n_left)
        joined = self._joined(kernels.map_labels(self.indices, numbers), sums / areas[:, None])._like(self)
        joined._values = values
        return joined

    def _joined(self, labels: Int32Array, mean_features: Float64Array) -> Segmentation:
        """Return a segmentation of the same image, with what it merges by."""
        ranges = self.value_range
        return Segmentation(labels, self.image, channels=self.channels, mean_features=mean_features, value_range=ranges)

    def mosaic(self) -> UInt8Array:
        """Return the image with each segment in its mean color, black outside: (H, W, 3), uint8.

        One channel is shown in gray, two by their mean, more than three by the first three, scaled by `value_range`, or
        by the 0.2 % and 99.8 % quantiles inside unless uint8 or floating point in 0..1.
        """
        colors = _drawings.display_colors(self.mean_colors, *self._display_range)
        return _drawings.color_in(self.indices, colors)

    def boundaries(self, thickness: int | None = 2) -> NDArray[np.bool_]:
        """Mark the borders between segments, and with the outside.

        Parameters
        ----------
        thickness : int or None
            Width of the lines in pixels: 2 marks the pixels on both sides of a border, 1 those on one side; None
            chooses as in `overlay`.

        Returns
        -------
        ndarray of shape (H, W), bool
        """
        return _drawings.lines(self.indices, self._thickness(thickness))

    def overlay(self, color: tuple[int, int, int] = (255, 230, 0), thickness: int | None = None) -> UInt8Array:
        """Draw the borders between segments on the image; the outside is dimmed.

        Parameters
        ----------
        color : tuple of three int
            sRGB, 0..255.
        thickness : int or None
            Width of the lines in pixels. By default it grows with the image, from 1 pixel, so that they show where all
            of it is scaled to a screen, but not beyond an eighth of the side of a segment.

        Returns
        -------
        ndarray of shape (H, W, 3), uint8

        Raises
        ------
        ValueError, TypeError
            If the color or the thickness is out of its range or of the wrong kind.
        """
        parts = items_of(color)
        if parts is None or len(parts) != 3:
            raise ValueError(f"color must be red, green and blue, got {given_text(color)}")
        shades = [check_int("color", shade, 0, 255) for shade in parts]
        borders = self.boundaries(thickness)
        picture = _drawings.dim_outside(_drawings.photo(self.image, *self._display_range), self.indices)
        picture[borders] = shades
        return picture

    def _repr_html_(self) -> str:
        """Show the borders between segments on the image in a notebook."""
        return card(
            *self._facts(), figure(*preview(self.overlay()), f"{self.n_segments} segment{'s' * (self.n_segments != 1)}")
        )

    def _facts(self) -> tuple[str, list[tuple[str, object]]]:
        """Return the title of a card, and what it says."""
        size = " x ".join(str(side) for side in reversed(self.indices.shape))
        n_inside = int(self.areas.sum())
        outside = [("outside", f"{1 - n_inside / self.indices.size:.1%}")] if n_inside < self.indices.size else []
        area = f"{n_inside / max(1, self.n_segments):,.0f} {'voxels' if self.indices.ndim == 3 else 'pixels'}"
        return f"{type(self).__name__} {size}", [("segments", f"{self.n_segments:,}"), ("mean area", area), *outside]

    def _thickness(self, thickness: int | None) -> int:
        """Check a thickness of lines, or choose it."""
        if thickness is None:
            return _drawings.line_thickness(self.indices, self.n_segments)
        return check_int("thickness", thickness, 1, max(self.indices.shape))

    def label_colors(self) -> UInt8Array:
        """Show each segment in a color unlike its neighbors', black outside: (H, W, 3), uint8."""
        colors = _drawings.distinct_colors(self.neighbors, self.n_segments)
        return _drawings.color_in(self.indices, colors)

    def save_labels(self, path: PathLike, *, table: ArrayLike | Mapping[int, int] | PathLike | None = None) -> None:
        """Write the labels as .png (gray, 16 bits), .tif (tiled, with the place of a raster on the map) or .npy.

        Parameters
        ----------
        path : path
        table : array-like of shape (n_segments,), mapping of int to int, or path, optional
            A whole number for each segment, such as that of its class, to write in place of its label: as for
            `relabel`, from `start_label` on.

        Raises
        ------
        ImageWriteError
            If the ending is another, or the file cannot be written; if a CRS that came without tags, as that of an
            array does, would take rasterio to write.
        ValueError
            If a PNG is asked to hold more than 65,536 segments (with a mask 65,535), or such numbers, or class 0 where
            there is an outside; if the table does not have a number for each segment.

        Notes
        -----
        TIFF and NumPy hold -1 outside of the mask, or 0 with `start_label` 1; that is GDAL's nodata in a TIFF, which
        is of int32, or with `start_label` 1 of uint16 as long as labels fit. A PNG cannot hold -1: where there is an
        outside, it holds label + 1 inside and 0 outside, and its text chunk "Comment" explains it. Numbers of a table
        are written as they are, so that a PNG has 0 outside; it is refused if a number of the table is 0, too.
        `from_labels` reads all of them; of NumPy's with `start_label` 1 it must be told ``outside=0``.
        """
        labels, n = self._written(table)
        _label_files.save_labels(labels, n, path, self.start_label, self.georeference, classes=table is not None)
