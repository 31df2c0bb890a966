"""``imgcluster quantize`` on good input: what it writes, where, and what it says."""

import io
import json
import math
import shlex
import shutil
from collections.abc import Callable
from functools import wraps
from importlib import import_module
from inspect import signature
from pathlib import Path
from typing import Any

import numpy as np
import pytest
import skimage.data
from _pictures import chelsea, saved
from click.testing import Result
from PIL import Image

import imgcluster
from imgcluster.tasks import FileResult

FIELDS = list(FileResult("a.png", "done").to_dict())


def colors_of(path: Path | str) -> int:
    with Image.open(path) as image:
        return len(image.convert("RGB").getcolors(1 << 24) or [])


def test_photo_becomes_an_indexed_png(run: Callable[..., Any], folder: Path) -> None:
    saved(folder / "cat.png", chelsea())
    process = run("quantize", "cat.png", "-k", "16")
    assert process.returncode == 0, process.stderr
    assert not process.stdout
    with Image.open("outputs/cat-quantized.png") as image:
        assert (image.mode, image.size) == ("P", (451, 300))
        assert len(image.convert("RGB").getcolors(256) or []) == 16
    (line,) = process.stderr.decode().splitlines()
    assert line.startswith("cat.png -> outputs/cat-quantized.png  451x300, ")
    assert " colors -> 16, " in line
    assert "PSNR" in line
    assert line.endswith(" s")


def test_defaults_are_those_of_the_library(invoke: Callable[..., Result], photo: Path) -> None:
    assert invoke("quantize", "photo.png").exit_code == 0
    imgcluster.quantize(photo).save("library.png")
    assert (photo.parent / "library.png").read_bytes() == (photo.parent / "outputs/photo-quantized.png").read_bytes()


def test_options_reach_the_library(invoke: Callable[..., Result], photo: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    module = import_module("imgcluster.quantization")
    real, seen = module.quantize, {}

    @wraps(real)
    def spy(image: Any, **parameters: Any) -> Any:
        seen.update(parameters)
        return real(image, **parameters)

    monkeypatch.setattr(module, "quantize", spy)
    options = "--colors=7 --method=kmeans --seed=3 --threads=2 --effort=fast"
    assert invoke("quantize", "photo.png", *shlex.split(options)).exit_code == 0
    expected = {
        "n_colors": 7,
        "method": "kmeans",
        "random_state": 3,
        "n_threads": 2,
        "effort": "fast",
        "format": ".png",
    }
    assert seen.items() >= expected.items()
    # the others have the library's own defaults
    defaults = {name: item.default for name, item in signature(real).parameters.items()}
    assert {name: seen[name] for name in seen.keys() - expected} == {
        name: defaults[name] for name in seen.keys() - expected
    }


@pytest.mark.parametrize("options", [[], ["-t", "1"], ["-t", "3"]])
def test_threads_change_nothing(invoke: Callable[..., Result], photo: Path, options: list[str]) -> None:
    assert invoke("quantize", "photo.png", "-o", "once.png", "-k", "9").exit_code == 0
    assert invoke("quantize", "photo.png", "-o", "again.png", "-k", "9", *options).exit_code == 0
    assert (photo.parent / "once.png").read_bytes() == (photo.parent / "again.png").read_bytes()


@pytest.mark.parametrize("ending", ["png", "PNG", "gif", "webp", "tif", "tiff", "bmp"])
def test_ending_of_output_chooses_the_format(invoke: Callable[..., Result], photo: Path, ending: str) -> None:
    result = invoke("quantize", "photo.png", "-k", "8", "-o", f"small.{ending}")
    assert result.exit_code == 0, result.stderr
    assert colors_of(f"small.{ending}") == 8


def test_more_than_256_colors_in_webp(invoke: Callable[..., Result], photo: Path) -> None:
    result = invoke("quantize", "photo.png", "-k", "300", "-o", "rich.webp")
    assert result.exit_code == 0, result.stderr
    assert colors_of("rich.webp") == 300


@pytest.mark.parametrize("name", ["png", "gif", "webp", "tif", "bmp"])
def test_format_of_pictures_without_names(
    run: Callable[..., Any], invoke: Callable[..., Result], photo: Path, name: str
) -> None:
    assert invoke("quantize", "photo.png", "-k", "8", "--format", name).exit_code == 0
    assert colors_of(f"outputs/photo-quantized.{name}") == 8
    for args in (["-"], ["photo.png", "-o", "-"]):
        process = run("quantize", *args, "-k", "8", "--format", name, input=photo.read_bytes())
        assert process.stdout == (photo.parent / f"outputs/photo-quantized.{name}").read_bytes(), process.stderr


def test_output_dir_is_made_with_its_parents(invoke: Callable[..., Result], photo: Path) -> None:
    assert invoke("quantize", "photo.png", "-d", "new/deep").exit_code == 0
    assert [path.name for path in (photo.parent / "new/deep").iterdir()] == ["photo-quantized.png"]


def test_few_colors_are_kept_and_said_so(invoke: Callable[..., Result], folder: Path) -> None:
    Image.fromarray(np.arange(12, dtype=np.uint8).reshape(3, 4) * 20).convert("RGB").save("flat.png")
    result = invoke("quantize", "flat.png", "-k", "16", "--json")
    assert "has only 12 colors: all kept, lossless" in result.stderr
    line = json.loads(result.stdout)
    assert (line["lossless"], line["mse"], line["psnr"], line["n_colors"]) == (True, 0.0, None, 12)


def test_one_color_is_singular(invoke: Callable[..., Result], folder: Path) -> None:
    Image.new("RGB", (5, 1), "red").save("red.png")
    assert "has only 1 color: " in invoke("quantize", "red.png").stderr


def test_existing_output_is_skipped_and_forced(invoke: Callable[..., Result], photo: Path) -> None:
    target = photo.parent / "outputs/photo-quantized.png"
    target.parent.mkdir()
    target.write_text("mine")
    result = invoke("quantize", "photo.png")
    assert result.exit_code == 0
    assert result.stderr == "photo.png: skipped, outputs/photo-quantized.png exists; -f overwrites it\n"
    assert target.read_text() == "mine"
    assert invoke("quantize", "photo.png", "-f").exit_code == 0
    assert colors_of(target) == 256


def test_existing_output_file_is_skipped(invoke: Callable[..., Result], photo: Path) -> None:
    (photo.parent / "mine.png").write_text("mine")
    assert invoke("quantize", "photo.png", "-o", "mine.png").exit_code == 98
    assert (photo.parent / "mine.png").read_text() == "mine"


def test_stdin_to_stdout(run: Callable[..., Any], photo: Path) -> None:
    process = run("quantize", "-", "-k", "5", input=photo.read_bytes())
    assert process.returncode == 0, process.stderr
    with Image.open(io.BytesIO(process.stdout)) as image:
        assert (image.format, image.mode, image.size) == ("PNG", "P", (24, 16))
    assert process.stderr.startswith(b"stdin -> stdout  24x16, ")
    assert run("quantize", "photo.png", "-k", "5", "-o", "-").stdout == process.stdout
    assert [path.name for path in photo.parent.iterdir()] == ["photo.png"]


def test_stdin_to_file_and_folder(run: Callable[..., Any], photo: Path) -> None:
    picture = photo.read_bytes()
    assert run("quantize", "-", "-o", "a.png", input=picture).returncode == 0
    assert run("quantize", "-", "-d", "there", input=picture).returncode == 0
    assert (photo.parent / "a.png").read_bytes() == (photo.parent / "there/stdin-quantized.png").read_bytes()


def test_several_inputs_end_with_a_sum(invoke: Callable[..., Result], photo: Path) -> None:
    shutil.copy(photo, "other.png")
    invoke("quantize", "other.png", "-k", "4")
    result = invoke("quantize", "photo.png", "other.png", "missing.png", "-k", "4")
    assert result.exit_code == 1
    assert result.stderr.splitlines()[-1].startswith("done 1, skipped 1, failed 1")


def test_json_has_a_line_for_each_input(run: Callable[..., Any], photo: Path) -> None:
    shutil.copy(photo, "other.png")
    assert run("quantize", "other.png").returncode == 0
    process = run("quantize", "photo.png", "other.png", "missing.png", "--json", "-k", "4")
    assert process.returncode == 1
    lines = sorted(map(json.loads, process.stdout.splitlines()), key=lambda line: line["status"])
    done, failed, skipped = lines
    assert [list(line) for line in (done, skipped, failed)] == [FIELDS] * 3
    assert (done["input"], done["outputs"], done["status"]) == ("photo.png", ["outputs/photo-quantized.png"], "done")
    assert (done["width"], done["height"], done["n_colors"], done["reason"]) == (24, 16, 4, None)
    assert done["psnr"] == pytest.approx(10 * math.log10(255**2 / (done["mse"] / 3)))
    assert done["bytes_before"] == photo.stat().st_size
    assert done["bytes_after"] == (photo.parent / done["outputs"][0]).stat().st_size
    assert done["milliseconds"] > 0
    assert skipped["status"] == "skipped"
    assert skipped["reason"] == "exists"
    assert "exists" in skipped["text"]
    assert failed["status"] == "failed"
    assert "missing.png" in failed["input"]
    assert (failed["reason"], failed["text"]) == ("unreadable", "no such file; check the name")


def test_mse_is_that_of_the_file(invoke: Callable[..., Result], photo: Path) -> None:
    line = json.loads(invoke("quantize", "photo.png", "--json", "-k", "16").stdout)
    with Image.open(photo) as before, Image.open(line["outputs"][0]) as after:
        error = np.asarray(before, float) - np.asarray(after.convert("RGB"), float)
    assert line["mse"] == pytest.approx((error**2).sum(axis=-1).mean())


def test_quiet_and_verbose(invoke: Callable[..., Result], photo: Path) -> None:
    quiet = invoke("quantize", "photo.png", "missing.png", "-q")
    assert quiet.stderr.count("\n") == 1
    assert quiet.stderr.startswith("imgcluster: error: missing.png: ")
    verbose = invoke("quantize", "photo.png", "-f", "-v")
    for word in ("kernels", "instruction set", "iteration", "converged", "MSE", " s\n"):
        assert word in verbose.stderr


def test_what_reading_lost_is_a_warning(invoke: Callable[..., Result], folder: Path) -> None:
    Image.new("RGBA", (4, 4), (200, 10, 10, 90)).save("glass.png")
    result = invoke("quantize", "glass.png", "--format", "bmp")
    assert result.exit_code == 0
    assert (
        result.stderr.splitlines()[-1] == "imgcluster: warning: glass.png: not kept: transparency (put on a background)"
    )
    assert not invoke("quantize", "glass.png", "--format", "bmp", "-f", "-q").stderr


def test_a_background_that_was_asked_for_is_no_loss(invoke: Callable[..., Result], folder: Path) -> None:
    Image.new("RGBA", (4, 4), (200, 10, 10, 90)).save("glass.png")
    result = invoke("quantize", "glass.png", "--format", "bmp", "--background", "white", "--strict", "--json")
    assert result.exit_code == 0
    assert "not kept" not in result.stderr
    found = json.loads(result.stdout)
    assert (found["dropped"], found["lossless"]) == ([], False)
    assert invoke("quantize", "glass.png", "--in-place", "--background", "white", "-k", "1").exit_code == 0
    with Image.open("glass.png") as image:
        assert image.convert("RGBA").getchannel("A").getextrema() == (255, 255)


def test_fit_that_did_not_converge_is_reported_to_the_curious(invoke: Callable[..., Result], folder: Path) -> None:
    Image.fromarray(skimage.data.chelsea()).save("cat.png")
    arguments = ("quantize", "cat.png", "-k", "30", "--effort", "fast", "-f")
    assert "converged" not in invoke(*arguments).stderr
    assert ", not converged, MSE " in invoke(*arguments, "-v").stderr
    assert json.loads(invoke(*arguments, "--json").stdout)["converged"] is False


def test_name_with_a_dash_after_two_dashes(invoke: Callable[..., Result], photo: Path) -> None:
    shutil.copy(photo, "-k.png")
    assert invoke("quantize", "--", "-k.png").exit_code == 0
    assert colors_of("outputs/-k-quantized.png") == 256
