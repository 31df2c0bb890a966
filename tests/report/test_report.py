"""The file of a report: inert names, a policy that fits, a bounded size, and whatever was known of the files."""

import base64
import hashlib
import html
import io
import json
import re
from dataclasses import replace
from html.parser import HTMLParser
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from PIL import Image

from imgcluster.errors import ImageWriteError
from imgcluster.facts import Code, Loss, Reason
from imgcluster.report import _page, _previews, write_report
from imgcluster.report._words import change_text, time_text
from imgcluster.tasks import FileResult

DONE_BEFORE = Reason(Code.DONE_BEFORE)
UNREADABLE = Reason(Code.UNREADABLE, {"problem": "no"})


class Elements(HTMLParser):
    """Collect the tags of a page, and the text of its scripts and styles."""

    def __init__(self, text: Any) -> None:
        super().__init__()
        self.tags: list[Any] = []
        self.texts: list[Any] = []
        self._within = ""
        self.feed(text)

    def handle_starttag(self, tag: Any, attributes: Any) -> None:
        self.tags.append((tag, dict(attributes)))
        self._within = tag

    def handle_endtag(self, tag: Any) -> None:
        self._within = ""

    def handle_data(self, data: Any) -> None:
        if self._within in ("script", "style"):
            self.texts.append((self._within, data))


def written(results: list[Any], tmp_path: Path, **options: Any) -> str:
    write_report(results, tmp_path / "report.html", n_threads=1, **options)
    return (tmp_path / "report.html").read_text(encoding="utf-8")


def data_of(page: str) -> dict[str, Any]:
    return json.loads(re.search(r'<script type="application/json" id="data">(.*?)</script>', page, re.DOTALL)[1])  # type: ignore[index]


def tiles_of(page: str) -> str:
    """Return the words of the tiles."""
    tiles = re.search(r'<section class="tiles".*?</section>', page, re.DOTALL)[0]  # type: ignore[index]
    return html.unescape(
        " ".join(re.sub(r"</?(?!bdi|/bdi)[^>]*>", " ", tiles).replace("<bdi>", "").replace("</bdi>", "").split())
    )


def test_the_policy_allows_what_is_there_and_no_more(report: Path) -> None:
    elements = Elements(report.read_text(encoding="utf-8"))
    policy = next(a["content"] for t, a in elements.tags if a.get("http-equiv") == "Content-Security-Policy")
    assert policy.startswith("default-src 'none'; img-src data:;")
    assert "unsafe" not in policy
    style, data, script = (text for _, text in elements.texts)
    for text in (style, script):
        assert f"'sha256-{base64.b64encode(hashlib.sha256(text.encode()).digest()).decode()}'" in policy
    assert data.isascii()
    for tag, attributes in elements.tags:
        assert not [name for name in attributes if name.startswith("on") or name == "style"]
        assert tag not in ("iframe", "object", "embed", "base", "form")
        if tag in ("img", "link"):
            assert attributes.get("src", attributes.get("href", "data:")).startswith("data:")
        if tag == "script":
            assert "src" not in attributes


def test_hostile_names_are_inert_in_markup_and_data(report: Path, run: list[FileResult]) -> None:
    page = report.read_text(encoding="utf-8")
    assert all(line.isprintable() for line in page.split("\n"))
    for result in run[4:]:
        assert result.input not in page or not set(result.input) & set("<\x1b\udcff\n")
    assert r"\x1b]0;title\x07\x1b[31mred.png" in page
    assert r"not-utf8-\udcff.png" in page
    assert r"line\nend\u2028and\u202egpj.png" in page
    embedded = re.search(r'id="data">(.*?)</script>', page, re.DOTALL)[1]  # type: ignore[index]
    assert not set(embedded) & set("<>&\u2028\u2029")
    assert [entry["name"] for entry in data_of(page)["files"]][4] == run[4].input
    assert html.escape(run[4].input) in page


def test_the_title_is_inert(tmp_path: Path) -> None:
    page = written([], tmp_path, title="</title><script>alert(1)</script>\x1b[31m")
    assert page.count("<script>") == 1
    assert "&lt;/title&gt;" in page
    assert "\x1b" not in page


def test_links_lead_to_the_outputs_and_nowhere_else(tmp_path: Path) -> None:
    (tmp_path / "sub").mkdir()
    outputs = (str(tmp_path / "out" / "a b#?.png"), "s3://bucket/a.png", "javascript:alert(1)")
    write_report([FileResult("a", "done", outputs=outputs)], tmp_path / "sub" / "r.html")
    page = (tmp_path / "sub" / "r.html").read_text(encoding="utf-8")
    first, cloud, script = (address for _, address in data_of(page)["files"][0]["outputs"])
    assert first == "../out/a%20b%23%3F.png"
    assert cloud == ""
    assert script.endswith("javascript%3Aalert%281%29")


def test_the_figures(run: list[FileResult], tmp_path: Path) -> None:
    page = written(run, tmp_path, seconds=3.0)
    tiles = re.sub(r"<[^>]*>", " ", re.search(r'<section class="tiles".*?</section>', page, re.DOTALL)[0])  # type: ignore[index]
    assert "3 done ,  1 skipped ,  8 failed" in tiles
    assert "+50 %" in tiles
    assert "10 kB" in tiles
    assert "31.5 dB" in tiles
    assert "1 lossless" in tiles
    assert "3.0 s" in tiles
    assert "8 files failed" in page


def test_what_sharing_a_palette_costs(tmp_path: Path) -> None:
    shared = FileResult("a.png", "done", psnr=30.0, own_psnr=32.5, n_colors=4)
    page = written([shared, replace(shared, input="b.png", own_psnr=30.5)], tmp_path)
    assert "One palette for all" in page
    assert "\N{MINUS SIGN}1.5 dB" in page
    assert "\N{MINUS SIGN}2.5 dB in <bdi>a.png</bdi>" in page
    assert data_of(page)["files"][0]["keys"]["cost"] == 2.5
    assert "not measured" not in page
    large = replace(shared, own_psnr=None, width=20_000, height=20_000)
    assert "</bdi>; not measured in 1 above 33 megapixels" in written([shared, large], tmp_path)
    assert "One palette for all" not in written([replace(shared, own_psnr=None)], tmp_path)


def test_costs_without_end_have_words_of_their_own(tmp_path: Path) -> None:
    shared = FileResult("a.png", "done", psnr=30.0, own_psnr=32.5, n_colors=4)
    dearest = replace(shared, input="b.png", own_psnr=float("inf"))
    cheapest = replace(shared, input="c.png", psnr=float("inf"), own_psnr=40.0)
    page = written([shared, dearest, cheapest], tmp_path)
    words = tiles_of(page)
    assert "\N{MINUS SIGN}2.5 dB mean PSNR" in words
    assert (
        "at most \N{MINUS SIGN}2.5 dB in a.png; b.png would be lossless without sharing; c.png lossless thanks" in words
    )
    assert [entry["keys"]["cost"] for entry in data_of(page)["files"]] == [2.5, 1e308, -1e308]
    assert "Infinity" not in page.partition('id="data">')[2].partition("</script>")[0]
    words = tiles_of(written([dearest, dearest], tmp_path))
    assert "One palette for all not lossless 2 files would be lossless without sharing" in words
    assert "at most" not in words


def test_segments_take_the_place_of_sizes_that_do_not_compare(tmp_path: Path) -> None:
    first = FileResult("a.png", "done", n_segments=1234, bytes_before=1000, bytes_after=21_610)
    page = written(
        [first, replace(first, input="b.png", n_segments=66), FileResult("c.png", "failed", UNREADABLE)], tmp_path
    )
    assert "Segments 1,300 in 2 files, 66 to 1,234 a file" in tiles_of(page)
    assert 'data-key="segments"' in page
    for key in ("colors", "change"):
        assert f'data-key="{key}"' not in page
    assert "2,061 %" not in page
    assert 'class="before"' not in page
    assert ["Size of the outputs", "22 kB"] in data_of(page)["files"][0]["facts"]
    assert "Segments 1,234 in 1 file, 1,234 a file" in tiles_of(written([first], tmp_path))


def test_the_time_is_that_of_files_that_were_done(tmp_path: Path) -> None:
    failed = FileResult("a.png", "failed", UNREADABLE, milliseconds=3.0)
    done = FileResult("b.png", "done", milliseconds=500.0)
    before = FileResult("c.png", "skipped", DONE_BEFORE)
    assert "Time 2.2 s 500 ms a file" in tiles_of(written([failed, done, before], tmp_path, seconds=2.23))
    assert "Time 2.2 s no file was done in this run" in tiles_of(written([failed, before], tmp_path, seconds=2.23))
    assert "Time 503 ms summed over the files, 500 ms a file" in tiles_of(written([failed, done], tmp_path))


def test_pictures_that_took_long_are_reported_beside_the_time(tmp_path: Path) -> None:
    from imgcluster.report._summary import tiles

    results = [FileResult("a.png", "skipped", DONE_BEFORE)]
    assert "242 ms" in (slow := tiles(results, 0.242, 2.0))
    assert "2.0 s more for the pictures of this page" in slow
    assert "pictures of this page" not in tiles(results, 0.242, 0.01)


def test_what_a_picture_lost_is_reported_apart_from_its_metadata(tmp_path: Path) -> None:
    kept = FileResult("a.png", "done")
    dropped = ((Loss.ALPHA, Loss.EXIF), (Loss.FRAMES,), ())
    page = written([replace(kept, dropped=losses) for losses in dropped], tmp_path)
    assert re.findall('<span class="loss">(.*?)</span>', page) == [str(Loss.ALPHA), str(Loss.FRAMES)]
    assert "<span>without EXIF</span>" in page
    files = data_of(page)["files"]
    assert [file["marks"] for file in files] == [["losses"], ["losses"], []]
    assert ["Not kept", "EXIF"] in files[0]["facts"]
    assert ["Loss", "frames after the first"] in files[1]["facts"]
    assert 'data-status="losses"' not in written([replace(kept, dropped=(Loss.EXIF,))], tmp_path)


def test_a_name_takes_the_place_of_figures_that_are_not_known(run: list[FileResult], tmp_path: Path) -> None:
    page = written([*run, FileResult("late.png", "failed", UNREADABLE, milliseconds=7.0)], tmp_path)
    n_columns = page.count('<th scope="col"')
    row = r'<tr class="failed"><th scope="row" class="name" colspan="(\d+)">.*?</th>(.*?)</tr>'
    spans = [(int(span), rest.count("<td")) for span, rest in re.findall(row, page)]
    assert spans == [(n_columns, 0)] * 8 + [(n_columns - 1, 1)]


def test_a_run_without_files(tmp_path: Path) -> None:
    assert "There were no files" in written([], tmp_path)


def test_pictures_that_cannot_be_read_are_left_out(run: list[FileResult], tmp_path: Path) -> None:
    (tmp_path / "img9.png").write_bytes(b"\x89PNG\r\n\x1a\nbroken")
    (tmp_path / "out-img1.png").unlink()
    page = written(run, tmp_path)
    assert page.count('<img src="data:image/webp') == 4


def test_files_that_are_no_pictures_have_no_preview(tmp_path: Path) -> None:
    Image.new("RGB", (8, 8)).save(tmp_path / "a.png")
    outputs = (str(tmp_path / "table.csv"), str(tmp_path / "a.png"))
    (tmp_path / "table.csv").write_text("1,2")
    result = FileResult(str(tmp_path / "a.png"), "done", outputs=outputs)
    assert written([result], tmp_path).count('<img src="data:image/webp') == 2
    assert written([replace(result, outputs=outputs[:1])], tmp_path).count('<img src="data:image/webp') == 0


def test_the_size_is_bounded(run: list[FileResult], tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(_previews, "N_LARGE", 2)
    monkeypatch.setattr(_previews, "N_ILLUSTRATED", 5)
    monkeypatch.setattr(_page, "N_ILLUSTRATED", 5)
    monkeypatch.setattr(_previews, "LARGE", 100)
    monkeypatch.setattr(_previews, "SMALL", 50)
    page = written(run[:1] * 9, tmp_path)
    widths = re.findall(r'<img src="data:image/webp[^"]*" width="(\d+)"', page)
    assert widths == ["100"] * 4 + ["50"] * 6
    assert page.count('class="strip"') == 5
    assert data_of(page)["palettes"] == ["#ff0000#00ff00"]


def test_previews_stand_upright(tmp_path: Path) -> None:
    exif = Image.Exif()
    exif[0x0112] = 6
    Image.new("RGB", (1000, 500)).save(tmp_path / "a.jpg", exif=exif)
    preview = _previews._preview(str(tmp_path / "a.jpg"), 160)
    assert (preview.width, preview.height) == (80, 160)


def test_a_palette_is_drawn_from_dark_to_bright() -> None:
    address = _previews.palette_strip(("#ffffff", "#000000", "#ff0000"))
    png = base64.b64decode(address.partition(",")[2])
    assert np.asarray(Image.open(io.BytesIO(png))).tolist() == [[[0, 0, 0], [255, 0, 0], [255, 255, 255]]]


def test_threads_do_not_change_the_page(run: list[FileResult], tmp_path: Path) -> None:
    pages = []
    for n_threads in (1, 3):
        write_report(run, tmp_path / "report.html", n_threads=n_threads)
        pages.append(re.sub(r"<time .*?</time>", "", (tmp_path / "report.html").read_text(encoding="utf-8")))
    assert pages[0] == pages[1]


def test_a_folder_that_is_missing(tmp_path: Path) -> None:
    with pytest.raises(ImageWriteError, match="the folder does not exist"):
        write_report([], tmp_path / "no" / "report.html")


@pytest.mark.parametrize(
    ("milliseconds", "text"),
    [
        (8, "8 ms"),
        (999.6, "1.0 s"),
        (2140, "2.1 s"),
        (59_960, "1 min 00 s"),
        (200_000, "3 min 20 s"),
        (7.5e6, "2 h 05 min"),
    ],
)
def test_times_in_words(milliseconds: float, text: str) -> None:
    assert time_text(milliseconds) == text


@pytest.mark.parametrize(
    ("before", "after", "text"),
    [(100, 29, "\N{MINUS SIGN}71 %"), (100, 104, "+4 %"), (100, 100, "±0 %"), (0, 0, "±0 %")],
)
def test_changes_in_words(before: int, after: int, text: str) -> None:
    assert change_text(before, after) == text
