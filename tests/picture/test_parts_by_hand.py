"""Small parts of reading and writing, each against its definition: curves, strips, depth, places on the map, plays."""

import io
import struct
from typing import Any

import numpy as np
import pytest
import tifffile
from PIL import Image

from imgcluster.picture._arrays import strip_rows, to_8_bit
from imgcluster.picture._color_tags import CICP, profile_of
from imgcluster.picture._georeference import _tags_of
from imgcluster.picture._matrix_profiles import _parametric
from imgcluster.picture._png_chunks import mended
from imgcluster.picture.formats._tiff_exif import with_exif
from imgcluster.picture.formats._tiff_tiles import write_tiff
from imgcluster.picture.frames._canvas import Part, shown
from imgcluster.picture.frames._seeking import webp_animation

X = np.linspace(0, 1, 33)


def curve(kind: int, *values: float) -> Any:
    data = struct.pack(f">4s4xHH{len(values)}i", b"para", kind, 0, *(round(value * 65536) for value in values))
    return _parametric(data, X)


def test_parametric_curves_are_those_of_icc() -> None:
    g, a, b, c, d, e, f = 2.5, 0.75, 0.25, 0.5, 0.125, 0.0625, 0.03125
    np.testing.assert_allclose(curve(0, g), X**g)
    line = a * X - 0.25
    power = np.maximum(line, 0) ** g
    np.testing.assert_allclose(curve(1, g, a, -0.25), power)
    np.testing.assert_allclose(curve(2, g, a, -0.25, c), np.where(line >= 0, power + c, c))
    power = (a * X + b) ** g
    np.testing.assert_allclose(curve(3, g, a, b, c, d), np.where(d <= X, power, c * X))
    np.testing.assert_allclose(curve(4, g, a, b, c, d, e, f), np.where(d <= X, power + e, c * X + f))


def test_strips_have_rows_as_far_as_width_allows() -> None:
    assert strip_rows(1 << 40) == 1
    assert strip_rows(100) // 2 == strip_rows(200)
    assert strip_rows(100) * 100 <= strip_rows(1) < (strip_rows(100) + 1) * 100


def test_values_are_rounded_to_the_nearest_of_8_bits() -> None:
    values = np.arange(65536, dtype=np.uint16)
    np.testing.assert_array_equal(to_8_bit(values), np.floor(values / 257 + 0.5).astype(np.uint8))
    np.testing.assert_array_equal(to_8_bit(np.arange(16, dtype=np.uint16), 15), np.arange(16) * 17)
    shares = np.linspace(0, 1, 1001)
    np.testing.assert_array_equal(to_8_bit(shares), np.floor(shares * 255 + 0.5).astype(np.uint8))
    assert to_8_bit(np.array([True, False])).tolist() == [255, 0]
    same = np.arange(5, dtype=np.uint8)
    assert to_8_bit(same) is same
    for wrong in (np.array([0.0, 1.1]), np.array([-0.1, 0.5]), np.array([0.5, np.nan])):
        with pytest.raises(Exception, match="floating-point values must be between 0 and 1, got"):
            to_8_bit(wrong)


@pytest.mark.parametrize(
    ("transform", "is_point", "expected"),
    [
        ((2.0, 0.0, 100.0, 0.0, -4.0, 200.0), False, {33550: (2, 4, 0), 33922: (0, 0, 0, 100, 200, 0)}),
        ((2.0, 0.0, 100.0, 0.0, -4.0, 200.0), True, {33550: (2, 4, 0), 33922: (0, 0, 0, 101, 198, 0)}),
        ((2.0, 0.0, 9.0, 0.0, 4.0, 8.0), False, {34264: (2, 0, 0, 9, 0, 4, 0, 8, 0, 0, 0, 0, 0, 0, 0, 1)}),
        ((-2.0, 0.0, 9.0, 0.0, -4.0, 8.0), False, {34264: (-2, 0, 0, 9, 0, -4, 0, 8, 0, 0, 0, 0, 0, 0, 0, 1)}),
        ((2.0, 1.0, 9.0, 3.0, -4.0, 8.0), True, {34264: (2, 1, 0, 10.5, 3, -4, 0, 7.5, 0, 0, 0, 0, 0, 0, 0, 1)}),
    ],
)
def test_places_on_the_map_are_tags_of_geotiff(transform: Any, is_point: bool, expected: dict[int, Any]) -> None:
    tags = _tags_of(transform, is_point=is_point)
    assert {tag.code: tuple(tag.value) for tag in tags} == expected
    assert all(tag.n_values == len(expected[tag.code]) for tag in tags)


def webp(*chunks: tuple[bytes, bytes]) -> bytes:
    body = b"".join(name + struct.pack("<I", len(data)) + data + b"\0" * (len(data) % 2) for name, data in chunks)
    return b"RIFF" + struct.pack("<I", 4 + len(body)) + b"WEBP" + body


def frame(milliseconds: int) -> tuple[bytes, bytes]:
    return b"ANMF", bytes(12) + milliseconds.to_bytes(3, "little") + b"\0"


def test_times_and_plays_of_webp() -> None:
    data = webp((b"VP8X", bytes(10)), (b"EXIF", b"odd"), (b"ANIM", bytes(4) + b"\3\1"), frame(70), frame(70_000))
    found = webp_animation(data)
    assert (list(found.durations), found.plays) == ([70.0, 70_000.0], 259)


def test_what_was_stored_of_pixels_does_not_come_with_exif() -> None:
    stream = io.BytesIO()
    Image.fromarray(np.arange(48, dtype=np.uint8).reshape(4, 4, 3)).save(stream, "TIFF")
    exif = Image.Exif()
    exif[0x010F], exif[0x0131] = "maker", "program"
    with Image.open(stream) as before:
        stored = dict(before.tag_v2)  # type: ignore[attr-defined]
    of_storage = (254, 255, 258, 262, 273, 277, 278, 279, 284, 317, 320, 322, 323, 324, 325, 330, 338, 339, 513, 514)
    for tag in of_storage:
        exif[tag] = 7
    exif[256], exif[257] = 9, 9
    with Image.open(io.BytesIO(with_exif(stream.getvalue(), exif.tobytes()))) as image:
        assert np.asarray(image).reshape(-1).tolist() == list(range(48))
        tags = dict(image.tag_v2)  # type: ignore[attr-defined]
    assert (tags[0x010F], tags[0x0131]) == ("maker", "program")
    added = (0x010F, 0x0131, 0x8769, 0x8825)  # the last two are the directories of EXIF and GPS
    assert {tag: value for tag, value in tags.items() if tag not in added} == stored


@pytest.mark.parametrize(("k", "n_channels", "n_bytes"), [(200, 3, 600), (300, 3, 1800), (200, 4, 2400)])
def test_what_does_not_fit_in_a_tiff_becomes_a_bigtiff(
    k: int, n_channels: int, n_bytes: int, monkeypatch: pytest.MonkeyPatch
) -> None:
    rng = np.random.default_rng(0)
    palette = rng.integers(0, 255, (k, n_channels)).astype(np.uint8)
    indices = rng.integers(0, k, (20, 30)).astype(np.uint16 if k > 256 else np.uint8)
    for most, version in ((n_bytes, 42), (n_bytes - 1, 43)):
        monkeypatch.setattr("imgcluster.picture.formats._tiff_tiles._MOST_BYTES", most)
        stream = io.BytesIO()
        write_tiff(stream, [indices[:7], indices[7:]], indices.shape, palette, 6, 1)
        assert struct.unpack_from("<H", stream.getvalue(), 2) == (version,)
        with tifffile.TiffFile(io.BytesIO(stream.getvalue())) as file:
            found = file.pages[0].asarray()
        np.testing.assert_array_equal(found, indices if n_bytes == 600 else palette[indices])


@pytest.mark.parametrize(
    ("transfer", "values", "light"),
    [
        (1, [0, 0.05, 0.5, 1], [0, 0.05 / 4.5, (0.599 / 1.099) ** (1 / 0.45), 1]),
        (4, [0, 0.5, 1], [0, 0.5**2.2, 1]),
        (5, [0, 0.5, 1], [0, 0.5**2.8, 1]),
        (7, [0, 0.05, 0.5, 1], [0, 0.05 / 4, (0.6115 / 1.1115) ** (1 / 0.45), 1]),
        (8, [0, 0.25, 1], [0, 0.25, 1]),
        (9, [0, 0.5, 1], [0, 0.1, 1]),
        (10, [0, 0.2, 1], [0, 0.01, 1]),
        (17, [0, 0.5, 0.9], [0, 52.37 / 48 * 0.5**2.6, 52.37 / 48 * 0.9**2.6]),
    ],
)
def test_curves_of_code_points_are_those_of_the_standard(
    transfer: int, values: list[float], light: list[float]
) -> None:
    """ITU-T H.273, table 3."""
    profile = profile_of({CICP: (1, transfer, 0, 1)}, gray=True)
    assert profile is not None
    at = profile.index(b"curv\0\0\0\0")
    (n,) = struct.unpack_from(">I", profile, at + 8)
    table = np.frombuffer(profile, ">u2", n, at + 12) / 65535
    assert np.interp(values, np.linspace(0, 1, n), table) == pytest.approx(light, abs=2e-4)


def test_primaries_on_a_line_are_none() -> None:
    on_a_line = (0.3127, 0.329, 0.1, 0.1, 0.2, 0.2, 0.3, 0.3)
    assert profile_of({"chromaticity": on_a_line}, gray=False) is None
    assert profile_of({"chromaticity": (*on_a_line[:6], 0.3, 0.9)}, gray=False) is not None


def test_colors_are_put_over_others_to_the_nearest_value() -> None:
    """PNG specification, third edition, 13.16."""
    rng = np.random.default_rng(0)
    a, b = (alpha.ravel().astype(np.int64) for alpha in np.meshgrid(np.arange(256), np.arange(256)))
    above, below = (np.column_stack([rng.integers(0, 256, (1 << 16, 3)), alpha]) for alpha in (a, b))
    parts = [Part(one[None].astype(np.uint8), 0, 0, True, "keep") for one in (below, above)]
    *_, canvas = (frame.copy() for frame in shown(parts, (1, 1 << 16)))
    found = canvas[0].astype(np.int64)
    whole = a * 255 + b * (255 - a)  # 255 times the alpha
    np.testing.assert_array_equal(found[:, 3], np.rint(whole / 255))
    mixed = above[:, :3] * (a * 255)[:, None] + below[:, :3] * (b * (255 - a))[:, None]
    seen = whole > 0
    exact = mixed[seen] / whole[seen][:, None]
    assert np.abs(found[seen, :3] - exact).max() <= 0.5
    assert (found[a == 255] == above[a == 255]).all()
    assert (found[a == 0] == np.where(b[a == 0, None] > 0, below[a == 0], 0)).all()


def test_what_becomes_of_a_place_before_the_next_frame() -> None:
    red, blue = (np.full((2, 2, 4), color, np.uint8) for color in ((255, 0, 0, 255), (0, 0, 255, 255)))
    ways: Any = (("keep", [255, 0, 0, 255]), ("clear", [0, 0, 0, 0]), ("restore", [0, 0, 255, 255]))
    for then, left in ways:
        parts = [Part(blue, 0, 0, True, "keep"), Part(red, 1, 0, True, then), Part(red[:1, :1], 2, 1, False, "keep")]
        first, second, third = (frame.copy() for frame in shown(parts, (2, 3)))
        assert first[0].tolist() == [[0, 0, 255, 255], [0, 0, 255, 255], [0, 0, 0, 0]]
        assert second[0].tolist() == [[0, 0, 255, 255], [255, 0, 0, 255], [255, 0, 0, 255]]
        assert third[0, 1].tolist() == left
        assert third[1, 2].tolist() == [255, 0, 0, 255]


@pytest.mark.parametrize(("name", "rejected"), [(b"IHDR", True), (b"PLTE", True), (b"IDAT", False), (b"IEND", False)])
def test_a_wrong_checksum_of_what_colors_depend_on_is_damage(name: bytes, rejected: bool) -> None:
    image, stream = Image.new("P", (3, 2)), io.BytesIO()
    image.putpalette([9, 8, 7])
    image.save(stream, "PNG")
    data = bytearray(stream.getvalue())
    at = data.index(name)
    (length,) = struct.unpack_from(">I", data, at - 4)
    data[at + 4 + length] ^= 1
    if rejected:
        with pytest.raises(ValueError, match=f"wrong checksum of {name.decode()}"):
            mended(io.BytesIO(bytes(data)))
    else:
        found, _ = mended(io.BytesIO(bytes(data)))
        assert found.startswith(data[:33])
