"""ICC profiles made for tests."""

from __future__ import annotations

import struct

import numpy as np


def s15(*values: float) -> bytes:
    return b"".join(struct.pack(">i", round(value * 65536)) for value in values)


def xyz(*values: float) -> bytes:
    return b"XYZ \0\0\0\0" + s15(*values)


def gamma(value: float) -> bytes:
    return b"curv\0\0\0\0" + struct.pack(">IH", 1, round(value * 256)) + b"\0\0"


def icc(kind: bytes, space: bytes, connection: bytes, tags: dict[bytes, bytes]) -> bytes:
    """Put an ICC profile of version 2.4 together."""
    tags = {b"wtpt": xyz(0.9642, 1, 0.8249), **tags}
    offset, table, body = 128 + 4 + 12 * len(tags), b"", b""
    for name, data in tags.items():
        table += name + struct.pack(">II", offset + len(body), len(data))
        body += data + b"\0" * (-len(data) % 4)
    header = b"\0\0\0\0" + b"\x02\x40\0\0" + kind + space + connection + struct.pack(">6H", 2024, 1, 1, 0, 0, 0)
    header += b"acsp" + b"\0" * 28 + s15(0.9642, 1, 0.8249)
    header = header.ljust(124, b"\0") + struct.pack(">I", len(tags))
    return struct.pack(">I", 4 + len(header) + len(table) + len(body)) + header + table + body


WIDE = np.array([[0.51512, 0.29198, 0.15710], [0.24120, 0.69225, 0.06657], [-0.00105, 0.04189, 0.78407]])


def wide_profile() -> bytes:
    """Display P3's primaries with a plain gamma of 2.2."""
    columns = dict(zip((b"rXYZ", b"gXYZ", b"bXYZ"), (xyz(*column) for column in WIDE.T), strict=True))
    return icc(b"mntr", b"RGB ", b"XYZ ", {**columns, b"rTRC": gamma(2.2), b"gTRC": gamma(2.2), b"bTRC": gamma(2.2)})
