"""``imgcluster quantize`` on TIFF and .npy files that are read band by band."""

import json
from collections.abc import Callable
from importlib import import_module
from pathlib import Path
from typing import Any

import numpy as np
import pytest
import tifffile
from click.testing import Result
from numpy.typing import NDArray
from PIL import Image

from imgcluster import quantize, quantize_large

# without the name of the program and a description, which would come along as text
PLAIN: dict[str, Any] = {"metadata": None, "software": False}


@pytest.fixture
def large(folder: Path, coffee: NDArray[np.uint8], monkeypatch: pytest.MonkeyPatch) -> NDArray[np.uint8]:
    """A picture that is large, as things go here."""
    monkeypatch.setattr("imgcluster.picture._large.LARGE_PIXELS", 1000)
    tifffile.imwrite("large.tif", coffee, photometric="rgb", tile=(64, 48), compression="zlib", **PLAIN)
    return coffee


@pytest.fixture
def bands(monkeypatch: pytest.MonkeyPatch) -> list[Any]:
    """What was quantized band by band."""
    seen = []

    def spy(source: Any, target: Any, **parameters: Any) -> Any:
        seen.append(source)
        return quantize_large(source, target, **parameters)

    monkeypatch.setattr(import_module("imgcluster.quantization"), "quantize_large", spy)
    return seen


def test_a_large_tiff_becomes_the_same_png(
    invoke: Callable[..., Result], folder: Path, large: NDArray[np.uint8], bands: list[Any]
) -> None:
    result = invoke("quantize", "large.tif", "-k", "16", "--json")
    assert result.exit_code == 0, result.stderr
    quantize(large, 16).save("whole.png")
    assert (folder / "outputs/large-quantized.png").read_bytes() == (folder / "whole.png").read_bytes()
    assert bands == ["large.tif"]
    line = json.loads(result.stdout)
    assert (line["width"], line["height"], line["n_colors"], line["status"]) == (600, 400, 16, "done")
    assert line["bytes_after"] == (folder / "whole.png").stat().st_size
    assert " 600x400, " in result.stderr


def test_a_large_tiff_becomes_a_tiled_tiff(
    invoke: Callable[..., Result], large: NDArray[np.uint8], bands: list[Any]
) -> None:
    assert invoke("quantize", "large.tif", "-k", "16", "-o", "out.tif").exit_code == 0
    assert bands == ["large.tif"]
    with tifffile.TiffFile("out.tif") as file:
        assert file.pages.first.is_tiled


def test_to_stdout(run: Callable[..., Any], folder: Path, coffee: NDArray[np.uint8]) -> None:
    np.save("picture.npy", coffee)
    process = run("quantize", "picture.npy", "-k", "16", "-o", "-")
    assert process.returncode == 0, process.stderr
    quantize(coffee, 16).save("whole.png")
    assert process.stdout == (folder / "whole.png").read_bytes()


def test_a_tiff_to_stdout(run: Callable[..., Any], folder: Path, coffee: NDArray[np.uint8]) -> None:
    np.save("picture.npy", coffee)
    process = run("quantize", "picture.npy", "-k", "16", "-o", "-", "--format", "tif")
    assert process.returncode == 0, process.stderr
    assert run("quantize", "picture.npy", "-k", "16", "-o", "whole.tif").returncode == 0
    assert process.stdout == (folder / "whole.tif").read_bytes()


def test_a_palette_is_applied(
    invoke: Callable[..., Result], folder: Path, large: NDArray[np.uint8], bands: list[Any]
) -> None:
    (folder / "mine.hex").write_text("000000\nff0000\nffffff\n")
    assert invoke("quantize", "large.tif", "--palette", "mine.hex").exit_code == 0
    assert bands == ["large.tif"]
    with Image.open("outputs/large-quantized.png") as image:
        assert image.palette.palette[:9] == bytes([0, 0, 0, 255, 0, 0, 255, 255, 255])


def test_a_palette_of_a_large_picture(invoke: Callable[..., Result], folder: Path, large: NDArray[np.uint8]) -> None:
    assert invoke("palette", "build", "large.tif", "-k", "16", "-o", "large.hex").exit_code == 0
    palette = quantize(large, 16).palette
    assert (folder / "large.hex").read_text().split() == [bytes(color).hex() for color in palette]


@pytest.mark.parametrize("options", [["-o", "out.webp"], ["--soft-masks", "masks"]])
def test_what_needs_the_whole_picture_gets_it(
    invoke: Callable[..., Result], large: NDArray[np.uint8], bands: list[Any], options: list[str]
) -> None:
    result = invoke("quantize", "large.tif", "-k", "2", *options)
    assert result.exit_code == 0, result.stderr
    assert bands == []


def test_a_small_tiff_is_read_as_a_whole(
    invoke: Callable[..., Result], folder: Path, coffee: NDArray[np.uint8], bands: list[Any]
) -> None:
    tifffile.imwrite("small.tif", coffee, photometric="rgb", tile=(64, 48))
    assert invoke("quantize", "small.tif", "-k", "16").exit_code == 0
    assert bands == []


def test_damage_is_one_line_and_leaves_nothing(
    invoke: Callable[..., Result], folder: Path, large: NDArray[np.uint8]
) -> None:
    data = (folder / "large.tif").read_bytes()
    # the end of the file: tags of the only page stand before the tiles
    (folder / "large.tif").write_bytes(data[:-100])
    result = invoke("quantize", "large.tif")
    assert result.exit_code == 1
    assert result.stderr.startswith("imgcluster: error: large.tif: cut short: its pixels end at byte ")
    assert result.stderr.count("\n") == 1
    assert not list((folder / "outputs").iterdir())


def test_an_existing_output_is_kept(
    invoke: Callable[..., Result], folder: Path, large: NDArray[np.uint8], bands: list[Any]
) -> None:
    (folder / "out.tif").write_bytes(b"mine")
    assert invoke("quantize", "large.tif", "-o", "out.tif").exit_code == 98
    assert (folder / "out.tif").read_bytes() == b"mine"
    assert bands == []
