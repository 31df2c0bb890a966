"""Pictures in the report: parts at full size, transparency, palettes with alpha, and what grew or was kept."""

import base64
import io
import json
import re
from dataclasses import replace
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from numpy.typing import NDArray
from PIL import Image

from imgcluster.facts import Code, Reason
from imgcluster.report import _crops, _previews, write_report
from imgcluster.tasks import FileResult


def decoded(url: str) -> NDArray[np.uint8]:
    return np.asarray(Image.open(io.BytesIO(base64.b64decode(url.partition(",")[2]))))


def written(results: list[FileResult], tmp_path: Path) -> tuple[str, Any]:
    """Return the page and its data."""
    write_report(results, tmp_path / "report.html", n_threads=1)
    page = (tmp_path / "report.html").read_text(encoding="utf-8")
    data = re.search(r'<script type="application/json" id="data">(.*?)</script>', page, re.DOTALL)
    assert data
    return page, json.loads(data[1])


def saved(pixels: NDArray[np.uint8], path: Path) -> FileResult:
    """Save a picture, and one of 16 colors as its output."""
    after = path.with_name(f"out-{path.name}")
    Image.fromarray(pixels).save(path)
    Image.fromarray(pixels).quantize(16, method=Image.Quantize.FASTOCTREE).save(after)
    return FileResult(str(path), "done", outputs=(str(after),))


def noise_at(top: int, left: int, size: tuple[int, int]) -> NDArray[np.uint8]:
    """Return a flat picture with noise in one part of 200 x 200."""
    pixels = np.full((*size, 3), 90, np.uint8)
    pixels[top : top + 200, left : left + 200] = np.random.default_rng(1).integers(0, 256, (200, 200, 3), np.uint8)
    return pixels


@pytest.mark.parametrize(("top", "left"), [(0, 0), (37, 555), (500, 800), (250, 401)])
def test_a_crop_is_the_same_detailed_part_of_both_pixel_for_pixel(tmp_path: Path, top: int, left: int) -> None:
    pixels = noise_at(top, left, (700, 1000))
    result = saved(pixels, tmp_path / "a.png")
    crop = written([result], tmp_path)[1]["crops"]["0"]
    x, y, width, height = crop["box"]
    assert (width, height, crop["of"]) == (480, 320, [1000, 700])
    assert x <= left < left + 200 <= x + width
    assert y <= top < top + 200 <= y + height
    after = np.asarray(Image.open(result.outputs[0]).convert("RGB"))
    for url, whole in ((crop["before"], pixels), (crop["after"], after)):
        np.testing.assert_array_equal(decoded(url), whole[y : y + height, x : x + width])


@pytest.mark.parametrize("size", [(1, 1), (1, 2000), (2000, 1), (15, 17), (320, 480), (321, 481), (17, 900), (900, 17)])
@pytest.mark.parametrize("n_channels", [3, 4])
def test_a_crop_of_any_size_lies_within(size: tuple[int, int], n_channels: int) -> None:
    pixels = np.random.default_rng(2).integers(1, 256, (*size, n_channels), np.uint8)
    crop = _crops.crop(pixels, pixels)
    assert crop
    assert (crop.width, crop.height) == (min(size[1], 480), min(size[0], 320))
    assert 0 <= crop.left <= size[1] - crop.width
    assert 0 <= crop.top <= size[0] - crop.height
    part = pixels[crop.top : crop.top + crop.height, crop.left : crop.left + crop.width]
    np.testing.assert_array_equal(decoded(crop.before), part)


def test_pictures_of_different_sizes_have_no_crop(tmp_path: Path) -> None:
    result = saved(noise_at(0, 0, (300, 300)), tmp_path / "a.png")
    Image.new("RGB", (150, 150)).save(result.outputs[0])
    page, data = written([result], tmp_path)
    assert page.count('<img src="data:image/webp') == 2
    assert data["crops"] == {}


def test_crops_are_bounded_in_number_and_size(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    results = [saved(noise_at(0, 0, (300, 300)), tmp_path / "a.png")] * 4
    monkeypatch.setattr(_previews, "N_CROPPED", 3)
    crops = written(results, tmp_path)[1]["crops"]
    assert list(crops) == ["0", "1", "2"]
    of_one = len(crops["0"]["before"]) + len(crops["0"]["after"])
    monkeypatch.setattr(_previews, "MOST_CROP_CHARS", 2 * of_one)
    page, data = written(results, tmp_path)
    assert list(data["crops"]) == ["0", "1"]
    assert page.count('<img src="data:image/webp') == 8


def test_previews_keep_transparency_and_say_so(tmp_path: Path) -> None:
    clear = np.zeros((200, 200, 4), np.uint8)
    clear[50:150, 50:150] = (255, 255, 255, 255)
    opaque = np.full((200, 200, 3), 255, np.uint8)
    page, data = written([saved(clear, tmp_path / "a.png"), saved(opaque, tmp_path / "b.png")], tmp_path)
    images = re.findall(r'<img src="([^"]*)" width="200" height="200"( class="clear")?', page)
    assert [bool(mark) for _, mark in images] == [True, True, False, False]
    for url in (images[0][0], images[1][0], data["crops"]["0"]["before"], data["crops"]["0"]["after"]):
        alpha = decoded(url)[..., 3]
        assert alpha[0, 0] == 0
        assert alpha[100, 100] == 255


def test_palettes_with_alpha_keep_their_digits(tmp_path: Path) -> None:
    palettes = (("#00000000", "#ff0000", "#00ff0080"), ("#00ff00", "#ff0000"))
    page, data = written([FileResult("a", "done", n_colors=3, palette=palette) for palette in palettes], tmp_path)
    assert data["palettes"] == ["#00000000#ff0000#00ff0080", "#00ff00#ff0000"]
    strips = re.findall(r'<img class="strip( clear)?" src="([^"]*)"', page)
    assert [bool(mark) for mark, _ in strips] == [True, False]
    assert decoded(strips[0][1]).tolist() == [[[0, 0, 0, 0], [255, 0, 0, 255], [0, 255, 0, 128]]]
    assert decoded(strips[1][1]).shape == (1, 2, 3)


def test_files_that_grew_or_were_kept_can_be_told_apart(tmp_path: Path) -> None:
    smaller = FileResult("a", "done", n_colors=2, bytes_before=10, bytes_after=5, grew=False)
    grown = replace(smaller, bytes_after=20, grew=True)
    kept = FileResult("c", "done", Reason(Code.WOULD_GROW, {"after": "9 B", "before": "5 B"}), grew=True)
    page, data = written([smaller, grown, kept, replace(kept, status="skipped")], tmp_path)
    assert [entry["marks"] for entry in data["files"]] == [[], ["grew"], ["kept"], ["kept"]]
    chips = dict(re.findall(r'data-status="(\w+)".*?<span class="count">(\d+)', page))
    assert chips == {"all": "4", "done": "3", "skipped": "1", "grew": "1", "kept": "2"}
    assert "1 grew; 2 kept, would have grown" in page
    page, _ = written([smaller], tmp_path)
    assert 'data-status="grew"' not in page
    assert 'data-status="kept"' not in page
    assert " grew" not in page


def test_only_rows_grow_with_the_files(tmp_path: Path) -> None:
    failed = FileResult("a.png", "failed", Reason(Code.UNREADABLE, {"problem": "no"}))
    rest = []
    for n_files in (2000, 3000):
        page, _ = written([failed] * n_files, tmp_path)
        rest.append(len(re.sub(r"<tbody>.*</tbody>|<time .*?</time>|<script.*</script>", "", page, flags=re.DOTALL)))
        assert "more, which the table lists, too" in page
        assert page.count("<li>") == 101
    assert rest[0] == rest[1]
