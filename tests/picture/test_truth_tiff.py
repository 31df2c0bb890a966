"""Every line of the table of TIFFs in picture/README.md, against the formulas of the standards."""

from __future__ import annotations

import io
import warnings
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from _icc import wide_profile
from _tiffs import DEFLATE, LZW, NONE, ORDERS, PACKBITS, page_of, pages_of, tiff_of
from _truth import P3, Floats, lab_shown, on_white, shown
from numpy.typing import NDArray
from PIL import Image

import imgcluster as ic
from imgcluster.errors import ImageReadError, LossWarning
from imgcluster.facts import Loss
from imgcluster.picture import is_large, open_source, read_image

RNG = np.random.default_rng(8)
SIZE = (23, 37)


def random(bits: int, samples: int) -> NDArray[Any]:
    kind = np.uint8 if bits == 8 else np.uint16 if bits <= 16 else np.uint32
    return RNG.integers(0, 1 << bits, (*SIZE, samples), dtype=np.uint64).astype(kind)


GRAY = {bits: random(bits, 1) for bits in (1, 2, 4, 8, 12, 16, 32)}
RGB = {bits: random(bits, 3) for bits in (2, 4, 8, 12, 16, 32)}
RGBA = {bits: random(bits, 4) for bits in (8, 16)}
CMYK = {bits: random(bits, 4) for bits in (8, 16)}
FLOAT_GRAY = RNG.random((*SIZE, 1))
FLOAT_RGB = RNG.random((*SIZE, 3))
PALETTE = RNG.integers(0, 65536, (256, 3))
ALPHA = {1: {338: (3, [1])}, 2: {338: (3, [2])}}


def scaled(values: NDArray[Any], bits: int) -> Floats:
    colors = values.astype(float) * 255 / ((1 << bits) - 1)
    return np.repeat(colors, 3, 2) if colors.shape[2] == 1 else colors


def of_cmyk(values: NDArray[Any], bits: int) -> Floats:
    ink = values / ((1 << bits) - 1)
    return np.asarray(255 * (1 - ink[..., :3]) * (1 - ink[..., 3:4]))


def colormap(bits: int) -> dict[int, tuple[int, Any]]:
    return {320: (3, PALETTE[: 1 << bits].T.ravel().tolist())}


def premultiplied(values: NDArray[Any]) -> NDArray[Any]:
    top = np.iinfo(values.dtype).max
    colors = np.rint(values[..., :3] * (values[..., 3:] / top)).astype(values.dtype)
    return np.concatenate([colors, values[..., 3:]], axis=2)


def lab_values(bits: int, is_icc: bool) -> tuple[NDArray[Any], Floats]:
    """Return stored values and the L*a*b* that they mean."""
    scale = 1 << (bits - 8)
    lab = np.stack([RNG.uniform(0, 100, SIZE), *RNG.uniform(-60, 60, (2, *SIZE))], -1)
    kind = np.uint8 if bits == 8 else np.uint16
    if is_icc:
        stored = np.stack([lab[..., 0] * 255 * scale / 100, *(np.moveaxis(lab[..., 1:] + 128, -1, 0) * scale)], -1)
        stored = np.rint(stored).astype(kind)
        return stored, stored / scale * [100 / 255, 1, 1] - [0, 128, 128]
    top = (1 << bits) - 1
    stored = np.rint(np.concatenate([lab[..., :1] * top / 100, lab[..., 1:] * scale], -1)).astype(np.int64)
    meant = np.concatenate([stored[..., :1] * 100 / top, stored[..., 1:] / scale], -1)
    return stored.astype(kind), meant


def half(values: Floats) -> NDArray[np.float16]:
    return values.astype(np.float16)


LAB = {(bits, is_icc): lab_values(bits, is_icc) for bits in (8, 16) for is_icc in (False, True)}
ICC = {34675: (7, [*wide_profile()])}

# name of the line: files, which differ in what does not matter, and what they show on white
COLORS: dict[str, tuple[list[bytes], Floats]] = {}

for bits, values in GRAY.items():
    if bits == 32:
        continue  # its white is not known
    for order in ORDERS:
        files = [
            tiff_of(values, 1, bits, order=order),
            tiff_of(values, 1, bits, order=order, compression=DEFLATE, tile=16),
            tiff_of(values, 1, bits, order=order, compression=LZW),
        ]
        COLORS[f"{bits}-bit gray {order}"] = files, scaled(values, bits)
        files = [tiff_of(values, 0, bits, order=order), tiff_of(values, 0, bits, order=order, compression=PACKBITS)]
        COLORS[f"{bits}-bit gray, white is 0 {order}"] = files, 255 - scaled(values, bits)
for bits, values in RGB.items():
    COLORS[f"{bits}-bit RGB"] = (
        [
            tiff_of(values, 2, bits, order=order, compression=compression, tile=tile)
            for order in ORDERS
            for compression in (NONE, LZW, DEFLATE, PACKBITS)
            for tile in (0, 16)
        ],
        scaled(values, bits),
    )
    COLORS[f"{bits}-bit RGB, planar"] = (
        [
            tiff_of(values, 2, bits, planar=True, order=order, compression=compression, tile=tile)
            for order in ORDERS
            for compression in (NONE, LZW, DEFLATE, PACKBITS)
            for tile in (0, 16)
        ],
        scaled(values, bits),
    )
for bits in (8, 16, 32):
    COLORS[f"{bits}-bit RGB, predictor 2"] = (
        [
            tiff_of(RGB[bits], 2, bits, predictor=2, order=order, compression=compression, planar=planar, tile=tile)
            for order in ORDERS
            for compression in (LZW, DEFLATE)
            for planar in (False, True)
            for tile in (0, 16)
        ],
        scaled(RGB[bits], bits),
    )
for name, kind in (("16", np.float16), ("32", np.float32), ("64", np.float64)):
    for channels, floats in (("gray", FLOAT_GRAY), ("RGB", FLOAT_RGB)):
        typed = floats.astype(kind)
        photometric, bits = 1 if channels == "gray" else 2, int(name)
        COLORS[f"{name}-bit floating-point {channels}"] = (
            [
                tiff_of(typed, photometric, bits, order=order, compression=compression, predictor=predictor, tile=tile)
                for order in ORDERS
                for compression, predictor in ((NONE, 1), (DEFLATE, 3), (LZW, 3), (DEFLATE, 1))
                for tile in (0, 16)
            ]
            + [tiff_of(typed, photometric, bits, planar=True, compression=DEFLATE, predictor=3)],
            np.broadcast_to(typed.astype(float) * 255, (*SIZE, 3)),
        )
COLORS["32-bit floating-point gray, white is 0"] = (
    [tiff_of(FLOAT_GRAY.astype(np.float32), 0, 32)],
    np.broadcast_to(255 - FLOAT_GRAY * 255, (*SIZE, 3)),
)
for bits, values in CMYK.items():
    COLORS[f"{bits}-bit CMYK"] = (
        [tiff_of(values, 5, bits, order=order, planar=planar) for order in ORDERS for planar in (False, True)],
        of_cmyk(values, bits),
    )
    COLORS[f"{bits}-bit CMYK and unassociated alpha"] = (
        [
            tiff_of(np.dstack([values, values[..., 1]]), 5, bits, order=order, planar=planar, tags=ALPHA[2])
            for order in ORDERS
            for planar in (False, True)
        ],
        on_white(of_cmyk(values, bits), values[..., 1] / ((1 << bits) - 1)),
    )
for bits, values in RGBA.items():
    top = (1 << bits) - 1
    straight = on_white(scaled(values[..., :3], bits), values[..., 3] / top)
    for planar in (False, True):
        layout = "planar" if planar else "chunky"
        COLORS[f"{bits}-bit RGB and unassociated alpha, {layout}"] = (
            [tiff_of(values, 2, bits, planar=planar, order=order, tags=ALPHA[2]) for order in ORDERS],
            straight,
        )
        COLORS[f"{bits}-bit RGB and a fourth sample without a tag, {layout}"] = (
            [tiff_of(values, 2, bits, planar=planar, order=order) for order in ORDERS],
            straight,
        )
        COLORS[f"{bits}-bit RGB and associated alpha, {layout}"] = (
            [tiff_of(premultiplied(values), 2, bits, planar=planar, order=order, tags=ALPHA[1]) for order in ORDERS],
            straight,
        )
        COLORS[f"{bits}-bit RGB and a sample of no meaning, {layout}"] = (
            [tiff_of(values, 2, bits, planar=planar, order=order, tags={338: (3, [0])}) for order in ORDERS],
            scaled(values[..., :3], bits),
        )
    COLORS[f"{bits}-bit RGB, unassociated alpha and a sample of no meaning"] = (
        [
            tiff_of(np.concatenate([values, values[..., :1]], 2), 2, bits, planar=planar, tags={338: (3, [2, 0])})
            for planar in (False, True)
        ],
        straight,
    )
    COLORS[f"{bits}-bit gray and alpha"] = (
        [
            tiff_of(values[..., 2:], 1, bits, order=order, planar=p, tags=ALPHA[2])
            for order in ORDERS
            for p in (False, True)
        ],
        on_white(scaled(values[..., 2:3], bits), values[..., 3] / top),
    )
    COLORS[f"{bits}-bit gray and alpha, white is 0"] = (
        [tiff_of(values[..., 2:], 0, bits, tags=ALPHA[2])],
        on_white(255 - scaled(values[..., 2:3], bits), values[..., 3] / top),
    )
for (bits, is_icc), (stored, meant) in LAB.items():
    COLORS[f"{bits}-bit {'ICC' if is_icc else 'CIE'} L*a*b*"] = (
        [tiff_of(stored, 9 if is_icc else 8, bits, order=order, planar=p) for order in ORDERS for p in (False, True)],
        lab_shown(meant),
    )
for bits in (1, 2, 4, 8):
    COLORS[f"{bits}-bit palette"] = (
        [tiff_of(GRAY[bits], 3, bits, order=order, tags=colormap(bits)) for order in ORDERS],
        PALETTE[GRAY[bits][..., 0]] / 257,
    )
COLORS["8-bit palette and alpha"] = (
    [tiff_of(RGBA[8][..., 2:], 3, 8, tags={**colormap(8), **ALPHA[2]})],
    on_white(PALETTE[RGBA[8][..., 2]] / 257, RGBA[8][..., 3] / 255),
)
for bits in (8, 16):
    COLORS[f"{bits}-bit RGB with an ICC profile"] = (
        [tiff_of(RGB[bits], 2, bits, planar=planar, tags=ICC) for planar in (False, True)],
        shown(RGB[bits] / ((1 << bits) - 1), lambda values: values ** (563 / 256), P3),
    )
for integer in ("int16", "int32", "uint32"):
    stored = (GRAY[16] >> (integer == "int16")).astype(integer)
    bits = 8 * stored.dtype.itemsize
    COLORS[f"{bits}-bit gray, {'unsigned' if integer[0] == 'u' else 'signed'}, in 0 to 65535"] = (
        [tiff_of(stored, 1, bits, order=order, compression=c) for order in ORDERS for c in (NONE, LZW, DEFLATE)],
        scaled(stored.astype(np.uint16), 16),
    )
COLORS["bits in reverse order"] = (
    [tiff_of(GRAY[bits], 1, bits, fill_order=2) for bits in (8,)]
    + [tiff_of(GRAY[8], 1, 8, fill_order=2, compression=LZW)],
    scaled(GRAY[8], 8),
)
COLORS["16-bit RGB, bits in reverse order"] = ([tiff_of(RGB[16], 2, 16, fill_order=2)], scaled(RGB[16], 16))


def read_quietly(source: Any) -> NDArray[np.uint8]:
    with warnings.catch_warnings():
        warnings.simplefilter("ignore", LossWarning)
        return read_image(source)


@pytest.mark.parametrize("name", COLORS)
def test_colors_are_those_of_the_standard(name: str) -> None:
    files, expected = COLORS[name]
    for i, data in enumerate(files):
        pixels = read_quietly(io.BytesIO(data))
        assert np.abs(pixels - expected).max() <= 1.6, (name, i)


@pytest.mark.parametrize("name", COLORS)
def test_bands_and_images_of_pillow_show_the_same(name: str) -> None:
    for data in COLORS[name][0][-2:]:
        expected = read_quietly(io.BytesIO(data))
        with open_source(io.BytesIO(data)) as source:
            bands = [band.pixels for band in source.bands(100, background="white")]
        np.testing.assert_array_equal(np.concatenate(bands), expected)
        try:
            image = Image.open(io.BytesIO(data))
        except OSError:
            continue  # of those that Pillow does not open
        np.testing.assert_array_equal(read_quietly(image), expected)


LARGE, SMALL, OTHER = RGB[8], RGB[8][:11, :18], random(8, 3)[:20, :21]


def page(values: NDArray[Any], tags: Any = None, order: Any = "<") -> Any:
    return page_of(values, 2, 8, False, NONE, 1, 0, 100, 1, tags, order)


REDUCED, MASK, OLD_REDUCED = {254: (4, [1])}, {254: (4, [4])}, {255: (3, [2])}
OPAQUE_MASK = page_of(np.ones(LARGE.shape[:2], np.uint8), 4, 1, False, NONE, 1, 0, 100, 1, MASK, "<")
PAGES = {
    "thumbnail first": pages_of([page(SMALL, REDUCED), page(LARGE)]),
    "thumbnail first, by the old tag": pages_of([page(SMALL, OLD_REDUCED), page(LARGE, {255: (3, [1])})]),
    "thumbnail first, without a tag": pages_of([page(SMALL), page(LARGE)]),
    "big-endian": pages_of([page(SMALL, REDUCED, ">"), page(LARGE, None, ">")], ">"),
    "mask first": pages_of([page(LARGE[::-1], MASK), page(LARGE)]),
    "mask first, of one bit, by its photometric interpretation": pages_of([OPAQUE_MASK, page(LARGE)]),
    "reduced mask and thumbnail first": pages_of([page(SMALL, {254: (4, [5])}), page(SMALL, REDUCED), page(LARGE)]),
    "thumbnail behind": pages_of([page(LARGE), page(SMALL, REDUCED)]),
    "picture below the thumbnail": pages_of([page(SMALL, REDUCED)], below=[page(LARGE)]),
    "thumbnail, picture and larger thumbnail": pages_of([page(SMALL[::2, ::2]), page(LARGE), page(SMALL)]),
}


@pytest.mark.parametrize("name", PAGES)
def test_the_page_that_is_the_picture_is_read(name: str, tmp_path: Path) -> None:
    path = tmp_path / "a.tif"
    path.write_bytes(PAGES[name])
    with warnings.catch_warnings():
        warnings.simplefilter("error")
        np.testing.assert_array_equal(read_image(path), LARGE)
    for raw in (False, True):
        with open_source(path, raw=True) as rasters:
            np.testing.assert_array_equal(rasters.values(raw=raw).pixels, LARGE)
            assert rasters.shape == SIZE
    with open_source(path) as source:
        assert source.n_frames == 1
        assert source.shape == SIZE
        np.testing.assert_array_equal(source.values().pixels, LARGE)
        bands = [band.pixels for band in source.bands(100)]
    np.testing.assert_array_equal(np.concatenate(bands), LARGE)


@pytest.mark.parametrize(("code", "name"), [(34712, "JPEG 2000"), (50001, "WebP"), (34887, "LERC")])
def test_what_a_page_is_compressed_by_is_named(code: int, name: str) -> None:
    (tags, segments, is_tiled) = page(LARGE)
    file = pages_of([({**tags, 259: (3, [code])}, segments, is_tiled)])
    with pytest.raises(ImageReadError, match=f"it is compressed by {name}, .*; store it anew with gdal_translate"):
        read_image(io.BytesIO(file))


def test_pages_that_are_pictures_are_counted() -> None:
    file = pages_of([page(SMALL, REDUCED), page(LARGE), page(OTHER), page(SMALL, MASK)])
    with pytest.warns(LossWarning, match="frames after the first"):
        np.testing.assert_array_equal(read_image(io.BytesIO(file)), LARGE)
    with open_source(io.BytesIO(file)) as source:
        assert source.n_frames == 2
        np.testing.assert_array_equal(source.read(1).pixels, OTHER)
        assert source.read(0).lost == frozenset()
        np.testing.assert_array_equal(source.read(0).pixels, LARGE)


def test_pages_of_one_size_or_another_shape_are_no_thumbnails() -> None:
    for first in (LARGE[::-1], OTHER):
        with open_source(io.BytesIO(pages_of([page(first), page(LARGE)]))) as source:
            assert source.n_frames == 2
            assert source.read().lost >= {Loss.FRAMES}
            np.testing.assert_array_equal(source.read().pixels, first)


def test_a_large_picture_behind_its_thumbnail_is_large(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("imgcluster.picture._large.LARGE_PIXELS", SMALL.shape[0] * SMALL.shape[1])
    (tmp_path / "a.tif").write_bytes(PAGES["thumbnail first"])
    (tmp_path / "b.tif").write_bytes(tiff_of(FLOAT_RGB.astype(np.float16), 2, 16))
    assert is_large(tmp_path / "a.tif")
    assert is_large(tmp_path / "b.tif")


def test_pages_in_a_loop_are_read_once() -> None:
    file = bytearray(pages_of([page(LARGE), page(OTHER)]))
    file[-4:] = file[4:8]
    with open_source(io.BytesIO(bytes(file))) as source:
        assert source.n_frames == 2


def subsampled(y: NDArray[Any], cb: NDArray[Any], cr: NDArray[Any], more: Any = None) -> bytes:
    """Build a TIFF of Y'CbCr with a chroma for every 2 x 2 pixels."""
    height, width = y.shape
    blocks = y.reshape(height // 2, 2, width // 2, 2).swapaxes(1, 2).reshape(height // 2, width // 2, 4)
    data = np.concatenate([blocks, cb[..., None], cr[..., None]], 2).astype(np.uint8).tobytes()
    tags, _, _ = page_of(np.zeros((height, width, 3), np.uint8), 6, 8, False, NONE, 1, 0, height, 1, None, "<")
    return pages_of([({**tags, 530: (3, [2, 2]), 531: (3, [2]), **(more or {})}, [data], False)])


def test_subsampled_ycbcr() -> None:
    y = RNG.integers(60, 190, (16, 24))
    cb, cr = RNG.integers(100, 156, (2, 8, 12))
    pixels = read_image(io.BytesIO(subsampled(y, cb, cr)))
    blue, red = (np.kron(plane, np.ones((2, 2))) - 128 for plane in (cb, cr))
    expected = np.stack([y + 1.402 * red, y - 0.344136 * blue - 0.714136 * red, y + 1.772 * blue], -1)
    assert np.abs(pixels - expected).max() <= 1.6


def test_ycbcr_of_video_has_its_own_black_and_white() -> None:
    y = RNG.integers(60, 190, (16, 24))
    cb, cr = RNG.integers(100, 156, (2, 8, 12))
    ends = (5, [16, 1, 235, 1, 128, 1, 240, 1, 128, 1, 240, 1])
    data = subsampled(y, cb, cr, {532: ends})
    pixels = read_image(io.BytesIO(data))
    blue, red = ((np.kron(plane, np.ones((2, 2))) - 128) * 127 / 112 for plane in (cb, cr))
    light = (y - 16) * 255 / 219
    expected = np.stack([light + 1.402 * red, light - 0.344136 * blue - 0.714136 * red, light + 1.772 * blue], -1)
    assert np.abs(pixels - expected.clip(0, 255)).max() <= 3.5
    with open_source(io.BytesIO(data)) as source:
        np.testing.assert_array_equal(np.concatenate([band.pixels for band in source.bands(48)]), pixels)


def test_values_keep_their_depth() -> None:
    for name, values in (("planar", RGB[16]), ("chunky", RGB[16])):
        data = tiff_of(values, 2, 16, planar=name == "planar")
        with open_source(io.BytesIO(data)) as source:
            np.testing.assert_array_equal(source.values().pixels, values)
            np.testing.assert_array_equal(source.values(raw=True).pixels, values)
            assert source.read().lost == {Loss.DEPTH}
    with open_source(io.BytesIO(tiff_of(GRAY[12], 0, 12))) as source:
        np.testing.assert_array_equal(source.values().pixels, 4095 - GRAY[12][..., 0])


NO_PICTURES = ("signed", "unsigned, in", "12-bit gray", "alpha and a sample")  # values of any meaning, or 5 bands


@pytest.mark.parametrize("name", [name for name in COLORS if not any(part in name for part in NO_PICTURES)])
def test_values_of_rasters_are_the_colors_of_pictures(name: str) -> None:
    for data in COLORS[name][0][-2:]:
        with open_source(io.BytesIO(data), raw=True) as source:
            values = source.values().pixels
        assert np.abs(read_quietly(values).astype(int) - read_quietly(io.BytesIO(data))).max() <= 1


def test_results_are_those_of_the_pixels(tmp_path: Path) -> None:
    path = tmp_path / "a.tif"
    path.write_bytes(tiff_of(RGB[16], 2, 16, planar=True, compression=DEFLATE, predictor=2))
    pixels = read_image(path)
    np.testing.assert_array_equal(ic.quantize(path, 8).indices, ic.quantize(pixels, 8).indices)
    assert ic.compare(path, pixels).psnr == np.inf


@pytest.mark.parametrize(
    ("values", "bits", "words"),
    [
        (np.full((4, 4), -3, np.int8), 8, "8-bit gray values must be between 0 and 65535, got -3"),
        (np.full((4, 4), -3, np.int16), 16, "16-bit gray values must be between 0 and 65535, got -3"),
        (np.full((4, 4), 65536, np.uint32), 32, "32-bit gray values must be between 0 and 65535, got 65536"),
        (np.full((4, 4, 3), 7.5, np.float64), 64, "between 0 and 1, got 7.5"),
    ],
)
def test_values_without_black_and_white_are_named(values: Any, bits: int, words: str) -> None:
    with pytest.raises(ImageReadError, match=words):
        read_image(io.BytesIO(tiff_of(values, 1 if values.ndim == 2 else 2, bits)))


@pytest.mark.parametrize("compression", [NONE, LZW, DEFLATE, PACKBITS])
def test_a_strip_that_is_too_short_is_damage(compression: int) -> None:
    tags, segments, tiled = page_of(RGB[16], 2, 16, True, compression, 1, 0, 50, 1, None, "<")
    _, shorter, _ = page_of(RGB[16][:20], 2, 16, True, compression, 1, 0, 50, 1, None, "<")
    file = pages_of([(tags, [*segments[:2], shorter[2]], tiled)])
    with pytest.raises(ImageReadError, match="strip 1 or one beside it is damaged"):
        read_image(io.BytesIO(file))


def changed(data: bytes, rng: np.random.Generator) -> bytes:
    """Change some bytes of a file, most of them in its directory at the end, or cut it off."""
    file = bytearray(data)
    for _ in range(rng.integers(1, 4)):
        at = int(rng.integers(max(0, len(file) - 250), len(file)) if rng.random() < 0.8 else rng.integers(len(file)))
        file[at] = int(rng.choice([0, 1, 2, 3, 4, 5, 16, 127, 255]))
    return bytes(file[: rng.integers(len(file))] if rng.random() < 0.1 else file)


def test_changed_files_are_read_or_rejected_in_one_line() -> None:
    rng = np.random.default_rng(6)
    files = [files[-1] for files, _ in COLORS.values()] + list(PAGES.values())
    said, ways_out = list[str](), list[str]()
    for _ in range(150):
        data = changed(files[rng.integers(len(files))], rng)
        for read in (read_quietly, values_of, bands_of):
            try:
                read(io.BytesIO(data))
            except ImageReadError as error:
                said.append(str(error))
                ways_out.append(error.way_out)
    assert said
    assert all(ways_out)
    assert not any("\n" in words for words in said)


def values_of(file: Any) -> None:
    with open_source(file) as source:
        source.values(raw=True)


def bands_of(file: Any) -> None:
    with open_source(file) as source:
        for _ in source.bands(500):
            pass
