"""Segments by the numbers of others: any integers become a segmentation, and any table is spread over the pixels."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any, Self

import numpy as np
from numpy.typing import ArrayLike, NDArray

from imgcluster import kernels
from imgcluster.segmentation import _numbering
from imgcluster.segmentation._measured import Measured
from imgcluster.segmentation._taking import LabelMap, TakenImage, read_labels, take_image
from imgcluster.types import ImageSource, Int32Array, PathLike


class Numbered(Measured):
    """A measured segmentation that takes and gives numbers of any kind."""

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
    ) -> Self:
        """Return the segmentation that a map of any integers is, such as one that was edited in another tool.

        Parameters
        ----------
        labels : array-like of shape (H, W), or path
            Integers of any type, with any holes; or a file such as .png, .tif or .npy. Each one is a segment, connected
            or not, in ascending order. Of a GeoTIFF the place on the map is kept. A PNG of `save_labels` says itself
            what is outside, and that its numbers are labels + 1.
        image : ndarray, path, binary file object, or PIL image
            As for `Segmentation`; or a file, which is read at its full depth, as by `superpixels`: names of bands, and
            the place on the map if the labels have none, are those of the file.
        outside : int or None
            The integer of pixels that are in no segment, as those of a file's nodata are: 0 for napari, scikit-image
            and .npy files of `save_labels` with `start_label` 1; None if all are in one.
        channels, value_range, band_names, start_label
            As for `Segmentation`.

        Returns
        -------
        Segmentation
            Its `values` are the integers that stand for its segments.

        Raises
        ------
        ImageReadError
            If a file cannot be read.
        ValueError, TypeError
            If labels are not integers, or not as high and wide as the image.

        Examples
        --------
        >>> import numpy as np
        >>> import imgcluster as ic
        >>> edited = np.array([[0, 500, -7], [0, 500, -7]])
        >>> two = ic.Segmentation.from_labels(edited, np.zeros((2, 3), np.uint8), outside=0)
        >>> two.labels.tolist(), two.values.tolist()
        ([[-1, 1, 0], [-1, 1, 0]], [-7, 500])
        """
        found, taken = cls._taken(labels, image, channels)
        numbers, values = _numbering.numbered(found.labels, outside, found.nodata)
        result = cls(
            numbers,
            taken.values,
            channels=taken.channels,
            value_range=value_range,
            band_names=taken.band_names if band_names is None else band_names,
            start_label=start_label,
        )
        result._values = values - values.dtype.type(found.shift)
        result._georeference = found.georeference or taken.georeference
        return result

    @staticmethod
    def _taken(labels: Any, image: Any, channels: str) -> tuple[LabelMap, TakenImage]:
        """Read labels and image, if they are files."""
        return read_labels(labels), take_image(image, channels)

    def _written(self, table: ArrayLike | Mapping[int, int] | PathLike | None) -> tuple[Int32Array, int]:
        """Return what files of labels hold, the segments or the numbers of a table, from 0, and a bound of these."""
        if table is None:
            return self.indices, self.n_segments
        first = np.int32(self.start_label)
        numbers = _numbering.classes_by_segment(table, self.n_segments, self.start_label) - first
        return kernels.map_labels(self.indices, numbers), int(numbers.max(initial=-1)) + 1

    def relabel(self, table: ArrayLike | Mapping[int, Any] | PathLike, *, outside: Any = -1) -> NDArray[Any]:
        """Give every pixel the value that a table has for its segment, such as the number of a class.

        Parameters
        ----------
        table : array-like of shape (n_segments, ...), mapping of int to number, or path
            A value for each segment, in the order of labels, or by label; or a CSV file, or a data frame, with labels
            in its column "label" or else its first one, and numbers in its last one, such as one of `save_table` with a
            column more; or a series, by its index.
        outside : number
            The value of pixels that are in no segment.

        Returns
        -------
        ndarray of shape (H, W, ...)
            Of the type of the table.

        Raises
        ------
        ValueError
            If the table does not have a value for each segment, or its type cannot hold `outside`.

        Examples
        --------
        >>> import numpy as np
        >>> import imgcluster as ic
        >>> three = ic.Segmentation([[0, 1, 2]], np.zeros((1, 3), np.uint8))
        >>> three.relabel([7, 9, 7]).tolist(), three.relabel({0: 1, 1: 0, 2: 1}).tolist()
        ([[7, 9, 7]], [[1, 0, 1]])
        """
        values = _numbering.values_by_segment(table, self.n_segments, self.start_label)
        return _numbering.spread(values, self.indices, outside)
