"""How a page of a TIFF stores its values, and who reads it right: Pillow, or the functions of `_samples`."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

_NONE, _DEFLATE, _ADOBE_DEFLATE = 1, 32946, 8
# libtiff, through Pillow, decompresses these as bytes
BYTES = {_NONE, 5, _ADOBE_DEFLATE, _DEFLATE, 32773, 34925, 50000}
_JPEG = 7
COMPRESSIONS = {
    6: "JPEG",
    7: "JPEG",
    33003: "JPEG 2000",
    33005: "JPEG 2000",
    34661: "JBIG",
    34712: "JPEG 2000",
    34887: "LERC",
    34892: "JPEG",
    50001: "WebP",
    50002: "JPEG XL",
}
"""What compresses by a format of its own, which libtiff may be built without."""
_WITH_PREDICTOR = (5, _ADOBE_DEFLATE, _DEFLATE, 34925, 50000)
_COLORS = {0: 1, 1: 1, 2: 3, 3: 1, 5: 4, 8: 3, 9: 3}  # channels by photometric interpretation
_RGB, _PALETTE, _CMYK, _YCBCR, CIELAB, ICCLAB = 2, 3, 5, 6, 8, 9
_UNSIGNED, _SIGNED, _FLOAT = 1, 2, 3
ASSOCIATED, UNASSOCIATED = 1, 2
_MOST_EXTRA = {0: 1, 1: 1, 2: 3, 3: 1, 5: 2, 8: 1, 9: 1}  # samples: of more, Pillow and this take them for bands


@dataclass(frozen=True)
class Layout:
    """The tags that say what the bytes of a page mean."""

    photometric: int
    bits: int
    sample_format: int
    n_samples: int
    is_planar: bool
    compression: int
    predictor: int
    fill_order: int
    extra: tuple[int, ...]
    ink_set: int

    @property
    def n_colors(self) -> int:
        """Count the channels of colors."""
        return _COLORS[self.photometric]

    @property
    def alpha(self) -> int | None:
        """Return the number of the sample that is alpha."""
        kinds = self.extra[: self.n_samples - self.n_colors]
        found = [self.n_colors + i for i, kind in enumerate(kinds) if kind in (ASSOCIATED, UNASSOCIATED)]
        return found[0] if found else None

    @property
    def is_associated(self) -> bool:
        """Check whether colors were multiplied by alpha."""
        return self.alpha is not None and self.extra[self.alpha - self.n_colors] == ASSOCIATED

    @property
    def is_float(self) -> bool:
        """Check whether values are floating point."""
        return self.sample_format == _FLOAT

    @property
    def is_own(self) -> bool:
        """Check whether `_samples` reads it, because Pillow does not, or not right."""
        return self._is_readable and not self._is_for_pillow

    @property
    def is_gray(self) -> bool:
        """Check whether it is gray, either way."""
        return self.photometric in (0, 1)

    @property
    def is_converted(self) -> bool:
        """Check whether samples, even at their depth, are not the colors: white at 0, multiplied by alpha, and more."""
        if self.is_gray:
            is_other = self.photometric == 0 and (self.is_float or self.n_samples > 1)
        else:
            is_other = self.bits > 16 and not self.is_float
        return is_other or self.is_associated or self.fill_order != 1

    @property
    def is_plain(self) -> bool:
        """Check whether values are gray of any depth, or RGB of 16 bits, and nothing else."""
        if self.n_samples != self.n_colors:
            return False
        return self.is_gray or (self.photometric == _RGB and self.bits == 16 and not self.is_float)

    @property
    def _is_readable(self) -> bool:
        planes_of_jpeg = self.compression == _JPEG and self.bits == 8 and self.is_planar and self.n_samples > 1
        kinds = {_UNSIGNED: (*range(1, 17), 32), _SIGNED: (8, 16, 32), _FLOAT: (16, 32, 64)}.get(self.sample_format, ())
        if self.photometric not in _COLORS or self.bits not in kinds:
            return False
        if self.compression not in BYTES and not planes_of_jpeg:
            return False
        if self.sample_format == _SIGNED and self.photometric not in (0, 1):
            return False
        if self.photometric in (CIELAB, ICCLAB) and (self.bits not in (8, 16) or self.is_float):
            return False
        if self.photometric == _PALETTE and (self.bits > 16 or self.is_float):
            return False
        n_extra = self.n_samples - self.n_colors
        return 0 <= n_extra <= _MOST_EXTRA[self.photometric] and (self.photometric != _CMYK or self.ink_set == 1)

    @property
    def _is_for_pillow(self) -> bool:
        n_extra = self.n_samples - _COLORS.get(self.photometric, 0)
        is_one = self.n_samples == 1
        if self.photometric not in _COLORS or self.photometric in (CIELAB, ICCLAB):
            return self.photometric == _YCBCR
        if self.sample_format == _UNSIGNED and self.bits in (1, 2, 4, 8) and is_one:
            return self.photometric in (0, 1, _PALETTE)
        if self.photometric == 1 and is_one:
            # deeper ones of MM, compressed, come in the wrong byte order
            return not self.is_planar and (self.sample_format, self.bits) == (_UNSIGNED, 16)
        if self.sample_format != _UNSIGNED or self.bits != 8 or self.is_planar:
            return False
        if self.photometric == _CMYK and n_extra:
            return False
        return self.photometric != 0 and n_extra <= 1 and len(self.extra) == n_extra


def layout_of(tags: Mapping[int, tuple[int, ...]]) -> Layout | None:
    """Return the layout that tags describe; None if its samples differ in their bits or kinds."""

    def values(code: int, default: int) -> tuple[int, ...]:
        return tuple(tags.get(code) or (default,))

    n_samples, compression = values(277, 1)[0], values(259, _NONE)[0]
    bits, formats = values(258, 1)[:n_samples], values(339, _UNSIGNED)[:n_samples]
    if len({*bits}) != 1 or len({*formats}) != 1:
        return None
    photometric, extra = values(262, 0)[0], tuple(tags.get(338) or ())
    if not extra and photometric == _RGB and n_samples == _COLORS[_RGB] + 1:
        extra = (UNASSOCIATED,)  # as libtiff and Pillow have it: many programs leave the tag out
    return Layout(
        photometric=photometric,
        bits=bits[0],
        sample_format=_UNSIGNED if formats[0] == 4 else formats[0],  # 4 is undefined
        n_samples=n_samples,
        is_planar=values(284, 1)[0] == 2,
        compression=compression,
        predictor=values(317, 1)[0] if compression in _WITH_PREDICTOR else 1,
        fill_order=values(266, 1)[0],
        extra=extra,
        ink_set=values(332, 1)[0],
    )
