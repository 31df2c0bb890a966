"""A file in the report: its row in the table, and its data for the script."""

from __future__ import annotations

import os
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from html import escape
from pathlib import Path
from urllib.parse import quote

from imgcluster.facts import OF_THE_PIXELS, Code, losses_text
from imgcluster.report._previews import Pair, Preview, palette_strip
from imgcluster.report._words import (
    NONE,
    change_text,
    cost_of_sharing,
    cost_text,
    decibels_text,
    sizes_text,
    time_text,
)
from imgcluster.tasks import FileResult
from imgcluster.types import PathLike
from imgcluster.wording import count_text, printable, size_text


@dataclass(frozen=True)
class Column:
    """A column of the table: its cell in markup, and the number to sort by (None: unknown, at the end)."""

    key: str
    title: str
    markup: Callable[[FileResult], str]
    number: Callable[[FileResult], float | None]
    optional: bool = True

    def is_needed(self, results: Sequence[FileResult]) -> bool:
        """Check whether any file has something to show here."""
        return not self.optional or any(self.number(result) is not None for result in results)


def shown(text: str) -> str:
    """Make a text safe in markup: no element, no control character, no change of the writing direction."""
    return escape(printable(text))


def cells(result: FileResult, pair: Pair | None, columns: Sequence[Column]) -> str:
    """Return the cells of a file's row; a name extends over the cells beside it if their figures are not known."""
    rest = [(column, column.markup(result)) for column in columns[1:]]
    n_empty = next((place for place, (_, markup) in enumerate(rest) if markup != NONE), len(rest))
    span = f' colspan="{1 + n_empty}"' if n_empty else ""
    first = f'<th scope="row" class="name"{span}>{_file(result, pair)}</th>'
    return first + "".join(
        f'<td class="{column.key}" data-title="{column.title}">{markup}</td>' for column, markup in rest[n_empty:]
    )


def entry(result: FileResult, report: PathLike) -> dict[str, object]:
    """Return what the script needs to sort, find and show a file; everything is text or a number."""
    numbers = {column.key: column.number(result) for column in COLUMNS[1:]}
    return {
        "name": printable(result.input),
        "status": result.status,
        "reason": printable(result.text),
        "notes": result.dropped_text,
        "marks": [mark for mark, is_marked in MARKS.items() if is_marked(result)],
        # JSON has no infinity
        "keys": {key: None if n is None else min(max(n, -1e308), 1e308) for key, n in numbers.items()},
        "facts": _facts(result),
        "outputs": [[printable(name), _link(name, report)] for name in result.outputs],
    }


def _file(result: FileResult, pair: Pair | None) -> str:
    """Return the first cell: pictures, name, and what became of the file."""
    pictures = "".join(map(_image, (pair.before, pair.after))) if pair else ""
    sizes = f"<span>{result.width:,} × {result.height:,}</span>" if result.width and result.height else ""  # noqa: RUF001
    sizes += f"<span>{count_text(result.n_frames, 'frame')}</span>" if result.n_frames else ""
    sizes += f"<span>{count_text(result.n_slices, 'slice')}</span>" if result.n_slices else ""
    losses = "".join(f'<span class="loss">{loss}</span>' for loss in _losses(result))
    grew = '<span class="loss">grew</span>' if has_grown(result) else ""
    metadata = _metadata(result)
    dropped = f"<span>without {shown(metadata)}</span>" if metadata else ""
    reason = f'<span class="reason">{shown(result.text)}</span>' if result.reason else ""
    return (
        f'<button type="button" class="file"><span class="pair">{pictures}</span>'
        f'<span class="about"><bdi>{shown(result.input)}</bdi>'
        f'<span class="notes"><span class="badge">{escape(result.status)}</span>{sizes}{grew}{losses}{dropped}</span>'
        f"{reason}</span></button>"
    )


def _image(picture: Preview) -> str:
    ground = ' class="clear"' if picture.is_clear else ""
    return f'<img src="{picture.url}" width="{picture.width}" height="{picture.height}"{ground} alt="" loading="lazy">'


def _losses(result: FileResult) -> list[str]:
    """List what the picture itself lost."""
    return [str(loss) for loss in result.dropped if loss in OF_THE_PIXELS]


def _metadata(result: FileResult) -> str:
    """List what else was not kept."""
    return losses_text(loss for loss in result.dropped if loss not in OF_THE_PIXELS)


def has_grown(result: FileResult) -> bool:
    """Check whether the output is larger than its input, which was not kept instead."""
    return bool(result.grew) and result.status == "done" and not was_kept(result)


def was_kept(result: FileResult) -> bool:
    """Check whether the input was kept because its picture would be larger."""
    return result.reason is not None and result.reason.code is Code.WOULD_GROW


MARKS: dict[str, Callable[[FileResult], bool]] = {
    "losses": lambda result: bool(_losses(result)),
    "grew": has_grown,
    "kept": was_kept,
}
"""What files are filtered by beside their status."""


def compared_sizes(result: FileResult) -> tuple[int, int] | None:
    """Return the sizes before and after if they are comparable: overlays and tables of segments are not."""
    before, after = result.bytes_before, result.bytes_after
    return None if before is None or after is None or result.n_colors is None else (before, after)


def _sizes(result: FileResult) -> str:
    """Return the size of the input, and of the output if it replaces the input."""
    return sizes_text(result.bytes_before, result.bytes_after if result.n_colors is not None else None)


def _change(result: FileResult) -> str:
    sizes = compared_sizes(result)
    return change_text(*sizes) + size_bars(*sizes) if sizes else NONE


def size_bars(before: int, after: int) -> str:
    """Draw two bars, one below the other, the longer one over the full width."""
    longest = max(before, after, 1)
    return (
        '<svg class="bars" viewBox="0 0 100 9" preserveAspectRatio="none" aria-hidden="true">'
        f'<rect class="before" width="{100 * before / longest:.1f}" height="4"/>'
        f'<rect class="after" y="5" width="{100 * after / longest:.1f}" height="4"/></svg>'
    )


def _colors(result: FileResult) -> str:
    if result.n_colors is None:
        return NONE
    if not result.palette:
        return f"{result.n_colors:,}"
    # more digits than #rrggbb: some color is not opaque
    ground = " clear" if any(len(color) > 7 for color in result.palette) else ""
    strip = palette_strip(result.palette)
    return f'{result.n_colors:,}<img class="strip{ground}" src="{strip}" alt="" loading="lazy">'


def _remaining(result: FileResult) -> float | None:
    """Return the size after as a share of the size before."""
    before, after = compared_sizes(result) or (0, 0)
    return after / before if before else None


def _facts(result: FileResult) -> list[tuple[str, str]]:
    """List what is known about a file as titles and texts."""
    sizes = compared_sizes(result)
    size = _sizes(result) + (f" ({change_text(*sizes)})" if sizes else "")
    of_outputs = result.bytes_after if result.n_colors is None else None
    cost = cost_of_sharing(result)
    facts = [
        ("Status", result.status),
        ("Reason", printable(result.text)),
        ("Pixels", f"{result.width:,} × {result.height:,}" if result.width and result.height else ""),  # noqa: RUF001
        ("Size", size if size != NONE else ""),
        ("Size of the outputs", size_text(of_outputs) if of_outputs is not None else ""),
        ("Colors", count_text(result.n_colors, "color") if result.n_colors is not None else ""),
        ("Segments", count_text(result.n_segments, "segment") if result.n_segments is not None else ""),
        ("PSNR", decibels_text(result.psnr) if result.psnr is not None else ""),
        ("With a palette of its own", decibels_text(result.own_psnr) if result.own_psnr is not None else ""),
        ("Sharing the palette", cost_text(cost) if cost is not None else ""),
        ("Time", time_text(result.milliseconds) if result.milliseconds is not None else ""),
        ("Loss", "; ".join(_losses(result))),
        ("Not kept", printable(_metadata(result))),
        ("SHA-256", result.hash or ""),
    ]
    return [(title, text) for title, text in facts if text]


def _link(name: str, report: PathLike) -> str:
    """Return the URL of an output relative to the report; empty if it is not on a local disk."""
    if "://" in name:
        return ""
    folder = Path(os.fsdecode(report)).absolute().parent
    # a colon is quoted, too, so that no name is a URL with a scheme
    return quote(os.fsencode(os.path.relpath(os.fsencode(name), os.fsencode(folder))))


def _text_of(number: Callable[[FileResult], float | None], text: Callable[[float], str]) -> Callable[[FileResult], str]:
    """Return the markup of a plain number."""

    def markup(result: FileResult) -> str:
        value = number(result)
        return NONE if value is None else text(value)

    return markup


def _column(key: str, title: str, number: Callable[[FileResult], float | None], text: Callable[[float], str]) -> Column:
    return Column(key, title, _text_of(number, text), number)


COLUMNS = (
    Column("name", "File", lambda _: "", lambda _: None, optional=False),
    Column("size", "Size", _sizes, lambda r: r.bytes_before),
    Column("change", "Change", _change, _remaining),
    Column("colors", "Colors", _colors, lambda r: r.n_colors),
    _column("segments", "Segments", lambda r: r.n_segments, "{:,}".format),
    _column("psnr", "PSNR", lambda r: r.psnr, decibels_text),
    _column("cost", "Sharing", cost_of_sharing, cost_text),
    _column("time", "Time", lambda r: r.milliseconds, time_text),
)
