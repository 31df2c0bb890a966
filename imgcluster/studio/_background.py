"""Work that gives way: on a thread of its own, of low priority where the system has such."""

from __future__ import annotations

import contextvars
import os
import sys
import threading
from collections.abc import Callable
from contextlib import suppress
from typing import TypeVar

T = TypeVar("T")
_NICENESS = 10


def in_background(work: Callable[[], T]) -> T:
    """Return what the work returns, while what a slider asks for has the processors first.

    On Linux a thread has a priority of its own, which those that it starts inherit; it cannot be raised again, and so
    the thread ends with the work.
    """
    results: list[T] = []
    failures: list[BaseException] = []
    context = contextvars.copy_context()  # the limits of pictures

    def run() -> None:
        if sys.platform == "linux":
            with suppress(OSError):
                os.setpriority(os.PRIO_PROCESS, threading.get_native_id(), _NICENESS)
        try:
            results.append(context.run(work))
        except BaseException as failure:
            failures.append(failure)

    thread = threading.Thread(target=run, daemon=True)
    thread.start()
    thread.join()
    if failures:
        raise failures[0]
    return results[0]
