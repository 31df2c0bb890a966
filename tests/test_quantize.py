import io
import itertools
import math
import os
import subprocess
import sys
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from numpy.typing import NDArray
from PIL import Image

import imgcluster as ic
from imgcluster import kernels
from imgcluster.palette import EFFORTS


def squared_error(a: NDArray[np.uint8], b: NDArray[np.uint8]) -> float:
    return ((a.astype(int) - b.astype(int)) ** 2).sum(axis=-1).mean()


@pytest.mark.parametrize("effort", EFFORTS)
@pytest.mark.parametrize("k", [1, 2, 16, 64])
def test_what_is_said_is_what_is_saved(coffee: NDArray[np.uint8], effort: str, k: int) -> None:
    result = ic.quantize(coffee[::2, ::2], k, effort=effort)
    stream = io.BytesIO()
    result.save(stream)
    saved = np.asarray(Image.open(stream).convert("RGB"))
    np.testing.assert_array_equal(saved, result.to_array())
    np.testing.assert_array_equal(np.asarray(result.to_image().convert("RGB")), saved)
    assert result.mse == pytest.approx(squared_error(saved, coffee[::2, ::2]), rel=1e-12)
    assert result.psnr == pytest.approx(10 * math.log10(255**2 / (result.mse / 3)))
    assert result.palette.shape == (k, 3)
    assert result.palette.dtype == result.indices.dtype == np.uint8
    assert not result.lossless


def test_every_pixel_has_its_nearest_palette_color(coffee: NDArray[np.uint8]) -> None:
    pixels = coffee[:80, :80]
    result = ic.quantize(pixels, 24)
    distances = ((pixels[:, :, None].astype(int) - result.palette.astype(int)) ** 2).sum(axis=-1)
    chosen = np.take_along_axis(distances, result.indices[..., None].astype(int), axis=2)[..., 0]
    np.testing.assert_array_equal(chosen, distances.min(axis=2))


@pytest.mark.exhaustive
def test_more_effort_and_more_colors_are_better(coffee: NDArray[np.uint8]) -> None:
    errors = {(e, k): ic.quantize(coffee, k, effort=e).mse for e in EFFORTS for k in (8, 32)}
    for effort in EFFORTS:
        assert errors[effort, 32] < errors[effort, 8]
    for k in (8, 32):
        assert errors["best", k] <= errors["default", k] * 1.001
        assert errors["default", k] <= errors["fast", k] * 1.001


@pytest.mark.exhaustive
def test_better_than_one_start_of_scikit_learn(coffee: NDArray[np.uint8]) -> None:
    cluster = pytest.importorskip("sklearn.cluster")
    histogram = ic.Histogram.from_pixels(coffee)
    model = cluster.KMeans(32, n_init=1, random_state=0, tol=0)
    model.fit(histogram.colors.astype(float), sample_weight=histogram.counts)
    # 0.25 is what rounding the palette to 8 bits costs
    assert ic.quantize(coffee, 32).mse - 0.25 < model.inertia_ / histogram.n_pixels * 1.005


@given(n_distinct=st.integers(1, 40), extra=st.integers(0, 3), seed=st.integers(0, 99))
def test_few_colors_are_kept_without_loss(n_distinct: Any, extra: Any, seed: int) -> None:
    rng = np.random.default_rng(seed)
    colors = np.unique(rng.integers(0, 256, (n_distinct, 3)), axis=0).astype(np.uint8)
    pixels = colors[np.concatenate([np.arange(len(colors)), rng.integers(0, len(colors), 60)])][None]
    result = ic.quantize(pixels, len(colors) + extra)
    np.testing.assert_array_equal(result.to_array(), pixels)
    assert result.lossless
    assert result.mse == 0
    assert math.isinf(result.psnr)
    assert len(result.palette) == result.n_distinct == len(colors)


def test_quantizing_twice_changes_nothing(coffee: NDArray[np.uint8]) -> None:
    once = ic.quantize(coffee, 20)
    twice = ic.quantize(once.to_array(), 20)
    np.testing.assert_array_equal(once.to_array(), twice.to_array())
    np.testing.assert_array_equal(once.palette, twice.palette)
    assert twice.lossless


@pytest.mark.parametrize("shape", [(1, 1), (1, 50), (50, 1), (7, 5)])
def test_small_pictures(shape: tuple[int, int], rng: np.random.Generator) -> None:
    pixels = rng.integers(0, 256, (*shape, 3)).astype(np.uint8)
    for k in (1, 2, 256):
        result = ic.quantize(pixels, k)
        assert result.indices.shape == shape
        assert result.lossless == (k >= shape[0] * shape[1])


def test_one_color_is_the_mean(rng: np.random.Generator) -> None:
    pixels = rng.integers(0, 256, (20, 30, 3)).astype(np.uint8)
    np.testing.assert_array_equal(ic.quantize(pixels, 1).palette[0], np.rint(pixels.mean(axis=(0, 1))))


def test_palette_runs_from_dark_to_light(coffee: NDArray[np.uint8]) -> None:
    luma = ic.quantize(coffee, 16).palette @ np.array([0.299, 0.587, 0.114])
    assert (np.diff(luma) > -3).all()
    assert luma[-1] - luma[0] > 100


def test_more_than_256_colors(coffee: NDArray[np.uint8], tmp_path: Path) -> None:
    result = ic.quantize(coffee[::2, ::2], 1000, effort="fast")
    assert result.indices.dtype == np.uint16
    assert result.to_image().mode == "RGB"
    result.save(tmp_path / "many.webp")
    np.testing.assert_array_equal(ic.read_image(tmp_path / "many.webp"), result.to_array())
    with pytest.raises(ValueError, match="between 1 and 256 for an indexed PNG, got 1000; write lossless WebP instead"):
        result.save(tmp_path / "many.png")
    assert not (tmp_path / "many.png").exists()


def test_paths_images_and_arrays_are_all_taken(coffee: NDArray[np.uint8], tmp_path: Path) -> None:
    Image.fromarray(coffee).save(tmp_path / "coffee.png")
    with Image.open(tmp_path / "coffee.png") as image, (tmp_path / "coffee.png").open("rb") as stream:
        sources = [coffee, tmp_path / "coffee.png", str(tmp_path / "coffee.png"), image, stream]
        results = [ic.quantize(source, 8) for source in sources]  # type: ignore[arg-type]
    for result in results[1:]:
        np.testing.assert_array_equal(result.to_array(), results[0].to_array())


@pytest.mark.parametrize("extension", ["png", "gif", "webp", "tif", "bmp"])
@pytest.mark.parametrize("k", [1, 2, 3, 4, 15, 17, 256])
def test_every_format_holds_the_same_picture(coffee: NDArray[np.uint8], tmp_path: Path, extension: str, k: int) -> None:
    result = ic.quantize(coffee[:120, :150], k, effort="fast")
    path = tmp_path / f"picture.{extension}"
    result.save(path)
    np.testing.assert_array_equal(ic.read_image(path), result.to_array())


def test_model_tells_of_the_fit(coffee: NDArray[np.uint8]) -> None:
    result = ic.quantize(coffee, 12)
    assert isinstance(result.model, ic.KMeans)
    assert result.model.cluster_centers_.shape == (12, 3)
    assert len(result.model.labels_) == result.n_distinct
    assert result.model.inertia_ / (coffee.size / 3) <= result.mse
    np.testing.assert_allclose(result.model.cluster_centers_, result.palette, atol=2)


def test_the_same_for_any_number_of_threads(coffee: NDArray[np.uint8]) -> None:
    results = [ic.quantize(coffee, 40, n_threads=n) for n in (1, 2, 5)]
    for result in results[1:]:
        np.testing.assert_array_equal(result.palette, results[0].palette)
        np.testing.assert_array_equal(result.indices, results[0].indices)


def test_the_seed_decides(coffee: NDArray[np.uint8]) -> None:
    pictures = [ic.quantize(coffee, 40, effort="fast", random_state=seed).palette for seed in (0, 0, 1)]
    np.testing.assert_array_equal(pictures[0], pictures[1])
    assert (pictures[0] != pictures[2]).any()


def _bytes_with(environment: dict[str, str], source: Path, arguments: list[str]) -> bytes:
    command = [sys.executable, "-P", "-m", "imgcluster", "quantize", str(source), "-o", "-", "-q", *arguments]
    environment = {**os.environ, "IMGCLUSTER_KERNELS": "native", **environment}
    return subprocess.run(command, env=environment, capture_output=True, check=True).stdout


@pytest.mark.exhaustive
def test_the_same_bytes_for_every_instruction_set_and_thread(coffee: NDArray[np.uint8], tmp_path: Path) -> None:
    native = pytest.importorskip("imgcluster.kernels._native")
    if kernels.backend() != "native":
        pytest.skip("runs on the reference kernels")
    Image.fromarray(coffee).save(tmp_path / "coffee.png")
    found = {
        _bytes_with({"IMGCLUSTER_ISA": isa}, tmp_path / "coffee.png", ["-k", "50", "-t", str(threads)])
        for isa, threads in itertools.product(native.isa_names(), (1, 2))
    }
    assert len(found) == 1


@pytest.mark.exhaustive
@pytest.mark.parametrize("picture", ["astronaut", "coffee"])
def test_reference_and_native_give_the_same_picture(
    picture: str, request: pytest.FixtureRequest, tmp_path: Path
) -> None:
    if kernels.backend() != "native":
        pytest.skip("runs on the reference kernels")
    Image.fromarray(request.getfixturevalue(picture)[::2, ::2]).save(tmp_path / "picture.png")
    ours, reference = (
        Image.open(io.BytesIO(_bytes_with({"IMGCLUSTER_KERNELS": backend}, tmp_path / "picture.png", ["-k", "20"])))
        for backend in ("native", "reference")
    )
    assert ours.mode == reference.mode == "P"  # packed into fewer bytes by the native kernels
    assert ours.getpalette() == reference.getpalette()
    np.testing.assert_array_equal(np.asarray(ours), np.asarray(reference))


@pytest.mark.parametrize(
    ("parameters", "error", "said"),
    [
        ({"n_colors": 0}, ValueError, "n_colors must be between 1 and 65536, got 0"),
        ({"n_colors": 65537}, ValueError, "n_colors must be between 1 and 65536, got 65537"),
        ({"n_colors": 2.5}, TypeError, "n_colors must be a whole number, got 2.5"),
        ({"method": "median"}, ValueError, "method must be one of kmeans, soft-kmeans, gmm, got 'median'"),
        ({"color_space": "hsv"}, ValueError, "color_space must be one of rgb, oklab, lab, linear, got 'hsv'"),
        ({"effort": "max"}, ValueError, "effort must be one of fast, default, best, got 'max'"),
        ({"random_state": -1}, ValueError, "random_state must not be negative"),
        ({"n_threads": 0}, ValueError, "n_threads must be at least 1, got 0"),
    ],
)
def test_bad_parameters_are_rejected_before_the_file_is_read(parameters: dict[str, Any], error: Any, said: str) -> None:
    with pytest.raises(error) as caught:
        ic.quantize("no such file.png", **parameters)
    assert said in str(caught.value)


def test_an_unreadable_picture_is_one_line(tmp_path: Path) -> None:
    with pytest.raises(ic.errors.ImageReadError, match="no such file") as caught:
        ic.quantize(tmp_path / "missing.png")
    assert "\n" not in str(caught.value)


@pytest.mark.parametrize("method", ["soft-kmeans", "gmm"])
def test_soft_methods_tell_how_far_a_pixel_belongs(coffee: NDArray[np.uint8], method: str) -> None:
    pixels = coffee[::3, ::3]
    result = ic.quantize(pixels, 5, method=method)
    masks = np.stack([result.responsibilities(k) for k in range(5)])
    assert masks.dtype == np.float32
    assert masks.shape == (5, *pixels.shape[:2])
    np.testing.assert_allclose(masks.sum(axis=0), 1, atol=1e-5)
    assert ((masks > 0.05) & (masks < 0.95)).any()
    direct = result.model.predict_proba(pixels.reshape(-1, 3).astype(float))
    np.testing.assert_allclose(masks.reshape(5, -1).T, direct, atol=1e-6)
    means = result.model.means_ if method == "gmm" else result.model.cluster_centers_
    np.testing.assert_array_equal(result.palette, np.rint(means))
    assert result.mse == pytest.approx(squared_error(result.to_array(), pixels), rel=1e-9)
    assert result.mse >= ic.quantize(pixels, 5).mse * 0.999


def test_with_kmeans_a_pixel_belongs_or_not(coffee: NDArray[np.uint8]) -> None:
    result = ic.quantize(coffee[::3, ::3], 4)
    for k in range(4):
        np.testing.assert_array_equal(result.responsibilities(k), result.indices == k)
    with pytest.raises(ValueError, match="k must be between 0 and 3, got 4"):
        result.responsibilities(4)


def test_a_result_introduces_itself(coffee: NDArray[np.uint8]) -> None:
    assert repr(ic.quantize(coffee, 4)).startswith("<Quantized 600x400, 4 colors, PSNR 2")


def test_results_are_arrays_to_those_who_take_arrays(coffee: NDArray[np.uint8]) -> None:
    result = ic.quantize(coffee, 8)
    np.testing.assert_array_equal(np.asarray(result), result.to_array())
    assert np.asarray(result, dtype=np.float32).dtype == np.float32
    palette = ic.extract_palette(coffee, 8)
    np.testing.assert_array_equal(np.asarray(palette), palette.colors)
    np.testing.assert_array_equal(ic.quantize(np.asarray(result), 8).to_array(), result.to_array())
