"""The file that a quantized picture becomes."""

from __future__ import annotations

import io
from collections.abc import Iterable
from dataclasses import dataclass, replace
from typing import BinaryIO, NamedTuple

from imgcluster.facts import Loss
from imgcluster.picture import Effort, Metadata, check_output, write_picture
from imgcluster.types import PathLike, UInt8Array


def usual_level(lossy: float) -> int:
    """Return how hard to deflate: who gives error for a smaller file waits for it, too."""
    return 9 if lossy > 0 else 6


class Kept(NamedTuple):
    """What of a picture the output needs beside its indices."""

    shape: tuple[int, int]
    metadata: Metadata


@dataclass(frozen=True, eq=False)
class Output:
    """The file to write."""

    target: PathLike | BinaryIO
    format: str | None
    encoding: Effort
    strip: bool
    keep_order: bool
    n_threads: int

    def write(self, indices: UInt8Array | Iterable[UInt8Array], palette: UInt8Array, picture: Kept) -> frozenset[Loss]:
        """Write indices, whole or in bands."""
        return write_picture(
            indices,
            self.target,
            palette=palette,
            shape=picture.shape,
            metadata=None if self.strip else picture.metadata,
            format=self.format,
            compress_level=self.encoding.compress_level,
            optimize=self.encoding.optimize,
            keep_order=self.keep_order,
            n_threads=self.n_threads,
        )

    def size_of(self, indices: UInt8Array, palette: UInt8Array, picture: Kept) -> int:
        """Return the number of bytes that the file would have."""
        stream = io.BytesIO()
        format = check_output(self.target, self.format).endings[0]
        replace(self, target=stream, format=format).write(indices, palette, picture)
        return stream.tell()
