"""Indexed BMP and TIFF: as few bits as the format has for the palette, which keeps its entries and their order."""

import io
import struct
from typing import Any

import numpy as np
import pytest
import tifffile
from hypothesis import given, settings
from hypothesis import strategies as st
from hypothesis.extra import numpy as npst
from numpy.typing import NDArray
from PIL import Image

from imgcluster.picture import Metadata, encode_picture, read_image

UInt8 = NDArray[np.uint8]


@st.composite
def pictures(draw: st.DrawFn) -> tuple[UInt8, UInt8]:
    k = draw(st.integers(1, 20) | st.sampled_from([255, 256]))
    palette = draw(npst.arrays(np.uint8, (k, 3)))
    shape = draw(st.tuples(st.integers(1, 9), st.integers(1, 70)))
    return draw(npst.arrays(np.uint8, shape, elements=st.integers(0, k - 1))), palette


def bits_for(k: int) -> int:
    return 1 if k <= 2 else 4 if k <= 16 else 8


@settings(deadline=None, max_examples=80)
@given(pictures(), st.integers(0, 1))
def test_bmp(picture: tuple[UInt8, UInt8], optimize: int) -> None:
    indices, palette = picture
    data = encode_picture(indices, format="bmp", palette=palette, optimize=optimize)
    np.testing.assert_array_equal(read_image(io.BytesIO(data)), palette[indices])
    size, start = struct.unpack_from("<I4xI", data, 2)
    width, height, bits, _, n_bytes = struct.unpack_from("<ii2xHII", data, 18)
    assert (size, width, height, bits) == (len(data), *indices.shape[::-1], bits_for(len(palette)))
    assert struct.unpack_from("<II", data, 46) == (len(palette), len(palette))
    colors = np.frombuffer(data, np.uint8, 4 * len(palette), 54).reshape(-1, 4)
    np.testing.assert_array_equal(colors[:, 2::-1], palette)
    assert start == 54 + 4 * len(palette)
    rows = np.frombuffer(data, np.uint8, n_bytes, start).reshape(height, -1)[::-1]
    assert rows.shape[1] % 4 == 0
    found = np.unpackbits(rows, axis=1).reshape(height, -1, bits)[:, :width] @ (1 << np.arange(bits)[::-1])
    np.testing.assert_array_equal(found, indices)


@settings(deadline=None, max_examples=80)
@given(pictures(), st.integers(0, 1))
def test_tiff(picture: tuple[UInt8, UInt8], optimize: int) -> None:
    indices, palette = picture
    data = encode_picture(indices, format="tiff", palette=palette, optimize=optimize)
    np.testing.assert_array_equal(read_image(io.BytesIO(data)), palette[indices])
    with Image.open(io.BytesIO(data)) as image:
        assert image.tag_v2[258] == (bits_for(len(palette)),)  # type: ignore[attr-defined]
        if image.mode == "P":
            np.testing.assert_array_equal(np.asarray(image), indices)
            np.testing.assert_array_equal(np.reshape(image.getpalette(), (-1, 3))[: len(palette)], palette)  # type: ignore[arg-type]
    if bits_for(len(palette)) == 8:
        np.testing.assert_array_equal(tifffile.imread(io.BytesIO(data)), indices)


@pytest.mark.parametrize(
    "colors", [((0, 0, 0), (255, 255, 255)), ((255, 255, 255), (0, 0, 0)), ((20, 0, 60), (250, 240, 230))]
)
def test_two_colors_of_a_scan(colors: Any) -> None:
    palette = np.array(colors, np.uint8)
    steps = np.random.default_rng(0).integers(-1, 2, (600, 9)).cumsum(axis=0) + np.arange(40, 760, 80)
    page = ((np.arange(800) > steps[:, :, np.newaxis]).sum(axis=1) % 2).astype(np.uint8)
    data = encode_picture(page, format="tif", palette=palette)
    with Image.open(io.BytesIO(data)) as image:
        assert image.info["compression"] == "group4"
        assert image.mode == ("1" if palette.sum() == 765 else "P")
    assert len(data) < page.size / 40
    np.testing.assert_array_equal(read_image(io.BytesIO(data)), palette[page])
    noise = np.random.default_rng(0).integers(0, 2, (100, 100), np.uint8)
    with Image.open(io.BytesIO(encode_picture(noise, format="tif", palette=palette))) as image:
        assert image.info["compression"] == "tiff_adobe_deflate"


def test_bytes_of_a_tiff_do_not_depend_on_threads() -> None:
    indices = np.random.default_rng(0).integers(0, 200, (1000, 900), np.uint8)
    palette = np.random.default_rng(1).integers(0, 256, (200, 3), np.uint8)
    one, three = (encode_picture(indices, format="tif", palette=palette, n_threads=n) for n in (1, 3))
    assert one == three
    np.testing.assert_array_equal(tifffile.imread(io.BytesIO(one)), indices)
    assert len(encode_picture(indices[:20], format="tif", palette=palette, compress_level=0)) > 18_000


@pytest.mark.parametrize("ending", ["bmp", "tif"])
def test_metadata_of_indexed_files(ending: str) -> None:
    scan = Metadata(dpi=(300.5, 96), text=(("Title", "Harbor"),))
    data = encode_picture(np.eye(9, dtype=np.uint8), format=ending, palette=np.eye(2, 3, dtype=np.uint8), metadata=scan)
    with Image.open(io.BytesIO(data)) as image:
        assert image.info["dpi"] == pytest.approx((300.5, 96), abs=0.02)
