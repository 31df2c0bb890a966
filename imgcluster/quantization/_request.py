"""The request: a given palette, or the parameters of a search; checked once, wherever they come from."""

from __future__ import annotations

import copy
from dataclasses import dataclass, replace

import numpy as np

from imgcluster.cluster import METHODS
from imgcluster.colors import COLOR_SPACES, AlphaHistogram, ColorSpace, Histogram
from imgcluster.palette import (
    EFFORTS,
    MAX_COLORS,
    Fit,
    PaletteSource,
    as_palette,
    best_of,
    find_alpha_colors,
    find_colors,
    nearest_alpha_colors,
    nearest_colors,
)
from imgcluster.parameters import check_choice, check_int, check_number, check_random_state
from imgcluster.picture import Format, rgb_of
from imgcluster.quantization._mapping import DITHERS, MappingRequest
from imgcluster.quantization._opened import Transparency
from imgcluster.quantization._targets import AUTO, Target, check_target, fit_to_target
from imgcluster.threads import check_threads
from imgcluster.types import Background, RandomState, UInt8Array


@dataclass(frozen=True, eq=False)
class Request:
    """The checked parameters of a quantization."""

    n_colors: int  # of a search, or of the given palette
    method: str
    space: ColorSpace
    effort: str
    palette: UInt8Array | None  # (k, 3) or (k, 4), to use instead of a search
    lock: UInt8Array | None  # (l, 3) or (l, 4), colors that a searched palette must hold
    background: tuple[int, int, int] | None  # what transparent parts are put on; None keeps them
    dither: str
    dither_strength: float | None  # 0..1; None leaves it to the kind of dithering
    lossy: float  # per cent of mean error to give for smaller files
    target: Target | None  # what to reach with the fewest colors
    max_bytes: int | None  # of the file
    rng: np.random.Generator
    n_threads: int
    native: UInt8Array | None = None  # (k, 3), what is written for each color of the palette

    @property
    def most_colors(self) -> int:
        """Number of colors that the palette cannot exceed."""
        return self.n_colors if self.palette is None else min(self.n_colors, len(self.palette))

    def written(self, palette: UInt8Array) -> UInt8Array:
        """Return what is written for the colors of a picture: themselves, unless a device takes others."""
        if self.palette is None or self.native is None:
            return palette
        # there may be only some of the given colors, and one for clear pixels
        native = dict(zip(map(bytes, self.palette[::-1]), self.native[::-1].tolist(), strict=True))
        found = palette.copy()
        for entry in found:
            if len(entry) == 3 or entry[3] == 255:
                entry[:3] = native.get(bytes(entry[:3]), entry[:3])
        return found

    def fit(self, histogram: Histogram | AlphaHistogram) -> Fit:
        """Find the palette for the colors of a histogram, and how they map to it."""
        if self.target is not None:

            def fit_of(n_colors: int, effort: str | None) -> Fit:
                rng, effort = copy.deepcopy(self.rng), effort or self.effort
                n_colors = max(n_colors, 0 if self.lock is None else len(self.lock))
                return replace(self, n_colors=n_colors, effort=effort, rng=rng, target=None).fit(histogram)

            return fit_to_target(histogram, self.target, self.n_colors, fit_of)
        if self.palette is not None:
            return self._fit_given(histogram, self.palette)
        if isinstance(histogram, AlphaHistogram):
            return self._fit_alpha(histogram)
        return find_colors(
            histogram,
            self.n_colors,
            self.method,
            self.effort,
            self.rng,
            self.n_threads,
            space=self.space,
            locked=self.lock,
        )

    def _fit_alpha(self, histogram: AlphaHistogram) -> Fit:
        """Find the palette for colors with alpha."""
        if self.method != "kmeans":
            raise ValueError(
                f'method must be "kmeans" for a picture with transparency, got {self.method!r}; give a background'
            )
        return find_alpha_colors(histogram, self.n_colors, self.effort, self.rng, self.n_threads, self.space, self.lock)

    def _fit_given(self, histogram: Histogram | AlphaHistogram, palette: UInt8Array) -> Fit:
        """Map colors to those of a palette, or to the best of them if there are to be fewer."""
        palette = best_of(histogram, palette, self.n_colors, self.n_threads, self.space)
        if isinstance(histogram, AlphaHistogram) or palette.shape[1] == 4:
            return nearest_alpha_colors(AlphaHistogram.of(histogram), palette, self.n_threads, self.space)
        return nearest_colors(histogram, palette, self.n_threads, self.space)

    def transparency(self, format: Format | None) -> Transparency:
        """Return what becomes of transparent parts in a file of a format, if that is known."""
        alpha = "full" if format is None else format.alpha
        return Transparency("white" if alpha is None and self.background is None else self.background, alpha == "mask")

    def mapping(self, fit: Fit) -> MappingRequest:
        """Return how pixels are to be mapped to the colors of a fit."""
        n_fixed = len(fit.palette) if self.palette is not None else 0 if self.lock is None else len(self.lock)
        return MappingRequest(
            self.dither, self.dither_strength, self.lossy, self.space, n_fixed, self.effort, self.n_threads
        )


def check_request(
    n_colors: int | str | None = None,
    *,
    method: str = "kmeans",
    color_space: str = "rgb",
    effort: str = "default",
    palette: PaletteSource | None = None,
    lock: PaletteSource | None = None,
    background: Background | None = None,
    dither: str = "none",
    dither_strength: float | None = None,
    lossy: float = 0.0,
    quality: tuple[int, int] | int | None = None,
    target_psnr: float | None = None,
    max_bytes: int | None = None,
    random_state: RandomState = 0,
    n_threads: int | None = None,
) -> Request:
    """Check parameters, and read palettes if they are given as files."""
    given = None if palette is None else as_palette(palette)
    if n_colors is None:
        n_colors = 256 if given is None else len(given)
    target = check_target(n_colors, quality, target_psnr)
    if isinstance(n_colors, str) and n_colors == AUTO and given is not None:
        raise ValueError("palette and n_colors='auto' exclude each other; give a number, or leave one out")
    n_colors = 256 if isinstance(n_colors, str) and n_colors == AUTO else check_int("n_colors", n_colors, 1, MAX_COLORS)
    if max_bytes is not None:
        max_bytes = check_int("max_bytes", max_bytes, 1)
    _check_apart(palette=palette, lock=lock, quality=quality, target_psnr=target_psnr, max_bytes=max_bytes)
    check_choice("method", method, METHODS)
    check_choice("color_space", color_space, tuple(COLOR_SPACES))
    check_choice("effort", effort, EFFORTS)
    check_choice("dither", dither, DITHERS)
    if dither_strength is not None:
        dither_strength = check_number("dither_strength", dither_strength, 0, 1)
    lossy = check_number("lossy", lossy, 0, 1000)
    rng, n_threads = check_random_state(random_state), check_threads(n_threads)
    return Request(
        n_colors,
        method,
        COLOR_SPACES[color_space],
        effort,
        None if given is None else given.colors,
        None if lock is None else _locked(lock, n_colors),
        None if background is None else rgb_of(background),
        dither,
        dither_strength,
        lossy,
        target,
        max_bytes,
        rng,
        n_threads,
        None if given is None else given.native,
    )


def _locked(lock: PaletteSource, n_colors: int) -> UInt8Array:
    """Return the colors to keep, each once, checked to leave room within n_colors."""
    colors = as_palette(lock).colors
    if colors.shape[1] == 4:
        raise ValueError("lock must hold opaque colors, got some with alpha; leave those out")
    _, first = np.unique(colors, axis=0, return_index=True)
    if len(first) > n_colors:
        raise ValueError(
            f"lock must hold at most n_colors={n_colors} colors, got {len(first)}; raise n_colors or lock fewer"
        )
    return np.ascontiguousarray(colors[np.sort(first)])


_EXCLUDING = (
    ("palette", "lock"),
    ("palette", "quality"),
    ("palette", "target_psnr"),
    ("max_bytes", "quality"),
    ("max_bytes", "target_psnr"),
)


def _check_apart(**given: object) -> None:
    """Reject parameters that contradict each other."""
    for one, other in _EXCLUDING:
        if given[one] is not None and given[other] is not None:
            raise ValueError(f"{one} and {other} exclude each other; leave one out")
