"""The page: markup that works without scripts, data for the script, and a policy that allows nothing else."""

from __future__ import annotations

import hashlib
import json
from base64 import b64encode
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import replace
from datetime import datetime
from html import escape
from importlib import resources

from imgcluster.report._previews import N_ILLUSTRATED, Pair
from imgcluster.report._rows import COLUMNS, MARKS, cells, entry, shown
from imgcluster.report._summary import failures, tiles
from imgcluster.tasks import STATUSES, FileResult
from imgcluster.types import PathLike
from imgcluster.wording import count_text

# Thousands of rows make a page slow: 10,000 take 6 s to lay out. The script shows more of them after a click, and
# without scripts the style shows all.
_N_SHOWN = 400

MARK = '<meta name="generator" content="imgcluster">'
"""What distinguishes a report from any other page."""

_ICON = (
    "data:image/svg+xml,%3Csvg xmlns='http://www.w3.org/2000/svg' viewBox='0 0 4 4'%3E%3Cpath fill='%233257d6' "
    "d='M0 0h4v4H0z'/%3E%3Cpath fill='%23ffc857' d='M2 0h2v2H2z'/%3E%3Cpath fill='%23e4572e' d='M0 2h2v2H0z'/%3E"
    "%3C/svg%3E"
)


def page(
    results: Sequence[FileResult],
    pictures: Mapping[int, Pair],
    path: PathLike,
    *,
    title: str | None,
    seconds: float | None,
    preview_seconds: float,
) -> Iterator[str]:
    """Yield the page in pieces; `pictures` are those before and after, by the position of their file."""
    heading = shown(title or "imgcluster report")
    columns = [column for column in COLUMNS if column.is_needed(results)]
    yield _head(heading)
    yield f"<header><h1>{heading}</h1><p>{_byline(len(results))}</p></header>\n<main>\n"
    yield tiles(results, seconds, preview_seconds)
    yield failures(results)
    yield _toolbar(results, [(column.key, column.title) for column in columns])
    yield '<table><caption class="unseen">Files</caption><thead><tr>'
    for column in columns:
        yield f'<th scope="col" class="{column.key}" data-key="{column.key}">{column.title}</th>'
    yield "</tr></thead>\n<tbody>\n"
    for place, result in enumerate(results):
        drawn = result if place < N_ILLUSTRATED else replace(result, palette=())
        waits = " hidden" if place >= _N_SHOWN else ""
        yield f'<tr class="{escape(result.status)}"{waits}>{cells(drawn, pictures.get(place), columns)}</tr>\n'
    yield "</tbody></table>\n"
    if not results:
        yield '<p class="nothing">There were no files.</p>\n'
    yield '<p id="nothing" class="nothing" hidden>No file matches.</p>\n'
    yield '<p id="more" hidden><button type="button">Show all</button></p>\n</main>\n'
    yield _DIALOG
    yield f'<script type="application/json" id="data">{_embedded(_data(results, pictures, path))}</script>\n'
    yield f"<script>{_asset('report.js')}</script>\n</body></html>\n"


def _head(heading: str) -> str:
    """Return everything above the body; the policy comes before what it applies to."""
    style = _asset("report.css")
    policy = (
        f"default-src 'none'; img-src data:; style-src {_source(style)}; script-src {_source(_asset('report.js'))}; "
        "base-uri 'none'; form-action 'none'; require-trusted-types-for 'script'"
    )
    return (
        f'<!doctype html>\n<html lang="en"><head><meta charset="utf-8">{MARK}\n'
        f'<meta http-equiv="Content-Security-Policy" content="{policy}">\n'
        '<meta name="viewport" content="width=device-width, initial-scale=1">\n'
        '<meta name="color-scheme" content="light dark"><meta name="referrer" content="no-referrer">\n'
        f'<title>{heading}</title><link rel="icon" href="{_ICON}">\n<style>{style}</style></head>\n<body>\n'
    )


def _byline(n_files: int) -> str:
    from imgcluster import __version__

    now = datetime.now().astimezone()
    when = f'<time datetime="{now.isoformat(timespec="seconds")}">{now:%Y-%m-%d %H:%M}</time>'
    return f"{count_text(n_files, 'file')}, {when}, imgcluster {__version__}"


def _toolbar(results: Sequence[FileResult], columns: Sequence[tuple[str, str]]) -> str:
    """Return the controls, which are hidden until the script shows them."""
    counts = {"all": len(results)} | {status: sum(result.status == status for result in results) for status in STATUSES}
    counts |= {mark: sum(map(is_marked, results)) for mark, is_marked in MARKS.items()}
    titles = {status: status.title() for status in counts} | {"losses": "With losses"}
    chips = "".join(
        f'<button type="button" data-status="{status}" aria-pressed="{str(status == "all").lower()}">'
        f'{titles[status]} <span class="count">{count:,}</span></button>'
        for status, count in counts.items()
        if count or status == "all"
    )
    options = "".join(f'<option value="{key}">{title}</option>' for key, title in columns)
    return (
        '<div id="tools" role="group" aria-label="Sort and filter" hidden>'
        '<input type="search" id="search" placeholder="Find a name, reason or loss" '
        'aria-label="Find a name, reason or loss" autocomplete="off" spellcheck="false">'
        f'<div class="chips" role="group" aria-label="Status">{chips}</div>'
        '<div class="sort"><label for="sort">Sort by</label> <select id="sort">'
        f'<option value="">as given</option>{options}</select>'
        '<button type="button" id="turn" aria-label="Reverse the order">&#8593;&#8595;</button></div>'
        '<p id="shown" role="status"></p></div>\n'
        '<noscript><p class="nothing">Sorting, searching and the slider need JavaScript.</p></noscript>\n'
    )


_DIALOG = """<dialog id="details" aria-labelledby="name">
<div class="bar"><h2 id="name" tabindex="-1"></h2>
<button type="button" id="previous" aria-label="Previous file">&#8249;</button>
<button type="button" id="next" aria-label="Next file">&#8250;</button>
<button type="button" id="close" aria-label="Close">&#215;</button></div>
<figure id="compare"><div class="frame">
<div class="layer"><img id="after" alt="After"></div><div class="layer" id="cover"><img id="before" alt="Before"></div>
<span id="spot" aria-hidden="true"></span>
<span class="tag left" aria-hidden="true">before</span><span class="tag right" aria-hidden="true">after</span>
<input type="range" id="slider" min="0" max="100" value="50" aria-label="How much of the picture is shown as before">
<span class="handle" aria-hidden="true"></span></div>
<div id="zoom" role="group" aria-label="Zoom"><button type="button" data-zoom="0">Whole</button>
<button type="button" data-zoom="1">1&#215;</button><button type="button" data-zoom="2">2&#215;</button>
<button type="button" data-zoom="4">4&#215;</button><button type="button" data-zoom="8">8&#215;</button>
<span id="hint"></span></div></figure>
<section id="colors" aria-label="Palette"><ul></ul>
<div class="copy"><button type="button" id="copy">Copy palette</button> <span id="copied" role="status"></span></div>
<textarea id="hexes" rows="6" readonly hidden aria-label="Colors of the palette"></textarea></section>
<dl></dl>
</dialog>
"""


def _data(results: Sequence[FileResult], pictures: Mapping[int, Pair], path: PathLike) -> dict[str, object]:
    """Return the data for the script; a palette that files share is stored once."""
    palettes = {palette: place for place, palette in enumerate(dict.fromkeys(result.palette for result in results))}
    return {
        "files": [entry(result, path) | {"palette": palettes[result.palette]} for result in results],
        "palettes": ["".join(palette) for palette in palettes],
        "crops": {place: pair.crop.entry() for place, pair in pictures.items() if pair.crop},
    }


def _embedded(data: object) -> str:
    """Write data as JSON that cannot end its element: plain ASCII without <, > and &."""
    text = json.dumps(data, separators=(",", ":"))
    return text.replace("<", "\\u003c").replace(">", "\\u003e").replace("&", "\\u0026")


def _asset(name: str) -> str:
    return resources.files("imgcluster.report").joinpath(name).read_text(encoding="utf-8")


def _source(text: str) -> str:
    """Return the source in the policy of an inline style or script: its hash."""
    return f"'sha256-{b64encode(hashlib.sha256(text.encode()).digest()).decode('ascii')}'"
