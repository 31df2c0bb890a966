"""How large a picture may be, and how much memory reading it may take: checked from its header, before it is decoded.

The limits are those of the block that the work is done in, so that whatever opens a picture below it heeds them. They
do not follow into other threads and processes: what does work there carries them (`Limits`).
"""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from contextvars import ContextVar
from typing import NamedTuple

from imgcluster.errors import ImageReadError

MAX_PIXELS = 1 << 30
"""The most pixels that are decoded as a whole, if no other limit is given."""

MAX_MEMORY = 1 << 30
"""The most bytes that a picture may take, if no other limit is given."""

MOST_FRAMES, FRAMES_AT_ONCE = 1 << 16, 16
"""The most frames of an animation, and how many times the pixels of a picture they may have together."""

_ANY = 1 << 62
_PROCESS = 45_000_000  # bytes of Python, NumPy and Pillow


class Limits(NamedTuple):
    """What was asked for; None is the default.

    Attributes
    ----------
    max_pixels : int or None
        The most pixels of a picture, read as a whole or in bands; by default 2**30 of what is decoded as a whole.
    max_memory : int or None
        The most bytes that a picture may take, by default 2**30.
    """

    max_pixels: int | None = None
    max_memory: int | None = None

    def elsewhere(self) -> Limits:
        """Return the limits for workers of a scheduler, which sees to their memory."""
        return self._replace(max_memory=_ANY)


_NONE = Limits()
_LIMITS: ContextVar[Limits] = ContextVar("limits", default=_NONE)


def current_limits() -> Limits:
    """Return the limits that hold here."""
    return _LIMITS.get()


@contextmanager
def limits(max_pixels: int | None = None, max_memory: int | None = None) -> Iterator[Limits]:
    """Limit the pictures that are read within the block, on this thread.

    Parameters
    ----------
    max_pixels : int, optional
        The most pixels that a picture may have. None leaves the limit that holds already: 2**30 pixels of what is
        decoded as a whole, any number of what is read in bands.
    max_memory : int, optional
        The most bytes that a picture may take. None leaves the limit that holds already: 2**30.

    Yields
    ------
    Limits

    Raises
    ------
    ValueError, TypeError
        If a limit is not a whole number of at least 1.

    Examples
    --------
    >>> import imgcluster as ic
    >>> from imgcluster.picture import limits
    >>> with limits(max_pixels=100_000):
    ...     ic.read_image("examples/coffee.jpg")
    Traceback (most recent call last):
    imgcluster.errors.ImageReadError: cannot read examples/coffee.jpg: it has 600 x 400 pixels, 240,000, more than the \
limit of 100,000; allow more with max_pixels (--max-pixels)
    """
    before = _LIMITS.get()
    given = Limits(_or(before.max_pixels, "max_pixels", max_pixels), _or(before.max_memory, "max_memory", max_memory))
    token = _LIMITS.set(given)
    try:
        yield given
    finally:
        _LIMITS.reset(token)


def _or(before: int | None, name: str, value: int | None) -> int | None:
    """Return a limit that is given, or the one before."""
    if value is None:
        return before
    # NumPy is not needed to say that there is no limit
    from imgcluster.parameters import check_int

    return check_int(name, value, 1)


def check_pixels(name: str, shape: tuple[int, ...]) -> None:
    """Reject a picture that has more pixels than was asked for, however it is read."""
    if (most := _LIMITS.get().max_pixels) is not None:
        _check(name, shape, most)


def check_size(name: str, shape: tuple[int, ...]) -> None:
    """Reject decompression bombs and empty pictures before anything is decoded."""
    if min(shape) < 1:
        raise ImageReadError(name, f"it has no pixels ({_sides(shape)})", "get a fresh copy")
    most = _LIMITS.get().max_pixels
    _check(name, shape, MAX_PIXELS if most is None else most)


def check_frames(name: str, shape: tuple[int, int], n_frames: int) -> None:
    """Reject an animation whose frames are too many, or have too many pixels together."""
    most = (_LIMITS.get().max_pixels or MAX_PIXELS) * FRAMES_AT_ONCE
    way_out = "take one of them with frame (--frame)"
    if n_frames > MOST_FRAMES:
        raise ImageReadError(name, f"it has {n_frames:,} frames, more than the limit of {MOST_FRAMES:,}", way_out)
    if (n_pixels := n_frames * _product(shape)) > most:
        problem = (
            f"its {n_frames:,} frames of {_sides(shape)} have {n_pixels:,} pixels, more than the limit of {most:,}"
        )
        raise ImageReadError(name, problem, f"allow more with max_pixels (--max-pixels), or {way_out}")


def check_memory(
    name: str, shape: tuple[int, ...], per_pixel: float, beside: int = 0, *, what: str = "", way_out: str = ""
) -> None:
    """Reject a picture, or parts of it, for which work of so many bytes a pixel, and beside, needs too much memory."""
    given = _LIMITS.get().max_memory
    most, needed = MAX_MEMORY if given is None else given, int(_PROCESS + beside + per_pixel * _product(shape))
    if needed > most:
        of = f"{what} of {_sides(shape)} pixels" if what else f"{_sides(shape)} pixels"
        problem = f"its {of} need about {needed / 1e6:,.0f} MB of memory, more than the limit of {most / 1e6:,.0f} MB"
        allow = f"allow more with max_memory (--max-memory {-(-needed // 10**8) / 10:g}G)"
        raise ImageReadError(name, problem, f"{allow}, or {way_out}" if way_out else allow)


def _check(name: str, shape: tuple[int, ...], most: int) -> None:
    n_pixels = _product(shape)
    if n_pixels > most:
        problem = f"it has {_sides(shape)} pixels, {n_pixels:,}, more than the limit of {most:,}"
        raise ImageReadError(name, problem, "allow more with max_pixels (--max-pixels)")


def _sides(shape: tuple[int, ...]) -> str:
    """Format a size as width x height, slices first."""
    *slices, height, width = shape
    return " x ".join(map(str, (*slices, width, height)))


def _product(shape: tuple[int, ...]) -> int:
    n = 1
    for side in shape:
        n *= int(side)
    return n
