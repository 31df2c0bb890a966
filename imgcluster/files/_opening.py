"""Opening a picture file, with one line that explains a failure."""

from __future__ import annotations

import os
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import TYPE_CHECKING, BinaryIO

from imgcluster.errors import ImageReadError
from imgcluster.wording import system_text

if TYPE_CHECKING:
    from imgcluster.types import PathLike

_SHOWN = 60  # characters of what is no name


def open_file(path: PathLike, name: str) -> BinaryIO:
    """Open a picture file, or raise an error whose one line explains why that fails."""
    with read_errors(name):
        return Path(os.fsdecode(path)).open("rb")


@contextmanager
def read_errors(name: str) -> Iterator[None]:
    """Return the error that explains in one line why a picture file cannot be opened or read."""
    try:
        yield
    except FileNotFoundError as error:
        way_out = "runs over folders take URLs, this takes files: fetch it first" if "://" in name else "check the name"
        raise ImageReadError(name, "no such file", f"{way_out}") from error
    except IsADirectoryError as error:
        raise ImageReadError(name, "it is a folder", "name the pictures in it") from error
    except PermissionError as error:
        raise ImageReadError(name, "no permission", "change its mode or copy it") from error
    except ValueError as error:
        raise ImageReadError(
            f"{name[:_SHOWN]}...", "a name cannot hold a null byte", "pass the bytes of a picture as io.BytesIO(data)"
        ) from error
    except OSError as error:
        raise ImageReadError(name, system_text(error), "check the name and the device") from error
