"""How the picture of a file is put in its place, or its original kept because the picture would be larger."""

from __future__ import annotations

import io
import os
import stat
from collections.abc import Callable, Iterable, Iterator
from contextlib import AbstractContextManager, suppress
from dataclasses import dataclass, field
from pathlib import Path
from tempfile import TemporaryFile
from typing import Any, BinaryIO, TypeVar, cast

from imgcluster.facts import Code, Loss, Reason
from imgcluster.files import STREAM, deliver, write_stdout
from imgcluster.tasks._content import Content
from imgcluster.tasks._writing import STAYS
from imgcluster.wording import size_text, system_text

_BLOCK = 1 << 20

Made = TypeVar("Made")


@dataclass(frozen=True)
class Place:
    """Where the picture of an input goes.

    Attributes
    ----------
    picture : str
        A path, or - for standard output.
    format : str
        Of what goes to standard output, by an ending.
    original : str or None
        Where the original is copied if the picture would not be smaller: a path, - or `STAYS`. With None the picture
        is written however large it is.
    in_place : bool
        Whether it replaces the original, which must not happen before it is complete.
    backup : bool
        Whether an original that is replaced is kept as NAME~.
    """

    picture: str
    format: str
    original: str | None = None
    in_place: bool = False
    backup: bool = False

    @property
    def ending(self) -> str:
        """Return the ending that chooses the format."""
        return self.format if self.picture == STREAM else Path(self.picture).suffix


@dataclass(frozen=True)
class Written:
    """What was written of a picture: the size by path, whether it is larger than its original, and why it is not."""

    sizes: dict[str, int] = field(default_factory=dict)
    grew: bool = False
    reason: Reason | None = None


def put(save: Callable[[str | BinaryIO, str | None], Made], place: Place, content: Content) -> tuple[Made, Written]:
    """Have a picture written in its place, or the original if the picture is not smaller.

    `save` takes a path, or a file and the ending of a format; what it returns is returned.
    """
    if place.original is None and place.picture != STREAM and not place.in_place:
        made = save(place.picture, None)
        size = Path(place.picture).stat().st_size
        return made, Written({place.picture: size}, size > content.size)
    with _spool(place, content) as stream:
        made = save(stream, place.ending)
        size = stream.seek(0, os.SEEK_END)
        grew = size > content.size
        if place.original is None or size < content.size:
            if place.backup:
                _back_up(place.picture)
            _copy(stream, place.picture)
            _clear_away(place.original, place.picture)
            return made, Written({place.picture: size}, grew)
    reason = Reason(Code.WOULD_GROW, {"after": size_text(size), "before": size_text(content.size)})
    if place.original == STAYS:
        return made, Written({}, grew, reason)
    with content.opened() as source:
        _copy(source, place.original)
    _clear_away(place.picture, place.original)
    return made, Written({place.original: content.size}, grew, reason)


def _clear_away(other: str | None, taken: str) -> None:
    """Remove what an earlier run put in the other place of a picture: it would stand beside the new one."""
    if other is None or {other, taken} & {STAYS, STREAM} or os.path.realpath(other) == os.path.realpath(taken):
        return
    with suppress(OSError):
        Path(other).unlink()


def may_stand(content: Content, format: str, *, stripped: bool) -> bool:
    """Check whether an original can take the place of its picture: it has its format, or one for the web as PNG has."""
    from imgcluster.picture import HEAD, format_of_ending, format_of_head, read_header

    with content.opened() as stream:
        own = format_of_head(stream.read(HEAD))
        header = read_header(stream) if stripped else None
    wanted = format_of_ending(format)
    if own is None or wanted is None:
        return False
    # a profile is no metadata: colors would be wrong without it
    if stripped and (header is None or header.holds - {Loss.ICC}):
        return False
    return own is wanted or (wanted.name == "PNG" and own.for_web)


def preserve(status: os.stat_result, outputs: Iterable[str]) -> tuple[str, ...]:
    """Give outputs the time of change and the mode of their input; return warnings if that is not possible."""
    try:
        for path in outputs:
            Path(path).chmod(stat.S_IMODE(status.st_mode))
            os.utime(path, ns=(status.st_atime_ns, status.st_mtime_ns))
    except OSError as error:
        return (f"time and mode of the input are not kept: {system_text(error)}; copy them with touch -r and chmod",)
    return ()


def _back_up(path: str) -> None:
    """Keep a file as NAME~; if that exists, it is the original, and this one is of an earlier run."""
    real = os.path.realpath(path)
    with suppress(FileExistsError):
        try:
            os.link(real, f"{real}~")
        except FileExistsError:
            raise
        except OSError:
            # a file system without links
            if not Path(f"{real}~").exists():
                with Path(real).open("rb") as source:
                    deliver(_blocks(source), f"{real}~")


def _spool(place: Place, content: Content) -> AbstractContextManager[BinaryIO]:
    """Open a temporary file for a picture: in memory if the original is."""
    if content.in_memory:
        return io.BytesIO()
    folder = None if place.picture == STREAM else Path(place.picture).parent
    return cast(AbstractContextManager[BinaryIO], TemporaryFile(dir=folder))


def _copy(stream: BinaryIO, target: str) -> None:
    """Copy a file from its start to a path, as a whole, or to standard output."""
    stream.seek(0)
    if target != STREAM:
        deliver(_blocks(stream), target)
        return
    for block in _blocks(stream):
        write_stdout(block)


def _blocks(stream: BinaryIO) -> Iterator[Any]:
    """Yield the rest of a file."""
    while block := stream.read(_BLOCK):
        yield block
