"""Open a picture file, and say in a line why that fails."""

from __future__ import annotations

import os
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import TYPE_CHECKING, BinaryIO

from imgcluster.errors import ImageReadError

if TYPE_CHECKING:
    from imgcluster.types import PathLike


def open_file(path: PathLike, name: str) -> BinaryIO:
    """Open a picture file, or say in a line why not."""
    with read_errors(name):
        return Path(os.fsdecode(path)).open("rb")


@contextmanager
def read_errors(name: str) -> Iterator[None]:
    """Say in a line why a picture file of that name cannot be opened or read."""
    try:
        yield
    except FileNotFoundError as error:
        way_out = "runs over folders take URLs, this takes files: fetch it first" if "://" in name else "check the name"
        raise ImageReadError(f"cannot read {name}: no such file; {way_out}") from error
    except IsADirectoryError as error:
        raise ImageReadError(f"cannot read {name}: it is a folder; name the pictures in it") from error
    except PermissionError as error:
        raise ImageReadError(f"cannot read {name}: no permission; change its mode or copy it") from error
    except (OSError, ValueError) as error:
        # a null byte in the name is a ValueError
        said = getattr(error, "strerror", None) or error
        raise ImageReadError(f"cannot read {name}: {said}; check the name and the device") from error
