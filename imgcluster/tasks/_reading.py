"""The picture in the content of a file, and what reading it lost."""

from __future__ import annotations

from typing import Any

from imgcluster.facts import Loss
from imgcluster.tasks._content import Content

_NAMES = {"EXIF": Loss.EXIF, "ICC profile": Loss.ICC, "XMP": Loss.XMP, "IPTC": Loss.IPTC}


def read_picture(content: Content) -> tuple[Any, frozenset[Loss]]:
    """Read the pixels, and tell what they and the file around them lose."""
    from imgcluster.picture import read_header, read_image_and_losses

    assert not isinstance(content.source, str)
    header = read_header(content.source)
    pixels, lost = read_image_and_losses(content.source)
    return pixels, losses_of(lost) | metadata_losses(header)


def losses_of(texts: Any) -> frozenset[Loss]:
    words = {"partly": Loss.ALPHA, "only": Loss.FRAMES}
    return frozenset(words.get(text.split()[0], Loss.ORIENTATION if "EXIF" in text else Loss.PROFILE) for text in texts)


def metadata_losses(header: Any) -> frozenset[Loss]:
    return frozenset(_NAMES.get(name, Loss.TEXT) for name in (header.metadata if header else ()))
