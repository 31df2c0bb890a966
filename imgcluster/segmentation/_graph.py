"""What tables, graphs and other tools take from a segmentation: measurements, edges, pools of other layers."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from functools import cached_property
from typing import TYPE_CHECKING, Any

import numpy as np
from numpy.typing import ArrayLike, NDArray

from imgcluster.kernels import by_bands
from imgcluster.parameters import check_choice
from imgcluster.segmentation import _edges, _layers, _table
from imgcluster.segmentation._edges import Edges
from imgcluster.segmentation._numbered import Numbered
from imgcluster.segmentation._shapes import shape_columns
from imgcluster.types import Int32Array, Int64Array, PathLike

if TYPE_CHECKING:
    import networkx


class Graph(Numbered):
    """Measured segments as tables and as a graph; `Segmentation` adds outlines, how they merge and look."""

    @property
    def _is_color(self) -> bool:
        return self._channels == "srgb" and self.image.shape[self.indices.ndim :] == (3,)

    @cached_property
    def edges(self) -> Edges:
        """Pairs of segments with a common border: `ends` (m, 2), `lengths` (m,) in pixel sides and `contrasts` (m,)."""
        gaps = self.image.dtype.kind == "f" and not np.array_equal(self.counts.min(axis=1, initial=0), self.areas)
        return _edges.find_edges(
            self._regions, self.value_range, self._filled() if gaps else None, is_color=self._is_color
        )

    def _filled(self) -> NDArray[Any]:
        """Return the image with what is not finite inside replaced by the mean of its segment."""
        planes = self.image.reshape(*self.indices.shape, -1)
        # outside takes the last one
        means = np.nan_to_num(np.concatenate([self.mean_colors, np.zeros((1, planes.shape[-1]))]))
        rounded = means.astype(planes.dtype)

        def fill(planes: NDArray[Any], labels: Int32Array) -> NDArray[Any]:
            return np.where(np.isfinite(planes), planes, rounded[labels])

        filled = by_bands(fill, planes.dtype, planes, self.indices)
        return filled.reshape(self.image.shape)

    def pool(self, values: ArrayLike, statistic: str = "mean") -> NDArray[Any]:
        """Pool an array over the segments: one number for each, of any layer such as heights or learned features.

        Parameters
        ----------
        values : array-like of shape (H, W) or (H, W, C), or path
            Real numbers; what is not finite, or masked in a numpy.ma array, is left out.
        statistic : {"mean", "sum", "variance", "std", "min", "max", "median", "count"}
            "count" is the number of finite values.

        Returns
        -------
        ndarray of shape (n_segments,) or (n_segments, C), float64
            NaN for a segment without a finite value; "count" is int64.

        Raises
        ------
        ValueError, TypeError
            If the array is not as large as the image, or does not hold real numbers; if there is no such statistic.

        Examples
        --------
        >>> import numpy as np
        >>> import imgcluster as ic
        >>> two = ic.Segmentation([[0, 0, 1]], np.zeros((1, 3), np.uint8))
        >>> two.pool([[1.0, 3.0, 9.0]]).tolist(), two.pool([[1.0, 3.0, np.nan]], "count").tolist()
        ([2.0, 9.0], [2, 0])
        """
        check_choice("statistic", statistic, _layers.STATISTICS)
        layer = _layers.read_layer("values", values, self.indices.shape)
        found: NDArray[Any] = getattr(_layers.LayerStatistics(self.indices, layer, self.areas), statistic)
        is_plane = layer.shape[-1] == 1 and np.shape(values)[self.indices.ndim :] == ()
        return found[:, 0] if is_plane else found

    def to_networkx(self) -> networkx.Graph:
        """Return the graph of segments for networkx and skimage.graph.

        Returns
        -------
        networkx.Graph
            A node a label with area, centroid and mean_color, and labels, a list of it alone, which
            skimage.graph.cut_threshold asks for; an edge for each common border with length, contrast and weight, which
            is the contrast.

        Raises
        ------
        ImportError
            If networkx is not installed.

        Examples
        --------
        >>> import numpy as np
        >>> import imgcluster as ic
        >>> graph = ic.Segmentation([[0, 1]], np.array([[0, 255]], np.uint8)).to_networkx()
        >>> graph.nodes[1]["area"], graph.edges[0, 1]["length"]
        (1, 1)
        """
        try:
            import networkx
        except ImportError as error:
            raise ImportError("to_networkx needs networkx; install it with: pip install networkx") from error
        graph = networkx.Graph()
        rows = zip(self.areas.tolist(), self.centroids.tolist(), self.mean_colors.tolist(), strict=True)
        for label, (area, centroid, color) in enumerate(rows, self.start_label):
            graph.add_node(label, labels=[label], area=area, centroid=tuple(centroid), mean_color=color)
        columns = (column.tolist() for column in self.edges.columns(self.start_label).values())
        for source, target, length, contrast in zip(*columns, strict=True):
            graph.add_edge(source, target, length=length, contrast=contrast, weight=contrast)
        return graph

    def to_edge_index(self) -> Int64Array:
        """Return the edges as graph networks take them, such as PyTorch Geometric.

        Returns
        -------
        ndarray of shape (2, 2 m), int64
            Rows of tables from 0, whatever `start_label` is: first all edges from a < b to b, then all back, so that
            ``np.tile(segmentation.edges.contrasts, 2)`` belongs to it.

        Examples
        --------
        >>> import numpy as np
        >>> import imgcluster as ic
        >>> ic.Segmentation([[0, 1, 2]], np.zeros((1, 3), np.uint8)).to_edge_index().tolist()
        [[0, 1, 1, 2], [1, 2, 0, 1]]
        """
        return _edges.edge_index(self.edges)

    def to_table(
        self,
        *,
        layers: Mapping[str, Any] | None = None,
        percentiles: Sequence[float] | float = (),
        band_names: Sequence[str] | str | None = None,
    ) -> dict[str, NDArray[Any]]:
        """Return what was measured of each segment, a column a name.

        Parameters
        ----------
        layers : mapping of str to array or path, optional
            Other values of the same pixels, such as ``{"height": array}``: (H, W), or (H, W, C) for the columns name_0,
            name_1, ...; real numbers, or a file such as .npy or .tif. What is not finite, masked in a numpy.ma array or
            a GeoTIFF's nodata is left out. A GeoTIFF must lie on the map where the image does.
        percentiles : sequence of float
            From 0 to 100: percentile_5_red and the like, for the image and the layers.
        band_names : sequence of str, or str with commas, optional
            Names of the bands of the image in columns; by default those that the segmentation has, or red, green and
            blue for sRGB, 0, 1, ... for others.

        Returns
        -------
        dict of str to ndarray of shape (n_segments,)
            label, value (the number before `from_labels`, if it was that), area (pixels), centroid_row,
            centroid_column, bbox_top, bbox_left, bbox_bottom, bbox_right (the last two are the first row and column
            behind the segment); perimeter (pixel sides on the border, with the frame), circularity (4 pi area /
            perimeter^2), axis_major_length, axis_minor_length, eccentricity and orientation as scikit-image defines
            them. Then for each band, in units of the image, mean_red, variance_red, min_red, max_red, percentiles and
            count_red, how many values were finite, which alone these are of: NaN without any. The same for layers:
            mean_height, ...

        Raises
        ------
        ValueError, TypeError
            If a layer is not as large as the image, or lies elsewhere on the map, a percentile is out of its range, or
            names do not fit.
        ImageReadError
            If the file of a layer cannot be read.

        Examples
        --------
        >>> import numpy as np
        >>> import imgcluster as ic
        >>> two = ic.Segmentation([[0, 0, 1]], np.zeros((1, 3), np.uint8))
        >>> table = two.to_table(layers={"height": np.array([[1.0, 3.0, np.nan]])}, percentiles=[50])
        >>> table["mean_height"].tolist(), table["percentile_50_height"].tolist(), table["count_height"].tolist()
        ([2.0, nan], [2.0, nan], [2, 0])
        """
        percentiles = _layers.check_percentiles(percentiles)
        columns: dict[str, NDArray[Any]] = {"label": np.arange(self.n_segments, dtype=np.int32) + self.start_label}
        if self.values is not None:
            columns["value"] = self.values
        return (
            columns
            | self._places()
            | self._band_columns(percentiles, band_names)
            | _layers.layer_columns(self.indices, self.areas, layers, percentiles, self.georeference)
        )

    def _places(self) -> dict[str, NDArray[Any]]:
        """Return the columns of places and shapes."""
        return _table.places(self._regions.shapes, self.centroids) | shape_columns(self._regions)

    def _band_columns(
        self, percentiles: Sequence[float], band_names: Sequence[str] | str | None
    ) -> dict[str, NDArray[Any]]:
        """Return the columns of the bands of the image."""
        bands = self._regions.bands
        n_bands = bands.values.shape[-1]
        names = _table.channel_names(n_bands, is_color=self._is_color) if self.band_names is None else self.band_names
        return bands.columns(
            names if band_names is None else _layers.check_band_names(band_names, n_bands), percentiles
        )

    def save_table(
        self,
        path: PathLike,
        *,
        layers: Mapping[str, Any] | None = None,
        percentiles: Sequence[float] | float = (),
        band_names: Sequence[str] | str | None = None,
    ) -> None:
        """Write `to_table` as .csv, .json with an object a segment, or .parquet.

        NaN is empty in CSV, null in JSON.

        Parameters
        ----------
        path : path
        layers, percentiles, band_names
            See `to_table`.

        Raises
        ------
        ImageWriteError
            If the ending is another, or the file cannot be written; if .parquet is asked for without pyarrow, which
            comes with ``pip install 'imgcluster[parquet]'``.
        """
        _table.check_ending(path)
        _table.save_table(self.to_table(layers=layers, percentiles=percentiles, band_names=band_names), path)

    def save_edges(self, path: PathLike) -> None:
        """Write the edges as .csv, .json or .parquet: source, target (labels), length and contrast of each border.

        Parameters
        ----------
        path : path

        Raises
        ------
        ImageWriteError
            As `save_table`.
        """
        _table.check_ending(path)
        _table.save_table(self.edges.columns(self.start_label), path)

    def save_npz(
        self,
        path: PathLike,
        *,
        layers: Mapping[str, Any] | None = None,
        percentiles: Sequence[float] | float = (),
        band_names: Sequence[str] | str | None = None,
    ) -> None:
        """Write labels, table and edges into one compressed file for numpy.load.

        Parameters
        ----------
        path : path
            Ending in .npz.
        layers, percentiles, band_names
            See `to_table`.

        Raises
        ------
        ImageWriteError
            If the ending is another, or the file cannot be written.

        Notes
        -----
        The arrays are "labels" (H, W), int32; "table", with a row a segment and a field a column, such as
        ``file["table"]["area"]``; and "edges" with the fields source, target, length and contrast.
        """
        _table.check_ending(path, (".npz",))
        table = self.to_table(layers=layers, percentiles=percentiles, band_names=band_names)
        _table.save_npz(self.labels, table, self.edges.columns(self.start_label), path)
