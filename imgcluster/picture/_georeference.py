"""Where a raster lies on the map: its coordinate reference system, its affine transform, and the tags that say so."""

from __future__ import annotations

import math
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING, Any, NamedTuple, TypeAlias

from imgcluster.warning import silenced_libraries

if TYPE_CHECKING:
    from tifffile import TiffPage

Transform: TypeAlias = tuple[float, float, float, float, float, float]

GEO_TAGS = (33550, 33922, 34264, 34735, 34736, 34737)
"""Tags of GeoTIFF 1.1: pixel scale, tie points, transformation, and the keys of the CRS with their numbers and text."""

_SCALE, _TIES, _MATRIX, _KEYS = GEO_TAGS[:4]
_RASTER_TYPE, _GEOGRAPHIC, _PROJECTED, _VERTICAL = 1025, 2048, 3072, 4096  # keys
_IS_POINT, _FIRST_CODE, _LAST_CODE = 2, 1024, 32766
_PART_OF_A_PIXEL = 0.1  # that two rasters on the same grid may be apart
_DOUBLE = 12  # type of a tag: 64 bits
WAY_OUT = "pip install 'imgcluster[geo]'"


class GeoTag(NamedTuple):
    """A tag with its values as tifffile reads and writes them."""

    code: int
    type: int
    n_values: int
    value: Any


@dataclass(frozen=True)
class Georeference:
    """Where a raster lies on the map.

    Attributes
    ----------
    crs : str or None
        The coordinate reference system: "EPSG:32633", or WKT where it has no number; None where the file does not say,
        or only in a way that takes rasterio (``pip install 'imgcluster[geo]'``) to read.
    transform : tuple of six float, or None
        (a, b, c, d, e, f): the corner at column x and row y of the upright raster, 0 the outer edge of the first pixel,
        lies at a x + b y + c and d x + e y + f on the map, as in rasterio's Affine. None where the file has tie points
        that are no affine transform.
    tags : tuple of GeoTag
        Those of GeoTIFF that say the same, for a TIFF of the same size.

    Examples
    --------
    >>> from imgcluster.picture import Georeference
    >>> place = Georeference("EPSG:32633", (10.0, 0.0, 600000.0, 0.0, -10.0, 5000000.0))
    >>> place.at(0, 0), place.at(3, 1)
    ((600000.0, 5000000.0), (600030.0, 4999990.0))
    """

    crs: str | None = None
    transform: Transform | None = None
    tags: tuple[GeoTag, ...] = ()

    def at(self, column: float, row: float) -> tuple[float, float]:
        """Return the place on the map of a corner of pixels."""
        if self.transform is None:
            raise ValueError("the raster has no affine transform; rectify it first, such as with gdalwarp")
        a, b, c, d, e, f = self.transform
        return a * column + b * row + c, d * column + e * row + f

    def shifted(self, column: float, row: float, step_column: float = 1.0, step_row: float = 1.0) -> Georeference:
        """Return the place of a part that begins at a corner, with pixels that are so many of these wide and high."""
        if self.transform is None:
            return replace(self, tags=())
        a, b, _, d, e, _ = self.transform
        x, y = self.at(column, row)
        return self._moved((a * step_column, b * step_row, x, d * step_column, e * step_row, y))

    def upright(self, orientation: int, shape: tuple[int, int]) -> Georeference:
        """Return the place of a raster, stored in this shape, after it was turned upright by its EXIF orientation."""
        if orientation not in range(2, 9):
            return self
        if self.transform is None:
            return replace(self, tags=())
        height, width = shape
        a, b, c, d, e, f = self.transform
        # the stored column and row of an upright corner (x, y): x_x x + x_y y + x_0, and y_x x + y_y y + y_0
        (x_x, x_y, x_0), (y_x, y_y, y_0) = _STORED[orientation]
        x_0, y_0 = x_0 * width, y_0 * height
        return self._moved(
            (
                a * x_x + b * y_x,
                a * x_y + b * y_y,
                a * x_0 + b * y_0 + c,
                d * x_x + e * y_x,
                d * x_y + e * y_y,
                d * x_0 + e * y_0 + f,
            )
        )

    def with_tags(self) -> Georeference:
        """Return it with tags of GeoTIFF, which rasterio finds for a CRS that came without them.

        Raises
        ------
        ImportError
            If that takes rasterio, and it is not installed.
        """
        if self.tags or self == Georeference():
            return self
        if self.crs is None:
            return self if self.transform is None else self._moved(self.transform)
        return replace(self, tags=_tags_by_rasterio(self.crs, self.transform))

    def _moved(self, transform: Transform) -> Georeference:
        """Return it with another transform, in its tags, too."""
        kept = tuple(tag for tag in self.tags if tag.code not in (_SCALE, _TIES, _MATRIX))
        is_point = _keys_of(kept).get(_RASTER_TYPE) == _IS_POINT
        return Georeference(self.crs, transform, tuple(sorted((*_tags_of(transform, is_point=is_point), *kept))))


def check_same_place(
    what: str, place: Georeference | None, image: str, of_image: Georeference | None, shape: tuple[int, ...]
) -> None:
    """Reject what lies on an image pixel by pixel if both files say where they are on the map, and that differs.

    Systems are compared by their numbers, corners to a tenth of a pixel.
    """
    if place is None or of_image is None:
        return
    codes = _code_of(place), _code_of(of_image)
    height, width = shape[:2]
    corners = ((0, 0), (width, 0), (0, height), (width, height))
    found: list[tuple[str, str]] = []
    if None not in codes and codes[0] != codes[1]:
        found.append((f"EPSG:{codes[0]}", f"EPSG:{codes[1]}"))
    elif place.transform is not None and of_image.transform is not None:
        a, b, _, d, e, _ = of_image.transform
        most = _PART_OF_A_PIXEL * min(math.hypot(a, d), math.hypot(b, e))
        ends = [(place.at(*corner), of_image.at(*corner)) for corner in corners]
        found = [(_pair(here), _pair(there)) for here, there in ends if not math.dist(here, there) <= most]
    if found:
        raise ValueError(
            f"{what} lies elsewhere on the map than {image}: {found[0][0]} where that has {found[0][1]}; warp it onto "
            "the same grid, such as by gdalwarp, or remove its georeference"
        )


def _pair(corner: tuple[float, float]) -> str:
    """Name a corner on the map."""
    return f"({corner[0]:.12g}, {corner[1]:.12g})"


def _code_of(place: Georeference) -> int | None:
    """Return the number of the horizontal system, None if it has none."""
    keys = _keys_of(place.tags)
    code = keys.get(_PROJECTED, keys.get(_GEOGRAPHIC, 0))
    if not keys and place.crs is not None and place.crs.startswith("EPSG:"):
        code = int(place.crs[5:]) if place.crs[5:].isdigit() else 0
    return code if _FIRST_CODE <= code <= _LAST_CODE else None


_STORED = {
    2: ((-1, 0, 1), (0, 1, 0)),
    3: ((-1, 0, 1), (0, -1, 1)),
    4: ((1, 0, 0), (0, -1, 1)),
    5: ((0, 1, 0), (1, 0, 0)),
    6: ((0, 1, 0), (-1, 0, 1)),
    7: ((0, -1, 1), (-1, 0, 1)),
    8: ((0, -1, 1), (1, 0, 0)),
}


def georeference_of(page: TiffPage, orientation: int = 1) -> Georeference | None:
    """Return where a page of a TIFF lies on the map once it is upright; None if its tags do not say."""
    tags = tuple(
        GeoTag(code, int(tag.dtype), int(tag.count), tag.value)
        for code in GEO_TAGS
        if (tag := page.tags.get(code)) is not None and tag.value is not None
    )
    if not tags:
        return None
    found = Georeference(_crs_of(tags), _transform_of(tags), tags)
    return found.upright(orientation, (int(page.imagelength), int(page.imagewidth)))


def _keys_of(tags: tuple[GeoTag, ...]) -> dict[int, int]:
    """Return the keys whose values are numbers of 16 bits."""
    values = next((tag.value for tag in tags if tag.code == _KEYS), ())
    if not isinstance(values, tuple):
        return {}
    entries = (values[i : i + 4] for i in range(4, len(values) - 3, 4))
    return {key: value for key, place, _, value in entries if place == 0}


def _crs_of(tags: tuple[GeoTag, ...]) -> str | None:
    """Return the CRS by its number; what has none, or a height beside, is left to rasterio."""
    keys = _keys_of(tags)
    code = keys.get(_PROJECTED, keys.get(_GEOGRAPHIC, 0))
    if _FIRST_CODE <= code <= _LAST_CODE and _VERTICAL not in keys:
        return f"EPSG:{code}"
    return _crs_by_rasterio(tags) if keys else None


def _crs_by_rasterio(tags: tuple[GeoTag, ...]) -> str | None:
    """Let rasterio read the CRS from a raster of one pixel with the same tags; None without it."""
    try:
        from rasterio.io import MemoryFile
    except ImportError:
        return None
    import io

    import numpy as np
    import tifffile

    file = io.BytesIO()
    tifffile.imwrite(file, np.zeros((1, 1), np.uint8), extratags=[(*tag, True) for tag in tags], metadata=None)
    try:
        with silenced_libraries(), MemoryFile(file.getvalue()) as memory, memory.open() as raster:
            crs = raster.crs
    except Exception:
        # of rasterio, of several kinds: the tags are kept all the same
        return None
    return None if not crs else str(crs.to_string())


def _tags_by_rasterio(crs: str, transform: Transform | None) -> tuple[GeoTag, ...]:
    """Return the tags that rasterio writes into a raster of one pixel."""
    try:
        from rasterio import Affine
        from rasterio.io import MemoryFile
    except ImportError as error:
        raise ImportError(f"the tags of {crs.split('[')[0]} take rasterio to write; {WAY_OUT}") from error
    import io

    from tifffile import TiffFile

    options = {"crs": crs} if transform is None else {"crs": crs, "transform": Affine(*transform)}
    with MemoryFile() as memory:
        with memory.open(driver="GTiff", height=1, width=1, count=1, dtype="uint8", **options):
            pass
        data = memory.read()
    with TiffFile(io.BytesIO(data)) as file:
        found = georeference_of(file.pages.first)
    return () if found is None else found.tags


def _transform_of(tags: tuple[GeoTag, ...]) -> Transform | None:
    """Return the affine transform of corners of pixels."""
    values = {tag.code: tag.value for tag in tags}
    matrix, scale, ties = values.get(_MATRIX), values.get(_SCALE), values.get(_TIES)
    if isinstance(matrix, tuple) and len(matrix) == 16:
        a, b, _, c, d, e, _, f = map(float, matrix[:8])
    elif isinstance(scale, tuple) and isinstance(ties, tuple) and len(scale) >= 2 and len(ties) >= 6:
        a, e, b, d = float(scale[0]), -float(scale[1]), 0.0, 0.0
        c, f = float(ties[3]) - float(ties[0]) * a, float(ties[4]) - float(ties[1]) * e
    else:
        return None
    if _keys_of(tags).get(_RASTER_TYPE) == _IS_POINT:
        # tie points are centers then
        c, f = c - (a + b) / 2, f - (d + e) / 2
    return a, b, c, d, e, f


def _tags_of(transform: Transform, *, is_point: bool) -> tuple[GeoTag, ...]:
    """Return the tags of an affine transform."""
    a, b, c, d, e, f = transform
    if is_point:
        c, f = c + (a + b) / 2, f + (d + e) / 2
    if b == d == 0 and a > 0 > e:
        scale, ties = GeoTag(_SCALE, _DOUBLE, 3, (a, -e, 0.0)), GeoTag(_TIES, _DOUBLE, 6, (0.0, 0.0, 0.0, c, f, 0.0))
        return scale, ties
    matrix = (a, b, 0.0, c, d, e, 0.0, f, 0.0, 0.0, 0.0, 0.0, 0.0, 0.0, 0.0, 1.0)
    return (GeoTag(_MATRIX, _DOUBLE, 16, matrix),)
