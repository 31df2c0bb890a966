"""Pillow with some of its traps removed: one plugin at a time, no pixel limit, no warnings."""

import threading
import warnings
from collections.abc import Iterator
from contextlib import ExitStack, contextmanager
from typing import BinaryIO

from PIL import Image

from imgcluster.picture._gif_blocks import gif_info
from imgcluster.picture._mending import open_png
from imgcluster.picture.formats import FORMATS, format_of_head

_LENIENT_LOCK = threading.Lock()
_strict_again = ExitStack()
_readers = 0


def kind_of(head: bytes) -> str | None:
    """Return the kind of a file by its first bytes, as Pillow names it."""
    format = format_of_head(head)
    return None if format is None else format.name


def open_picture(stream: BinaryIO, kind: str) -> Image.Image:
    """Open a picture as Image.open does, without its check of the size, and with all that GIF and PNG carry."""
    import_plugin(kind)
    if kind == "PNG":
        return open_png(stream)
    factory = Image.OPEN[kind][0]
    more = gif_info(stream) if kind == "GIF" else {}
    stream.seek(0)
    image = factory(stream, "")
    image.info.update(more)
    return image


def import_plugin(kind: str) -> None:
    """Import the Pillow plugin of a kind of file."""
    FORMATS[kind].import_plugin()


@contextmanager
def lenient_pillow() -> Iterator[None]:
    """Lift Pillow's limit of pixels and silence its warnings, which are global, while any thread is reading."""
    global _readers
    with _LENIENT_LOCK:
        if _readers == 0:
            _strict_again.callback(setattr, Image, "MAX_IMAGE_PIXELS", Image.MAX_IMAGE_PIXELS)
            Image.MAX_IMAGE_PIXELS = None
            _strict_again.enter_context(warnings.catch_warnings())
            warnings.filterwarnings("ignore", module=r"PIL\.")
        _readers += 1
    try:
        yield
    finally:
        with _LENIENT_LOCK:
            _readers -= 1
            if _readers == 0:
                _strict_again.close()
