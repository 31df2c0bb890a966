"""Files made in memory for the tests of reading and writing, and the check of a message of one line."""

import io
import struct
import zlib
from typing import Any

import numpy as np
from numpy.typing import NDArray
from PIL import Image

from imgcluster.picture import read_image


def encoded(image: Image.Image, format: str, **options: Any) -> bytes:
    stream = io.BytesIO()
    image.save(stream, format, **options)
    return stream.getvalue()


def read_bytes(data: bytes) -> NDArray[np.uint8]:
    return read_image(io.BytesIO(data))


def png(width: int, height: int, depth: int, color_type: int, rows: list[bytes], extra: bytes = b"") -> bytes:
    """Build a PNG of the raw `rows`, for depths that Pillow does not write."""

    def chunk(name: Any, data: Any) -> Any:
        return struct.pack(">I", len(data)) + name + data + struct.pack(">I", zlib.crc32(name + data))

    header = chunk(b"IHDR", struct.pack(">IIBBBBB", width, height, depth, color_type, 0, 0, 0))
    data = zlib.compress(b"".join(b"\0" + row for row in rows))
    return b"\x89PNG\r\n\x1a\n" + header + extra + chunk(b"IDAT", data) + chunk(b"IEND", b"")


def assert_one_line(error: Any, *parts: Any) -> None:
    message = str(error.value)
    assert "\n" not in message
    for part in parts:
        assert str(part) in message
