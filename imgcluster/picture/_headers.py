"""What the header of a picture file shows without decoding it: its size, and what an output would not keep."""

from dataclasses import dataclass
from typing import BinaryIO

from imgcluster.facts import Loss
from imgcluster.picture._memory import check_largest
from imgcluster.picture._metadata import metadata_of
from imgcluster.picture._pillow import kind_of, lenient_pillow, open_picture
from imgcluster.picture.formats import FORMATS, HEAD


@dataclass(frozen=True)
class Header:
    """The size of a picture as it is stored, in pixels, and its metadata.

    Attributes
    ----------
    width, height : int
    holds : frozenset of Loss
        What an output that holds no metadata would lose.
    """

    width: int
    height: int
    holds: frozenset[Loss] = frozenset()


def read_header(stream: BinaryIO) -> Header | None:
    """Read the header of a picture from the start of a file; None if it is not valid."""
    try:
        stream.seek(0)
        kind = kind_of(stream.read(HEAD))
        if kind is None:
            return None
        if (size_of := FORMATS[kind].size_of) is not None:
            size = size_of(stream)
            return None if size is None else Header(size[1], size[0])
        check_largest(stream, "", FORMATS[kind])
        with lenient_pillow():
            image = open_picture(stream, kind)
            return Header(*image.size, metadata_of(image).holds)
    except Exception:
        # as many classes as for whole pictures; reading the picture will report what is wrong
        return None
