"""The best k colors of a given palette, beside all subsets where these are few."""

import itertools
from collections.abc import Callable
from pathlib import Path

import numpy as np
import pytest
from click.testing import Result
from PIL import Image
from skimage import data

import imgcluster as ic
from imgcluster.colors import COLOR_SPACES, AlphaHistogram, Histogram, count_pixels
from imgcluster.palette import Palette, best_of, for_device
from imgcluster.types import UInt8Array

FORTY = np.random.default_rng(4).integers(0, 256, (40, 3)).astype(np.uint8)


def least(histogram: Histogram, palette: UInt8Array, k: int, space: str = "rgb") -> float:
    """Return the least error of any k colors of a palette."""
    X, centers = (COLOR_SPACES[space].encode(colors).astype(np.float64) for colors in (histogram.colors, palette))
    costs = ((X - centers[:, None]) ** 2).sum(axis=-1) * histogram.counts
    subsets = itertools.combinations(range(len(palette)), k)
    return min(float(costs[list(subset)].min(axis=0).sum()) for subset in subsets)


@pytest.fixture(scope="module")
def art() -> UInt8Array:
    """Return a picture of some hundred colors."""
    pixels: UInt8Array = data.coffee()[::8, ::8] // 24 * 24
    return pixels


@pytest.mark.parametrize("space", ["rgb", "oklab", "lab", "linear"])
@pytest.mark.parametrize("k", [1, 2, 3, 5])
def test_no_other_subset_is_better(space: str, k: int, art: UInt8Array) -> None:
    histogram, palette = Histogram.from_pixels(art), FORTY[:12]
    chosen = best_of(histogram, palette, k, space=COLOR_SPACES[space])
    assert least(histogram, chosen, k, space) == pytest.approx(least(histogram, palette, k, space))
    places = [palette.tolist().index(color) for color in chosen.tolist()]
    assert places == sorted(places)
    assert len(places) == k


def test_four_of_forty(art: UInt8Array) -> None:
    result = ic.apply_palette(art, FORTY, 4)
    assert len(result.palette) == 4
    best = least(Histogram.from_pixels(art), FORTY, 4)
    assert result.mse * art.size / 3 == pytest.approx(best)
    np.testing.assert_array_equal(ic.quantize(art, 4, palette=FORTY).indices, result.indices)


def test_photos_are_chosen_for_in_bins() -> None:
    photo = data.astronaut()
    chosen = [ic.apply_palette(photo, FORTY, k).mse for k in (1, 2, 4, 8, 16, 40)]
    assert chosen == sorted(chosen, reverse=True)
    X = Histogram.from_pixels(photo)
    pairs = itertools.combinations(range(40), 2)
    assert chosen[1] <= 1.001 * min(ic.apply_palette(photo, FORTY[list(pair)]).mse for pair in list(pairs)[::40])
    assert best_of(X, FORTY, 40) is FORTY
    assert best_of(X, FORTY, 400) is FORTY


def test_a_palette_stays_whole_without_a_number(art: UInt8Array) -> None:
    many = np.arange(300 * 3).reshape(300, 3) % 256
    assert len(ic.quantize(art, palette=many).palette) == 300
    assert len(ic.quantize(art, 256, palette=many).palette) == 256
    assert len(ic.apply_palette(art, many).palette) == 300
    with pytest.raises(ValueError, match="palette and n_colors='auto' exclude each other; give a number"):
        ic.quantize(art, "auto", palette=many)
    with pytest.raises(ValueError, match="n_colors must be between 1 and 65536, got 0"):
        ic.apply_palette(art, many, 0)


def test_of_a_very_large_palette_the_colors_in_use_are_tried(art: UInt8Array) -> None:
    palette = np.random.default_rng(0).integers(0, 256, (6000, 3)).astype(np.uint8)
    few = ic.apply_palette(art, palette, 16)
    assert len(few.palette) == 16
    assert few.mse < 1.6 * ic.quantize(art, 16).mse
    assert len(ic.apply_palette(art, palette, 5000).palette) == 5000


def test_what_a_device_is_sent_goes_with_its_colors() -> None:
    device = for_device(None, measured="#202020,#c0c0c0,#b03030,#3030b0", native="#000,#fff,#f00,#00f")
    pixels = np.array([[[190, 40, 40], [180, 50, 50], [30, 30, 30]]], np.uint8)
    result = ic.apply_palette(pixels, device, 2)
    assert result.palette.tolist() == [[0, 0, 0], [255, 0, 0]]
    assert result.indices.tolist() == [[1, 1, 0]]


def test_clear_pixels_stay_clear_and_opaque_ones_opaque() -> None:
    pixels = np.zeros((4, 8, 4), np.uint8)
    pixels[1] = [200, 0, 0, 255]
    pixels[2] = [0, 0, 200, 255]
    pixels[3, 0] = [0, 0, 180, 120]
    palette = np.array(
        [[0, 0, 250, 128], [250, 0, 0, 250], [240, 0, 0, 255], [0, 0, 0, 0], [0, 0, 240, 255], [9, 9, 9, 255]], np.uint8
    )
    histogram = count_pixels([pixels])
    assert isinstance(histogram, AlphaHistogram)
    assert best_of(histogram, palette, 3).tolist() == palette[[2, 3, 4]].tolist()
    assert best_of(histogram, palette, 4).tolist() == palette[[0, 2, 3, 4]].tolist()
    inks = ic.apply_palette(pixels, Palette(palette[[2, 4, 5], :3]), 2)
    assert inks.palette.tolist() == [[240, 0, 0, 255], [0, 0, 240, 255], [0, 0, 0, 0]]
    assert (inks.indices[0] == 2).all()


def test_an_opaque_picture_takes_opaque_entries(art: UInt8Array) -> None:
    palette = np.column_stack([FORTY, np.repeat([255, 128], 20)]).astype(np.uint8)
    chosen = best_of(Histogram.from_pixels(art), palette, 4)
    assert (chosen[:, 3] == 255).all()
    assert least(Histogram.from_pixels(art), chosen[:, :3], 4) == pytest.approx(
        least(Histogram.from_pixels(art), FORTY[:20], 4)
    )


def test_frames_share_the_best_colors_of_a_palette(art: UInt8Array, tmp_path: Path) -> None:
    frames = [Image.fromarray(np.roll(art, shift, axis=1)) for shift in (0, 9)]
    frames[0].save(tmp_path / "film.png", save_all=True, append_images=frames[1:], duration=80)
    for k, n in ((4, 4), (None, 40)):
        result = ic.quantize_animation(tmp_path / "film.png", tmp_path / "out.gif", k, palette=FORTY)
        assert {bytes(color[:3]) for color in result.palette} - {bytes(3)} <= {bytes(color) for color in FORTY}
        assert result.n_frames == 2
        assert n <= len(result.palette) <= n + 1


@pytest.fixture
def invoke(tmp_path: Path, monkeypatch: pytest.MonkeyPatch, art: UInt8Array) -> Callable[..., Result]:
    from click.testing import CliRunner

    from imgcluster.cli import app

    monkeypatch.chdir(tmp_path)
    ic.write_image(art, "art.png")
    Palette(FORTY).save("threads.gpl")
    return lambda *args: CliRunner().invoke(app, list(args))


def test_commands_choose_colors_of_a_palette(invoke: Callable[..., Result], art: UInt8Array) -> None:
    assert invoke("quantize", "art.png", "--palette", "threads.gpl", "-k", "4", "-o", "four.png").exit_code == 0
    written = ic.read_image("four.png")
    np.testing.assert_array_equal(written, ic.apply_palette(art, FORTY, 4).to_array())
    assert invoke("quantize", "art.png", "--palette", "threads.gpl", "-o", "all.png").exit_code == 0
    np.testing.assert_array_equal(ic.read_image("all.png"), ic.apply_palette(art, FORTY).to_array())
    assert invoke("quantize", "art.png", "--palette", "threads.gpl", "-k", "99", "-f", "-o", "all.png").exit_code == 0
    np.testing.assert_array_equal(ic.read_image("all.png"), ic.apply_palette(art, FORTY).to_array())
