"""Pillow with some of its traps removed: one plugin at a time, no pixel limit, no warnings."""

import logging
import threading
from collections.abc import Callable, Iterator
from contextlib import ExitStack, contextmanager, nullcontext
from typing import Any, BinaryIO

import PIL
from PIL import Image

from imgcluster.picture._color_tags import BITS, CICP
from imgcluster.picture._gif_blocks import gif_info
from imgcluster.picture._jpeg2000 import bits_of
from imgcluster.picture._libtiff import hearing
from imgcluster.picture._mending import open_png
from imgcluster.picture._nclx import code_points_of
from imgcluster.picture._psd import mend_psd
from imgcluster.picture._tiff_pages import ORIENTATION, pictures_of
from imgcluster.picture.formats import FORMATS, format_of_head
from imgcluster.warning import silenced_libraries

# otherwise Python prints what Pillow logs about files that are then read without it
logging.getLogger("PIL").addHandler(logging.NullHandler())

_QOI_SPACE = 13  # where a QOI says whether its values are linear

_LENIENT_LOCK = threading.Lock()
_strict_again = ExitStack()
_readers = 0


def kind_of(head: bytes) -> str | None:
    """Return the kind of a file by its first bytes, as Pillow names it."""
    format = format_of_head(head)
    return None if format is None else format.name


def open_picture(stream: BinaryIO, kind: str) -> Image.Image:
    """Open a picture as Image.open does, but of any size, with all that GIF and PNG carry; a TIFF at its main page."""
    import_plugin(kind)
    if kind == "PNG":
        return open_png(stream)
    more = gif_info(stream) if kind == "GIF" else {}
    stream.seek(0)
    with hearing() if kind == "TIFF" else nullcontext():
        image = FORMATS[kind].open(stream)
    image.info.update(more)
    if kind in _CORRECTIONS:
        _CORRECTIONS[kind](image, stream)
    return image


def _note_code_points(image: Image.Image, stream: BinaryIO) -> None:
    if not image.info.get("icc_profile") and (points := code_points_of(stream)) is not None:
        image.info[CICP] = points


def _note_bits(image: Image.Image, stream: BinaryIO) -> None:
    image.info[BITS] = bits_of(stream)


def _note_linear(image: Image.Image, stream: BinaryIO) -> None:
    """Note that values of a QOI are linear in light (its specification 1.0: colorspace 1)."""
    stream.seek(_QOI_SPACE)
    if stream.read(1) == b"\1":
        image.info["gamma"] = 1.0


def _forget_orientation(image: Any, _stream: BinaryIO) -> None:
    """Forget what EXIF says of a picture that its decoder has turned upright (ISO/IEC 18181-2: it has no meaning)."""
    if getattr(image, "jpeg", None):
        return
    exif = image.getexif()
    if exif.pop(ORIENTATION, None) is not None:
        image.info["exif"] = exif.tobytes()


def _go_to_main_page(image: Any, stream: BinaryIO) -> None:
    if (pages := pictures_of(stream)) and pages[0].place != (0,):
        image.seek(pages[0].place[0])
    if not isinstance(image.info.get("icc_profile", b""), bytes):
        # of a type that is none: it is lost as a broken one is
        image.info["icc_profile"] = b"\0"
    _let_libtiff_read(image)


def _let_libtiff_read(image: Any) -> None:
    """Let libtiff read what Pillow takes for colors of every pixel: Y'CbCr with a chroma for several."""
    tags = image.tag_v2
    if (tags.get(262), tags.get(259, 1), tags.get(284, 1)) == (6, 1, 1) and tags.get(530, (2, 2)) != (1, 1):
        # the name of the compression is no longer given from Pillow 13 on
        args = ("RGBX", *(() if int(PIL.__version__.partition(".")[0]) >= 13 else ("raw",)), False, tags.offset)
        image.tile = [image.tile[0]._replace(codec_name="libtiff", extents=(0, 0, *image.size), offset=0, args=args)]
        image._mode, image.use_load_libtiff = "RGB", True


_CORRECTIONS: dict[str, Callable[[Any, BinaryIO], None]] = {
    "AVIF": _note_code_points,
    "HEIF": _note_code_points,
    "JPEG2000": _note_bits,
    "JXL": _forget_orientation,
    "PSD": mend_psd,
    "QOI": _note_linear,
    "TIFF": _go_to_main_page,
}


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
            _strict_again.enter_context(silenced_libraries())
        _readers += 1
    try:
        yield
    finally:
        with _LENIENT_LOCK:
            _readers -= 1
            if _readers == 0:
                _strict_again.close()
