"""Pictures of formats that are not read: counted in folders, never silently left out."""

from collections.abc import Callable
from pathlib import Path

from _pictures import noise, saved
from click.testing import CliRunner
from PIL import Image

from imgcluster.batch import plan_folder
from imgcluster.cli import app

Paint = Callable[..., Path]


def test_formats_that_are_not_read_are_counted_as_far_as_they_were_asked_for(tmp_path: Path) -> None:
    saved(tmp_path / "a.png", noise(8, 8))
    for name in ("b.heic", "c.HEIC", "d.jxl", ".hidden.heic", "notes.txt", "sub/e.heic"):
        (tmp_path / name).parent.mkdir(exist_ok=True)
        (tmp_path / name).write_bytes(b"x")
    assert plan_folder(tmp_path).ignored == {"HEIC": 2, "JPEG XL": 1}
    assert plan_folder(tmp_path, recursive=True).ignored == {"HEIC": 3, "JPEG XL": 1}
    assert plan_folder(tmp_path, include="*.png").ignored == {}
    assert plan_folder(tmp_path, exclude="*.jxl").ignored == {"HEIC": 2}


def test_apng_and_avif_are_read_and_heic_fails_a_strict_run(tmp_path: Path) -> None:
    Image.new("RGB", (8, 8), (200, 9, 9)).save(tmp_path / "d.apng", "PNG")
    saved(tmp_path / "a.tga", noise(8, 8))
    (tmp_path / "c.heic").write_bytes(b"\0\0\0\x18ftypheic" + bytes(60))
    arguments = ["quantize", str(tmp_path), "-d", str(tmp_path / "out"), "-j", "1", "--no-skip-if-larger"]
    result = CliRunner().invoke(app, arguments)
    assert result.exit_code == 0
    assert "1 HEIC file ignored; convert it first" in result.stderr
    assert "done 2, skipped 0, failed 0" in result.stderr
    result = CliRunner().invoke(app, [*arguments, "--strict"])
    assert result.exit_code == 1
    assert "--strict: 1 HEIC file ignored" in result.stderr


def test_a_folder_of_nothing_else_says_so(tmp_path: Path) -> None:
    (tmp_path / "c.heic").write_bytes(b"x")
    result = CliRunner().invoke(app, ["quantize", str(tmp_path)])
    assert result.exit_code == 3
    assert "1 HEIC file ignored" in result.stderr
