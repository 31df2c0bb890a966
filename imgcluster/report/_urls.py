"""Pictures as data: URLs inside the page."""

from __future__ import annotations

import io
from base64 import b64encode

from PIL import Image

from imgcluster.picture import import_plugin
from imgcluster.types import UInt8Array

_QUALITY = 80


def small_url(picture: Image.Image) -> str:
    """Encode a small picture, with some loss but with its alpha."""
    return _url(picture, "WEBP", quality=_QUALITY, method=2)


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
