"""Animations with few colors: all frames, times and plays, what stands still, and exactly the colors asked for."""

import io
import weakref
from collections.abc import Iterator
from itertools import pairwise
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from _encoded import assert_one_line
from hypothesis import given, settings
from hypothesis import strategies as st
from PIL import Image

import imgcluster as ic
from imgcluster.errors import ImageWriteError, LossWarning
from imgcluster.facts import Loss
from imgcluster.picture import Animation, Frame, open_source, write_animation
from imgcluster.quantization._opened import OpenedFrames
from imgcluster.types import UInt8Array

FORMATS = ("gif", "png", "webp")
TIMES = (40.0, 200.0, 70.0, 500.0, 30.0)


def film(frames: list[UInt8Array], format: str = "webp", plays: int = 0) -> io.BytesIO:
    """Encode RGB or RGBA frames, as many colors as they have."""
    stacked = np.stack(frames)
    colors, indices = np.unique(stacked.reshape(-1, stacked.shape[-1]), axis=0, return_inverse=True)
    animation = Animation((TIMES * len(frames))[: len(frames)], plays)
    stream = io.BytesIO()
    pictures = (Frame(part, colors) for part in indices.reshape(stacked.shape[:3]))
    height, width = stacked.shape[1:3]
    write_animation(pictures, stream, (height, width), animation, format=format)
    return stream


def frames_of(stream: io.BytesIO | Path) -> tuple[list[UInt8Array], Animation | None]:
    """Return the frames as RGBA, clear pixels zero."""
    with open_source(stream) as source:
        frames = []
        for picture in source.frames():
            alpha = np.full(picture.shape, 255, np.uint8) if picture.alpha is None else picture.alpha
            frames.append(np.dstack([picture.pixels * (alpha > 0)[..., np.newaxis], alpha]))
        return frames, source.animation


def moving(ground: UInt8Array, n: int = 5, color: tuple[int, ...] = (255, 0, 0, 255)) -> list[UInt8Array]:
    """Move a square over a picture."""
    frames = []
    for i in range(n):
        frames.append(ground.copy())
        frames[-1][4:10, 3 + 2 * i : 9 + 2 * i] = color[: ground.shape[2]]
    return frames


def fading(coffee: UInt8Array, n: int = 5) -> list[UInt8Array]:
    """Darken a photo from frame to frame; its left half stays."""
    frames = [np.rint(coffee[40:80, 60:110] * (1 - i / n)).astype(np.uint8) for i in range(n)]
    for frame in frames:
        frame[:, :20] = frames[0][:, :20]
    return frames


def soft_sprite(n: int = 5) -> list[UInt8Array]:
    """A disk of soft alpha that moves over nothing."""
    rows, columns = np.mgrid[:24, :32]
    frames = []
    for i in range(n):
        distance = np.hypot(rows - 12, columns - 8 - 3 * i)
        alpha = np.clip((9 - distance) * 60, 0, 255).astype(np.uint8)
        frame = np.dstack([rows * 9, columns * 7, distance * 5, alpha]).astype(np.uint8)
        frame[alpha == 0] = 0
        frames.append(frame)
    return frames


def changed_where_still(source: list[UInt8Array], made: list[UInt8Array]) -> int:
    """Count pixels that change in the result but not in the source."""
    pairs = zip(pairwise(source), pairwise(made), strict=True)
    return sum(int(((a == b).all(axis=2) & (c != d).any(axis=2)).sum()) for (a, b), (c, d) in pairs)


@pytest.fixture(params=["moving", "fading", "soft"])
def source(request: pytest.FixtureRequest, coffee: UInt8Array) -> list[UInt8Array]:
    if request.param == "moving":
        return moving(coffee[100:140, 200:250])
    return fading(coffee) if request.param == "fading" else soft_sprite()


@pytest.mark.parametrize("format", FORMATS)
@pytest.mark.parametrize("options", [{}, {"palette_per_frame": True}], ids=str)
@pytest.mark.filterwarnings("ignore::imgcluster.errors.LossWarning")
def test_frames_times_plays_and_what_stands_still(
    source: list[UInt8Array], format: str, options: dict[str, Any]
) -> None:
    if options and format == "png":
        pytest.skip("its frames share a palette")
    made = io.BytesIO()
    result = ic.quantize_animation(film(source, plays=3), made, 40, format=format, **options)
    frames, animation = frames_of(made)
    assert (result.n_frames, len(frames), animation) == (5, 5, Animation(TIMES, plays=3))
    assert len(result.palette) == 40
    if format == "gif" and source[0].shape[2] == 4:
        assert Loss.PARTIAL_ALPHA in result.lost
        assert all(set(np.unique(frame[..., 3])) <= {0, 255} for frame in frames)
        if options:
            return  # what becomes clear has the frame drawn anew
    assert changed_where_still(source, frames) == 0


@pytest.mark.parametrize("format", FORMATS)
def test_the_error_is_that_of_all_frames(coffee: UInt8Array, format: str) -> None:
    source = fading(coffee)
    for own in (False, True) if format != "png" else (False,):
        made = io.BytesIO()
        result = ic.quantize_animation(film(source), made, 50, format=format, palette_per_frame=own)
        frames, _ = frames_of(made)
        difference = np.stack(frames)[..., :3].astype(np.int64) - np.stack(source)
        assert result.mse == pytest.approx(float((difference**2).sum(axis=-1).mean()))
        assert not result.lossless


def test_a_palette_for_each_frame_has_less_error(coffee: UInt8Array) -> None:
    source = film(fading(coffee))
    shared, own = (
        ic.quantize_animation(source, io.BytesIO(), 32, format="gif", palette_per_frame=own) for own in (False, True)
    )
    assert own.mse < 0.8 * shared.mse


@settings(deadline=None, max_examples=30)
@given(st.integers(1, 20), st.sampled_from(FORMATS), st.booleans(), st.integers(0, 999))
def test_few_colors_are_kept_without_loss(n_colors: int, format: str, clear: bool, seed: int) -> None:
    rng = np.random.default_rng(seed)
    colors = np.unique(rng.integers(0, 256, (n_colors, 4)).astype(np.uint8), axis=0)
    colors[:, 3] = 255
    if clear:
        colors[0] = 0
    frames = [colors[rng.integers(0, len(colors), (7, 9))]]
    for _ in range(3):
        frames.append(frames[-1].copy())
        frames[-1][rng.integers(0, 7) :, rng.integers(0, 9) :] = colors[rng.integers(0, len(colors))]
    made = io.BytesIO()
    result = ic.quantize_animation(film(frames), made, len(colors), format=format)
    assert result.lossless
    assert len(result.palette) <= len(colors)
    np.testing.assert_array_equal(frames_of(made)[0], frames)


@pytest.mark.parametrize("n_colors", [2, 8, 31, 32, 64, 256])
@pytest.mark.parametrize("format", FORMATS)
def test_exactly_as_many_entries_as_asked_for(coffee: UInt8Array, n_colors: int, format: str) -> None:
    made = io.BytesIO()
    result = ic.quantize_animation(film(moving(coffee[100:140, 200:250])), made, n_colors, format=format)
    assert len(result.palette) == n_colors
    found = np.unique(np.stack(frames_of(made)[0]).reshape(-1, 4), axis=0)
    has_clear = result.palette.shape[1] == 4
    assert len(found) == n_colors - has_clear
    assert (found[:, 3] == 255).all()
    with Image.open(made) as image:
        if format == "png":
            assert len(image.getpalette() or []) == 3 * n_colors


def test_the_colors_of_a_given_palette(coffee: UInt8Array) -> None:
    inks = np.array([[0, 0, 0], [255, 255, 255], [200, 30, 30]], np.uint8)
    for format in FORMATS:
        made = io.BytesIO()
        ic.quantize_animation(film(moving(coffee[100:140, 200:250])), made, palette=inks, format=format)
        found = np.unique(np.stack(frames_of(made)[0])[..., :3].reshape(-1, 3), axis=0)
        assert {tuple(color) for color in found.tolist()} <= {tuple(color) for color in inks.tolist()}


def test_soft_alpha_is_kept_by_png_and_webp() -> None:
    source = soft_sprite()
    for format in ("png", "webp"):
        made = io.BytesIO()
        result = ic.quantize_animation(film(source), made, 128, format=format)
        frames, _ = frames_of(made)
        assert not result.lost
        for before, after in zip(source, frames, strict=True):
            np.testing.assert_array_equal(before[..., 3] == 0, after[..., 3] == 0)
            assert (after[..., 3][before[..., 3] == 255] == 255).all()
            assert np.abs(before[..., 3].astype(int) - after[..., 3]).max() < 100


def test_a_gif_says_that_it_keeps_no_partial_transparency() -> None:
    with pytest.warns(LossWarning, match="partial transparency"):
        result = ic.quantize_animation(film(soft_sprite()), io.BytesIO(), format="gif")
    assert Loss.PARTIAL_ALPHA in result.lost


@pytest.mark.filterwarnings("ignore::imgcluster.errors.LossWarning")
def test_a_background_takes_the_place_of_transparency() -> None:
    made = io.BytesIO()
    result = ic.quantize_animation(film(soft_sprite()), made, background="#102030", format="gif")
    frames, _ = frames_of(made)
    assert {int(frame[..., 3].min()) for frame in frames} == {255}
    assert np.abs(np.stack(frames)[:, 0, -1, :3].astype(int) - (0x10, 0x20, 0x30)).max() < 8
    assert Loss.PARTIAL_ALPHA not in result.lost


@pytest.mark.parametrize("frame", [0, 3])
def test_one_frame_of_an_animation(coffee: UInt8Array, tmp_path: Path, frame: int) -> None:
    source = moving(coffee[100:140, 200:250])
    for ending in ("png", "gif", "bmp", "tif"):
        target = tmp_path / f"a.{ending}"
        result = ic.quantize_animation(film(source, "webp"), target, frame=frame)
        assert result.n_frames == 1
        assert Loss.FRAMES not in result.lost
        expected = ic.quantize(source[frame]).to_array()
        np.testing.assert_array_equal(ic.read_image(target), expected)
    assert Loss.FRAMES not in ic.quantize(film(source), frame=frame).lost
    with pytest.warns(LossWarning, match="frames after the first"):
        ic.quantize(film(source))
    with pytest.raises(ValueError, match="frame must be between 0 and 4, got 5"):
        ic.quantize(film(source), frame=5)


@pytest.mark.parametrize("ending", ["bmp", "tif", "ppm"])
def test_a_format_of_one_picture_refuses(coffee: UInt8Array, tmp_path: Path, ending: str) -> None:
    target = tmp_path / f"a.{ending}"
    with pytest.raises(ImageWriteError) as error:
        ic.quantize_animation(film(moving(coffee[:20, :30])), target)
    holds = "imgcluster writes one picture into a TIFF" if ending == "tif" else "holds one picture"
    assert_one_line(error, f"{holds}, not 5 frames", "write a PNG, WebP or GIF", "frame=0, --frame 0")
    assert not target.exists()


def test_what_palettes_for_each_frame_do_not_go_with(coffee: UInt8Array) -> None:
    source = film(moving(coffee[:20, :30]))
    with pytest.raises(ValueError, match="got PNG, whose frames share one; write one of those"):
        ic.quantize_animation(source, io.BytesIO(), palette_per_frame=True)
    with pytest.raises(ValueError, match="got a given palette; leave one out"):
        ic.quantize_animation(source, io.BytesIO(), palette=[[0, 0, 0]], palette_per_frame=True, format="gif")
    with pytest.raises(ValueError, match="n_colors must be between 1 and 256 for an indexed GIF, got 300"):
        ic.quantize_animation(source, io.BytesIO(), 300, format="gif")


def test_a_single_picture_stays_one(coffee: UInt8Array) -> None:
    made = io.BytesIO()
    result = ic.quantize_animation(film([coffee[:20, :30]]), made, format="gif")
    assert result.n_frames == 1
    with Image.open(made) as image:
        assert getattr(image, "n_frames", 1) == 1


def test_any_number_of_threads_makes_the_same_bytes(coffee: UInt8Array) -> None:
    source = film(fading(coffee))
    for format in FORMATS:
        one, three = io.BytesIO(), io.BytesIO()
        ic.quantize_animation(source, one, 60, format=format, n_threads=1)
        ic.quantize_animation(source, three, 60, format=format, n_threads=3)
        assert one.getvalue() == three.getvalue()


def test_few_frames_are_in_memory_at_a_time(coffee: UInt8Array, monkeypatch: pytest.MonkeyPatch) -> None:
    seen: list[weakref.ref[Any]] = []
    most, frames = 0, OpenedFrames.bands

    class Marked(np.ndarray[Any, Any]):
        """An array that shows when it is gone."""

    def counted(self: OpenedFrames) -> Iterator[UInt8Array]:
        nonlocal most
        for pixels in frames(self):
            marked = pixels.view(Marked)
            seen.append(weakref.ref(marked))
            most = max(most, sum(ref() is not None for ref in seen))
            yield marked
            del marked

    monkeypatch.setattr(OpenedFrames, "bands", counted)
    stream = film([np.roll(coffee[:20, :30], i, axis=0) for i in range(20)])
    for own in (False, True):
        ic.quantize_animation(stream, io.BytesIO(), 16, format="gif", palette_per_frame=own)
    assert 1 <= most <= 3
