"""``imgcluster quantize`` on TIFF and .npy files that are read band by band."""

import json
from importlib import import_module

import numpy as np
import pytest
import tifffile
from PIL import Image

from imgcluster import quantize, quantize_large


@pytest.fixture
def large(folder, coffee, monkeypatch):
    """A picture that is large, as things go here."""
    monkeypatch.setattr("imgcluster.picture._large.LARGE_PIXELS", 1000)
    tifffile.imwrite("large.tif", coffee, photometric="rgb", tile=(64, 48), compression="zlib")
    return coffee


@pytest.fixture
def bands(monkeypatch):
    """What was quantized band by band."""
    seen = []

    def spy(source, target, **parameters):
        seen.append(source)
        return quantize_large(source, target, **parameters)

    monkeypatch.setattr(import_module("imgcluster.quantization"), "quantize_large", spy)
    return seen


def test_a_large_tiff_becomes_the_same_png(invoke, folder, large, bands):
    result = invoke("quantize", "large.tif", "-k", "16", "--json")
    assert result.exit_code == 0, result.stderr
    quantize(large, 16).save("whole.png")
    assert (folder / "outputs/large-quantized.png").read_bytes() == (folder / "whole.png").read_bytes()
    assert bands == ["large.tif"]
    line = json.loads(result.stdout)
    assert (line["width"], line["height"], line["n_colors"], line["status"]) == (600, 400, 16, "done")
    assert line["bytes_after"] == (folder / "whole.png").stat().st_size
    assert " 600x400, " in result.stderr


def test_a_large_tiff_becomes_a_tiled_tiff(invoke, large, bands):
    assert invoke("quantize", "large.tif", "-k", "16", "-o", "out.tif").exit_code == 0
    assert bands == ["large.tif"]
    with tifffile.TiffFile("out.tif") as file:
        assert file.pages.first.is_tiled


def test_to_stdout(run, folder, coffee):
    np.save("picture.npy", coffee)
    process = run("quantize", "picture.npy", "-k", "16", "-o", "-")
    assert process.returncode == 0, process.stderr
    quantize(coffee, 16).save("whole.png")
    assert process.stdout == (folder / "whole.png").read_bytes()


def test_a_tiff_to_stdout(run, folder, coffee):
    np.save("picture.npy", coffee)
    process = run("quantize", "picture.npy", "-k", "16", "-o", "-", "--format", "tif")
    assert process.returncode == 0, process.stderr
    assert run("quantize", "picture.npy", "-k", "16", "-o", "whole.tif").returncode == 0
    assert process.stdout == (folder / "whole.tif").read_bytes()


def test_a_palette_is_applied(invoke, folder, large, bands):
    (folder / "mine.hex").write_text("000000\nff0000\nffffff\n")
    assert invoke("quantize", "large.tif", "--palette", "mine.hex").exit_code == 0
    assert bands == ["large.tif"]
    with Image.open("outputs/large-quantized.png") as image:
        assert image.palette.palette[:9] == bytes([0, 0, 0, 255, 0, 0, 255, 255, 255])


def test_a_palette_of_a_large_picture(invoke, folder, large):
    assert invoke("palette", "build", "large.tif", "-k", "16", "-o", "large.hex").exit_code == 0
    palette = quantize(large, 16).palette
    assert (folder / "large.hex").read_text().split() == [bytes(color).hex() for color in palette]


@pytest.mark.parametrize("options", [["-o", "out.webp"], ["--soft-masks", "masks"]])
def test_what_needs_the_whole_picture_gets_it(invoke, large, bands, options):
    result = invoke("quantize", "large.tif", "-k", "2", *options)
    assert result.exit_code == 0, result.stderr
    assert bands == []


def test_a_small_tiff_is_read_as_a_whole(invoke, folder, coffee, bands):
    tifffile.imwrite("small.tif", coffee, photometric="rgb", tile=(64, 48))
    assert invoke("quantize", "small.tif", "-k", "16").exit_code == 0
    assert bands == []


def test_damage_is_one_line_and_leaves_nothing(invoke, folder, large):
    data = (folder / "large.tif").read_bytes()
    # the end of the file: tags of the only page stand before the tiles
    (folder / "large.tif").write_bytes(data[:-100])
    result = invoke("quantize", "large.tif")
    assert result.exit_code == 1
    assert result.stderr.startswith("imgcluster: error: large.tif: cut short: its pixels end at byte ")
    assert result.stderr.count("\n") == 1
    assert not list((folder / "outputs").iterdir())


def test_an_existing_output_is_kept(invoke, folder, large, bands):
    (folder / "out.tif").write_bytes(b"mine")
    assert invoke("quantize", "large.tif", "-o", "out.tif").exit_code == 0
    assert (folder / "out.tif").read_bytes() == b"mine"
    assert bands == []
