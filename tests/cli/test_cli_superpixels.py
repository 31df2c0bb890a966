"""``imgcluster superpixels``: its own options, and that they are those of the library."""

import shlex
import shutil
from collections.abc import Callable
from functools import wraps
from importlib import import_module
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from _pictures import chelsea, saved
from click.testing import Result
from PIL import Image

import imgcluster
from imgcluster.tasks import make_task


@pytest.fixture
def cat(folder: Path) -> Path:
    """A photo of 113 x 75 pixels."""
    saved(folder / "cat.png", chelsea(4))
    return folder


def test_defaults_are_those_of_the_library(invoke: Callable[..., Result], cat: Path) -> None:
    assert invoke("superpixels", "cat.png", "--labels", "l.npy").exit_code == 0
    expected = imgcluster.superpixels("cat.png")
    assert np.array_equal(np.load("l.npy"), expected.labels)
    assert np.array_equal(np.asarray(Image.open("outputs/cat-superpixels.png")), expected.overlay())


@pytest.fixture
def seen(monkeypatch: pytest.MonkeyPatch) -> dict[str, Any]:
    """What the library was called with."""
    module = import_module("imgcluster.superpixel")
    real, parameters = module.superpixels, {}

    @wraps(real)
    def spy(image: Any, **given: Any) -> Any:
        parameters.update(given)
        return real(image, **given)

    monkeypatch.setattr(module, "superpixels", spy)
    return parameters


def test_options_reach_the_library(invoke: Callable[..., Result], cat: Path, seen: dict[str, Any]) -> None:
    options = "--segments=9 --method=slic --compactness=12.5 --seed=3 --threads=2 --effort=fast"
    options += " --channels=raw --nodata=-9999 --value-range=0:200"
    assert invoke("superpixels", "cat.png", *shlex.split(options)).exit_code == 0
    assert seen == {
        "n_segments": 9,
        "method": "slic",
        "compactness": 12.5,
        "random_state": 3,
        "n_threads": 2,
        "effort": "fast",
        "channels": "raw",
        "nodata": -9999.0,
        "value_range": (0.0, 200.0),
    }


@pytest.mark.parametrize("method", ["boundary", "slic", "gmm"])
def test_every_method(invoke: Callable[..., Result], cat: Path, method: str) -> None:
    result = invoke("superpixels", "cat.png", "-n", "30", "-m", method, "--labels", "l.npy")
    assert result.exit_code == 0, result.stderr
    labels = np.load("l.npy")
    assert np.unique(labels).tolist() == list(range(labels.max() + 1))
    if method == "boundary":
        assert labels.max() == 29


def test_mask(invoke: Callable[..., Result], cat: Path, seen: dict[str, Any]) -> None:
    inside = np.zeros((75, 113), np.uint8)
    inside[10:60, 20:90] = 1
    Image.fromarray(inside).save("inside.png")
    result = invoke("superpixels", "cat.png", "-n", "20", "--mask", "inside.png", "--labels", "l.npy")
    assert result.exit_code == 0, result.stderr
    assert np.array_equal(seen["mask"], inside > 0)
    labels = np.load("l.npy")
    assert np.array_equal(labels >= 0, inside > 0)
    assert ", 20 segments, " in result.stderr


def test_a_mask_for_each_picture(invoke: Callable[..., Result], cat: Path) -> None:
    Path("masks").mkdir()
    for i in range(17):
        shutil.copy("cat.png", f"{i}.png")
        inside = np.zeros((75, 113), np.uint8)
        inside[i : i + 20, 20:90] = 255
        if i:
            Image.fromarray(inside).save(f"masks/{i}.png")
    pictures = [f"{i}.png" for i in range(17)]
    result = invoke("superpixels", *pictures, "-n", "4", "--mask", "masks/{name}.png", "--labels", "{name}.npy")
    # the first has none, which costs only this one
    assert result.exit_code == 1
    assert "imgcluster: error: 0.png: cannot read masks/0.png: no such file; " in result.stderr
    assert not Path("0.npy").exists()
    for i in range(1, 17):
        assert np.flatnonzero((np.load(f"{i}.npy") >= 0).any(axis=1)).tolist() == list(range(i, i + 20))


def test_a_mask_of_one_picture_is_not_overwritten_by_another(invoke: Callable[..., Result], cat: Path) -> None:
    for name in ("cat-superpixels.png", "dog.png"):
        shutil.copy("cat.png", name)
    before = Path("cat-superpixels.png").read_bytes()
    options = ("--mask", "{name}-superpixels.png", "-d", ".", "-f")
    result = invoke("superpixels", "cat.png", "dog.png", *options)
    assert "cat.png: its output ./cat-superpixels.png is an input of this run; " in result.stderr
    assert Path("cat-superpixels.png").read_bytes() == before


def test_black_mask_has_no_segment_or_is_rejected(invoke: Callable[..., Result], cat: Path) -> None:
    Image.new("L", (113, 75)).save("black.png")
    result = invoke("superpixels", "cat.png", "--mask", "black.png", "-v")
    if result.exit_code == 0:
        assert ", 0 segments, " in result.stderr
    else:
        assert "imgcluster: error: cat.png: " in result.stderr
    assert "unexpected" not in result.stderr


def test_mask_of_another_size_is_one_line(invoke: Callable[..., Result], cat: Path) -> None:
    Image.new("L", (5, 4), 255).save("small.png")
    result = invoke("superpixels", "cat.png", "--mask", "small.png")
    assert result.exit_code == 1
    assert result.stderr.startswith(
        "imgcluster: error: cat.png: the mask small.png has 5 x 4 pixels, cat.png 113 x 75; "
    )
    assert result.stderr.count("\n") == 1
    assert not list(cat.glob("outputs/*"))


@pytest.mark.parametrize("name", ["missing.png", "text.png"])
def test_mask_that_cannot_be_read_stops_all(invoke: Callable[..., Result], cat: Path, name: str) -> None:
    Path("text.png").write_text("no picture")
    result = invoke("superpixels", "cat.png", "--mask", name)
    assert result.exit_code == 1
    assert result.stderr.startswith(f"imgcluster: error: cannot read {name}: ")
    assert result.stderr.count("\n") == 1
    assert not Path("outputs").exists()


def test_mask_is_not_overwritten(invoke: Callable[..., Result], cat: Path) -> None:
    Image.new("L", (113, 75), 255).save("mask.png")
    before = Path("mask.png").read_bytes()
    result = invoke("superpixels", "cat.png", "--mask", "mask.png", "-o", "mask.png", "-f")
    assert result.exit_code == 1
    assert "its output mask.png is an input of this run" in result.stderr
    assert Path("mask.png").read_bytes() == before


def test_more_segments_than_pixels_are_one_each_and_said(invoke: Callable[..., Result], folder: Path) -> None:
    Image.fromarray(np.arange(12, dtype=np.uint8).reshape(3, 4) * 20).save("tiny.png")
    result = invoke("superpixels", "tiny.png", "--labels", "l.npy")
    assert result.exit_code == 0, result.stderr
    warning, done = result.stderr.splitlines()
    assert warning.startswith("imgcluster: warning: tiny.png: ")
    assert "12" in warning
    assert ", 12 segments, " in done
    assert sorted(np.load("l.npy").ravel()) == list(range(12))


@pytest.mark.parametrize(
    ("args", "text"),
    [
        (["-n", "0"], "n_segments must be at least 1, got 0"),
        (["-n", "many"], "n_segments must be a whole number, at least 1, got 'many'"),
        (["-m", "watershed"], "'watershed' is not one of 'boundary', 'slic', 'gmm'"),
        (["-c", "-1"], "compactness must be finite and at least 0, got -1"),
        (["-c", "round"], "compactness must be a number, at least 0, got 'round'"),
        (["--effort", "some"], "'default', 'fast', 'best'"),
        (["--mask", "{nam}.png"], "--mask may hold {name} and no other field, got {nam}; write {name} where"),
        (["-r", "--mask", "{name}.png"], "--mask {name}.png is for single pictures, got it with a folder; name these"),
    ],
)
def test_wrong_usage(invoke: Callable[..., Result], cat: Path, args: list[str], text: str) -> None:
    result = invoke("superpixels", "cat.png", *args)
    assert result.exit_code == 2
    assert text in result.stderr
    assert result.stderr.count("\n") == 1
    assert not Path("outputs").exists()


def test_merge_is_that_of_the_library(invoke: Callable[..., Result], cat: Path) -> None:
    line = ["superpixels", "cat.png", "-n", "30", "--style", "none"]
    assert invoke(*line, "--merge", "7", "--labels", "l.npy").exit_code == 0
    assert np.array_equal(np.load("l.npy"), imgcluster.superpixels("cat.png", 30).merge(7).labels)
    # more than there are leaves them as they are
    assert invoke(*line, "--merge", "400", "--labels", "all.npy").exit_code == 0
    assert np.load("all.npy").max() == 29


def test_merge_is_for_superpixels_alone() -> None:
    with pytest.raises(ValueError, match="merge is for superpixels, got it with segment; leave it out"):
        make_task("segment", {"n_clusters": 3, "merge": 2})
    with pytest.raises(ValueError, match="merge must be at least 1, got 0"):
        make_task("superpixels", {"merge": 0})
