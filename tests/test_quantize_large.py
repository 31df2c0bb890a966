"""Pictures quantized from file to file are those that `quantize` makes, in memory that depends on the band alone."""

import io
import json
import os
import subprocess
import sys
import warnings
from importlib import import_module
from pathlib import Path
from typing import Any

import numpy as np
import pytest
import tifffile
from numpy.typing import NDArray
from PIL import Image

import imgcluster
from imgcluster import quantize, quantize_large, read_image
from imgcluster.cluster import OctreePoints, OctreeSlabs
from imgcluster.colors import Histogram, weighted_points
from imgcluster.errors import ImageReadError, ImageWriteError, LossWarning
from imgcluster.kernels import backend

# peak of the anonymous memory of a process that quantizes a file, above what it took before, in bytes
PEAK = """
import json, sys, threading, time
import numpy, tifffile, PIL.Image
import imgcluster
from imgcluster import quantize_large

def anonymous():
    with open("/proc/self/status") as status:
        return next(int(line.split()[1]) << 10 for line in status if line.startswith("RssAnon"))

def watch():
    while True:
        peaks.append(anonymous())
        time.sleep(0.002)

quantize_large(numpy.zeros((2, 2, 3), numpy.uint8), "warm.tif", 2)
before, peaks = anonymous(), []
threading.Thread(target=watch, daemon=True).start()
result = quantize_large(sys.argv[1], sys.argv[2], 16, effort="fast", n_threads=2, band_pixels=1 << 18)
print(json.dumps({"peak": max(peaks) - before, "size": [result.height, result.width]}))
"""

# without the name of the program and a description, which would come along as text
PLAIN: dict[str, Any] = {"metadata": None, "software": False}


@pytest.fixture
def photo(coffee: NDArray[np.uint8], tmp_path: Path) -> Path:
    path = tmp_path / "photo.tif"
    tifffile.imwrite(path, coffee, photometric="rgb", tile=(64, 48), compression="zlib", **PLAIN)
    return path


@pytest.mark.parametrize("ending", ["png", "tif"])
@pytest.mark.parametrize(
    "options",
    [
        {"n_colors": 256},
        {"n_colors": 5, "effort": "fast", "random_state": 3},
        {"n_colors": 7, "method": "gmm"},
        {"n_colors": 300, "effort": "fast"},
        {"palette": [[0, 0, 0], [255, 255, 255], [0, 0, 0], [200, 100, 50]]},
    ],
    ids=str,
)
def test_the_same_as_quantize(
    photo: Path, options: dict[str, Any], ending: str, coffee: NDArray[np.uint8], tmp_path: Path
) -> None:
    expected, target = quantize(coffee, **options), tmp_path / f"out.{ending}"
    if len(expected.palette) > 256 and ending == "png":
        pytest.skip("a PNG holds 256 colors")
    result = quantize_large(photo, target, **options, band_pixels=20_000)
    np.testing.assert_array_equal(result.palette, expected.palette)
    np.testing.assert_array_equal(read_image(target), expected.to_array())
    assert (result.mse, result.psnr, result.n_distinct) == (expected.mse, expected.psnr, expected.n_distinct)
    assert (result.lossless, result.height, result.width) == (expected.lossless, 400, 600)
    assert type(result.model) is type(expected.model)


def test_a_png_has_the_same_bytes_for_any_band_and_number_of_threads(
    photo: Path, coffee: NDArray[np.uint8], tmp_path: Path
) -> None:
    quantize(coffee, 16).save(tmp_path / "whole.png")
    for band_pixels, n_threads in ((1, 1), (20_000, 3), (1 << 30, 2)):
        quantize_large(photo, tmp_path / "out.png", 16, band_pixels=band_pixels, n_threads=n_threads)
        assert (tmp_path / "out.png").read_bytes() == (tmp_path / "whole.png").read_bytes()


def test_a_tiff_has_the_same_bytes_for_any_band_and_number_of_threads(photo: Path, tmp_path: Path) -> None:
    files = []
    for band_pixels, n_threads in ((1, 1), (20_000, 3), (1 << 30, 2)):
        quantize_large(photo, tmp_path / "out.tif", 16, band_pixels=band_pixels, n_threads=n_threads)
        files.append((tmp_path / "out.tif").read_bytes())
    assert files[0] == files[1] == files[2]


def test_a_tiff_is_tiled_indexed_and_deflated(photo: Path, tmp_path: Path) -> None:
    result = quantize_large(photo, tmp_path / "out.tif", 16)
    with tifffile.TiffFile(tmp_path / "out.tif") as file:
        page = file.pages.first
        assert (page.tile, page.photometric.name, page.compression.name) == ((256, 256), "PALETTE", "ADOBE_DEFLATE")  # type: ignore[attr-defined]
        np.testing.assert_array_equal(page.colormap[:, :16].T, result.palette.astype(np.uint16) * 257)  # type: ignore[index]
        assert not file.is_bigtiff
    with Image.open(tmp_path / "out.tif") as image:
        assert (image.mode, image.size) == ("P", (600, 400))


def test_bigtiff_where_offsets_need_it(photo: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("imgcluster.picture.formats._tiff_tiles._MOST_BYTES", 1000)
    quantize_large(photo, tmp_path / "out.tif", 16)
    with tifffile.TiffFile(tmp_path / "out.tif") as file:
        assert file.is_bigtiff
    np.testing.assert_array_equal(read_image(tmp_path / "out.tif"), quantize(photo, 16).to_array())


@pytest.mark.parametrize("shape", [(1, 1), (1, 700), (700, 1), (256, 512), (257, 300)])
@pytest.mark.parametrize("format", ["png", "tiff"])
def test_any_shape_into_a_file_object(shape: tuple[int, int], format: str, rng: np.random.Generator) -> None:
    pixels, stream = rng.integers(0, 256, (*shape, 3), dtype=np.uint8), io.BytesIO()
    quantize_large(pixels, stream, 3, format=format, band_pixels=1000)
    np.testing.assert_array_equal(read_image(stream), quantize(pixels, 3).to_array())


def test_warnings_come_once_in_the_name_of_the_file(coffee: NDArray[np.uint8], tmp_path: Path) -> None:
    path = tmp_path / "photo.tif"
    rgba = np.dstack([coffee, coffee[..., 0]])
    tifffile.imwrite(path, rgba, photometric="rgb", extrasamples=["unassalpha"], tile=(64, 48), **PLAIN)
    with warnings.catch_warnings(record=True) as caught:
        warnings.simplefilter("always")
        quantize_large(path, tmp_path / "out.png", 4, background="white")
    assert [(str(one.message), one.category, one.filename) for one in caught] == [
        (f"{path}: not kept: transparency (put on a background)", LossWarning, __file__)
    ]


def test_slabs_of_octrees_are_one_octree(
    coffee: NDArray[np.uint8], rng: np.random.Generator, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("imgcluster.cluster._slabs._SLAB", 5000)
    histogram = Histogram.from_pixels(coffee)
    features = weighted_points(histogram)
    slabs = OctreeSlabs(histogram.keys, histogram.counts, 2)
    tree = OctreePoints(features.X, features.weights, features.keys, 8)
    assert (slabs.shape, slabs.dtype) == (tree.shape, tree.dtype)
    np.testing.assert_array_equal(slabs.X, tree.X)
    np.testing.assert_array_equal(slabs.weights, tree.weights)
    for k in (1, 50, 50, 5000):
        centers = rng.uniform(0, 255, (k, 3))
        for _ in range(2):
            ours, expected = slabs.assign(centers), tree.assign(centers)
            np.testing.assert_array_equal(slabs.labels, tree.labels)
            np.testing.assert_array_equal(ours.sums, expected.sums)
            np.testing.assert_array_equal(ours.counts, expected.counts)
            assert ours.changed == expected.changed
            assert ours.objective == pytest.approx(expected.objective, rel=1e-9)
            np.testing.assert_allclose(slabs.errors(centers), tree.errors(centers), rtol=1e-6)


@pytest.mark.parametrize("method", ["kmeans", "soft-kmeans"])
def test_too_many_colors_for_one_octree_change_nothing(
    coffee: NDArray[np.uint8], method: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    expected = quantize(coffee, 16, method=method, effort="fast")
    monkeypatch.setattr("imgcluster.cluster._slabs._SLAB", 5000)
    monkeypatch.setattr("imgcluster.palette._stages._MOST_IN_MEMORY", 1000)
    result = quantize(coffee, 16, method=method, effort="fast")
    np.testing.assert_array_equal(result.palette, expected.palette)
    np.testing.assert_array_equal(result.indices, expected.indices)
    assert result.mse == expected.mse


@pytest.mark.skipif(sys.platform != "linux", reason="reads /proc")
@pytest.mark.parametrize("ending", ["png", "tif"])
@pytest.mark.parametrize("kind", ["tif", "npy"])
@pytest.mark.exhaustive
def test_memory_does_not_grow_with_the_picture(
    kind: str, ending: str, coffee: NDArray[np.uint8], tmp_path: Path
) -> None:
    band = np.tile(coffee, (1, 7, 1))[:256, :4096]
    peaks = []
    for n_bands in (2, 16):
        height = 256 * n_bands
        path = tmp_path / f"{n_bands}.{kind}"
        if kind == "npy":
            array = np.lib.format.open_memmap(path, "w+", np.uint8, (height, 4096, 3))
            for top in range(0, height, 256):
                array[top : top + 256] = band
            array.flush()
        else:
            tiles = (band[:, left : left + 256] for _ in range(n_bands) for left in range(0, 4096, 256))
            tifffile.imwrite(path, tiles, shape=(height, 4096, 3), dtype=np.uint8, tile=(256, 256), photometric="rgb")
        runs = []
        for _ in range(2):  # what the picture needs is in both; now and then one of them takes 10 MB more
            run = subprocess.run(
                [sys.executable, "-c", PEAK, str(path), str(tmp_path / f"out.{ending}")],
                env={**os.environ, "PYTHONPATH": str(Path(imgcluster.__file__).parents[1])},
                cwd=tmp_path,
                capture_output=True,
                check=True,
            )
            found = json.loads(run.stdout)
            assert found["size"] == [height, 4096]
            runs.append(found["peak"])
        peaks.append(min(runs))
    # 16.8 megapixels: 118 MB to read as a whole and 17 MB of indices
    assert peaks[1] < peaks[0] + (12 << 20)
    assert peaks[1] < 100 << 20


def left_in(folder: Path) -> list[str]:
    return sorted(path.name for path in folder.iterdir())


@pytest.mark.parametrize("ending", ["png", "tif"])
@pytest.mark.parametrize("interruption", [KeyboardInterrupt, OSError(28, "No space left on device"), MemoryError])
def test_nothing_half_written_stays(
    photo: Path, ending: str, interruption: Any, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    target = tmp_path / f"out.{ending}"
    target.write_bytes(b"old")
    module = import_module("imgcluster.quantization._mapping._nearest")
    real, calls = module.look_up_colors, []

    def stop(*args: Any) -> Any:
        calls.append(args)
        if len(calls) == 3:
            raise interruption
        return real(*args)

    monkeypatch.setattr(module, "look_up_colors", stop)
    wanted = ImageWriteError if isinstance(interruption, OSError) else interruption
    with pytest.raises(wanted):
        quantize_large(photo, target, 16, band_pixels=20_000)
    assert target.read_bytes() == b"old"
    assert left_in(tmp_path) == [target.name, "photo.tif"]


def test_a_damaged_file_leaves_nothing(photo: Path, tmp_path: Path) -> None:
    photo.write_bytes(photo.read_bytes()[:-3000])
    with pytest.raises(ImageReadError):
        quantize_large(photo, tmp_path / "out.png")
    assert left_in(tmp_path) == ["photo.tif"]


@pytest.mark.parametrize(
    ("target", "options", "error", "text"),
    [
        ("out.webp", {}, ImageWriteError, "becomes a PNG or TIFF, not WEBP; write .png or .tif"),
        ("out.jpg", {}, ImageWriteError, "JPEG is lossy"),
        ("out.png", {"n_colors": 257}, ValueError, "between 1 and 256 for an indexed PNG, got 257; write a TIFF"),
        ("out.png", {"n_colors": 0}, ValueError, "n_colors must be between 1 and 65536, got 0"),
        ("out.png", {"band_pixels": 0}, ValueError, "band_pixels must be at least 1, got 0"),
        ("out.png", {"method": "magic"}, ValueError, "method must be"),
        ("none/out.tif", {}, ImageWriteError, "the folder does not exist"),
    ],
)
def test_what_cannot_be_written_is_said(
    photo: Path, target: str, options: dict[str, Any], error: Any, text: str, tmp_path: Path
) -> None:
    with pytest.raises(error, match=text):
        quantize_large(photo, tmp_path / target, **options)
    assert left_in(tmp_path) == ["photo.tif"]


def test_a_tiff_needs_a_file_that_can_seek(photo: Path) -> None:
    class Pipe(io.BytesIO):
        def seekable(self) -> bool:
            return False

    with pytest.raises(ImageWriteError, match="a TIFF cannot go through a pipe; write a PNG"):
        quantize_large(photo, Pipe(), format="tiff")


@pytest.mark.exhaustive
@pytest.mark.skipif(backend() != "native", reason="takes minutes on NumPy")
def test_every_color_there_is(tmp_path: Path) -> None:
    codes = np.arange(1 << 24, dtype=np.uint32).reshape(4096, 4096)
    np.save(tmp_path / "all.npy", np.stack([codes >> 16, codes >> 8, codes], axis=-1).astype(np.uint8))
    result = quantize_large(tmp_path / "all.npy", tmp_path / "all.png", 8, effort="fast")
    assert result.n_distinct == 1 << 24
    assert result.mse == pytest.approx(3 * 64**2 * 4 / 12, rel=0.1)
