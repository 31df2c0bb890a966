"""The top of the page: the run in a few figures, and the files that failed."""

from __future__ import annotations

from collections.abc import Sequence
from math import inf, isfinite

from imgcluster.picture import exceeds_memory
from imgcluster.report._rows import compared_sizes, has_grown, shown, size_bars, was_kept
from imgcluster.report._words import change_text, cost_of_sharing, cost_text, decibels_text, sizes_text, time_text
from imgcluster.tasks import STATUSES, FileResult
from imgcluster.wording import count_text

# more would bury the table, which lists them all
_MOST_OPEN = 12
_MOST_LISTED = 100


def tiles(results: Sequence[FileResult], seconds: float | None, preview_seconds: float) -> str:
    """Return the figures of the run."""
    makers = (_files, _bytes, _segments, _quality, _sharing)
    found = [*(make(results) for make in makers), _time(results, seconds, preview_seconds)]
    return f'<section class="tiles" aria-label="Summary">{"".join(found)}</section>\n'


def failures(results: Sequence[FileResult]) -> str:
    """List the files that failed, with the reasons."""
    failed = [result for result in results if result.status == "failed"]
    if not failed:
        return ""
    listed = failed[:_MOST_LISTED]
    items = "".join(f"<li><bdi>{shown(result.input)}</bdi>: {shown(result.text)}</li>" for result in listed)
    if (n_more := len(failed) - _MOST_LISTED) > 0:
        items += f"<li>and {n_more:,} more, which the table lists, too</li>"
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
    sizes = [sizes for result in results if (sizes := compared_sizes(result))]
    if not sizes:
        return ""
    before, after = (sum(column) for column in zip(*sizes, strict=True))
    notes = f"{sizes_text(before, after)} in {count_text(len(sizes), 'file')}"
    if n_grown := sum(map(has_grown, results)):
        notes += f"; {n_grown:,} grew"
    if n_kept := sum(map(was_kept, results)):
        notes += f"; {n_kept:,} kept, would have grown"
    return _tile("Size", change_text(before, after), notes, size_bars(before, after))


def _segments(results: Sequence[FileResult]) -> str:
    counts = [result.n_segments for result in results if result.n_segments is not None]
    if not counts:
        return ""
    least, most = min(counts), max(counts)
    each = f"{most:,} a file" if least == most else f"{least:,} to {most:,} a file"
    return _tile("Segments", f"{sum(counts):,}", f"in {count_text(len(counts), 'file')}, {each}")


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
    finite = [(cost, name) for cost, name in costs if isfinite(cost)]
    notes = []
    if finite:
        most, name = max(finite)
        notes.append("mean PSNR against palettes of their own")
        notes.append(f"at most {cost_text(most)} in <bdi>{shown(name)}</bdi>")
    mean = cost_text(sum(cost for cost, _ in finite) / len(finite)) if finite else cost_text(max(costs)[0])
    # neither the mean nor the maximum includes an infinite cost
    for words, cost in (("would be lossless without sharing", inf), ("lossless thanks to sharing", -inf)):
        names = [name for found, name in costs if found == cost]
        if names:
            where = f"<bdi>{shown(names[0])}</bdi>" if len(names) == 1 else count_text(len(names), "file")
            notes.append(f"{where} {words}")
    if n_large := sum(_is_large(result) for result in results):
        notes.append(f"not measured in {n_large:,} above 33 megapixels")
    return _tile("One palette for all", mean, "; ".join(notes))


def _is_large(result: FileResult) -> bool:
    """Check whether a picture was too large to be quantized twice."""
    n_pixels = (result.width or 0) * (result.height or 0)
    return result.psnr is not None and result.own_psnr is None and exceeds_memory(n_pixels)


def _time(results: Sequence[FileResult], seconds: float | None, preview_seconds: float) -> str:
    times = [result.milliseconds for result in results if result.milliseconds is not None]
    if seconds is None and not times:
        return ""
    # failed files took almost no time
    done = [r.milliseconds for r in results if r.milliseconds is not None and r.status == "done"]
    notes = f"{time_text(sum(done) / len(done))} a file" if done else "no file was done in this run"
    if seconds is None:
        return _tile("Time", time_text(sum(times)), f"summed over the files, {notes}")
    if preview_seconds >= 0.1:
        notes += f"; {time_text(1000 * preview_seconds)} more for the pictures of this page"
    return _tile("Time", time_text(1000 * seconds), notes)
