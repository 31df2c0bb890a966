"""Animations with few colors: one palette for all frames, or one for each; pixels that stand still do not change."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace
from typing import BinaryIO

import numpy as np
from numpy.typing import NDArray

from imgcluster.colors import RGB, AlphaHistogram, Histogram, alpha_space, count_pixels
from imgcluster.facts import OF_THE_PIXELS
from imgcluster.metrics import psnr_from_mse
from imgcluster.palette import Fit
from imgcluster.picture import Effort, Format, Frame, Source, check_animated_output, write_animation
from imgcluster.quantization._mapping import Mapping, make_mapping
from imgcluster.quantization._opened import OpenedFrames
from imgcluster.quantization._request import Request
from imgcluster.quantization._results import QuantizedFile, count_indices
from imgcluster.types import PathLike, UInt8Array

# below so many colors one of them is worth more than pixels that need not be stored again
_FEWEST_WITH_SPARE = 32


def quantize_frames(
    source: Source,
    target: PathLike | BinaryIO,
    request: Request,
    format: str | None,
    encoding: Effort,
    strip: bool,
    *,
    own_palettes: bool,
) -> QuantizedFile:
    """Quantize an animation: its frames are read once to count colors, and once to map pixels, one at a time."""
    animation = source.animation
    assert animation is not None
    chosen = check_animated_output(target, format, animation.n_frames, request.most_colors)
    if own_palettes:
        _check_own_palettes(request, chosen)
    if request.max_bytes is not None:
        raise ValueError(
            f"max_bytes is for single pictures, got {request.max_bytes} with an animation; use quality or n_colors"
        )
    picture = OpenedFrames(source, request.transparency(chosen))
    histogram = count_pixels(picture.bands(), request.n_threads)
    picture.warn()
    if own_palettes and len(histogram) > request.n_colors:
        frames: _OwnPalettes | _OnePalette = _OwnPalettes(picture, request, redraws=chosen.name == "GIF")
    else:
        frames = _OnePalette(picture, histogram, request, _has_spare(histogram, request, chosen))
        # clear pixels add a color to a given palette
        check_animated_output(target, format, animation.n_frames, len(frames.palette))
    lost = write_animation(
        frames.made(),
        target,
        picture.shape,
        animation,
        metadata=None if strip else picture.metadata,
        format=format,
        compress_level=encoding.compress_level,
        optimize=encoding.optimize,
        n_threads=encoding.n_threads,
    )
    lost |= picture.lost
    mse = frames.squared_error / (animation.n_frames * picture.shape[0] * picture.shape[1])
    return QuantizedFile(
        *picture.shape,
        frames.palette,
        mse,
        psnr_from_mse(mse),
        len(histogram),
        mse == 0 and not lost & OF_THE_PIXELS,
        frames.fit.model,
        lost,
        frames.counts / max(1, int(frames.counts.sum())),
        n_frames=animation.n_frames,
    )


def _check_own_palettes(request: Request, format: Format) -> None:
    """Reject what cannot have a palette for each frame."""
    if request.palette is not None:
        raise ValueError("palette_per_frame searches a palette for each frame, got a given palette; leave one out")
    if format.name == "PNG":
        raise ValueError("palette_per_frame is for GIF and WebP, got PNG, whose frames share one; write one of those")


def _has_spare(histogram: Histogram | AlphaHistogram, request: Request, format: Format) -> bool:
    """Check whether one of the colors should be a clear one, so that pixels that are shown already can be left out."""
    if format.max_colors is None or isinstance(histogram, AlphaHistogram):
        return False
    if request.palette is not None:
        # no bit more a pixel
        return request.most_colors.bit_count() != 1
    return len(histogram) < request.n_colors or request.n_colors >= _FEWEST_WITH_SPARE


class _OnePalette:
    """The frames of an animation, mapped to one palette."""

    def __init__(
        self, picture: OpenedFrames, histogram: Histogram | AlphaHistogram, request: Request, has_spare: bool
    ) -> None:
        n_spare = has_spare and request.palette is None  # beside the colors of a given palette
        wanted = replace(request, n_colors=max(1, request.n_colors - n_spare))
        self.fit: Fit = wanted.fit(histogram)
        self._mapping: Mapping = make_mapping(histogram, self.fit, wanted.mapping(self.fit), picture.bands)
        self._picture, self._is_plain, self._error = picture, _is_plain(request), 0.0
        self.palette = _with_clear(self._mapping.palette) if has_spare else self._mapping.palette
        self.counts = np.zeros(len(self.palette), np.int64)

    @property
    def squared_error(self) -> float:
        """The sum over all frames, once they are made."""
        return self._mapping.squared_error if self._is_plain else self._error

    def made(self) -> Iterator[Frame]:
        """Yield the frames."""
        before: tuple[UInt8Array, UInt8Array] | None = None
        for pixels in self._picture.bands():
            (indices,) = self._mapping.indices([pixels])
            if not self._is_plain:
                # what dithering makes of a color depends on what is around it
                if before is not None:
                    indices = np.where(_same(before[0], pixels), before[1], indices)
                self._error += _squared_error(pixels, self.palette[indices])
                before = pixels, indices
            self.counts += count_indices(indices, len(self.palette))
            yield Frame(indices, self.palette)


class _OwnPalettes:
    """The frames of an animation, each with a palette for what changes in it; the rest keeps the colors it has."""

    def __init__(self, picture: OpenedFrames, request: Request, *, redraws: bool) -> None:
        self.fit, self.squared_error = Fit(np.zeros((1, 3), np.uint8), np.zeros(0, np.int32), None, None), 0.0
        self._picture, self._request, self.counts = picture, request, np.zeros(1, np.int64)
        self._redraws = redraws  # whether pixels can become clear only with a part of the frame

    @property
    def palette(self) -> UInt8Array:
        """That of the first frame, once it is made; so are the counts of its colors."""
        return self.fit.palette

    def made(self) -> Iterator[Frame]:
        """Yield the frames."""
        before: tuple[UInt8Array, UInt8Array] | None = None
        for pixels in self._picture.bands():
            is_new = before is None or (self._redraws and _clears(before[0], pixels))
            kept = None if is_new or before is None else _same(before[0], pixels)
            frame = self._frame(pixels, kept)
            drawn = _with_alpha(frame.palette)[frame.indices]
            if before is None:
                self.fit = self.fit._replace(palette=frame.palette)
                self.counts = count_indices(frame.indices, len(frame.palette))
            elif kept is not None:
                drawn = np.where(kept[..., np.newaxis], before[1], drawn)
            self.squared_error += _squared_error(pixels, drawn)
            before = pixels, drawn
            yield frame

    def _frame(self, pixels: UInt8Array, kept: NDArray[np.bool_] | None) -> Frame:
        """Find a palette for the pixels that are not kept, and map them to it."""
        if kept is None:
            histogram, request = count_pixels([pixels], self._request.n_threads), self._request
        elif kept.all():
            return Frame(np.zeros(kept.shape, np.uint8), np.zeros((1, 4), np.uint8), kept)
        else:
            histogram = count_pixels([pixels[~kept][np.newaxis]], self._request.n_threads)
            request = replace(self._request, n_colors=max(1, self._request.n_colors - 1))
        fit = request.fit(histogram)
        mapping = make_mapping(histogram, fit, request.mapping(fit), lambda: [pixels])
        (indices,) = mapping.indices([pixels])
        if kept is None:
            return Frame(indices, mapping.palette)
        palette = _with_clear(mapping.palette)
        clear = np.flatnonzero((palette == 0).all(axis=1))[0]
        return Frame(np.where(kept, indices.dtype.type(clear), indices), palette, kept)


def _is_plain(request: Request) -> bool:
    """Check whether a pixel's index depends on its color alone."""
    return request.dither == "none" and not request.lossy


def _same(before: UInt8Array, pixels: UInt8Array) -> NDArray[np.bool_]:
    """Find the pixels that stand still."""
    if before.shape != pixels.shape:
        before, pixels = _with_alpha(before), _with_alpha(pixels)
    if pixels.shape[2] == 4:
        both_clear = (before[..., 3] == 0) & (pixels[..., 3] == 0)
        return np.asarray((before == pixels).all(axis=2) | both_clear)
    return np.asarray((before == pixels).all(axis=2))


def _clears(before: UInt8Array, pixels: UInt8Array) -> bool:
    """Check whether pixels become clear."""
    if pixels.shape[2] == 3:
        return False
    return bool(((pixels[..., 3] == 0) & (_with_alpha(before)[..., 3] > 0)).any())


def _with_alpha(pixels: UInt8Array) -> UInt8Array:
    """Return RGBA pixels, or colors."""
    if pixels.shape[-1] == 4:
        return pixels
    return np.concatenate([pixels, np.full((*pixels.shape[:-1], 1), 255, np.uint8)], axis=-1)


def _with_clear(palette: UInt8Array) -> UInt8Array:
    """Return a palette with a clear entry, the last one unless it has one."""
    if palette.shape[1] == 4 and (palette[:, 3] == 0).any():
        return palette
    return np.concatenate([_with_alpha(palette), np.zeros((1, 4), np.uint8)])


def _squared_error(pixels: UInt8Array, shown: UInt8Array) -> float:
    """Sum squared distances, over backgrounds if something is not opaque."""
    if pixels.shape[2] == 3:
        difference = pixels.astype(np.int32) - shown[..., :3]
        return float((difference * difference).sum())
    encode = alpha_space(RGB).encode
    a, b = (encode(_with_alpha(x).reshape(-1, 4)).astype(np.float64) for x in (pixels, shown))
    return float(((a - b) ** 2).sum())
