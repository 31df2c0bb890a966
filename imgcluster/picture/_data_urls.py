"""Pictures as data: URLs inside a page."""

from __future__ import annotations

import io
from base64 import b64encode

from PIL import Image

from imgcluster.picture._pillow import import_plugin
from imgcluster.types import UInt8Array

_QUALITY = 80


def small_url(picture: Image.Image) -> str:
    """Encode a small picture, with some loss but with its alpha."""
    return _url(picture, "WEBP", quality=_QUALITY, method=2)


def preview(pixels: UInt8Array, most: int = 360) -> tuple[str, int, int]:
    """Encode RGB or RGBA pixels, shrunk to a width and height of at most so many: URL, width and height."""
    picture = Image.fromarray(pixels)
    picture.thumbnail((most, most), Image.Resampling.LANCZOS, reducing_gap=3.0)
    return small_url(picture), picture.width, picture.height


def lossless_url(pixels: UInt8Array) -> str:
    """Encode RGB or RGBA pixels without loss."""
    return _url(Image.fromarray(pixels), "WEBP", lossless=True, quality=40, method=2)


def strip_url(pixels: UInt8Array) -> str:
    """Encode the few pixels of a palette."""
    return _url(Image.fromarray(pixels), "PNG", optimize=True)


def _url(picture: Image.Image, kind: str, **options: object) -> str:
    stream = io.BytesIO()
    import_plugin(kind)
    picture.save(stream, kind, **options)
    return f"data:image/{kind.lower()};base64,{b64encode(stream.getvalue()).decode('ascii')}"
