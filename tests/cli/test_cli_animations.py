"""``imgcluster quantize`` on animations: they stay animations, in folders, too."""

import json
from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from click.testing import Result
from PIL import Image

TIMES = [40, 200, 70]


@pytest.fixture
def film(folder: Path) -> Path:
    """A GIF of three frames that is played twice."""
    frames = []
    for i in range(3):
        pixels = np.full((20, 30), 200, np.uint8)
        pixels[5:12, 4 + 5 * i : 12 + 5 * i] = 40 * i
        frames.append(Image.fromarray(pixels))
    frames[0].save(folder / "film.gif", save_all=True, append_images=frames[1:], duration=TIMES, loop=1)
    return folder / "film.gif"


def times_of(path: Path | str) -> list[float]:
    with Image.open(path) as image:
        times = []
        for i in range(getattr(image, "n_frames", 1)):
            image.seek(i)
            image.load()
            times.append(float(image.info.get("duration", 0)))
    return times


@pytest.mark.parametrize("ending", ["gif", "png", "webp"])
def test_an_animation_stays_one(invoke: Callable[..., Result], film: Path, ending: str) -> None:
    result = invoke("quantize", film.name, "-k", "4", "-o", f"out.{ending}", "--json")
    assert result.exit_code == 0, result.output
    (line,) = [line for line in result.output.splitlines() if line.startswith("{")]
    assert (json.loads(line)["n_frames"], json.loads(line)["dropped"]) == (3, [])
    assert "3 frames" in result.output
    assert times_of(f"out.{ending}") == TIMES
    with Image.open(f"out.{ending}") as image:
        assert image.info["loop"] == (1 if ending == "gif" else 2)


def test_in_a_folder_it_becomes_an_animated_png(invoke: Callable[..., Result], film: Path) -> None:
    Image.new("RGB", (9, 9), "red").save(film.with_name("still.png"))
    result = invoke("quantize", ".", "-d", "out", "--no-skip-if-larger")
    assert result.exit_code == 0, result.output
    assert times_of("out/film-quantized.png") == TIMES
    assert times_of("out/still-quantized.png") == [0]


@pytest.mark.parametrize("ending", ["png", "bmp", "tif"])
def test_one_frame_of_it(invoke: Callable[..., Result], film: Path, ending: str) -> None:
    result = invoke("quantize", film.name, "--frame", "2", "-o", f"out.{ending}")
    assert result.exit_code == 0, result.output
    assert "not kept" not in result.output
    with Image.open(f"out.{ending}") as image:
        assert getattr(image, "n_frames", 1) == 1
        assert image.convert("RGB").getpixel((16, 8)) == (80, 80, 80)


@pytest.mark.parametrize(
    ("options", "message"),
    [
        (["-o", "out.bmp"], "a BMP holds one picture, not 3 frames"),
        (["--frame", "3"], "frame must be between 0 and 2, got 3"),
        (["--palette-per-frame", "-k", "2"], "whose frames share one"),
        (["--soft-masks", "masks"], "soft masks are of one picture"),
    ],
)
def test_what_cannot_be_done_is_said_in_one_line(
    invoke: Callable[..., Result], film: Path, options: list[str], message: str
) -> None:
    result = invoke("quantize", film.name, *options)
    assert result.exit_code == 1
    assert sum(message in line for line in result.output.splitlines()) == 1
    assert not Path("out.bmp").exists()
    assert not list(Path().glob("outputs/*"))


def test_colors_for_each_frame(invoke: Callable[..., Result], film: Path) -> None:
    result = invoke("quantize", film.name, "-k", "2", "--palette-per-frame", "-o", "own.gif")
    assert result.exit_code == 0, result.output
    assert times_of("own.gif") == TIMES


def test_through_pipes(run: Callable[..., Any], film: Path) -> None:
    process = run("quantize", "-", "--format", "webp", input=film.read_bytes())
    assert process.returncode == 0, process.stderr
    Path("out.webp").write_bytes(process.stdout)
    assert times_of("out.webp") == TIMES
