"""The best picture within a number of bytes: fewer colors first, then a lossy mapping that fills what is left."""

from __future__ import annotations

import copy
from collections.abc import Callable
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING

from imgcluster.colors import AlphaHistogram, Histogram
from imgcluster.errors import TargetError
from imgcluster.quantization._opened import Opened
from imgcluster.quantization._reduced import Reduced, count_colors, reduce_counted
from imgcluster.types import UInt8Array

if TYPE_CHECKING:
    from imgcluster.quantization._request import Request

_FILLED = 0.93  # of the bytes: a search ends there
_MOST_LOSSY = 400.0  # per cent
_MOST_COLORS = 256  # of a lossy mapping
_STEPS = 9  # of the search for a lossy mapping

SizeOf = Callable[[UInt8Array, UInt8Array], int]  # indices and palette -> bytes of the file


@dataclass(frozen=True, eq=False)
class Trial:
    """A picture that was made to see how large its file is."""

    reduced: Reduced
    indices: UInt8Array
    n_bytes: int


def reduce_whole(picture: Opened, request: Request, size_of: SizeOf) -> tuple[Reduced, UInt8Array]:
    """Reduce the colors of a picture in memory, and return its indices, too."""
    histogram = count_colors(picture, request)
    if request.max_bytes is not None:
        trial = _reduce_to_bytes(picture, histogram, request, size_of)
        return trial.reduced, trial.indices
    reduced = reduce_counted(picture, histogram, request)
    (indices,) = reduced.mapping.indices(picture.bands())
    return reduced, indices


def _reduce_to_bytes(
    picture: Opened, histogram: Histogram | AlphaHistogram, request: Request, size_of: SizeOf
) -> Trial:
    """Find the picture of least error among those tried whose files have at most `request.max_bytes`.

    Raises
    ------
    TargetError
        If the smallest file that was tried is larger.
    """
    most = request.max_bytes
    assert most is not None

    def made(n_colors: int, lossy: float) -> Trial:
        wanted = replace(request, n_colors=n_colors, rng=copy.deepcopy(request.rng), lossy=lossy)
        reduced = reduce_counted(picture, histogram, wanted)
        (indices,) = reduced.mapping.indices(picture.bands())
        return Trial(reduced, indices, size_of(indices, reduced.palette))

    if request.palette is None:
        return _fewer_colors(made, min(request.n_colors, len(histogram)), request)
    whole = made(request.n_colors, request.lossy)
    best = whole if whole.n_bytes <= most else _lossier(lambda lossy: made(request.n_colors, lossy), most)
    if best is None:
        raise TargetError(_missed(most, made(request.n_colors, _MOST_LOSSY).n_bytes))
    return best


def _fewer_colors(made: Callable[[int, float], Trial], n_colors: int, request: Request) -> Trial:
    """Find the largest palette whose file is small enough, or a larger one with a lossy mapping if that is better."""
    most = request.max_bytes
    assert most is not None
    best, low, high = made(n_colors, request.lossy), 1, n_colors
    if best.n_bytes <= most:
        return best
    best = made(low, request.lossy)
    if best.n_bytes > most:
        raise TargetError(_missed(most, best.n_bytes))
    while high - low > 1:
        middle = (low + high) // 2
        trial = made(middle, request.lossy)
        if trial.n_bytes <= most:
            low, best = middle, trial
        else:
            high = middle
    if best.n_bytes >= _FILLED * most or request.dither != "none" or high > _MOST_COLORS:
        return best
    # a color more is too much, and with few colors that is a large step
    other = _lossier(lambda lossy: made(high, lossy), most)
    return other if other is not None and other.reduced.mse < best.reduced.mse else best


def _lossier(made: Callable[[float], Trial], most: int) -> Trial | None:
    """Find the least lossy mapping whose file is small enough; None if the most lossy one is not."""
    best = made(_MOST_LOSSY)
    if best.n_bytes > most:
        return None
    low, high = 0.0, _MOST_LOSSY
    for _ in range(_STEPS):
        if best.n_bytes >= _FILLED * most:
            break
        # near 0 a per cent saves most
        middle = (low**0.5 + high**0.5) ** 2 / 4
        trial = made(middle)
        if trial.n_bytes <= most:
            high, best = middle, trial
        else:
            low = middle
    return best


def _missed(most: int, n_bytes: int) -> str:
    """Say what was asked for and the best that was reached."""
    return (
        f"max_bytes of {most:,} is out of reach: the smallest file has {n_bytes:,} bytes; allow more or scale the "
        "picture down"
    )
