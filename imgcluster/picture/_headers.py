"""What the header of a picture file tells without decoding it: its size, and what an output would not keep."""

from dataclasses import dataclass
from typing import BinaryIO

from imgcluster.facts import Loss
from imgcluster.picture._metadata import metadata_of
from imgcluster.picture._pillow import kind_of, lenient_pillow, open_picture

_METADATA = {
    "exif": "EXIF",
    "icc_profile": "ICC profile",
    "xmp": "XMP",
    "XML:com.adobe.xmp": "XMP",
    "photoshop": "IPTC",
    "comment": "comment",
}


@dataclass(frozen=True)
class Header:
    """The size of a picture as it is stored, in pixels, and its metadata.

    Attributes
    ----------
    width, height : int
    metadata : tuple of str
        Its kinds in words.
    holds : frozenset of Loss
        What an output that holds no metadata would lose.
    """

    width: int
    height: int
    metadata: tuple[str, ...]
    holds: frozenset[Loss] = frozenset()


def read_header(stream: BinaryIO) -> Header | None:
    """Read the header of a picture from the start of a file; None when that makes no sense."""
    try:
        stream.seek(0)
        kind = kind_of(stream.read(16))
        if kind is None:
            return None
        with lenient_pillow():
            image = open_picture(stream, kind)
            # those of a PNG that have names of their own are its text
            named = {_METADATA.get(str(key), "text") for key, value in image.info.items() if _is_metadata(key, value)}
        return Header(*image.size, tuple(sorted(named)), metadata_of(image).holds)
    except Exception:
        # as many classes as for whole pictures; reading the picture will say what is wrong
        return None


def _is_metadata(key: object, value: object) -> bool:
    """Tell metadata from what says how the pixels are stored."""
    return key in _METADATA or (isinstance(value, str) and key not in ("compression", "version"))
