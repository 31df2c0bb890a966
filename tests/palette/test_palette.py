import math
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from numpy.typing import NDArray

import imgcluster as ic
from imgcluster.palette import count_picture


def brute_force(pixels: NDArray[np.uint8], colors: NDArray[np.uint8]) -> tuple[NDArray[np.int64], np.float64]:
    """Return the nearest color of every pixel, the first among equals, by all distances."""
    distances = ((pixels.reshape(-1, 1, 3).astype(int) - np.asarray(colors).astype(int)) ** 2).sum(axis=-1)
    return distances.argmin(axis=1).reshape(pixels.shape[:2]), distances.min(axis=1).mean()


@pytest.mark.parametrize("k", [1, 2, 7, 256, 300])
@pytest.mark.parametrize("n_threads", [1, 3])
def test_every_pixel_takes_the_nearest_color(
    coffee: NDArray[np.uint8], rng: np.random.Generator, k: int, n_threads: int
) -> None:
    pixels, colors = coffee[:60, :90], rng.integers(0, 256, (k, 3)).astype(np.uint8)
    result = ic.apply_palette(pixels, colors, n_threads=n_threads)
    nearest, mse = brute_force(pixels, colors)
    np.testing.assert_array_equal(result.indices, nearest)
    np.testing.assert_array_equal(result.palette, colors)
    assert result.mse == pytest.approx(mse, rel=1e-12)
    assert result.psnr == pytest.approx(10 * math.log10(255**2 / (mse / 3)))
    assert result.indices.dtype == (np.uint8 if k <= 256 else np.uint16)
    assert (result.model, result.lossless) == (None, False)


@settings(max_examples=60)
@given(step=st.sampled_from([1, 2, 16, 64]), k=st.integers(1, 40), seed=st.integers(0, 999))
def test_ties_go_to_the_lowest_index(step: Any, k: int, seed: int) -> None:
    # few shades, so that distances are often equal and colors often twice in the palette
    rng = np.random.default_rng(seed)
    pixels = (rng.integers(0, 4, (16, 33, 3)) * step + 120 - step).clip(0, 255).astype(np.uint8)
    colors = (rng.integers(0, 4, (k, 3)) * step + 120 - step // 2).clip(0, 255).astype(np.uint8)
    result = ic.apply_palette(pixels, colors)
    nearest, mse = brute_force(pixels, colors)
    np.testing.assert_array_equal(result.indices, nearest)
    assert result.mse == mse


def test_more_colors_than_the_octree_takes(coffee: NDArray[np.uint8], rng: np.random.Generator) -> None:
    pixels, colors = coffee[:20, :30], rng.integers(0, 256, (5000, 3)).astype(np.uint8)
    colors[4000:] = colors[:1000]
    np.testing.assert_array_equal(ic.apply_palette(pixels, colors).indices, brute_force(pixels, colors)[0])


def test_a_picture_of_the_palettes_colors_is_kept(rng: np.random.Generator) -> None:
    colors = rng.integers(0, 256, (9, 3)).astype(np.uint8)
    pixels = colors[rng.integers(0, 9, (20, 30))]
    result = ic.apply_palette(pixels, np.concatenate([colors, colors]))
    np.testing.assert_array_equal(result.to_array(), pixels)
    assert result.lossless
    assert result.mse == 0
    assert len(result.palette) == 18


def test_the_palette_is_kept_whole_in_the_file(coffee: NDArray[np.uint8], tmp_path: Path) -> None:
    colors = np.array([[255, 255, 255], [1, 2, 3], [1, 2, 3], [90, 0, 0]], np.uint8)
    result = ic.quantize(coffee[:30, :40], palette=colors)
    result.save(tmp_path / "picture.png")
    np.testing.assert_array_equal(ic.read_image(tmp_path / "picture.png"), result.to_array())
    np.testing.assert_array_equal(np.reshape(result.to_image().getpalette(), (-1, 3))[:4], colors)  # type: ignore[arg-type]
    hard = sum(result.responsibilities(k) for k in range(4))
    np.testing.assert_array_equal(hard, 1)


@pytest.mark.parametrize("alpha", [0, 128])
@pytest.mark.parametrize("colors", ["#ff0000", "#ff0000,#0000ff80", "#ff0000,#0000ff,#00ff00"])
@pytest.mark.parametrize("dither", ["none", "floyd-steinberg", "auto"])
def test_a_picture_without_an_opaque_pixel_takes_a_palette(alpha: int, colors: str, dither: str) -> None:
    pixels = np.zeros((4, 6, 4), np.uint8)
    pixels[..., 0], pixels[..., 3] = 250, alpha
    result = ic.quantize(pixels, palette=colors, dither=dither)
    shown = result.to_array()
    if alpha:
        assert set(result.palette[np.unique(result.indices), 0]) <= {0, 255}
    else:
        assert not shown[..., 3].any()


def test_all_ways_to_give_a_palette(coffee: NDArray[np.uint8], tmp_path: Path) -> None:
    palette = ic.extract_palette(coffee[::4, ::4], 12)
    palette.save(tmp_path / "p.gpl")
    pixels = coffee[:40, :50]
    first = ic.apply_palette(pixels, palette)
    for given_palette in (tmp_path / "p.gpl", str(tmp_path / "p.gpl"), palette.colors, palette.colors.tolist()):
        result = ic.quantize(pixels, palette=given_palette)
        np.testing.assert_array_equal(result.indices, first.indices)
        np.testing.assert_array_equal(result.palette, palette.colors)


@pytest.mark.parametrize("effort", ["fast", "default", "best"])
def test_a_palette_is_what_quantize_finds(coffee: NDArray[np.uint8], effort: str) -> None:
    pixels = coffee[::3, ::3]
    quantized = ic.quantize(pixels, 20, effort=effort)
    palette = ic.extract_palette(pixels, 20, effort=effort)
    np.testing.assert_array_equal(palette.colors, quantized.palette)
    applied = ic.apply_palette(pixels, palette)
    np.testing.assert_array_equal(applied.indices, quantized.indices)
    assert applied.mse == pytest.approx(quantized.mse, rel=1e-12)


def test_the_same_colors_for_any_order_batch_and_thread(
    coffee: NDArray[np.uint8], astronaut: NDArray[np.uint8], tmp_path: Path
) -> None:
    pictures = [coffee[:200, :300], coffee[200:, 300:], astronaut[::2, ::2], astronaut[:99]]
    paths = [tmp_path / f"{i}.png" for i in range(len(pictures))]
    for path, pixels in zip(paths, pictures, strict=True):
        ic.write_image(pixels, path)
    packed = [count_picture(path)[0].to_bytes() for path in paths]
    files = set()
    for order, batch, n_threads in [
        ((0, 1, 2, 3), 1, 1),
        ((3, 2, 1, 0), 2, 2),
        ((2, 0, 3, 1), 3, 5),
        ((1, 3, 0, 2), 4, 1),
    ]:
        parts = [ic.Histogram.from_bytes(packed[i]) for i in order]
        batches = [ic.Histogram.merge(parts[i : i + batch]).to_bytes() for i in range(0, len(parts), batch)]
        merged = ic.Histogram.merge(map(ic.Histogram.from_bytes, batches))
        ic.extract_palette(merged, 32, n_threads=n_threads).save(tmp_path / "p.gpl")
        files.add((tmp_path / "p.gpl").read_bytes())
    assert len(files) == 1
    # and it is the palette of all the pixels side by side
    side_by_side = np.concatenate([pixels.reshape(-1, 3) for pixels in pictures])[None]
    ic.extract_palette(side_by_side, 32).save(tmp_path / "p.gpl")
    assert (tmp_path / "p.gpl").read_bytes() in files


def test_few_colors_are_all_kept(rng: np.random.Generator) -> None:
    colors = np.unique(rng.integers(0, 256, (12, 3)), axis=0).astype(np.uint8)
    palette = ic.extract_palette(colors[None], 64)
    assert len(palette) == len(colors)
    assert {tuple(color) for color in palette.colors.tolist()} == {tuple(color) for color in colors.tolist()}


def test_a_palette_cannot_change_under_its_users() -> None:
    colors = np.array([[1, 2, 3]], np.uint8)
    palette = ic.Palette(colors)
    colors[:] = 9
    assert palette.colors.tolist() == [[1, 2, 3]]
    with pytest.raises(ValueError, match="read-only"):
        palette.colors[0] = 4


def test_alpha_is_there_only_where_it_is_needed() -> None:
    colors: Any = [[1, 2, 3, 255], [4, 5, 6, 255]]
    assert ic.Palette(colors).colors.tolist() == [[1, 2, 3], [4, 5, 6]]
    colors = [[1, 2, 3, 0], [4, 5, 6, 255], [7, 8, 9, 10]]
    palette = ic.Palette(colors)
    assert palette.colors.tolist() == [[0, 0, 0, 0], [4, 5, 6, 255], [7, 8, 9, 10]]
    assert palette.hex == ("#00000000", "#040506", "#0708090a")


def test_an_opaque_pixel_never_takes_a_clear_color() -> None:
    result = ic.apply_palette(np.full((1, 1, 3), 5, np.uint8), [[0, 0, 0, 0], [90, 90, 90, 255]])
    assert result.to_array()[0, 0, :3].tolist() == [90, 90, 90]


def test_names_and_columns_are_checked() -> None:
    colors: Any = [[0, 0, 0], [1, 1, 1]]
    names: Any = ["black", ""]
    palette = ic.Palette(colors, "x", names, 2)
    assert palette.names == ("black", "")
    with pytest.raises(ValueError, match="names must be one for each of 2 colors or none, got 1"):
        ic.Palette(colors, names=("black",))
    with pytest.raises(TypeError, match="names must be a str for each color, got 3"):
        ic.Palette(colors, names=("black", 3))  # type: ignore[arg-type]
    with pytest.raises(ValueError, match="columns must be between 1 and 65536, got 0"):
        ic.Palette(colors, columns=0)


@pytest.mark.parametrize(
    ("colors", "error", "said"),
    [
        ([[0.0, 0.5, 1.0]], TypeError, "palette must be whole numbers in 0..255, got float64; round and convert it"),
        ([["#ff0000"]], TypeError, "palette must be whole numbers"),
        ([[0, 0, 256]], ValueError, r"palette must be in 0..255, got 0 to 256; scale it to 8 bits"),
        ([[0, 0, -1]], ValueError, r"palette must be in 0..255, got -1 to 0"),
        (
            np.zeros((0, 3), int),
            ValueError,
            r"palette must be of shape \(k, 3\) or \(k, 4\) with k between 1 and 65536, got \(0, 3\)",
        ),
        (np.zeros((65537, 3), int), ValueError, r"got \(65537, 3\)"),
        ([[0, 0, 0, 255, 9]], ValueError, r"got \(1, 5\)"),
        ([0, 0, 0], ValueError, r"got \(3,\)"),
    ],
)
def test_what_is_not_a_palette(colors: Any, error: Any, said: str) -> None:
    with pytest.raises(error, match=said):
        ic.Palette(colors)
    with pytest.raises(error, match=said):
        ic.quantize("no-such-picture.png", palette=colors)


def test_bad_parameters_are_rejected(coffee: NDArray[np.uint8]) -> None:
    with pytest.raises(ValueError, match="n_colors must be between 1 and 65536, got 0"):
        ic.extract_palette("no-such-picture.png", 0)
    with pytest.raises(ValueError, match="effort must be one of"):
        ic.extract_palette("no-such-picture.png", effort="max")
    with pytest.raises(ValueError, match="the histogram must hold at least one color, got none"):
        ic.extract_palette(ic.Histogram.merge([]))
    with pytest.raises(TypeError, match="name must be a str, got 3"):
        ic.Palette(coffee[0], 3)  # type: ignore[arg-type]
    with pytest.raises(ic.errors.ImageReadError, match="no such file"):
        ic.apply_palette("no-such-picture.png", [[0, 0, 0]])
    with pytest.raises(ic.errors.PaletteReadError, match="no such file"):
        ic.apply_palette(coffee, "no-such-palette.gpl")
