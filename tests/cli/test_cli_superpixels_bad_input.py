"""``imgcluster superpixels`` on bad or odd input: one line, the right exit code, nothing written."""

from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from click.testing import Result
from PIL import Image

FILES = ("--labels", "l.npy", "--table", "t.csv", "--geojson", "g.geojson")


@pytest.fixture(autouse=True)
def beside_a_photo(photo: Path) -> None:
    """All tests have photo.png."""


def outputs() -> list[str]:
    """What was written: inputs are photo.png, or their names begin with in."""
    files = [path for path in Path().rglob("*") if path.is_file() and path.name != "photo.png"]
    return sorted(str(path) for path in files if not path.name.startswith("in"))


def save_floats(values: list[Any]) -> str:
    Image.fromarray(np.array(values, np.float32)).save("in.tif")
    return "in.tif"


def write_bytes(name: str, content: bytes) -> str:
    Path(name).write_bytes(content)
    return name


BAD = {
    "nothing there": (lambda: "in-none.png", "no such file; check the name"),
    "no bytes": (lambda: write_bytes("in.png", b""), ""),
    "text": (lambda: write_bytes("in.png", b"text"), ""),
    "half a PNG": (lambda: write_bytes("in.png", Path("photo.png").read_bytes()[:200]), ""),
    "no size": (lambda: write_bytes("in.ppm", b"P6 0 0 255\n"), ""),
    "NaN": (lambda: save_floats([[0, np.nan], [1, 0]]), "nan"),
    "infinity": (lambda: save_floats([[0, np.inf], [1, 0]]), "inf"),
}


@pytest.mark.parametrize("what", list(BAD))
def test_bad_inputs_write_nothing(invoke: Callable[..., Result], what: str) -> None:
    make, text = BAD[what]
    name = make()
    result = invoke("superpixels", name, *FILES)
    assert result.exit_code == 1
    assert result.stderr.startswith("imgcluster: error: ")
    assert name in result.stderr
    assert text in result.stderr
    assert result.stderr.count("\n") == 1
    assert result.stdout == ""
    assert "unexpected" not in result.stderr
    assert outputs() == []


def test_the_rest_is_done(invoke: Callable[..., Result]) -> None:
    write_bytes("in.png", b"text")
    result = invoke("superpixels", "in.png", "photo.png", "in-none.png", "-n", "5")
    assert result.exit_code == 1
    assert outputs() == ["outputs/photo-superpixels.png"]
    assert result.stderr.splitlines()[-1].startswith("done 1, skipped 0, failed 2")


@pytest.mark.parametrize(
    ("args", "text"),
    [
        ([], "no input given; name a picture"),
        (["photo.png", "-n", "-3"], "n_segments must be at least 1, got -3"),
        (["photo.png", "-n", "2.5"], "n_segments must be a whole number, at least 1, got '2.5'"),
        (["photo.png", "-n", ""], "n_segments must be a whole number"),
        (["photo.png", "-c", "nan"], "compactness must be finite and at least 0, got nan"),
        (["photo.png", "-c", "inf"], "compactness must be finite and at least 0, got inf"),
        (["photo.png", "-c", "1e999"], "compactness must be finite and at least 0, got 1e999"),
        (["photo.png", "-t", "0"], "n_threads must be at least 1, got 0"),
        (["photo.png", "--seed", "-1"], "random_state must be at least 0, got -1"),
        (["photo.png", "--style", "fog"], "'fog' is not one of 'mosaic', 'boundaries', 'overlay', 'labels'"),
        (["photo.png", "--labels", "l.jpg"], "--labels must name a file in .png, .tif, .tiff, .npy, got 'l.jpg'"),
        (["photo.png", "--table", "t"], "--table must name a file in .csv, .json, .parquet, got 't'"),
        (["photo.png", "in.png", "--labels", "l.npy"], "is one file for 2 inputs"),
        (["photo.png", "--table", "x.json", "--geojson", "x.json"], "name the same file 'x.json'"),
    ],
)
def test_wrong_usage_exits_before_any_work(invoke: Callable[..., Result], args: list[str], text: str) -> None:
    result = invoke("superpixels", *args)
    assert result.exit_code == 2
    assert text in result.stderr
    assert result.stderr.count("\n") == 1
    assert outputs() == []


@pytest.mark.parametrize("size", [(1, 1), (50, 1), (1, 50), (30, 20)])
@pytest.mark.parametrize("method", ["boundary", "slic", "gmm"])
def test_narrow_pictures_of_a_single_color(invoke: Callable[..., Result], size: tuple[int, int], method: str) -> None:
    Image.new("RGB", size, (9, 8, 7)).save("in.png")
    n = min(7, size[0] * size[1])
    result = invoke("superpixels", "in.png", "-n", str(n), "-m", method, *FILES)
    assert result.exit_code == 0, result.stderr
    labels = np.load("l.npy")
    assert labels.shape == size[::-1]
    assert np.unique(labels).tolist() == list(range(labels.max() + 1))
    if method == "boundary":
        assert labels.max() == n - 1


@pytest.mark.parametrize("mode", ["1", "L", "P", "LA", "RGBA", "I;16"])
def test_pictures_of_every_mode(invoke: Callable[..., Result], mode: str) -> None:
    picture = Image.open("photo.png")
    if mode == "I;16":
        picture = Image.fromarray(np.asarray(picture.convert("L")).astype(np.uint16) * 256)  # type: ignore[assignment]
    picture.convert(mode).save("in.png")
    result = invoke("superpixels", "in.png", "-n", "6", "--labels", "l.npy")
    assert result.exit_code == 0, result.stderr
    assert np.load("l.npy").max() == 5


def test_a_transparent_picture_is_reported(invoke: Callable[..., Result]) -> None:
    picture = Image.open("photo.png")
    picture.putalpha(100)
    picture.save("in.png")
    result = invoke("superpixels", "in.png", "-n", "6")
    assert result.exit_code == 0
    assert "imgcluster: warning: in.png: not kept: transparency" in result.stderr


def test_a_compactness_beyond_all_bounds_is_as_round_as_can_be(invoke: Callable[..., Result]) -> None:
    result = invoke("superpixels", "photo.png", "-n", "6", "-c", "1e300", "--labels", "l.npy")
    assert result.exit_code == 0, result.stderr
    assert np.load("l.npy").max() == 5
