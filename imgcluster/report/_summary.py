"""The top of the page: the run in a few figures, and the files that failed."""

from __future__ import annotations

from collections.abc import Sequence
from math import isfinite

from imgcluster._large import LARGE_PIXELS
from imgcluster.report._rows import shown, size_bars
from imgcluster.report._words import change_text, cost_of_sharing, cost_text, decibels_text, sizes_text, time_text
from imgcluster.results import STATUSES, FileResult
from imgcluster.wording import count_text

# more of them would bury the table, which has them all
_MOST_OPEN = 12


def tiles(results: Sequence[FileResult], seconds: float | None) -> str:
    """Return the figures of the run."""
    found = (_files(results), _bytes(results), _quality(results), _sharing(results), _time(results, seconds))
    return f'<section class="tiles" aria-label="Summary">{"".join(found)}</section>\n'


def failures(results: Sequence[FileResult]) -> str:
    """List the files that failed, with the reasons."""
    failed = [result for result in results if result.status == "failed"]
    if not failed:
        return ""
    items = "".join(f"<li><bdi>{shown(result.input)}</bdi>: {shown(result.reason)}</li>" for result in failed)
    is_open = " open" if len(failed) <= _MOST_OPEN else ""
    return (
        f'<details class="failures"{is_open}><summary>{count_text(len(failed), "file")} failed</summary>'
        f"<ul>{items}</ul></details>\n"
    )


def _tile(title: str, figure: str, notes: str, drawing: str = "") -> str:
    return f'<div class="tile"><h2>{title}</h2><p class="figure">{figure}</p>{drawing}<p>{notes}</p></div>'


def _files(results: Sequence[FileResult]) -> str:
    counts = {status: sum(result.status == status for result in results) for status in STATUSES}
    notes = ", ".join(
        f'<span class="{status if count else ""}">{count:,} {status}</span>' for status, count in counts.items()
    )
    left, bars = 0.0, ""
    for status, count in counts.items():
        width = 100 * count / max(len(results), 1)
        bars += f'<rect class="{status}" x="{left:.2f}" width="{width:.2f}" height="9"/>'
        left += width
    drawing = f'<svg class="bars" viewBox="0 0 100 9" preserveAspectRatio="none" aria-hidden="true">{bars}</svg>'
    return _tile("Files", f"{len(results):,}", notes, drawing)


def _bytes(results: Sequence[FileResult]) -> str:
    sizes = [
        (result.bytes_before, result.bytes_after)
        for result in results
        if result.bytes_before is not None and result.bytes_after is not None
    ]
    if not sizes:
        return ""
    before, after = (sum(column) for column in zip(*sizes, strict=True))
    notes = f"{sizes_text(before, after)} in {count_text(len(sizes), 'file')}"
    return _tile("Size", change_text(before, after), notes, size_bars(before, after))


def _quality(results: Sequence[FileResult]) -> str:
    known = [(result.psnr, result.input) for result in results if result.psnr is not None]
    if not known:
        return ""
    finite = [psnr for psnr, _ in known if isfinite(psnr)]
    if not finite:
        return _tile("Quality", "lossless", f"all of {count_text(len(known), 'file')}")
    worst, name = min(known)
    lossless = f", {len(known) - len(finite):,} lossless" if len(finite) < len(known) else ""
    notes = f"mean PSNR{lossless}; lowest {decibels_text(worst)} in <bdi>{shown(name)}</bdi>"
    return _tile("Quality", decibels_text(sum(finite) / len(finite)), notes)


def _sharing(results: Sequence[FileResult]) -> str:
    costs = [(cost, result.input) for result in results if (cost := cost_of_sharing(result)) is not None]
    if not costs:
        return ""
    finite = [cost for cost, _ in costs if isfinite(cost)]
    mean = cost_text(sum(finite) / len(finite)) if finite else cost_text(costs[0][0])
    most, name = max(costs)
    n_large = sum(_is_large(result) for result in results)
    unknown = f"; not measured in {n_large:,} above 33 megapixels" if n_large else ""
    notes = f"mean PSNR against palettes of their own; at most {cost_text(most)} in <bdi>{shown(name)}</bdi>{unknown}"
    return _tile("One palette for all", mean, notes)


def _is_large(result: FileResult) -> bool:
    """Tell whether a picture was too large to be quantized twice."""
    n_pixels = (result.width or 0) * (result.height or 0)
    return result.psnr is not None and result.own_psnr is None and n_pixels > LARGE_PIXELS


def _time(results: Sequence[FileResult], seconds: float | None) -> str:
    times = [result.milliseconds for result in results if result.milliseconds is not None]
    if seconds is None and not times:
        return ""
    notes = f"{time_text(sum(times) / len(times))} a file" if times else "nothing had to be done"
    if seconds is None:
        return _tile("Time", time_text(sum(times)), f"summed over the files, {notes}")
    return _tile("Time", time_text(1000 * seconds), notes)
