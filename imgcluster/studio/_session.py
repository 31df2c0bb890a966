"""The pictures that pages have open. All else that a page is doing it keeps itself, so that tabs do not mix."""

from __future__ import annotations

import secrets
import threading
from collections import OrderedDict
from collections.abc import Callable, Hashable
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, TypeVar

import numpy as np

from imgcluster.errors import ImageReadError
from imgcluster.files import NamedBytes, read_errors, shown
from imgcluster.picture import Limits, check_memory, open_source
from imgcluster.types import UInt8Array

T = TypeVar("T")
DRAFT_PIXELS = 500_000
"""Larger pictures are scaled down to about this many pixels for what is shown at once."""

SHOWN_PIXELS = 24_000_000
"""Of larger pictures every second, third ... pixel is shown; what is downloaded has all."""

_BYTES = 8  # a pixel: the picture, its indices and what is written
_MOST_OPEN, _MOST_PIXELS = 8, 400_000_000  # pictures, and their pixels together
_MOST_KEPT = 6  # results a picture, such as one that is downloaded after it was shown
_FEW_KEPT = 2  # of large ones


@dataclass(eq=False)
class OpenPicture:
    """A picture that a page has open.

    Attributes
    ----------
    name : str
        How the command line names it: its path as it was given, or the name of a file that was dropped on the page.
    content : NamedBytes
        The file.
    pixels : ndarray of shape (H, W, 3) or (H, W, 4), uint8
        Those of the first frame.
    is_animated, has_metadata : bool
    """

    name: str
    content: NamedBytes
    pixels: UInt8Array
    is_animated: bool = False
    has_metadata: bool = False
    _draft: UInt8Array | None = None
    _kept: OrderedDict[Hashable, Any] = field(default_factory=OrderedDict)
    _lock: threading.Lock = field(default_factory=threading.Lock)

    @property
    def stem(self) -> str:
        """The name for files made from it."""
        return Path(self.name).stem or "picture"

    def source(self) -> NamedBytes:
        """Return the file for reading, apart from other readers."""
        return NamedBytes(self.content.getvalue(), self.content.name)

    def kept(self, key: Hashable, make: Callable[[], T]) -> T:
        """Return a result that was made before, or make it; the latest few are kept."""
        with self._lock:
            if key in self._kept:
                self._kept.move_to_end(key)
                found: T = self._kept[key]
                return found
        made = make()
        with self._lock:
            self._kept[key] = made
            while len(self._kept) > self._most_kept:
                self._kept.popitem(last=False)
        return made

    @property
    def _most_kept(self) -> int:
        return _MOST_KEPT if self.pixels.size < 8 * DRAFT_PIXELS else _FEW_KEPT

    def draft(self) -> UInt8Array:
        """Return the picture at a size that can be worked on while a slider moves."""
        pixels = self.pixels
        if pixels.shape[0] * pixels.shape[1] <= DRAFT_PIXELS:
            return pixels
        if self._draft is None:
            self._draft = _scaled_down(pixels)
        return self._draft

    def as_shown(self, array: UInt8Array) -> UInt8Array:
        """Return an array of pixels, thinned if there are more than a page can show."""
        step = self.shown_step
        return array if step == 1 else np.ascontiguousarray(array[::step, ::step])

    @property
    def shown_step(self) -> int:
        """Which pixels are shown: every one, every second ..."""
        height, width = self.pixels.shape[:2]
        step = 1
        while -(-height // step) * -(-width // step) > SHOWN_PIXELS:
            step += 1
        return step


class Session:
    """The pictures of one server.

    Parameters
    ----------
    limits : Limits
        Of the pictures that are read.
    n_threads : int or None
        Threads for each wish.
    """

    def __init__(self, limits: Limits, n_threads: int | None = None) -> None:
        self.limits, self.n_threads = limits, n_threads
        self.first: str | None = None
        self._pictures: OrderedDict[str, OpenPicture] = OrderedDict()
        self._lock = threading.Lock()

    def open_file(self, path: str) -> str:
        """Open the picture that the command line names, and return its key."""
        with read_errors(shown(path)):
            data = Path(path).read_bytes()
        self.first = self.open(data, path)
        return self.first

    def open(self, data: bytes, name: str) -> str:
        """Open a picture, and return its key, which cannot be guessed."""
        content = NamedBytes(data, name)
        with open_source(NamedBytes(data, shown(name))) as source:
            check_memory(source.name, source.shape, _BYTES)
            picture, is_animated = source.read(), source.animation is not None
            has_metadata = bool(source.metadata.holds | picture.metadata.holds) or picture.metadata.icc is not None
            pixels = picture.to_array()
        key = secrets.token_urlsafe(12)
        with self._lock:
            self._pictures[key] = OpenPicture(name, content, np.ascontiguousarray(pixels), is_animated, has_metadata)
            droppable = [other for other in self._pictures if other not in (self.first, key)]
            while droppable and (len(self._pictures) > _MOST_OPEN or self._n_pixels() > _MOST_PIXELS):
                del self._pictures[droppable.pop(0)]
        return key

    def _n_pixels(self) -> int:
        return sum(picture.pixels.shape[0] * picture.pixels.shape[1] for picture in self._pictures.values())

    def picture(self, key: str) -> OpenPicture:
        """Return an open picture."""
        with self._lock:
            if key not in self._pictures:
                raise ImageReadError("the picture", "it is not open any more", "drop the file on the page again")
            self._pictures.move_to_end(key)
            return self._pictures[key]


def _scaled_down(pixels: UInt8Array) -> UInt8Array:
    """Return a picture of at most so many pixels, by means of blocks of a whole number of pixels."""
    from PIL import Image

    height, width = pixels.shape[:2]
    factor = 2
    while (height // factor) * (width // factor) > DRAFT_PIXELS:
        factor += 1
    return np.asarray(Image.fromarray(pixels).reduce(factor))
