"""Pictures of formats that are not read: counted in folders, never silently left out."""

import json
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
from _pictures import noise, saved
from click.testing import CliRunner
from PIL import Image

from imgcluster.batch import plan_folder
from imgcluster.cli import app
from imgcluster.picture import formats

Paint = Callable[..., Path]


@pytest.fixture
def no_extras(monkeypatch: pytest.MonkeyPatch) -> None:
    """Let the formats of extras be as where none is installed."""
    monkeypatch.setattr(formats, "_is_installed", lambda format: not format.extra)
    monkeypatch.setattr(formats.Format, "is_installed", property(lambda format: not format.extra))


def quantized(*arguments: str) -> Any:
    return CliRunner().invoke(app, ["quantize", *arguments, "-j", "1", "--no-skip-if-larger"])


@pytest.mark.usefixtures("no_extras")
def test_formats_that_are_not_read_are_counted_as_far_as_they_were_asked_for(tmp_path: Path) -> None:
    saved(tmp_path / "a.png", noise(8, 8))
    for name in ("b.heic", "c.HEIC", "d.jxl", "e.dng", ".hidden.heic", "notes.txt", "sub/e.heic"):
        (tmp_path / name).parent.mkdir(exist_ok=True)
        (tmp_path / name).write_bytes(b"x")
    plan = plan_folder(tmp_path)
    assert plan.ignored == {"HEIC": 2, "JPEG XL": 1, "camera RAW": 1}
    assert plan.ignored_files == tuple(str(tmp_path / name) for name in ("b.heic", "c.HEIC", "d.jxl", "e.dng"))
    assert plan_folder(tmp_path, recursive=True).ignored == {"HEIC": 3, "JPEG XL": 1, "camera RAW": 1}
    assert plan_folder(tmp_path, include="*.png").ignored == {}
    assert plan_folder(tmp_path, exclude=["*.jxl", "*.dng"]).ignored == {"HEIC": 2}


@pytest.mark.usefixtures("no_extras")
def test_every_file_is_in_the_last_line_the_json_the_manifest_and_the_report(tmp_path: Path) -> None:
    Image.new("RGB", (8, 8), (200, 9, 9)).save(tmp_path / "d.apng", "PNG")
    saved(tmp_path / "a.tga", noise(8, 8))
    for name in ("b.heic", "c.heic", "e.svg"):
        (tmp_path / name).write_bytes(b"x")
    out = tmp_path / "out"
    side = ["--manifest", str(out / "m.jsonl"), "--report", str(out / "r.html")]
    result = quantized(str(tmp_path), "-d", str(out), "--json", *side)
    assert result.exit_code == 0
    assert "2 HEIC files ignored; pip install 'imgcluster[heif]'" in result.stderr
    assert "1 SVG file ignored; draw it first" in result.stderr
    assert "done 2, skipped 0, failed 0, ignored 3" in result.stderr
    rows = {Path(row["input"]).name: row for row in map(json.loads, result.stdout.splitlines())}
    assert {name: (row["status"], row["reason"]) for name, row in rows.items()} == {
        "a.tga": ("done", None),
        "d.apng": ("done", None),
        "b.heic": ("skipped", "not-read"),
        "c.heic": ("skipped", "not-read"),
        "e.svg": ("skipped", "not-read"),
    }
    assert rows["b.heic"]["text"] == "ignored: HEIC is not read; pip install 'imgcluster[heif]'"
    manifest = [json.loads(line)["input"] for line in (out / "m.jsonl").read_text().splitlines()]
    assert sorted(Path(name).name for name in manifest) == sorted(rows)
    assert all(name in (out / "r.html").read_text() for name in rows)
    strict = quantized(str(tmp_path), "-d", str(out), "--strict")
    assert strict.exit_code == 1
    assert "--strict: 2 HEIC files ignored, 1 SVG file ignored" in strict.stderr


@pytest.mark.usefixtures("no_extras")
def test_a_folder_of_nothing_else_says_so(tmp_path: Path) -> None:
    (tmp_path / "c.heic").write_bytes(b"x")
    result = quantized(str(tmp_path), "--json")
    assert result.exit_code == 3
    assert "1 HEIC file ignored" in result.stderr
    assert json.loads(result.stdout)["reason"] == "not-read"
