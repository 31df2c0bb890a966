"""Alpha in files: kept where the format holds it, and reported where it does not."""

import io
import itertools
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import numpy as np
import pytest
import tifffile
from hypothesis import given, settings
from hypothesis import strategies as st
from hypothesis.extra import numpy as npst
from numpy.typing import NDArray
from PIL import Image

from imgcluster.facts import Loss
from imgcluster.picture import FORMATS, write_image, write_indexed, write_picture
from imgcluster.picture._picture import composited

UInt8 = NDArray[np.uint8]
FULL = [format.endings[0] for format in FORMATS.values() if format.write and format.alpha == "full"]
NONE = [format.endings[0] for format in FORMATS.values() if format.write and format.alpha is None]
MASK = [format.endings[0] for format in FORMATS.values() if format.write and format.alpha == "mask"]


def rgba_of(data: bytes) -> UInt8:
    with Image.open(io.BytesIO(data)) as image:
        return np.asarray(image.convert("RGBA"))


def written(rows: Any, palette: UInt8 | None = None, **options: Any) -> tuple[bytes, frozenset[Loss]]:
    stream = io.BytesIO()
    lost = write_picture(rows, stream, palette=palette, **options)
    return stream.getvalue(), lost


def on_white(pixels: UInt8) -> UInt8:
    return composited(pixels[..., :3], pixels[..., 3], (255, 255, 255))


def opaque(pixels: UInt8) -> UInt8:
    return np.dstack([pixels, np.full(pixels.shape[:2], 255, np.uint8)])


def sample(k: int = 20, seed: int = 0) -> tuple[UInt8, UInt8]:
    rng = np.random.default_rng(seed)
    palette = rng.integers(0, 256, (k, 4), np.uint8)
    palette[0], palette[k // 2 :, 3] = 0, 255
    return rng.integers(0, k, (30, 41)).astype(np.uint8), palette


@st.composite
def indexed(draw: st.DrawFn) -> tuple[UInt8, UInt8]:
    k = draw(st.integers(1, 40) | st.sampled_from([255, 256]))
    alphas = draw(npst.arrays(np.uint8, k, elements=st.sampled_from([0, 0, 1, 127, 128, 254, 255, 255])))
    colors = draw(npst.arrays(np.uint8, (k, 3)))
    shape = draw(st.tuples(st.integers(1, 9), st.integers(1, 20)))
    indices = draw(npst.arrays(np.uint8, shape, elements=st.integers(0, k - 1)))
    return indices, np.column_stack([colors, alphas])


def expected(pixels: UInt8, ending: str) -> tuple[UInt8, frozenset[Loss]]:
    """Return the RGBA pixels that a file must hold, and what is lost."""
    alpha = pixels[..., 3]
    if ending in FULL:
        return pixels, frozenset()
    if ending in NONE:
        return opaque(on_white(pixels)), frozenset({Loss.ALPHA} if alpha.min() < 255 else ())
    mask = np.where(alpha < 128, 0, 255).astype(np.uint8)
    return np.dstack([pixels[..., :3], mask]), frozenset({Loss.PARTIAL_ALPHA} if (mask != alpha).any() else ())


def assert_same_where_visible(found: UInt8, wanted: UInt8, *, exact: bool) -> None:
    np.testing.assert_array_equal(found[..., 3], wanted[..., 3])
    seen = np.ones(found.shape[:2], np.bool_) if exact else wanted[..., 3] > 0
    np.testing.assert_array_equal(found[seen], wanted[seen])


@settings(deadline=None, max_examples=60)
@given(indexed(), st.booleans())
@pytest.mark.parametrize("ending", FULL + NONE + MASK)
def test_every_format_keeps_alpha_or_reports_it(ending: str, picture: tuple[UInt8, UInt8], keep_order: bool) -> None:
    indices, palette = picture
    data, lost = written(indices, palette, format=ending, keep_order=keep_order)
    wanted, wanted_loss = expected(palette[indices], ending)
    assert lost == wanted_loss
    assert_same_where_visible(rgba_of(data), wanted, exact=ending in FULL)


@pytest.mark.parametrize("ending", FULL + NONE)
def test_pixels_with_alpha(ending: str) -> None:
    pixels = np.random.default_rng(1).integers(0, 256, (7, 9, 4), np.uint8)
    data, lost = written(pixels, format=ending)
    wanted, wanted_loss = expected(pixels, ending)
    assert lost == wanted_loss
    np.testing.assert_array_equal(rgba_of(data), wanted)
    stream = io.BytesIO()
    write_image(pixels, stream, format=ending)
    assert stream.getvalue() == data


@pytest.mark.parametrize("ending", FULL + NONE + MASK)
def test_opaque_alpha_leaves_no_trace(ending: str) -> None:
    indices, palette = sample()
    palette[:, 3] = 255
    assert written(indices, palette, format=ending) == written(indices, palette[:, :3].copy(), format=ending)
    if ending not in MASK:
        pixels = palette[indices]
        assert written(pixels, format=ending) == written(pixels[..., :3].copy(), format=ending)


def test_alpha_of_colors_that_no_pixel_has_is_no_loss() -> None:
    indices, palette = np.ones((2, 2), np.uint8), np.array([[0, 0, 0, 0], [1, 2, 3, 255], [9, 9, 9, 99]], np.uint8)
    for ending in NONE + MASK:
        assert written(indices, palette, format=ending)[1] == frozenset()


def test_a_png_holds_alpha_beside_its_palette() -> None:
    indices, palette = sample()
    data, _ = written(indices, palette)
    with Image.open(io.BytesIO(data)) as image:
        assert image.mode == "P"
        np.testing.assert_array_equal(np.asarray(image), indices)
        assert image.info["transparency"] == palette[:, 3].tobytes()[:10]
    palette = palette[::-1].copy()
    given_order, free = (written(indices, palette, keep_order=keep)[0] for keep in (True, False))
    assert len(free) < len(given_order)
    np.testing.assert_array_equal(rgba_of(free), rgba_of(given_order))
    with Image.open(io.BytesIO(given_order)) as image:
        np.testing.assert_array_equal(np.asarray(image), indices)


@pytest.mark.parametrize("ending", [".png", ".tif"])
@pytest.mark.parametrize("k", [20, 300])
def test_bands_are_the_whole(ending: str, k: int) -> None:
    if (ending, k) == (".png", 300):
        return
    _, palette = sample(k)
    indices = np.random.default_rng(3).integers(0, k, (300, 270))
    whole, _ = written(indices, palette, format=ending, keep_order=False)

    def bands() -> Iterator[NDArray[Any]]:
        return (indices[top : top + 7] for top in range(0, 300, 7))

    for n_threads in (1, 3):
        data, lost = written(bands(), palette, shape=(300, 270), format=ending, n_threads=n_threads, keep_order=False)
        assert lost == frozenset()
        np.testing.assert_array_equal(rgba_of(data), rgba_of(whole))
        assert ending == ".tif" or data == whole
        if ending == ".tif":
            np.testing.assert_array_equal(tifffile.imread(io.BytesIO(data)), palette[indices])


def test_two_clear_entries_of_a_gif_are_one() -> None:
    palette = np.array([[9, 9, 9, 255], [1, 2, 3, 0], [4, 5, 6, 100], [7, 8, 9, 255]], np.uint8)
    data, lost = written(np.array([[0, 1, 2, 3]]), palette, format="gif")
    assert lost == {Loss.PARTIAL_ALPHA}
    assert rgba_of(data)[0, :, 3].tolist() == [255, 0, 0, 255]


def test_every_pair_of_alpha_and_white(tmp_path: Path) -> None:
    pixels = np.array(list(itertools.product(range(0, 256, 5), range(256))), np.uint8)
    colors = np.column_stack([pixels[:, :1].repeat(3, 1), pixels[:, 1]])
    write_image(colors[np.newaxis], tmp_path / "a.bmp")
    with Image.open(tmp_path / "a.bmp") as image:
        found = np.asarray(image)[0, :, 0].astype(float)
    exact = (colors[:, 0].astype(float) * colors[:, 3] + 255.0 * (255 - colors[:, 3])) / 255
    assert np.abs(found - exact).max() <= 0.5


def test_write_indexed_takes_alpha(tmp_path: Path) -> None:
    indices, palette = sample()
    write_indexed(indices, palette, tmp_path / "a.png")
    assert (rgba_of((tmp_path / "a.png").read_bytes()) == palette[indices]).all()
