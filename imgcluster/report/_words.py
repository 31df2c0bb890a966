"""The figures of the page as text."""

from __future__ import annotations

from math import isinf

from imgcluster.tasks import FileResult
from imgcluster.wording import size_text

NONE = "\N{EN DASH}"


def change_text(before: int, after: int) -> str:
    """Format by how much a size has changed, in percent."""
    percent = round(100 * (after / before - 1)) if before else 0
    sign = "\N{MINUS SIGN}" if percent < 0 else "+" if percent > 0 else "\N{PLUS-MINUS SIGN}"
    return f"{sign}{abs(percent):,} %"


def sizes_text(before: int | None, after: int | None) -> str:
    """Format how large a file was and is."""
    return " \N{RIGHTWARDS ARROW} ".join(size_text(size) for size in (before, after) if size is not None) or NONE


def time_text(milliseconds: float) -> str:
    """Format a time as people read it: 8 ms, 340 ms, 2.1 s, 3 min 20 s, 2 h 05 min."""
    if milliseconds < 999.5:
        return f"{milliseconds:.0f} ms"
    seconds = milliseconds / 1000
    if seconds < 59.95:
        return f"{seconds:.1f} s"
    minutes, seconds = divmod(round(seconds), 60)
    if minutes < 60:
        return f"{minutes} min {seconds:02} s"
    return f"{minutes // 60} h {minutes % 60:02} min"


def decibels_text(psnr: float) -> str:
    """Format a PSNR."""
    return "lossless" if psnr == float("inf") else f"{psnr:.1f} dB"


def cost_of_sharing(result: FileResult) -> float | None:
    """Return what a shared palette costs this file in dB; None if that is not known."""
    if result.psnr is None or result.own_psnr is None:
        return None
    return 0.0 if result.own_psnr == result.psnr else result.own_psnr - result.psnr


def cost_text(cost: float) -> str:
    """Format what sharing the palette changes; only one of the two palettes may be lossless."""
    if isinf(cost):
        return "not lossless" if cost > 0 else "lossless"
    sign = "\N{MINUS SIGN}" if cost >= 0.05 else "+" if cost <= -0.05 else "\N{PLUS-MINUS SIGN}"
    return f"{sign}{abs(cost):.1f} dB"
