"""Results as small cards of HTML, which notebooks show: escaped, in the colors of the page, asking for nothing."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from html import escape
from math import isfinite

_CARD = "display:inline-block;max-width:100%;border:1px solid rgba(128,128,128,.4);border-radius:6px;padding:.6em .8em"
_FACT = "display:inline-block;margin-right:1.2em;white-space:nowrap"
_FAINT = "opacity:.65"
_MOST_SWATCHES = 256
_MOST_POINTS = 200  # of a curve that is 300 pixels wide
_WIDE, _HIGH = 300, 90
_CHECKS = "repeating-conic-gradient(#b4b9c1 0 25%,#d5d9de 0 50%) 0 0/12px 12px"

BLUE, RED = "#3b7dd8", "#d1495b"
"""The colors of the two half-steps: of expectations or assignments, and of refits, on light and dark pages."""


def card(title: str, facts: Iterable[tuple[str, object]], *parts: str) -> str:
    """Return a card: a title, facts by their names, and parts that are HTML already.

    Examples
    --------
    >>> card("Palette <a>", [("colors", 3)])
    '<div style="..."><b>Palette &lt;a&gt;</b>...colors...3...</div>'
    """
    said = "".join(
        f'<span style="{_FACT}"><span style="{_FAINT}">{escape(name)}</span> {escape(str(value))}</span>'
        for name, value in facts
    )
    below = "".join(f'<div style="margin-top:.5em">{part}</div>' for part in (said, *parts) if part)
    return f'<div style="{_CARD}"><b>{escape(title)}</b>{below}</div>'


def swatches(colors: Sequence[Sequence[int]], names: Sequence[str] = ()) -> str:
    """Return the colors of a palette, RGB or RGBA in 0..255, as squares that say their value when pointed at."""
    size = 22 if len(colors) <= 32 else 12
    return _row(_swatch(color, names[i] if names else "", size) for i, color in enumerate(colors[:_MOST_SWATCHES])) + (
        f'<span style="{_FAINT}">and {len(colors) - _MOST_SWATCHES:,} more</span>'
        if len(colors) > _MOST_SWATCHES
        else ""
    )


def figure(url: str, width: int, height: int, alt: str) -> str:
    """Return a picture from a data: URL, shown at its size or as wide as the page."""
    style = f"max-width:100%;height:auto;image-rendering:auto;display:block;background:{_CHECKS}"
    return f'<img src="{escape(url)}" width="{width}" height="{height}" alt="{escape(alt)}" style="{style}">'


def table(rows: Sequence[Sequence[object]], head: Sequence[str], chosen: int | None = None) -> str:
    """Return a table of numbers and words; one row may be marked as the chosen one."""
    cells = "padding:.1em .8em .1em 0;text-align:right;border:0"
    top = "".join(f'<th style="{cells};{_FAINT}">{escape(name)}</th>' for name in head)
    body = "".join(
        f'<tr style="background:none{";font-weight:bold" if i == chosen else ""}">'
        + "".join(f'<td style="{cells}">{escape(_short(value))}</td>' for value in row)
        + "</tr>"
        for i, row in enumerate(rows)
    )
    style = "border-collapse:collapse;border:0;margin:0"
    return f'<table style="{style}"><thead><tr style="background:none">{top}</tr></thead><tbody>{body}</tbody></table>'


def curve(values: Sequence[float], colors: Sequence[str], label: str) -> str:
    """Return a line through the values of an objective, each with a dot in its color."""
    finite = [(i, value) for i, value in enumerate(values) if isfinite(value)]
    if len(finite) < 2:
        return ""
    step = -(-len(finite) // _MOST_POINTS)
    kept = [*finite[:-1:step], finite[-1]]
    low, high = min(value for _, value in kept), max(value for _, value in kept)
    span, last = (high - low) or 1.0, kept[-1][0] or 1
    points = [(8 + i / last * (_WIDE - 16), 8 + (high - value) / span * (_HIGH - 16)) for i, value in kept]
    line = " ".join(f"{x:.1f},{y:.1f}" for x, y in points)
    dots = "".join(
        f'<circle cx="{x:.1f}" cy="{y:.1f}" r="2.2" fill="{colors[i]}"/>'
        for (i, _), (x, y) in zip(kept, points, strict=True)
    )
    said = escape(f"{label}: from {values[kept[0][0]]:.6g} to {values[kept[-1][0]]:.6g} in {len(values)} half-steps")
    return (
        f'<svg width="{_WIDE}" height="{_HIGH}" viewBox="0 0 {_WIDE} {_HIGH}" role="img" style="max-width:100%">'
        f"<title>{said}</title>"
        f'<polyline points="{line}" fill="none" stroke="currentColor" stroke-opacity=".35"/>{dots}</svg>'
        f'<div style="{_FAINT}">{said}</div>'
    )


def _row(parts: Iterator[str]) -> str:
    return f'<div style="display:flex;flex-wrap:wrap;max-width:36em;line-height:0">{"".join(parts)}</div>'


def _swatch(color: Sequence[int], name: str, size: int) -> str:
    red, green, blue, alpha = (*map(int, color), 255)[:4]
    css = f"rgba({red},{green},{blue},{alpha / 255:.3g})"
    if alpha < 255:  # as on any page that is light or dark
        css = f"linear-gradient({css},{css}),{_CHECKS}"
    said = escape(f"#{red:02x}{green:02x}{blue:02x}" + (f"{alpha:02x}" if alpha < 255 else "") + f" {name}".rstrip())
    return f'<span title="{said}" style="width:{size}px;height:{size}px;background:{css}"></span>'


def _short(value: object) -> str:
    return f"{value:.6g}" if isinstance(value, float) else str(value)
