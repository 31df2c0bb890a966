"""How indices are coded in a PNG: bits, order of the palette, filter and strategy, found by trying them."""

from __future__ import annotations

import struct
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace

import numpy as np

from imgcluster.picture.formats._deflate import BEST, BEST_OF_ALL, deflate, has_best, is_fast
from imgcluster.picture.formats._format import Effort
from imgcluster.picture.formats._palette_order import neighbor_order
from imgcluster.picture.formats._png_lines import ADAPTIVE, NONE, PAETH, SUB, UP, packed, scanlines
from imgcluster.threads import run
from imgcluster.types import IntpArray, UInt8Array

_GRAY, _INDEXED = 0, 3  # color types
_SMALL = 1 << 20  # pixels that bear the slower levels
_SAMPLE = {1: 1 << 17, 2: 1 << 20, 3: 1 << 20}  # pixels to try on, by `optimize`
_N_BLOCKS = 8  # in a sample
_BLOCK_WIDTH = 512  # full rows of a large picture would be too few
_ROUNDS = {1: 40, 2: 400, 3: 400}
_CLEARLY = 0.99  # of the bytes without a filter: less than this is no reason for a slower way


@dataclass(frozen=True, eq=False)
class Coding:
    """One way to code indices.

    `values` (k,) is what is written for each index; `colors` (k, 3) or (k, 4) is the palette in the file's order, None
    for gray.
    """

    values: UInt8Array
    colors: UInt8Array | None
    bits: int
    filter: int = NONE
    filtered: bool = False
    level: int = 6

    def head(self, shape: tuple[int, int]) -> list[tuple[bytes, bytes]]:
        """Return the chunks before the pixels by name and content: the header, palette and alpha."""
        height, width = shape
        color_type = _GRAY if self.colors is None else _INDEXED
        chunks = [(b"IHDR", struct.pack(">IIBBBBB", width, height, self.bits, color_type, 0, 0, 0))]
        if self.colors is None:
            return chunks
        chunks.append((b"PLTE", self.colors[:, :3].tobytes()))
        if self.colors.shape[1] == 4:
            # entries after the last one that is not opaque may be left out
            n_listed = int(np.flatnonzero(self.colors[:, 3] < 255).max(initial=-1)) + 1
            chunks.append((b"tRNS", self.colors[:n_listed, 3].tobytes()))
        return chunks

    def rows(self, indices: UInt8Array) -> UInt8Array:
        """Return packed rows."""
        plain = self.values is _AS_GIVEN
        return packed(indices if plain else self.values[indices], self.bits)


_AS_GIVEN = np.arange(256, dtype=np.uint8)


def bits_for(n_colors: int) -> int:
    """Bits of an index: 1, 2, 4 or 8."""
    return next(bits for bits in (1, 2, 4, 8) if n_colors <= 1 << bits)


def find_coding(
    top: UInt8Array, shape: tuple[int, int], palette: UInt8Array, effort: Effort, *, keep_order: bool
) -> list[Coding]:
    """Return the codings, best first, that may give the smallest file; `top` is the rows to try them on.

    The result does not depend on the number of threads, and on no rows but those at the top.
    """
    plain = Coding(_AS_GIVEN, palette, bits_for(len(palette)), level=effort.compress_level)
    if not keep_order and palette.shape[1] == 4:
        plain = _ordered(plain, np.argsort(palette[:, 3] == 255, kind="stable"))
    if effort.optimize == 0 or effort.compress_level == 0:
        return [plain]
    n_pixels = shape[0] * shape[1]
    blocks = _sample(top, _SAMPLE[effort.optimize])
    codings = list(_with_one_order(plain, effort, n_pixels))
    if not keep_order:
        codings += _with_free_order(palette, blocks, effort, n_pixels)
    sizes = run(lambda i: _trial_bytes(codings[i], blocks, shape), len(codings), effort.n_threads)
    best = _best(codings, sizes, n_pixels, effort)
    if effort.compress_level < 6:
        return best
    large = _is_large(n_pixels, effort)
    flat = 8 * min(sizes) < sum(block.size for block in blocks)
    # long matches, for which the highest level takes no time, in larger pieces than the kernel has
    added = [replace(best[0], level=9)] if flat and not large else []
    if has_best() and (effort.compress_level == 9 or not large):
        best = [replace(coding, level=BEST if effort.optimize == 1 else BEST_OF_ALL) for coding in best]
    return best + added


def _best(codings: Sequence[Coding], sizes: Sequence[int], n_pixels: int, effort: Effort) -> list[Coding]:
    """Return the best, and what comes so close that a sample does not decide; the first is the plain one."""
    order = sorted(range(len(codings)), key=lambda i: (sizes[i], i))
    if n_pixels <= _SAMPLE[effort.optimize]:
        return [codings[order[0]]]
    if effort.optimize == 1 and n_pixels > _SMALL:
        return [codings[order[0] if sizes[order[0]] < _CLEARLY * sizes[0] else 0]]
    close = [i for i in order if sizes[i] <= sizes[order[0]] * 1.02]
    return [codings[i] for i in close[: 2 if effort.optimize == 1 else 4]]


def _sample(rows: UInt8Array, n_pixels: int) -> list[UInt8Array]:
    """Return blocks, evenly spread, that are high enough for rows to repeat, or all rows if they are few."""
    height, width = rows.shape
    if height * width <= n_pixels:
        return [rows]
    n_columns = min(width, _BLOCK_WIDTH)
    n_rows = min(height, max(2, n_pixels // _N_BLOCKS // n_columns))
    tops = np.linspace(0, height - n_rows, _N_BLOCKS).astype(int)
    lefts = np.linspace(0, width - n_columns, _N_BLOCKS).astype(int)[[0, 5, 2, 7, 4, 1, 6, 3]]
    return [rows[top : top + n_rows, left : left + n_columns] for top, left in zip(tops, lefts, strict=True)]


def _trial_bytes(coding: Coding, blocks: Sequence[UInt8Array], shape: tuple[int, int]) -> int:
    """Return the bytes of a sample and of what stands before it in a file."""
    lines = b"".join(scanlines(coding.rows(block), None, coding.filter) for block in blocks)
    share = min(1, sum(block.size for block in blocks) / (shape[0] * shape[1]))
    before = sum(12 + len(data) for _, data in coding.head(shape))
    return len(deflate(memoryview(lines), b"", coding.level, filtered=coding.filtered)) + round(before * share)


def _with_one_order(plain: Coding, effort: Effort, n_pixels: int) -> Iterator[Coding]:
    """Yield the ways to write indices as they are, the plain one first."""
    large = _is_large(n_pixels, effort)
    for packing in [plain] if plain.bits == 8 else [plain, replace(plain, bits=8)]:
        yield from _with_filters(packing, (NONE,) if large else (NONE, ADAPTIVE), effort, large=large)


def _with_free_order(
    palette: UInt8Array, blocks: Sequence[UInt8Array], effort: Effort, n_pixels: int
) -> Iterator[Coding]:
    """Yield the ways to write colors as shades of gray, or as indices in an order that suits filters."""
    large = _is_large(n_pixels, effort)
    if gray := _as_gray(palette):
        kinds = (NONE, SUB, UP) if large else (NONE, SUB, UP, PAETH, ADAPTIVE)
        yield from _with_filters(gray, kinds, effort, large=large)
    if len(palette) <= 2:
        return
    order = neighbor_order(blocks, len(palette), _ROUNDS[effort.optimize])
    if palette.shape[1] == 4:
        order = order[np.argsort(palette[order, 3] == 255, kind="stable")]
    near = _ordered(Coding(_AS_GIVEN, palette, bits_for(len(palette))), order)
    if near.bits < 8:
        yield from _with_filters(near, (NONE, UP) if large else (NONE, UP, PAETH), effort, large=large)
        near = replace(near, bits=8)
    yield from _with_filters(near, (SUB,) if large else (SUB, UP, PAETH, ADAPTIVE), effort, large=large)


def _is_large(n_pixels: int, effort: Effort) -> bool:
    """Check whether only the fastest filters and levels are tried."""
    return n_pixels > _SMALL and effort.optimize == 1


def _with_filters(coding: Coding, kinds: Sequence[int], effort: Effort, *, large: bool) -> Iterator[Coding]:
    """Yield a coding with filters and the levels that suit them."""
    fast, level, best = is_fast(), effort.compress_level, effort.optimize > 1
    for kind in kinds:
        if kind == NONE:
            yield replace(coding, level=9 if best or (fast and not large and level >= 6) else level)
        elif large:
            # zlib-ng heeds the strategy from level 7 on, zlib from 4, where it is faster and better than 6 without
            yield replace(coding, filter=kind, filtered=not fast, level=level if fast else min(level, 5))
        else:
            high = max(level, 7) if fast else level
            for depth in sorted({high, 9 if best else high}):
                yield replace(coding, filter=kind, filtered=True, level=depth)
                if kind != PAETH:
                    # for gradients, whose differences repeat
                    yield replace(coding, filter=kind, level=depth)


def _ordered(coding: Coding, order: IntpArray) -> Coding:
    """Return a coding with its palette in another order."""
    assert coding.colors is not None
    values = np.empty(len(order), np.uint8)
    values[order] = np.arange(len(order))
    return replace(coding, values=values, colors=coding.colors[order])


def _as_gray(palette: UInt8Array) -> Coding | None:
    """Return a coding without a palette, in as few bits as its shades allow; None if there are other colors."""
    if palette.shape[1] == 4 or (palette != palette[:, :1]).any():
        return None
    shades = palette[:, 0]
    steps = {bits: 255 // ((1 << bits) - 1) for bits in (1, 2, 4, 8)}
    bits = next(bits for bits, step in steps.items() if not (shades % step).any())
    return Coding(shades // np.uint8(steps[bits]), None, bits)
