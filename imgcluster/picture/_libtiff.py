"""What libtiff says of damage: kept from the terminal, where it would name no file, and heeded."""

from __future__ import annotations

import ctypes
import threading
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from functools import cache
from typing import Any

_heard = threading.local()


@contextmanager
def hearing() -> Iterator[list[str]]:
    """Collect what libtiff says on this thread within the block; what it decodes then is not what was stored."""
    _listen()
    before, _heard.texts = getattr(_heard, "texts", None), list[str]()
    try:
        yield _heard.texts
    finally:
        _heard.texts = before


def _note(_module: bytes, text: bytes, _values: Any) -> None:
    if (texts := getattr(_heard, "texts", None)) is not None:
        texts.append(text.decode(errors="replace"))


_HANDLER = ctypes.CFUNCTYPE(None, ctypes.c_char_p, ctypes.c_char_p, ctypes.c_void_p)
_note_it = _HANDLER(_note)  # kept, as libtiff keeps its address


@cache
def _listen() -> None:
    """Replace the handler of errors, which prints them; left as it is where libtiff cannot be reached."""
    from PIL import _imaging

    # a library that is found finds those that it needs, too
    with suppress(OSError, AttributeError):
        library = ctypes.CDLL(_imaging.__file__)
        library.TIFFSetErrorHandler.restype = ctypes.c_void_p
        library.TIFFSetErrorHandler(_note_it)
