"""Where the bands of a TIFF are: in samples of a page, in pages of a series, in levels of a pyramid."""

from __future__ import annotations

import math
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, replace
from types import SimpleNamespace
from typing import Any

import numpy as np
from numpy.typing import NDArray

from imgcluster.picture._georeference import Georeference, georeference_of
from imgcluster.picture._tiff_pages import MASK_IGNORED, Page
from imgcluster.picture.tiff._raster_names import band_names_of, channel_names_of

ORIENTATION, _EXTRA_SAMPLES, _NODATA, _PROFILE = 274, 338, 42113, 34675
_GRAY, _WHITE_IS_ZERO, _RGB = 1, 0, 2
_SEPARATE = 2  # planes
_COLORS = {_GRAY: 1, _WHITE_IS_ZERO: 1, _RGB: 3}
_WHOLE_BYTES = (8, 16, 32, 64, 128)
_REDUCED, _MASK = 1, 4  # of NewSubfileType
_INTEGERS = (1, 3, 4, 6, 8, 9, 13, 16, 17, 18)  # types of tags


class NoSuchLevel(Exception):
    """A pyramid has fewer levels."""


@dataclass(frozen=True, eq=False)
class Layout:
    """Where the bands of one page, or of one place in a series, are at one level.

    Attributes
    ----------
    pages : tuple
        Of tifffile, one after the other with all samples of a page together; None where one is in another file.
    page : TiffPage
        What they have in common.
    axes : str
        As tifffile names them: "YXS" for samples of a pixel, "CYX" for channels in pages.
    names : tuple of str, or None
        Of the bands.
    nodata : float or None
        The value that means "no data".
    georeference : Georeference or None
        Of the upright raster at this level.
    n_frames : int
        How many rasters the file has.
    sizes : tuple of (int, int)
        Height and width of each level, as stored, the largest first.
    has_mask_page : bool
        Whether another page says which pixels are valid.
    """

    pages: tuple[Any, ...]
    page: Any
    axes: str
    names: tuple[str, ...] | None
    nodata: float | None
    georeference: Georeference | None
    n_frames: int
    sizes: tuple[tuple[int, int], ...]
    has_mask_page: bool = False

    @property
    def size(self) -> tuple[int, int]:
        """Height and width, as stored."""
        return int(self.page.imagelength), int(self.page.imagewidth)

    @property
    def n_samples(self) -> int:
        """Count the bands of a page."""
        return int(self.page.samplesperpixel)

    @property
    def n_bands(self) -> int:
        """Count the bands."""
        return self.n_samples * len(self.pages)

    @property
    def dtype(self) -> np.dtype[Any] | None:
        """Return the type of the values, in the byte order of this machine; None if NumPy has none."""
        found = self.page.dtype
        return None if found is None else np.dtype(found).newbyteorder("=")

    @property
    def orientation(self) -> int:
        """Return how the raster is stored, as EXIF counts it."""
        found = self.page.tags.valueof(ORIENTATION, 1)
        return int(found) if found in range(2, 9) else 1

    @property
    def is_white_at_0(self) -> bool:
        """Check whether the values are the darker, the higher."""
        return bool(self.page.photometric == _WHITE_IS_ZERO)

    @property
    def has_alpha(self) -> bool:
        """Check whether the last sample is alpha, associated or not; a fourth one of RGB is, if no tag tells."""
        extra = self.page.tags.valueof(_EXTRA_SAMPLES)
        if extra is None:
            n_colors = _COLORS.get(int(self.page.photometric))
            return (n_colors, self.n_samples, self.georeference) == (3, 4, None)
        last = extra[-1] if isinstance(extra, tuple) and extra else extra
        return last in (1, 2)

    def ignored(self, *, raw: bool) -> str | None:
        """Say which mark of pixels without data is not heeded; alpha of colors is, as they are put on white."""
        if self.georeference is not None and self.has_alpha and len(self.pages) == 1 and (raw or not self.is_color):
            return f"band {self.n_samples} of {self.n_samples} is alpha, and compared as the other bands are"
        return MASK_IGNORED if self.has_mask_page else None

    @property
    def has_profile(self) -> bool:
        """Check whether a color profile says what the values mean."""
        return _PROFILE in self.page.tags

    @property
    def is_raster(self) -> bool:
        """Check whether values may be of any meaning: gray or RGB of whole bytes, or any bands that are no colors."""
        bits = self.page.bitspersample
        if not isinstance(bits, int) or self.page.photometric not in _COLORS:
            return False
        return bits in _WHOLE_BYTES or not self.is_color

    @property
    def is_color(self) -> bool:
        """Check whether the bands are gray or RGB, perhaps with alpha, and no more."""
        n_colors = _COLORS.get(int(self.page.photometric))
        if n_colors is None or len(self.pages) > 1:
            return False
        n_extra = self.n_samples - n_colors
        # of pictures a fourth sample of unknown meaning is left out, as Pillow does; of rasters it is a band
        unknown = n_extra == 1 and n_colors == 3 and self.georeference is None
        return n_extra == 0 or (n_extra == 1 and (self.has_alpha or unknown))


def layout_of(file: Any, level: int, frame: int) -> Layout:
    """Find the bands of a file that tifffile has opened; raises NoSuchLevel for a level that it does not have."""
    series = _main_series(file)
    levels = _levels(file, series)
    if level >= len(levels):
        raise NoSuchLevel
    at = levels[level]
    axes, shape = at.axes, at.shape
    others = [axis for axis in axes if axis not in "YXSC"]
    n_frames = math.prod(n for axis, n in zip(axes, shape, strict=True) if axis in others)
    n_other = sum(not _subfile(other.keyframe) for other in file.series if other is not series)
    pages = _pages_of(at, frame)
    page = at.keyframe
    full = levels[0].keyframe
    names = band_names_of(full) or channel_names_of(file, len(pages) * int(page.samplesperpixel))
    found = Layout(
        pages,
        page,
        axes,
        names,
        _nodata_of(full),
        None,
        n_frames + (n_other if series.kind in ("generic", "uniform", "shaped") else 0),
        tuple((int(one.keyframe.imagelength), int(one.keyframe.imagewidth)) for one in levels),
        any(_subfile(other.keyframe) & _MASK for other in file.series),
    )
    return _with_place(found, full)


def _with_place(layout: Layout, full: Any) -> Layout:
    """Return the layout with its place on the map, which the tags of the largest level say."""
    orientation = full.tags.valueof(ORIENTATION, 1)
    place = georeference_of(full, orientation if orientation in range(2, 9) else 1)
    if place is not None and layout.size != layout.sizes[0]:
        (height, width), (rows, columns) = layout.sizes[0], layout.size
        steps = (height / rows, width / columns) if layout.orientation >= 5 else (width / columns, height / rows)
        place = place.shifted(0, 0, *steps)
    return replace(layout, georeference=place)


def _main_series(file: Any) -> Any:
    """Return the first series that is not a preview or a mask of another one."""
    return next((series for series in file.series if not _subfile(series.keyframe)), file.series[0])


def _subfile(page: Any) -> int:
    """Return by which bits a page is said to be a smaller version or a mask of another one."""
    kind = page.tags.valueof(254, 0)
    return int(kind) & (_REDUCED | _MASK) if isinstance(kind, int) else 0


def _levels(file: Any, series: Any) -> Sequence[Any]:
    """Return the levels of a pyramid: those of the series, or its smaller versions in the pages that follow."""
    if len(series.levels) > 1:
        return list(series.levels)
    page = series.keyframe
    smaller = [
        other
        for other in file.series
        if other is not series
        and _subfile(other.keyframe) == _REDUCED
        and (other.keyframe.samplesperpixel, other.keyframe.dtype) == (page.samplesperpixel, page.dtype)
        and len(other.pages) == len(series.pages)
    ]
    return [series, *sorted(smaller, key=lambda other: -int(other.keyframe.imagewidth))]


def _pages_of(series: Any, frame: int) -> tuple[Any, ...]:
    """Return the pages that hold the channels of one frame, in their order."""
    outer = [(axis, n) for axis, n in zip(series.axes, series.shape, strict=True) if axis not in "YXS"]
    n_pages = math.prod(n for _, n in outer)
    pages = list(series.pages)
    if len(pages) == 1 and n_pages > 1 and series.dataoffset is not None and series.keyframe.compression == 1:
        # ImageJ describes only the first of the pages that lie one behind the other
        size = int(series.keyframe.nbytes)
        starts = range(int(series.dataoffset), int(series.dataoffset) + n_pages * size, size)
        pages = [SimpleNamespace(dataoffsets=[start], databytecounts=[size]) for start in starts]
    if n_pages <= 1 or len(pages) == 1:
        return (series.keyframe,) if not pages or pages[0] is None else (pages[0],)
    numbers: NDArray[np.intp] = np.arange(n_pages).reshape([n for _, n in outer])
    channels = [i for i, (axis, _) in enumerate(outer) if axis == "C"]
    numbers = np.moveaxis(numbers, channels, range(-len(channels), 0)) if channels else numbers[..., np.newaxis]
    n_channels = math.prod(outer[i][1] for i in channels)
    return tuple(pages[i] for i in numbers.reshape(-1, n_channels)[frame].tolist())


def _nodata_of(page: Any) -> float | None:
    """Return the value that means "no data", by GDAL's tag."""
    text = page.tags.valueof(_NODATA)
    try:
        return None if text is None else float(str(text).strip(" \0"))
    except ValueError:
        return None


def page_of(page: Any) -> Page:
    """Return the place and the integers of a page of tifffile."""
    found = {tag.code: _integers(tag) for tag in page.tags if int(tag.dtype) in _INTEGERS}
    return Page(tuple(page.treeindex), {code: values for code, values in found.items() if values is not None})


def _integers(tag: Any) -> tuple[int, ...] | None:
    """Return the values of a tag; None if tifffile makes something else of them, such as a table of ImageJ."""
    values = tag.value if isinstance(tag.value, tuple) else (tag.value,)
    return tuple(map(int, values)) if all(isinstance(value, int) for value in values) else None


def sizes_text(sizes: Iterable[tuple[int, int]]) -> str:
    """Name the sizes of levels: 4096 x 3072, 1024 x 768."""
    return ", ".join(f"{width} x {height}" for height, width in sizes)
