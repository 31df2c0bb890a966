"""Animations: what a viewer shows of GIF, animated PNG and WebP files, and what is written comes back."""

import io
import struct
import zlib
from collections.abc import Iterable
from contextlib import suppress
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from _encoded import assert_one_line
from hypothesis import given, settings
from hypothesis import strategies as st
from numpy.typing import NDArray
from PIL import Image

from imgcluster.errors import ImageReadError, ImageWriteError
from imgcluster.facts import Loss
from imgcluster.picture import Animation, Frame, Metadata, Picture, open_source, write_animation

TIMES = (40.0, 80.0, 120.0, 20.0, 500.0, 70.0)
FORMATS = ("gif", "png", "webp")
COLORS = np.array([[0, 0, 0, 0], [255, 0, 0, 255], [0, 200, 90, 255], [0, 0, 255, 255]], np.uint8)


def rgba(picture: Picture) -> NDArray[np.uint8]:
    """Return a picture with its alpha; clear pixels are zero."""
    alpha = np.full(picture.shape, 255, np.uint8) if picture.alpha is None else picture.alpha
    pixels = np.dstack([picture.pixels, alpha])
    pixels[alpha == 0] = 0
    return pixels


def read_frames(data: bytes) -> list[NDArray[np.uint8]]:
    with open_source(io.BytesIO(data)) as source:
        return [rgba(picture) for picture in source.frames()]


def shown_by_pillow(data: bytes) -> list[NDArray[np.uint8]]:
    with Image.open(io.BytesIO(data)) as image:
        frames = []
        for i in range(getattr(image, "n_frames", 1)):
            image.seek(i)
            pixels = np.array(image.convert("RGBA"))
            pixels[pixels[..., 3] == 0] = 0
            frames.append(pixels)
    return frames


def moving_square(n: int = 6, ground: int = 0) -> list[NDArray[np.uint8]]:
    """Indices of a square that moves over a ground."""
    frames = []
    for i in range(n):
        indices = np.full((20, 30), ground, np.uint8)
        indices[6:12, 2 + 3 * i : 9 + 3 * i] = 1
        indices[15:18, 3:9] = 2
        frames.append(indices)
    return frames


def written(
    frames: Iterable[NDArray[Any]], format: str, animation: Animation, palette: NDArray[np.uint8] = COLORS
) -> bytes:
    stream, frames = io.BytesIO(), list(frames)
    height, width = frames[0].shape
    write_animation((Frame(i, palette) for i in frames), stream, (height, width), animation, format=format)
    return stream.getvalue()


def chunk(name: bytes, data: bytes) -> bytes:
    return struct.pack(">I", len(data)) + name + data + struct.pack(">I", zlib.crc32(name + data))


def apng(
    parts: list[tuple[NDArray[np.uint8], int, int]], dispose: int, blend: int, still: NDArray[np.uint8] | None = None
) -> bytes:
    """Build an animated PNG of RGBA parts (pixels, left, top); `still` is a picture that is no frame."""

    def deflated(pixels: NDArray[np.uint8]) -> bytes:
        return zlib.compress(b"".join(b"\0" + row.tobytes() for row in pixels))

    height, width = parts[0][0].shape[:2]
    chunks = [chunk(b"IHDR", struct.pack(">IIBBBBB", width, height, 8, 6, 0, 0, 0))]
    chunks.append(chunk(b"acTL", struct.pack(">II", len(parts), 3)))
    if still is not None:
        chunks.append(chunk(b"IDAT", deflated(still)))
    sequence = 0
    for i, (pixels, left, top) in enumerate(parts):
        control = (sequence, pixels.shape[1], pixels.shape[0], left, top, 1, 25, dispose, blend)
        chunks.append(chunk(b"fcTL", struct.pack(">5I2H2B", *control)))
        sequence += 1
        if i == 0 and still is None:
            chunks.append(chunk(b"IDAT", deflated(pixels)))
        else:
            chunks.append(chunk(b"fdAT", struct.pack(">I", sequence) + deflated(pixels)))
            sequence += 1
    return b"\x89PNG\r\n\x1a\n" + b"".join(chunks) + chunk(b"IEND", b"")


def composed(parts: list[tuple[NDArray[np.uint8], int, int]], dispose: int, blend: int) -> list[NDArray[np.float64]]:
    """Compose parts pixel by pixel, in floating point, with premultiplied colors."""
    height, width = parts[0][0].shape[:2]
    canvas, frames = np.zeros((height, width, 4)), []
    for i, (pixels, left, top) in enumerate(parts):
        place = np.s_[top : top + pixels.shape[0], left : left + pixels.shape[1]]
        before, above = canvas.copy(), pixels / 255.0
        above[..., :3] *= above[..., 3:]
        canvas[place] = above + (canvas[place] * (1 - above[..., 3:]) if blend else 0)
        frames.append(canvas.copy())
        if dispose == 1 or (dispose == 2 and i == 0):
            canvas[place] = 0
        elif dispose == 2:
            canvas = before
    return frames


@pytest.mark.parametrize("dispose", [0, 1, 2])
@pytest.mark.parametrize("blend", [0, 1])
def test_the_parts_of_an_apng_are_composed_as_its_specification_says(dispose: int, blend: int) -> None:
    rng = np.random.default_rng(7)
    parts = [(rng.integers(0, 256, (12, 16, 4), dtype=np.uint8), 0, 0)]
    for left, top in ((2, 1), (5, 3), (5, 3), (0, 6)):
        parts.append((rng.integers(0, 256, (6, 8, 4), dtype=np.uint8), left, top))
    for pixels, _, _ in parts:
        pixels[::3, :, 3], pixels[1::3, ::2, 3] = 255, 0
    for found, expected in zip(read_frames(apng(parts, dispose, blend)), composed(parts, dispose, blend), strict=True):
        premultiplied = found.astype(np.float64) / 255
        premultiplied[..., :3] *= premultiplied[..., 3:]
        assert np.abs(premultiplied - expected).max() < 2.1 / 255


def test_a_still_picture_of_an_apng_that_is_no_frame_is_left_out() -> None:
    pixels = np.full((4, 5, 4), 255, np.uint8)
    parts = [(pixels * np.uint8(i), 0, 0) for i in (1, 0)]
    with open_source(io.BytesIO(apng(parts, 0, 0, still=pixels // 2))) as source:
        assert source.n_frames == 2
        assert source.animation == Animation((40.0, 40.0), plays=3)
        assert [int(rgba(picture).max()) for picture in source.frames()] == [255, 0]


def gif(
    parts: list[tuple[NDArray[np.uint8], int, int]], shape: tuple[int, int], disposal: int, clear: int | None
) -> bytes:
    """Build a GIF of parts (indices, left, top); its codes are a byte long, so that the indices stand in it."""
    pieces = [b"GIF89a" + struct.pack("<HHBBB", shape[1], shape[0], 0x81, 1, 0) + COLORS[:, :3].tobytes()]
    pieces.append(b"!\xff\x0bNETSCAPE2.0\3\1\2\0\0")
    for indices, left, top in parts:
        pieces.append(b"!\xf9\4" + struct.pack("<BHBB", disposal << 2 | (clear is not None), 7, clear or 0, 0))
        pieces.append(b"," + struct.pack("<4HB", left, top, indices.shape[1], indices.shape[0], 0) + b"\7")
        # cleared before the codes grow longer than a byte
        codes = b"".join(b"\x80" + indices.tobytes()[i : i + 100] for i in range(0, indices.size, 100)) + b"\x81"
        pieces += [bytes([len(codes[i : i + 255])]) + codes[i : i + 255] for i in range(0, len(codes), 255)]
        pieces.append(b"\0")
    return b"".join(pieces) + b";"


@pytest.mark.parametrize("disposal", [0, 1, 2, 3])
@pytest.mark.parametrize("clear", [None, 0])
def test_every_disposal_of_a_gif(disposal: int, clear: int | None) -> None:
    rng = np.random.default_rng(8)
    places = ((0, 0, 12, 16), (2, 1, 6, 8), (5, 3, 6, 8), (5, 3, 6, 8), (0, 6, 1, 1))
    parts = [(rng.integers(0, 4, (h, w), dtype=np.uint8), x, y) for x, y, h, w in places]
    colors = COLORS if clear is not None else np.maximum(COLORS, np.array([0, 0, 0, 255], np.uint8))
    data = gif(parts, (12, 16), disposal, clear)
    with open_source(io.BytesIO(data)) as source:
        assert source.animation == Animation((70.0,) * 5, plays=3)
    canvas, expected = np.zeros((12, 16, 4), np.uint8), []
    for indices, left, top in parts:
        place = np.s_[top : top + indices.shape[0], left : left + indices.shape[1]]
        before = canvas.copy()
        canvas[place] = np.where((indices == clear)[..., np.newaxis], canvas[place], colors[indices])
        expected.append(canvas.copy())
        if disposal == 2:
            canvas[place] = 0
        elif disposal == 3:
            canvas = before
    np.testing.assert_array_equal(read_frames(data), expected)


def test_what_no_frame_of_a_gif_covers_is_transparent_not_of_the_background_color() -> None:
    parts = [(np.full((1, 2), 3, np.uint8), 0, 0), (np.full((1, 1), 3, np.uint8), 2, 0)]
    blue, clear = [0, 0, 255, 255], [0, 0, 0, 0]
    found = read_frames(gif(parts, (1, 3), 2, None))
    assert [frame[0].tolist() for frame in found] == [[blue, blue, clear], [clear, clear, blue]]


@pytest.mark.parametrize("format", FORMATS)
@pytest.mark.parametrize("plays", [0, 1, 2, 4])
@pytest.mark.parametrize("ground", [0, 3], ids=["clear", "opaque"])
def test_frames_times_and_plays_come_back(format: str, plays: int, ground: int) -> None:
    frames = moving_square(ground=ground)
    data = written(frames, format, Animation(TIMES, plays))
    with open_source(io.BytesIO(data)) as source:
        assert source.animation == Animation(TIMES, plays)
    np.testing.assert_array_equal(read_frames(data), [COLORS[indices] for indices in frames])
    np.testing.assert_array_equal(shown_by_pillow(data), [COLORS[indices] for indices in frames])


@settings(deadline=None, max_examples=40)
@given(st.integers(2, 256), st.sampled_from(FORMATS), st.booleans(), st.booleans(), st.integers(0, 1000))
def test_any_frames_come_back(n_colors: int, format: str, clear: bool, soft: bool, seed: int) -> None:
    rng = np.random.default_rng(seed)
    palette = rng.integers(0, 256, (n_colors, 4), dtype=np.uint8)
    palette[0] = 0 if clear else 255
    if format == "gif" or not soft:
        palette[1:, 3] = 255
    palette[palette[:, 3] == 0] = 0
    height, width = rng.integers(1, 20, 2)
    frames = [rng.integers(0, n_colors, (height, width))]
    for _ in range(4):
        top, left = rng.integers(0, height), rng.integers(0, width)
        frames.append(frames[-1].copy())
        part = frames[-1][top : top + rng.integers(0, 9), left : left + rng.integers(0, 9)]
        part[:] = rng.integers(0, n_colors, part.shape)
    data = written(frames, format, Animation(TIMES[:5]), palette if clear or soft else palette[:, :3])
    np.testing.assert_array_equal(read_frames(data), [palette[indices] for indices in frames])


@pytest.mark.parametrize("format", FORMATS)
def test_frames_that_are_alike_are_all_kept(format: str) -> None:
    frames = [np.ones((5, 7), np.uint8)] * 4
    data = written(frames, format, Animation(TIMES[:4]))
    assert len(read_frames(data)) == len(shown_by_pillow(data)) == 4
    with open_source(io.BytesIO(data)) as source:
        assert source.animation == Animation(TIMES[:4])


@pytest.mark.parametrize("format", FORMATS)
def test_only_what_changes_is_stored(format: str) -> None:
    rng = np.random.default_rng(3)
    still = rng.integers(1, 4, (100, 120)).astype(np.uint8)
    frames = [still]
    for i in range(30):
        frames.append(still.copy())
        frames[-1][i : i + 4, i : i + 4] = 1
    one, all_of_them = (len(written(part, format, Animation((40.0,) * len(part)))) for part in (frames[:1], frames))
    assert all_of_them - one < 30 * 150


@pytest.mark.parametrize("n_colors", [2, 3, 16, 256])
def test_a_gif_without_a_clear_color_leaves_out_what_stands_still(n_colors: int) -> None:
    rng = np.random.default_rng(4)
    palette = rng.integers(0, 256, (n_colors, 3)).astype(np.uint8)
    indices = [rng.integers(0, n_colors, (64, 64)).astype(np.uint8)]
    for _ in range(4):
        indices.append(indices[-1].copy())
        indices[-1][[0, -1]] = rng.integers(0, min(n_colors, 15), (2, 64))  # far apart: the rectangle is all of it
    times = Animation((40.0,) * 5)
    one, all_of_them = io.BytesIO(), io.BytesIO()
    for stream, part in ((one, indices[:1]), (all_of_them, indices)):
        write_animation(
            [Frame(frame, palette) for frame in part],
            stream,
            (64, 64),
            times if part is indices else Animation((40.0,)),
            format="gif",
        )
    frames = read_frames(all_of_them.getvalue())
    for found, expected in zip(frames, indices, strict=True):
        np.testing.assert_array_equal(found[..., :3], palette[expected])
        assert found[..., 3].min() == 255
    if n_colors > 2:  # with both of two colors in use none is left
        assert len(all_of_them.getvalue()) < 2 * len(one.getvalue())


@pytest.mark.parametrize("format", ["gif", "webp"])
def test_each_frame_may_have_its_own_colors(format: str) -> None:
    rng = np.random.default_rng(5)
    palettes = [np.vstack([COLORS[:1], np.insert(rng.integers(0, 256, (9, 3)), 3, 255, axis=1)]) for _ in range(3)]
    indices = [rng.integers(0, 10, (8, 9)) for _ in palettes]
    kept = rng.random((8, 9)) < 0.5
    indices[2][kept] = 0
    indices[1], indices[2] = np.maximum(indices[1], 1), np.where(kept, 0, np.maximum(indices[2], 1))
    palettes = [palette.astype(np.uint8) for palette in palettes]
    frames = [Frame(indices[i], palettes[i], kept if i == 2 else None) for i in range(3)]
    stream = io.BytesIO()
    write_animation(frames, stream, (8, 9), Animation((10.0,) * 3), format=format)
    expected = [palettes[i][indices[i]] for i in range(3)]
    expected[2][kept] = expected[1][kept]
    np.testing.assert_array_equal(read_frames(stream.getvalue()), expected)


def test_times_are_rounded_without_drift() -> None:
    animation = Animation((1000 / 30,) * 30)
    assert sum(animation.in_units_of(10)) == 100
    assert set(animation.in_units_of(10)) == {3, 4}
    assert Animation((0.0, 1.0, 2.0, 700_000.0)).in_units_of(10) == [0, 1, 1, 65535]
    data = written(moving_square(30)[:4], "png", Animation((1000 / 30, 0.5, 100_001.0, 0.0)))
    with open_source(io.BytesIO(data)) as source:
        assert source.animation is not None
        assert source.animation.durations == pytest.approx((1000 / 30, 0.5, 100_001.0, 0.0), abs=1.1)


def test_a_frame_that_was_asked_for_loses_no_others() -> None:
    data = written(moving_square(), "gif", Animation(TIMES))
    with open_source(io.BytesIO(data)) as source:
        assert Loss.FRAMES in source.read().lost
        assert Loss.FRAMES not in source.read(0).lost
        np.testing.assert_array_equal(rgba(source.read(4)), COLORS[moving_square()[4]])
        with pytest.raises(ValueError, match="frame must be between 0 and 5, got 6"):
            source.read(6)


def test_a_pil_image_shows_its_frames_and_stays_where_it_is() -> None:
    for format in FORMATS:
        image = Image.open(io.BytesIO(written(moving_square(), format, Animation(TIMES, plays=2))))
        with open_source(image) as source:
            assert source.animation == Animation(TIMES, plays=2)
            found = [rgba(picture) for picture in source.frames()]
        np.testing.assert_array_equal(found, [COLORS[indices] for indices in moving_square()])
        assert image.tell() == 0


@pytest.mark.parametrize("ending", [".bmp", ".tif", ".ppm"])
def test_a_format_of_one_picture_refuses_frames(tmp_path: Path, ending: str) -> None:
    target = tmp_path / f"a{ending}"
    with pytest.raises(ImageWriteError) as error:
        write_animation([], target, (1, 1), Animation(TIMES))
    assert_one_line(error, "6 frames", "write a PNG, WebP or GIF", "--frame 0")
    assert not target.exists()


def test_a_failing_frame_leaves_the_old_file(tmp_path: Path) -> None:
    for ending in FORMATS:
        target = tmp_path / f"a.{ending}"
        target.write_bytes(b"old")

        def frames() -> Iterable[Frame]:
            yield Frame(moving_square()[0], COLORS)
            raise ZeroDivisionError

        with pytest.raises(ZeroDivisionError):
            write_animation(frames(), target, (20, 30), Animation(TIMES))
        stream = io.BytesIO()
        with pytest.raises(ZeroDivisionError):
            write_animation(frames(), stream, (20, 30), Animation(TIMES), format=ending)
        assert target.read_bytes() == b"old"
        assert not stream.getvalue()
        assert [path.name for path in tmp_path.iterdir() if path.suffix == ".tmp"] == []


@pytest.mark.parametrize("format", FORMATS)
def test_a_damaged_animation_is_reported(format: str) -> None:
    data = written(moving_square(), format, Animation(TIMES))
    for cut in range(len(data) // 2, len(data) - 20, 7):
        with suppress(ImageReadError), open_source(io.BytesIO(data[:cut])) as source:
            # any other error fails the test; what is complete may be shown
            assert len(list(source.frames())) <= 6


@pytest.mark.parametrize("fault", ["gap", "repeated", "swapped", "no pixels", "begins at 1"])
def test_a_broken_animation_is_its_still_picture(fault: str) -> None:
    rng = np.random.default_rng(3)
    still, *parts = (rng.integers(0, 256, (6, 8, 4), dtype=np.uint8) for _ in range(3))
    still[..., 3] = 255
    data = apng([(part, 0, 0) for part in parts], 0, 0, still)
    names = [data.index(b"fcTL"), data.rindex(b"fcTL"), data.rindex(b"fdAT")]
    if fault == "no pixels":
        data = data[: names[2] - 4] + data[-12:]
    else:
        numbers = {"gap": (0, 3, 4), "repeated": (0, 1, 3), "swapped": (0, 3, 2), "begins at 1": (1, 2, 3)}[fault]
        for at, number in zip(names, numbers, strict=True):
            (length,) = struct.unpack(">I", data[at - 4 : at])
            body = struct.pack(">I", number) + data[at + 8 : at + 4 + length]
            data = data[: at - 4] + chunk(data[at : at + 4], body) + data[at + 8 + length :]
    for image in (io.BytesIO(data), Image.open(io.BytesIO(data))):
        with open_source(image) as source:
            assert source.n_frames == 1
            picture = source.read()
        np.testing.assert_array_equal(picture.pixels, still[..., :3])
        assert {Loss.DAMAGE, Loss.FRAMES} <= picture.lost


@pytest.mark.parametrize("n_frames", [1, 3])
def test_what_follows_the_frames_of_a_gif_is_left_out_and_reported(n_frames: int) -> None:
    data = written(moving_square()[:n_frames], "gif", Animation(TIMES[:n_frames]))
    assert data.endswith(b";")
    sound = read_frames(data)
    data = data[:-1] + data
    with open_source(io.BytesIO(data)) as source:
        assert source.n_frames == n_frames
        pictures = list(source.frames())
    for picture, expected in zip(pictures, sound, strict=True):
        np.testing.assert_array_equal(picture.pixels, expected[..., :3])
    assert all(Loss.DAMAGE in picture.lost for picture in pictures)


def test_metadata_comes_along() -> None:
    metadata = Metadata(xmp=b"<x:xmpmeta/>", text=(("Comment", "waves"),))
    frames = [Frame(indices, COLORS) for indices in moving_square()]
    for format, lost in (("gif", {Loss.XMP}), ("png", set()), ("webp", {Loss.TEXT})):
        stream = io.BytesIO()
        found = write_animation(frames, stream, (20, 30), Animation(TIMES), metadata=metadata, format=format)
        assert found == lost
        with open_source(stream) as source:
            assert (source.metadata.xmp is None) == (Loss.XMP in lost)
            assert bool(source.metadata.text) == (Loss.TEXT not in lost)


def test_frames_of_a_png_take_fewer_bytes_with_more_effort_and_show_the_same() -> None:
    y, x = np.mgrid[:60, :80]
    colors = np.dstack([np.arange(64) * 4] * 3)[0].astype(np.uint8)
    frames = [((x + y + 3 * i) // 4 % 64).astype(np.uint8) for i in range(4)]
    sizes = []
    for optimize in (0, 1, 2):
        stream = io.BytesIO()
        pictures = (Frame(frame, colors) for frame in frames)
        write_animation(pictures, stream, (60, 80), Animation((40.0,) * 4), format="png", optimize=optimize)
        sizes.append(len(stream.getvalue()))
        with Image.open(stream) as image:
            for i, frame in enumerate(frames):
                image.seek(i)
                np.testing.assert_array_equal(np.asarray(image.convert("RGB")), colors[frame])
    assert sizes[2] < sizes[0]
    assert sizes[2] <= sizes[1] <= sizes[0]
