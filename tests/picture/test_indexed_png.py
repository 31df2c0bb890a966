"""The PNG encoder: any decoder reads what it wrote, in as few bits as the palette needs."""

import io
import itertools
import struct
import zlib
from collections.abc import Iterator
from typing import Any

import numpy as np
import pytest
from numpy.typing import NDArray
from PIL import Image

from imgcluster.picture.formats import Effort
from imgcluster.picture.formats._deflate import library
from imgcluster.picture.formats._indexed_png import encode_indexed_png


def chunks_of(png: Any) -> Iterator[Any]:
    assert png[:8] == b"\x89PNG\r\n\x1a\n"
    at = 8
    while at < len(png):
        (size,) = struct.unpack(">I", png[at : at + 4])
        name, data = png[at + 4 : at + 8], png[at + 8 : at + 8 + size]
        (crc,) = struct.unpack(">I", png[at + 8 + size : at + 12 + size])
        assert crc == zlib.crc32(name + data)
        yield name, data
        at += 12 + size


def encode(
    indices: NDArray[np.uint8], palette: NDArray[np.uint8], level: int, n_threads: int, optimize: int = 0
) -> bytes:
    return b"".join(encode_indexed_png([indices], indices.shape, palette, Effort(level, n_threads, optimize)))


def picture(shape: tuple[int, int], k: int, seed: int = 0) -> tuple[NDArray[np.uint8], NDArray[np.uint8]]:
    rng = np.random.default_rng(seed)
    return rng.integers(0, k, shape).astype(np.uint8), rng.integers(0, 256, (k, 3)).astype(np.uint8)


@pytest.mark.parametrize("k", [1, 2, 3, 4, 5, 16, 17, 256])
@pytest.mark.parametrize("shape", [(1, 1), (1, 9), (9, 1), (3, 7), (40, 33), (1200, 1999)])
def test_pillow_reads_it_back(shape: tuple[int, int], k: int) -> None:
    indices, palette = picture(shape, k)
    png = encode(indices, palette, 1, 2)
    with Image.open(io.BytesIO(png)) as image:
        assert image.mode == "P"
        np.testing.assert_array_equal(np.asarray(image), indices)
        assert bytes(image.palette.palette[: 3 * k]) == palette.tobytes()


@pytest.mark.parametrize(("k", "bits"), [(1, 1), (2, 1), (3, 2), (4, 2), (5, 4), (16, 4), (17, 8), (256, 8)])
def test_as_few_bits_as_the_palette_needs(k: int, bits: int) -> None:
    chunks = dict(chunks_of(encode(*picture((5, 5), k), 6, 1)))
    assert chunks[b"IHDR"] == struct.pack(">IIBBBBB", 5, 5, bits, 3, 0, 0, 0)
    assert len(chunks[b"PLTE"]) == 3 * k


@pytest.mark.parametrize("level", range(10))
def test_many_bands_are_one_zlib_stream(level: int) -> None:
    indices, palette = picture((700, 4000), 200)
    png = encode(indices, palette, level, 2)
    data = [data for name, data in chunks_of(png) if name == b"IDAT"]
    assert len(data) == 3
    raw = zlib.decompress(b"".join(data))
    lines = np.frombuffer(raw, np.uint8).reshape(700, 4001)
    np.testing.assert_array_equal(lines[:, 1:], indices)
    assert not lines[:, 0].any()


def test_bytes_do_not_depend_on_threads(coffee: NDArray[np.uint8]) -> None:
    indices = np.tile(coffee[..., 1] // 8, (6, 6))
    palette = picture((1, 1), 32)[1]
    files = [encode(indices, palette, 6, n) for n in (1, 2, 5)]
    assert files[0] == files[1] == files[2]


@pytest.mark.parametrize("k", [2, 200])
def test_bytes_do_not_depend_on_the_bands_that_rows_come_in(k: int) -> None:
    indices, palette = picture((2100, 1300), k)
    for rows in (1, 97, 1000, 3000):
        bands = (indices[top : top + rows] for top in range(0, len(indices), rows))
        assert b"".join(encode_indexed_png(bands, indices.shape, palette, Effort(1, 2, 0))) == encode(
            indices, palette, 1, 1
        )


def test_bands_cost_next_to_nothing(coffee: NDArray[np.uint8]) -> None:
    indices = np.tile(coffee[..., 1] // 2, (6, 6))
    ours = len(encode(indices, picture((1, 1), 128)[1], 6, 2))
    lines = np.pad(indices, ((0, 0), (1, 0)))
    deflater = library().compressobj(6, zlib.DEFLATED, 15, 8)
    whole = len(deflater.compress(lines.tobytes()) + deflater.flush())
    assert ours < 1.001 * whole + 1000


def test_two_pictures_of_one_file_differ_only_where_they_differ() -> None:
    (indices, palette), other = picture((20, 20), 9), picture((20, 20), 9, seed=1)[0]
    files = [dict(chunks_of(encode(i, palette, 6, 1))) for i in (indices, other)]
    assert [name for name, data in files[0].items() if files[1][name] != data] == [b"IDAT"]
    assert list(itertools.islice(files[0], 3)) == [b"IHDR", b"PLTE", b"IDAT"]
