"""The page of a TIFF that says which pixels of another are transparent, against the bits that were written."""

import io
import itertools
from functools import partial
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from _tiffs import DEFLATE, NONE, ORDERS, PACKBITS, Order, page_of, pages_of
from numpy.typing import NDArray

import imgcluster as ic
from imgcluster.errors import ConversionWarning
from imgcluster.facts import Loss
from imgcluster.picture import open_source

HEIGHT, WIDTH = 41, 67
RNG = np.random.default_rng(5)
COLORS = np.repeat(np.repeat(RNG.integers(0, 256, (5, 7, 3), np.uint8), 10, 0), 10, 1)[:HEIGHT, :WIDTH]
INSIDE = np.hypot(*np.mgrid[-20:21, -33:34]) < 24
WHITE_IS_ZERO, BLACK_IS_ZERO, RGB, TRANSPARENCY = 0, 1, 2, 4
MASK, REDUCED, REDUCED_MASK = {254: (4, [4])}, {254: (4, [1])}, {254: (4, [5])}
N_TURNS = {1: 0, 3: 2, 6: -1, 8: 1}  # of a quarter, by orientation


def picture(
    values: NDArray[Any] = COLORS,
    *,
    bits: int = 8,
    tags: Any = None,
    order: Order = "<",
    tile: int = 0,
    way: int = NONE,
) -> Any:
    photometric = RGB if values.ndim == 3 else BLACK_IS_ZERO
    return page_of(values, photometric, bits, False, way, 1, tile, 9, 1, tags, order)


def mask(
    inside: NDArray[Any] = INSIDE,
    *,
    bits: int = 1,
    tags: Any = MASK,
    order: Order = "<",
    tile: int = 0,
    way: int = NONE,
    photometric: int = TRANSPARENCY,
) -> Any:
    values = inside.astype(np.uint8) * ((1 << bits) - 1)
    return page_of(values, photometric, bits, False, way, 1, tile, 13, 1, tags, order)


def check(data: bytes, colors: NDArray[Any], inside: NDArray[Any], frame: int | None = None) -> None:
    """Compare a picture with what was written: whole, in bands, and put on a color."""
    with open_source(io.BytesIO(data)) as source:
        read = source.read(frame)
        assert read.alpha is not None
        np.testing.assert_array_equal(read.alpha, inside * 255)
        np.testing.assert_array_equal(read.pixels, colors)
        assert not read.lost - {Loss.DEPTH, Loss.FRAMES}
        for background in (None, "red"):
            bands = list(source.bands(300, frame, background=background))
            pixels = np.concatenate([band.pixels for band in bands])
            if background is None:
                np.testing.assert_array_equal(pixels, colors)
                np.testing.assert_array_equal(np.concatenate([band.alpha for band in bands]), inside * 255)
            else:
                np.testing.assert_array_equal(pixels, np.where(inside[..., None], colors, (255, 0, 0)))
                np.testing.assert_array_equal(pixels, source.read(frame, background=background).pixels)
                assert all(Loss.ALPHA in band.lost for band in bands[:1])


@pytest.mark.parametrize("order", ORDERS)
@pytest.mark.parametrize("way", [NONE, PACKBITS, DEFLATE])
@pytest.mark.parametrize("tile", [0, 16])
def test_a_mask_is_alpha(order: Order, way: int, tile: int) -> None:
    pages = [picture(order=order, tile=tile, way=way), mask(order=order, tile=tile, way=way)]
    check(pages_of(pages, order), COLORS, INSIDE)
    check(pages_of(pages[::-1], order), COLORS, INSIDE)


@pytest.mark.parametrize("orientation", N_TURNS)
def test_a_mask_lies_as_its_picture_does(orientation: int) -> None:
    turn = partial(np.rot90, k=N_TURNS[orientation])
    pages = [picture(tags={274: (3, [orientation])}), mask(tile=16)]
    check(pages_of(pages), turn(COLORS), turn(INSIDE))


def test_a_mask_of_gray_of_deep_colors_and_of_colors_with_alpha() -> None:
    gray = np.repeat(COLORS[..., :1], 3, 2)
    check(pages_of([picture(COLORS[..., 0]), mask()]), gray, INSIDE)
    check(pages_of([picture(COLORS.astype(np.uint16) * 257, bits=16), mask()]), COLORS, INSIDE)
    alpha = RNG.integers(1, 256, (HEIGHT, WIDTH, 1), np.uint8)
    rgba = picture(np.concatenate([COLORS, alpha], 2), tags={338: (3, [2])})
    with open_source(io.BytesIO(pages_of([rgba, mask()]))) as source:
        np.testing.assert_array_equal(source.read().alpha, np.where(INSIDE, alpha[..., 0], 0))


def test_each_page_has_its_own_mask() -> None:
    other = np.ascontiguousarray(COLORS[::-1])
    both = [[picture(), mask()], [picture(other), mask(~INSIDE)]]
    small = [picture(COLORS[::2, ::2], tags=REDUCED), mask(INSIDE[::2, ::2], tags=REDUCED_MASK)]
    behind = pages_of([*both[0], *small, *both[1], *small])
    before = pages_of([*both[0][::-1], *both[1][::-1]])
    thumbnail_first = pages_of([small[0], *both[0], *both[1]])
    for data in (behind, before, thumbnail_first):
        check(data, COLORS, INSIDE, 0)
        check(data, other, ~INSIDE, 1)
    # the mask of the second is not that of the first
    with open_source(io.BytesIO(pages_of([picture(), *both[1]]))) as source:
        assert source.read(0).alpha is None
        np.testing.assert_array_equal(source.read(1).alpha, ~INSIDE * 255)


@pytest.mark.parametrize(
    "pages",
    [
        [picture(), mask(INSIDE[:-1])],
        [picture(), mask(tags=REDUCED_MASK)],
        [picture(), mask(tags=REDUCED)],
    ],
    ids=["another size", "of a smaller copy", "a smaller copy"],
)
def test_what_is_not_its_mask_changes_nothing(pages: list[Any]) -> None:
    with open_source(io.BytesIO(pages_of(pages))) as source:
        read = source.read()
    assert read.alpha is None
    assert not read.lost


def test_a_mask_that_cannot_be_read_is_a_loss() -> None:
    levels = mask(bits=8, photometric=BLACK_IS_ZERO)
    tags, segments, is_tiled = mask()
    for broken in (levels, ({**tags, 259: (3, [9999])}, segments, is_tiled)):
        with open_source(io.BytesIO(pages_of([picture(), broken]))) as source:
            read = source.read()
            np.testing.assert_array_equal(read.pixels, COLORS)
            assert read.alpha is None
            assert read.lost == {Loss.ALPHA}
            assert all(band.lost == {Loss.ALPHA} for band in source.bands(300))


def test_a_palette_has_a_clear_color_and_superpixels_name_what_they_leave_out(tmp_path: Path) -> None:
    path = tmp_path / "masked.tif"
    for way, values in itertools.product((NONE, DEFLATE), (COLORS, COLORS[..., 0], COLORS.astype(np.uint16) * 257)):
        path.write_bytes(pages_of([picture(values, way=way, bits=8 * values.itemsize), mask()]))
        made = ic.quantize(path, 8)
        np.testing.assert_array_equal(made.to_array()[..., 3], INSIDE * 255)
        for channels in ("srgb", "raw"):
            with pytest.warns(ConversionWarning, match=r"its mask of valid pixels is not read; pass it as a mask"):
                found = ic.superpixels(path, 9, channels=channels)
            assert found.labels.min() == 0


def test_a_mask_that_lies_otherwise_than_its_picture_is_a_loss() -> None:
    # an orientation of one byte is heeded in bands, but not by Pillow
    for tags in ({274: (1, [6])}, {274: (1, [3])}):
        with open_source(io.BytesIO(pages_of([picture(tags=tags), mask()]))) as source:
            read = source.read()
            assert read.pixels.shape[:2] == source.shape
            assert read.alpha is None or read.alpha.shape == source.shape
            assert read.lost <= {Loss.ALPHA}
