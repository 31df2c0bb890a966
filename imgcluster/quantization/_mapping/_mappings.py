"""The choice of a mapping."""

from __future__ import annotations

from collections.abc import Callable, Iterable
from dataclasses import dataclass

from imgcluster.colors import RGB, AlphaHistogram, ColorSpace, Histogram
from imgcluster.palette import Fit
from imgcluster.quantization._mapping._dithering import dithered
from imgcluster.quantization._mapping._mapping import Mapping
from imgcluster.quantization._mapping._nearest import NearestMapping
from imgcluster.quantization._mapping._rate_aware import MOST_RATE_AWARE, RateAwareMapping
from imgcluster.types import UInt8Array

DITHERS = ("none", "floyd-steinberg", "blue-noise", "ordered", "auto")


@dataclass(frozen=True, eq=False)
class MappingRequest:
    """How pixels are to be mapped.

    Attributes
    ----------
    dither : str
        One of `DITHERS`.
    dither_strength : float or None
        0..1; None leaves it to the kind of dithering.
    lossy : float
        Per cent of mean error to give for smaller files.
    space : ColorSpace
        Where distances are measured.
    n_fixed : int
        How many of the first colors of the palette must stay: all of a given one, or those that are locked.
    effort : str
    n_threads : int
    """

    dither: str = "none"
    dither_strength: float | None = None
    lossy: float = 0.0
    space: ColorSpace = RGB
    n_fixed: int = 0
    effort: str = "default"
    n_threads: int = 1


def make_mapping(
    histogram: Histogram | AlphaHistogram,
    fit: Fit,
    request: MappingRequest,
    read: Callable[[], Iterable[UInt8Array]],
) -> Mapping:
    """Return the mapping of a picture; `read` returns its bands anew, for one that looks at pixels beforehand."""
    if request.dither != "none":
        return dithered(
            histogram,
            fit,
            read,
            dither=request.dither,
            strength=request.dither_strength,
            lossy=request.lossy,
            n_fixed=request.n_fixed,
            space=request.space,
            n_threads=request.n_threads,
        )
    if request.lossy:
        return _rate_aware(histogram, fit, request, read)
    return NearestMapping(histogram, fit, request.n_threads)


def _rate_aware(
    histogram: Histogram | AlphaHistogram,
    fit: Fit,
    request: MappingRequest,
    read: Callable[[], Iterable[UInt8Array]],
) -> Mapping:
    if len(fit.palette) > MOST_RATE_AWARE:
        raise ValueError(
            f"lossy is for at most {MOST_RATE_AWARE} colors, whose indices are deflated, got {len(fit.palette)}; "
            "lower n_colors or leave lossy out"
        )
    return RateAwareMapping(histogram, fit, read, lossy=request.lossy, space=request.space, n_threads=request.n_threads)
