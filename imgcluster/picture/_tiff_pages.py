"""Which page of a TIFF is the picture: not its thumbnail, mask or smaller copy (TIFF 6.0, Adobe 1992; BigTIFF)."""

from __future__ import annotations

import errno
import struct
from collections.abc import Iterator, Mapping, Sequence
from itertools import takewhile
from typing import BinaryIO, NamedTuple

MASK_IGNORED = "its mask of valid pixels is not read"
WIDTH, LENGTH, COLORS, ORIENTATION = 256, 257, 262, 274
_NEW_KIND, _OLD_KIND, _BELOW = 254, 255, 330  # NewSubfileType, SubfileType, SubIFDs
_REDUCED, _MASK = 1, 4  # bits of NewSubfileType
_OLD_REDUCED = 2
_TYPES = {1: "B", 3: "H", 4: "I", 6: "b", 8: "h", 9: "i", 13: "I", 16: "Q", 18: "Q"}
_BYTES = 7  # of any meaning, such as a profile: only that they are there
_MOST_VALUES = 4096  # of a tag: colors of a palette are not looked at
_MOST_PAGES = 1 << 16
_DAMAGE = (struct.error, ValueError, OverflowError)  # the last two of places that no file has
_BITS, _SAMPLES, _DNG = 258, 277, 50706
_OF_A_SENSOR = ((32803,), (34892,))  # a mosaic, and what is made of one
_THUMBNAIL = 512  # pixels of the longer side, at most, where no tag tells


class Page(NamedTuple):
    """A page: its number in the file, and below it that of a directory; its short tags of integers."""

    place: tuple[int, ...]
    tags: Mapping[int, tuple[int, ...]]

    @property
    def size(self) -> tuple[int, int]:
        """Return width and height."""
        return (*self.tags.get(WIDTH, ()), 0)[0], (*self.tags.get(LENGTH, ()), 0)[0]

    @property
    def is_picture(self) -> bool:
        """Check whether it is no smaller copy and no mask of another page."""
        kind = (*self.tags.get(_NEW_KIND, ()), 0)[0]
        return not kind & (_REDUCED | _MASK) and self.tags.get(_OLD_KIND) != (_OLD_REDUCED,)

    @property
    def is_mask(self) -> bool:
        """Check whether it is a mask, of no smaller copy."""
        kind = (*self.tags.get(_NEW_KIND, ()), 0)[0]
        return bool(kind & _MASK) and not kind & _REDUCED and self.tags.get(_SAMPLES, (1,)) == (1,)

    def is_mask_of(self, other: Page) -> bool:
        """Check whether it says which pixels of another page are transparent."""
        return self.is_mask and self.size == other.size

    @property
    def n_bits(self) -> int:
        """Return the bits of a sample."""
        return (*self.tags.get(_BITS, ()), 1)[0]


def pictures_of(stream: BinaryIO) -> list[Page]:
    """Return the pages that are pictures, the main one first; the first page if none is, nothing if it is damaged."""
    place = stream.tell()
    try:
        pages = list(_pages(stream))
    except _DAMAGE:
        return []
    finally:
        stream.seek(place)
    found = [page for page in pages if len(page.place) == 1 and page.is_picture]
    if not found:
        below = [page for page in pages if len(page.place) == 2 and page.is_picture]
        return [max(below, key=_area)] if below else pages[:1]
    larger = [page for page in found[1:] if _is_thumbnail(found[0], page)]
    if larger:
        main = max(larger, key=_area)
        return [main, *(page for page in found if page is not main and not _is_thumbnail(page, main))]
    return found


def masks_of(stream: BinaryIO) -> dict[tuple[int, ...], Page]:
    """Return the pages that say which pixels of a picture are transparent, by the place of the picture.

    Each follows its picture, or, where a file begins with one, goes before it.
    """
    place = stream.tell()
    try:
        pages = [page for page in _pages(stream) if len(page.place) == 1]
    except _DAMAGE:
        return {}
    finally:
        stream.seek(place)
    if pages and pages[0].is_mask:
        pages.reverse()
    found = dict[tuple[int, ...], Page]()
    picture: Page | None = None
    for page in pages:
        if page.is_picture:
            picture = page
        elif picture is not None and picture.place not in found and page.is_mask_of(picture):
            found[picture.place] = page
    return found


def is_camera_raw(stream: BinaryIO) -> bool:
    """Check whether the first page, or a directory below it, holds what a camera's sensor measured."""
    place = stream.tell()
    try:
        first = takewhile(lambda page: page.place[0] == 0, _pages(stream))
        return any(page.tags.get(COLORS) in _OF_A_SENSOR or _DNG in page.tags for page in first)
    except _DAMAGE:
        return False
    finally:
        stream.seek(place)


def byte_order_of(stream: BinaryIO) -> str:
    """Return the byte order as struct writes it."""
    place = stream.tell()
    stream.seek(0)
    order = ">" if stream.read(2) == b"MM" else "<"
    stream.seek(place)
    return order


def _area(page: Page) -> int:
    return page.size[0] * page.size[1]


def _is_thumbnail(page: Page, other: Page) -> bool:
    """Check whether a page is small, and another the same picture at twice its size or more."""
    (width, height), (wide, high) = page.size, other.size
    if max(width, height) > _THUMBNAIL or wide < 2 * width or high < 2 * height:
        return False
    # its sides are rounded
    return abs(width * high - height * wide) <= max(wide, high)


def _pages(stream: BinaryIO) -> Iterator[Page]:
    """Yield the pages in their order, each followed by the directories below it; a loop ends them."""
    order, is_big, at = _header(stream)
    seen = set[int]()
    while at and at not in seen and len(seen) < _MOST_PAGES:
        number = len(seen)
        seen.add(at)
        try:
            tags, at = _directory(stream, order, is_big, at)
        except _DAMAGE:
            if number:
                return
            raise
        yield Page((number,), tags)
        for i, below in enumerate(tags.get(_BELOW, ())):
            try:
                yield Page((number, i), _directory(stream, order, is_big, below)[0])
            except _DAMAGE:
                break


def _header(stream: BinaryIO) -> tuple[str, bool, int]:
    """Return byte order, whether offsets have 64 bits, and the offset of the first directory."""
    stream.seek(0)
    head = stream.read(16)
    order = ">" if head[:2] == b"MM" else "<"
    if struct.unpack_from(f"{order}H", head, 2)[0] == 43:
        return order, True, struct.unpack_from(f"{order}Q", head, 8)[0]
    return order, False, struct.unpack_from(f"{order}I", head, 4)[0]


def _directory(stream: BinaryIO, order: str, is_big: bool, at: int) -> tuple[dict[int, tuple[int, ...]], int]:
    """Read the tags of integers in a directory, and the offset of the next."""
    count, entry, link = (
        (f"{order}Q", f"{order}HHQ8s", f"{order}Q") if is_big else (f"{order}H", f"{order}HHI4s", f"{order}I")
    )
    _go_to(stream, at)
    (n,) = struct.unpack(count, stream.read(struct.calcsize(count)))
    if n > 65535:
        raise struct.error("more tags than there are")
    size = struct.calcsize(entry)
    data = stream.read(n * size + struct.calcsize(link))
    tags = dict[int, tuple[int, ...]]()
    for i in range(n):
        code, kind, n_values, field = struct.unpack_from(entry, data, i * size)
        if kind == _BYTES:
            tags[code] = ()
        elif kind in _TYPES and n_values <= _MOST_VALUES:
            tags[code] = _values(stream, f"{order}{n_values}{_TYPES[kind]}", field, order)
    (after,) = struct.unpack_from(link, data, n * size) if len(data) == n * size + struct.calcsize(link) else (0,)
    return tags, after


def _values(stream: BinaryIO, form: str, field: bytes, order: str) -> tuple[int, ...]:
    """Return the values of a tag, which lie elsewhere if they are long."""
    n_bytes = struct.calcsize(form)
    if n_bytes <= len(field):
        return struct.unpack_from(form, field)
    _go_to(stream, struct.unpack(f"{order}{'Q' if len(field) == 8 else 'I'}", field)[0])
    data = stream.read(n_bytes)
    return struct.unpack(form, data) if len(data) == n_bytes else ()


def _go_to(stream: BinaryIO, at: int) -> None:
    """Go to a place in a file; raises one of `_DAMAGE` for a place that no file has."""
    try:
        stream.seek(at)
    except OSError as error:
        if error.errno != errno.EINVAL:
            raise
        raise ValueError(f"no file has a byte {at}") from error


def values_of(tags: Mapping[int, tuple[int, ...]], code: int, default: Sequence[int]) -> tuple[int, ...]:
    """Return the values of a tag, or a default if it has none."""
    return tags.get(code) or tuple(default)
