"""Codings of indexed PNGs that are tried: the same pixels in fewer bytes, never in more."""

import io
import sys
from typing import Any

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from hypothesis.extra import numpy as npst
from numpy.typing import NDArray
from PIL import Image

from imgcluster.picture import encode_picture, write_picture
from imgcluster.picture.formats._deflate import library
from imgcluster.picture.formats._palette_order import neighbor_order
from imgcluster.picture.formats._png_lines import ADAPTIVE, packed, scanlines
from imgcluster.picture.formats._recompressed import recompressed

UInt8 = NDArray[np.uint8]


def rgb_of(data: bytes) -> UInt8:
    with Image.open(io.BytesIO(data)) as image:
        return np.asarray(image.convert("RGB"))


def smooth(k: int, shape: tuple[int, int] = (180, 240)) -> UInt8:
    """Return indices of a picture that looks like a photo: sums of waves, with a little noise."""
    y, x = np.mgrid[: shape[0], : shape[1]]
    waves = np.sin(x / 31) + np.sin(y / 23 + x / 57) + np.random.default_rng(0).normal(0, 0.05, shape)
    return np.clip((waves + 2) / 4 * k, 0, k - 1).astype(np.uint8)


def shuffled(indices: UInt8, k: int) -> tuple[UInt8, UInt8]:
    """Return a picture whose palette is in no order."""
    rng = np.random.default_rng(1)
    return rng.permutation(k).astype(np.uint8)[indices], rng.integers(0, 256, (k, 3), np.uint8)


@pytest.mark.parametrize("k", [3, 16, 64, 256])
def test_more_effort_is_not_larger(k: int) -> None:
    indices, palette = shuffled(smooth(k), k)
    sizes = []
    for optimize in (0, 1, 2):
        data = encode_picture(indices, palette=palette, optimize=optimize, keep_order=False)
        np.testing.assert_array_equal(rgb_of(data), palette[indices])
        sizes.append(len(data))
    assert sizes[1] <= sizes[0]
    assert sizes[2] <= 1.001 * sizes[1]
    assert k < 64 or sizes[1] < 0.85 * sizes[0]


@pytest.mark.parametrize("optimize", [0, 1, 2])
@pytest.mark.parametrize("keep_order", [True, False])
@pytest.mark.parametrize("k", [2, 5, 40, 256])
def test_the_order_is_kept_if_it_must_be(k: int, keep_order: bool, optimize: int) -> None:
    indices, palette = shuffled(smooth(k, (60, 90)), k)
    data = encode_picture(indices, palette=palette, optimize=optimize, keep_order=keep_order)
    np.testing.assert_array_equal(rgb_of(data), palette[indices])
    with Image.open(io.BytesIO(data)) as image:
        stored = np.array(image.getpalette()).reshape(-1, 3)
        if keep_order:
            np.testing.assert_array_equal(stored, palette)
            np.testing.assert_array_equal(np.asarray(image), indices)
        assert sorted(map(tuple, stored.tolist())) == sorted(map(tuple, palette.tolist()))


@settings(deadline=None, max_examples=60)
@given(st.data())
def test_any_picture(data: st.DataObject) -> None:
    k = data.draw(st.integers(1, 20) | st.sampled_from([255, 256]))
    n_channels = data.draw(st.sampled_from([1, 3, 4]))
    palette = data.draw(npst.arrays(np.uint8, (k, n_channels)))
    palette = palette.repeat(3, axis=1) if n_channels == 1 else palette
    shape = data.draw(st.tuples(st.integers(1, 12), st.integers(1, 40)))
    indices = data.draw(npst.arrays(np.uint8, shape, elements=st.integers(0, k - 1)))
    options: dict[str, Any] = {"palette": palette, "keep_order": data.draw(st.booleans())}
    options |= {"compress_level": data.draw(st.integers(0, 9)), "optimize": data.draw(st.integers(0, 2))}
    png = encode_picture(indices, **options)
    with Image.open(io.BytesIO(png)) as image:
        np.testing.assert_array_equal(np.asarray(image.convert("RGBA"))[..., : max(3, n_channels)], palette[indices])


def test_a_gray_ramp_is_not_larger_than_its_gray_png() -> None:
    ramp = np.tile(np.arange(256, dtype=np.uint8), (64, 1))
    stream = io.BytesIO()
    Image.fromarray(ramp).save(stream, "PNG", optimize=True)
    palette = np.arange(256, dtype=np.uint8)[:, np.newaxis].repeat(3, 1)
    ours = encode_picture(ramp, palette=palette, keep_order=False)
    assert len(ours) <= 1.02 * len(stream.getvalue())
    np.testing.assert_array_equal(rgb_of(ours), palette[ramp])


@pytest.mark.parametrize(("shades", "bits"), [((0, 255), 1), ((0, 85, 170), 2), ((0, 17, 255), 4), ((0, 1), 8)])
def test_grays_have_as_few_bits_as_they_need(shades: tuple[int, ...], bits: int) -> None:
    palette = np.array(shades, np.uint8)[:, np.newaxis].repeat(3, 1)
    indices = np.random.default_rng(0).integers(0, len(shades), (3, 5)).astype(np.uint8)
    data = encode_picture(indices, palette=palette, keep_order=False)
    np.testing.assert_array_equal(rgb_of(data), palette[indices])
    assert data[25] == 3 or data[24] == bits


@pytest.mark.parametrize("k", [9, 200])
def test_bytes_depend_neither_on_threads_nor_on_bands(k: int) -> None:
    indices, palette = shuffled(smooth(k, (1300, 1100)), k)
    whole = encode_picture(indices, palette=palette, keep_order=False, n_threads=1)
    assert encode_picture(indices, palette=palette, keep_order=False, n_threads=3) == whole
    stream = io.BytesIO()
    bands = (indices[top : top + 77] for top in range(0, 1300, 77))
    write_picture(bands, stream, palette=palette, shape=(1300, 1100), keep_order=False)
    assert stream.getvalue() == whole
    np.testing.assert_array_equal(rgb_of(whole), palette[indices])


def test_zlib_takes_the_place_of_zlib_ng(monkeypatch: pytest.MonkeyPatch) -> None:
    indices, palette = shuffled(smooth(100), 100)
    monkeypatch.setitem(sys.modules, "zlib_ng", None)
    library.cache_clear()
    try:
        data = encode_picture(indices, palette=palette, keep_order=False)
    finally:
        library.cache_clear()
    np.testing.assert_array_equal(rgb_of(data), palette[indices])


def test_the_greatest_effort_needs_an_extra(monkeypatch: pytest.MonkeyPatch) -> None:
    indices, palette = shuffled(smooth(30), 30)
    monkeypatch.setattr("imgcluster.picture.formats._recompressed.find_spec", lambda name: None)
    with pytest.raises(ValueError, match=r"optimize=3 needs oxipng.*imgcluster\[optimize\].*or use optimize=2"):
        encode_picture(indices, palette=palette, optimize=3)
    with pytest.raises(ValueError, match="optimize must be between 0 and 3, got 4"):
        encode_picture(indices, palette=palette, optimize=4)


@pytest.mark.parametrize("keep_order", [True, False])
def test_oxipng(keep_order: bool) -> None:
    pytest.importorskip("oxipng")
    indices, palette = shuffled(smooth(30, (50, 60)), 30)
    sizes = [encode_picture(indices, palette=palette, optimize=optimize, keep_order=keep_order) for optimize in (2, 3)]
    assert len(sizes[1]) <= len(sizes[0])
    np.testing.assert_array_equal(rgb_of(sizes[1]), palette[indices])
    if keep_order:
        with Image.open(io.BytesIO(sizes[1])) as image:
            np.testing.assert_array_equal(np.asarray(image), indices)


@settings(deadline=None, max_examples=50)
@given(npst.arrays(np.uint8, st.tuples(st.integers(1, 9), st.integers(1, 30))), st.integers(0, ADAPTIVE), st.booleans())
def test_filters_are_undone(rows: UInt8, kind: int, has_above: bool) -> None:
    """Undo the filters as the specification says, byte by byte."""
    above = rows[::-1][0] if has_above else None
    lines = np.frombuffer(scanlines(rows, above, kind), np.uint8).reshape(len(rows), -1)
    before = np.zeros(rows.shape[1], np.uint8) if above is None else above
    for line, row in zip(lines, rows, strict=True):
        assert kind == ADAPTIVE or line[0] == kind
        found: list[int] = []
        for x, value in enumerate(line[1:].tolist()):
            a, b, c = (found[x - 1] if x else 0), int(before[x]), (int(before[x - 1]) if x else 0)
            nearest = min((abs(b - c), 0, a), (abs(a - c), 1, b), (abs(a + b - 2 * c), 2, c))[2]
            found.append((value + (0, a, b, (a + b) // 2, nearest)[line[0]]) % 256)
        assert found == row.tolist()
        before = row


@pytest.mark.parametrize("bits", [1, 2, 4])
def test_packing(bits: int) -> None:
    values = np.random.default_rng(0).integers(0, 1 << bits, (5, 13)).astype(np.uint8)
    found = np.unpackbits(packed(values, bits), axis=1).reshape(5, -1, bits)[:, :13] @ (1 << np.arange(bits)[::-1])
    np.testing.assert_array_equal(found, values)


def test_the_neighbor_order_finds_a_ramp_again() -> None:
    indices, _ = shuffled(smooth(64), 64)
    order = neighbor_order([indices], 64, 40)
    assert sorted(order.tolist()) == list(range(64))
    place = np.argsort(order)
    steps = [np.abs(np.diff(p[indices].astype(int), axis=1)).mean() for p in (np.arange(64), place)]
    assert steps[1] < 0.2 * steps[0]


def test_flat_art_is_not_larger_than_by_the_highest_level_of_the_library() -> None:
    indices, rng = np.zeros((600, 900), np.uint8), np.random.default_rng(0)
    for i in range(30):
        indices[600 - rng.integers(50, 500) :, 20 + 28 * i : 40 + 28 * i] = i + 1
    lines = scanlines(indices, None, 0)
    deflater = library().compressobj(9)
    plain = len(deflater.compress(lines) + deflater.flush())
    palette = rng.integers(0, 256, (31, 3)).astype(np.uint8)
    data = encode_picture(indices, palette=palette, keep_order=True)
    np.testing.assert_array_equal(rgb_of(data), palette[indices])
    assert len(data) <= 1.01 * plain + 200


@pytest.mark.parametrize(
    "mode", ["gray in RGB", "few colors in RGB", "black and white of eight bits", "an unused entry"]
)
def test_oxipng_changes_the_kind_of_a_picture_only_where_order_is_free(mode: str) -> None:
    pytest.importorskip("oxipng")
    shades = np.random.default_rng(0).integers(0, 200, (40, 50)).astype(np.uint8)
    image = Image.fromarray(shades)
    if mode == "gray in RGB":
        image = Image.fromarray(shades[..., None].repeat(3, 2))
    elif mode == "few colors in RGB":
        image = Image.fromarray(np.array([[9, 8, 7], [200, 0, 1], [3, 250, 90]], np.uint8)[shades % 3])
    elif mode == "an unused entry":
        image.putpalette([value for i in range(201) for value in (i, 255 - i, i * 7 % 256)])
    else:
        image = Image.fromarray(shades % 2 * np.uint8(255))
    stream = io.BytesIO()
    image.save(stream, "PNG", bits=8)
    png = stream.getvalue()
    head, kept, free = (
        data[16:29] + data[data.find(b"PLTE") : data.find(b"IDAT") - 4] * (data.find(b"PLTE") > 0)
        for data in (png, *(recompressed(png, shades.size, keep_order=keep) for keep in (True, False)))
    )
    assert kept == head
    assert free != head
    np.testing.assert_array_equal(
        rgb_of(recompressed(png, shades.size, keep_order=False)), np.asarray(image.convert("RGB"))
    )
