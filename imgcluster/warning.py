"""Warnings: those of this package are heard by the thread that works, those of others are silenced for the process.

The filters of Python's `warnings` belong to the process: two threads that change and restore them may leave them
changed, and one hears what the other warns of.
"""

from __future__ import annotations

import sys
import threading
import warnings
from collections.abc import Callable, Iterator
from contextlib import ExitStack, contextmanager
from contextvars import ContextVar

_LISTENERS: ContextVar[tuple[Callable[[Warning], bool], ...]] = ContextVar("listeners", default=())
# those that a call into another package is blamed for are named as ours
_OTHERS = r"(PIL|tifffile|imagecodecs|rasterio|pyogrio|tqdm|dask|distributed|imgcluster)\."
_PACKAGE = __file__.removesuffix("warning.py")
_LOCK = threading.Lock()
_silence = ExitStack()
_n_silent = 0


def warn(message: str, category: type[Warning]) -> None:
    """Warn whoever called this package, as `warnings.warn` does, unless a block around the caller hears it."""
    warning = category(message)
    if not any(hears(warning) for hears in reversed(_LISTENERS.get())):
        warnings.warn(warning, stacklevel=_level_of_caller())


def _level_of_caller() -> int:
    """Count the frames of this package down to `warn`, and one: that of the code that called it."""
    frame, level = sys._getframe(1), 1
    while frame.f_back is not None and frame.f_back.f_code.co_filename.startswith(_PACKAGE):
        frame, level = frame.f_back, level + 1
    return level + 1


@contextmanager
def heard_by(listener: Callable[[Warning], object], category: type[Warning] = Warning) -> Iterator[None]:
    """Pass this package's warnings of a category on this thread to a function, instead of to `warnings`."""

    def hears(warning: Warning) -> bool:
        if not isinstance(warning, category):
            return False
        listener(warning)
        return True

    token = _LISTENERS.set((*_LISTENERS.get(), hears))
    try:
        yield
    finally:
        _LISTENERS.reset(token)


@contextmanager
def unheard(category: type[Warning] = Warning) -> Iterator[None]:
    """Drop this package's warnings of a category on this thread."""
    with heard_by(lambda _: None, category):
        yield


@contextmanager
def silenced_libraries() -> Iterator[None]:
    """Silence the warnings of the libraries that read and write files, while any thread is in such a block."""
    global _n_silent
    with _LOCK:
        if _n_silent == 0:
            _silence.enter_context(warnings.catch_warnings())
            warnings.filterwarnings("ignore", module=_OTHERS)
        _n_silent += 1
    try:
        yield
    finally:
        with _LOCK:
            _n_silent -= 1
            if _n_silent == 0:
                _silence.close()
