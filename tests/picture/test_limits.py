"""Pictures that are too large are rejected from their headers, with the parameter that allows more."""

import io
import os
import pickle
import struct
import subprocess
import sys
import zlib
from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from _encoded import assert_one_line, encoded, png
from _truth import chunk
from PIL import Image

import imgcluster
import imgcluster as ic
from imgcluster.batch import build_palette
from imgcluster.errors import ImageReadError
from imgcluster.picture import current_limits, limits, open_source, read_image
from imgcluster.picture._limits import MOST_FRAMES
from imgcluster.quantization import quantize_file
from imgcluster.tasks import Task

ENVIRONMENT = {**os.environ, "PYTHONPATH": str(Path(imgcluster.__file__).parents[1])}
SIDE = 60
READERS: dict[str, Callable[..., Any]] = {
    "quantize": ic.quantize,
    "apply_palette": lambda path, **allowed: ic.apply_palette(path, "#fff,#000", **allowed),
    "quantize_file": lambda path, **allowed: quantize_file(path, io.BytesIO(), 4, **allowed),
    "quantize_animation": lambda path, **allowed: ic.quantize_animation(path, io.BytesIO(), 4, **allowed),
    "quantize_large": lambda path, **allowed: ic.quantize_large(path, io.BytesIO(), 4, **allowed),
    "extract_palette": ic.extract_palette,
    "superpixels": ic.superpixels,
    "segment": lambda path, **allowed: ic.segment(path, 2, **allowed),
    "choose_k": lambda path, **allowed: ic.choose_k(path, (2, 3, 4), **allowed),
    "compare": lambda path, **allowed: ic.compare(path, path, **allowed),
}


@pytest.fixture
def picture(tmp_path: Path) -> Path:
    rng = np.random.default_rng(4)
    path = tmp_path / "noise.png"
    Image.fromarray(rng.integers(0, 256, (SIDE, SIDE, 3), np.uint8)).save(path)
    return path


@pytest.mark.parametrize("name", READERS)
def test_every_function_heeds_a_limit_of_pixels(name: str, picture: Path) -> None:
    READERS[name](picture, max_pixels=SIDE * SIDE)
    with pytest.raises(ImageReadError) as error:
        READERS[name](picture, max_pixels=SIDE * SIDE - 1)
    said = "it has 60 x 60 pixels, 3,600, more than the limit of 3,599"
    assert_one_line(error, picture, said, "allow more with max_pixels (--max-pixels)")


@pytest.mark.parametrize("name", READERS)
def test_limits_are_whole_numbers_from_1(name: str, picture: Path) -> None:
    with pytest.raises(ValueError, match="max_pixels must be at least 1, got 0"):
        READERS[name](picture, max_pixels=0)
    with pytest.raises(TypeError, match="max_memory must be a whole number, got '1G'"):
        READERS[name](picture, max_memory="1G")


def test_a_limit_of_pixels_holds_for_files_in_bands_arrays_and_images(tmp_path: Path) -> None:
    pixels = np.zeros((SIDE, SIDE, 3), np.uint8)
    Image.fromarray(pixels).save(tmp_path / "a.tif")
    np.save(tmp_path / "a.npy", pixels)
    for image in (tmp_path / "a.tif", tmp_path / "a.npy", pixels, Image.fromarray(pixels)):
        with limits(max_pixels=SIDE), pytest.raises(ImageReadError, match="more than the limit of 60; allow more"):
            open_source(image)
        with limits(max_pixels=SIDE), pytest.raises(ImageReadError, match="more than the limit of 60; allow more"):
            open_source(image, raw=True)


def test_limits_nest_and_end() -> None:
    before = current_limits()
    with limits(max_pixels=5), limits(max_memory=7) as inner:
        assert (inner.max_pixels, inner.max_memory) == (5, 7)
        with limits(max_pixels=6):
            assert current_limits().max_pixels == 6
        assert current_limits() == inner
    assert current_limits() == before


def test_more_than_2_to_30_pixels_are_a_matter_of_the_limit(tmp_path: Path) -> None:
    path = tmp_path / "a.png"
    path.write_bytes(png(40000, 40000, 1, 0, []))
    with pytest.raises(ImageReadError, match="more than the limit of 1,073,741,824"):
        read_image(path)
    with limits(max_pixels=1 << 31), pytest.raises(ImageReadError, match=r"need about .* MB of memory, more than"):
        read_image(path)


def test_memory_is_limited_from_the_header(picture: Path) -> None:
    with pytest.raises(ImageReadError) as error:
        ic.quantize(picture, 4, max_memory=1_000_000)
    assert_one_line(error, picture, "its 60 x 60 pixels need about 45 MB of memory, more than the limit of 1 MB")
    assert_one_line(error, "allow more with max_memory (--max-memory 0.1G)")
    assert len(ic.quantize(picture, 4, max_memory=10**9).palette) == 4


def test_folders_take_limits_to_their_workers(picture: Path, tmp_path: Path) -> None:
    for n_jobs, timeout in ((1, None), (2, 60.0)):
        with ic.process_folder(
            picture,
            "quantize",
            tmp_path / "out",
            n_jobs=n_jobs,
            max_pixels=100,
            timeout=timeout,
            parameters={"n_colors": 4},
        ) as run:
            (result,) = run
        assert result.status == "failed"
        assert "it has 60 x 60 pixels, 3,600, more than the limit of 100" in result.text
    with limits(max_pixels=100), pytest.raises(ImageReadError, match="more than the limit of 100"):
        build_palette(picture, 4)
    with pytest.raises(ImageReadError, match="more than the limit of 100"):
        build_palette(picture, 4, max_pixels=100)


def test_limits_change_no_bytes() -> None:
    task = Task("quantize", {"n_colors": 4})
    with limits(max_pixels=10**6, max_memory=10**9) as allowed:
        limited = Task("quantize", {"n_colors": 4}, limits=allowed)
    assert task.fingerprint() == limited.fingerprint()
    assert pickle.loads(pickle.dumps(limited)) == limited


def test_limits_are_of_the_run_and_not_of_the_task(picture: Path) -> None:
    with pytest.raises(ValueError, match=r"parameters must not hold .* max_pixels"):
        ic.process_folder(picture, parameters={"max_pixels": 5})


def test_a_mask_and_a_palette_are_pictures_too(picture: Path) -> None:
    small = np.zeros((8, 8, 3), np.uint8)
    with pytest.raises(ImageReadError, match="more than the limit of 64"):
        ic.superpixels(small, 2, mask=picture, max_pixels=64)
    data = io.BytesIO(encoded(Image.fromarray(small), "PNG"))
    with limits(max_pixels=64):
        assert read_image(data).shape == (8, 8, 3)


MEASURED = """
import resource, sys
import imgcluster as ic
from imgcluster.errors import ImageReadError
ic.quantize(sys.argv[1], 2)
try:
    ic.quantize_large(sys.argv[2], sys.argv[3], 4)
    print("done")
except ImageReadError as error:
    print(error)
print(resource.getrusage(resource.RUSAGE_SELF).ru_maxrss * 1024)
"""


def gif(width: int, height: int, n_frames: int = 1) -> bytes:
    head = b"GIF89a" + struct.pack("<HHBBB", width, height, 0x80, 0, 0) + b"\0\0\0\xff\xff\xff"
    # a code that clears, and one that ends
    frame = b"," + struct.pack("<HHHHB", 0, 0, width, height, 0) + b"\x02\x01\x2c\0"
    return head + n_frames * frame + b";"


def jpeg(width: int, height: int) -> bytes:
    data = bytearray(encoded(Image.new("RGB", (8, 8)), "JPEG"))
    at = data.index(b"\xff\xc0")
    data[at + 5 : at + 9] = struct.pack(">HH", height, width)
    return bytes(data)


def tga(width: int, height: int) -> bytes:
    return struct.pack("<BBBHHBHHHHBB", 0, 0, 2, 0, 0, 0, 0, 0, width, height, 24, 0) + bytes(100)


def bmp(width: int, height: int) -> bytes:
    return b"BM" + struct.pack("<IHHIIiiHHIIiiII", 0, 0, 0, 54, 40, width, height, 1, 24, 0, 0, 0, 0, 0, 0) + bytes(100)


def tif(side: int, bits: int) -> bytes:
    """Return a square of zeros in one compressed strip."""
    deflate = zlib.compressobj(9)
    strip = b"".join(deflate.compress(bytes(side * bits // 8)) for _ in range(side)) + deflate.flush()
    tags = (
        (256, side),
        (257, side),
        (258, bits),
        (259, 8),
        (262, 1),
        (273, 200),
        (277, 1),
        (278, side),
        (279, len(strip)),
    )
    entries = b"".join(struct.pack("<HHII", code, 4, 1, value) for code, value in tags)
    return (b"II*\0" + struct.pack("<IH", 8, len(tags)) + entries + bytes(4)).ljust(200, b"\0") + strip


def webp(side: int) -> bytes:
    """Return an animation of one small picture, twice, on a large canvas."""
    picture = encoded(Image.new("RGB", (4, 4)), "WEBP", lossless=True)[12:]
    frame = bytes(6) + b"\x03\0\0" * 2 + b"\x0a\0\0\0" + picture
    canvas = (side - 1).to_bytes(3, "little") * 2
    parts = (b"VP8X", b"\x02\0\0\0" + canvas), (b"ANIM", bytes(6)), (b"ANMF", frame), (b"ANMF", frame)
    body = b"WEBP" + b"".join(name + struct.pack("<I", len(data)) + data for name, data in parts)
    return b"RIFF" + struct.pack("<I", len(body)) + body


def apng(side: int) -> bytes:
    control = struct.pack(">IIIIIHHBB", 0, 4, 4, 0, 0, 1, 1, 0, 0)
    return png(side, side, 8, 2, [], chunk(b"acTL", struct.pack(">II", 2, 0)) + chunk(b"fcTL", control))


BOMBS: dict[str, bytes] = {
    "a.gif": gif(65535, 16000),
    "b.gif": gif(65535, 65535),
    "c.gif": gif(20000, 20000, 3),
    "a.png": png(30000, 30000, 8, 2, []),
    "b.png": png(2**31 - 1, 2**31 - 1, 1, 0, []),
    "a.jpg": jpeg(65500, 65500),
    "b.jpg": jpeg(32000, 32000),
    "a.tga": tga(65535, 65535),
    "a.bmp": bmp(2**31 - 1, 2**31 - 1),
    "b.bmp": bmp(30000, 30000),
    "a.ppm": b"P6 30000 30000 255\n" + bytes(30),
    "a.tif": tif(20000, 8),
    "b.tif": tif(20000, 16),
    "a.webp": webp(16383),
    "c.png": apng(30000),
    "a.qoi": b"qoif" + struct.pack(">IIBB", 60000, 60000, 4, 0) + bytes(100),
    "a.psd": b"8BPS" + struct.pack(">H6xHIIHH", 1, 3, 30000, 30000, 8, 3) + bytes(112),
    "a.sgi": struct.pack(">HBBHHHH", 474, 1, 1, 3, 65535, 65535, 3) + bytes(600),
    "b.ppm": b"P6 99999999999 99999999999 255\n" + bytes(30),
}


@pytest.mark.exhaustive
@pytest.mark.parametrize("name", BOMBS)
def test_bombs_are_rejected_in_little_memory(name: str, picture: Path, tmp_path: Path) -> None:
    bomb = tmp_path / name
    bomb.write_bytes(BOMBS[name])
    before = _measured(picture, picture, tmp_path / "out.png")[1]
    said, peak = _measured(picture, bomb, tmp_path / "out.png")
    assert said.startswith("cannot read ")
    assert name in said
    assert peak - before < 50e6


@pytest.mark.exhaustive
@pytest.mark.parametrize("name", ["a.tif", "b.tif", "a.png", "c.png"])
def test_superpixels_of_bombs_are_rejected_before_anything_is_decoded(name: str, tmp_path: Path) -> None:
    (tmp_path / name).write_bytes(BOMBS[name])
    _, before, _ = _ran("info")
    code, peak, said = _ran("superpixels", str(tmp_path / name), "-d", str(tmp_path))
    assert (code, "of memory, more than the limit" in said) == (1, True)
    assert peak - before < 50e6


def _ran(*arguments: str) -> tuple[int, int, str]:
    """Return the exit code of the program, the most memory that it took and what it said."""
    program = "import resource; from imgcluster.__main__ import main\n"
    program += "try: main()\nexcept SystemExit as end: print(end.code or 0)\n"
    program += "print(resource.getrusage(resource.RUSAGE_SELF).ru_maxrss * 1024)"
    command = [sys.executable, "-c", program, *arguments]
    done = subprocess.run(command, capture_output=True, text=True, env=ENVIRONMENT, check=False)
    *_, code, peak = done.stdout.split()
    return int(code), int(peak), done.stderr


def _measured(*paths: Path) -> tuple[str, int]:
    command = [sys.executable, "-c", MEASURED, *map(str, paths)]
    done = subprocess.run(command, capture_output=True, text=True, env=ENVIRONMENT, check=False)
    assert done.returncode == 0, done.stderr
    said, peak = done.stdout.splitlines()
    return said, int(peak)


def test_an_animation_of_too_many_frames_or_pixels(tmp_path: Path) -> None:
    path = tmp_path / "a.gif"
    path.write_bytes(gif(100, 100, 300))
    with pytest.raises(ImageReadError, match=r"its 300 frames .* have 3,000,000 pixels, more than .* 1,600,000"):
        ic.quantize_animation(path, io.BytesIO(), 4, max_pixels=100_000)
    path.write_bytes(gif(1, 1, MOST_FRAMES + 1))
    with pytest.raises(ImageReadError, match="it has 65,537 frames, more than the limit of 65,536; take one of them"):
        ic.quantize_animation(path, io.BytesIO(), 4)


def test_an_absurd_npy_header(tmp_path: Path) -> None:
    head = io.BytesIO()
    np.lib.format.write_array_header_1_0(head, {"descr": "<f8", "fortran_order": False, "shape": (1 << 40, 1 << 20)})
    path = tmp_path / "a.npy"
    path.write_bytes(head.getvalue() + bytes(64))
    for image in (path, io.BytesIO(path.read_bytes())):
        with pytest.raises(ImageReadError, match="damaged, or not an array of numbers"):
            read_image(image)


@pytest.mark.parametrize("orientation", range(1, 9))
def test_bands_of_a_decoded_picture_are_the_picture(orientation: int, tmp_path: Path) -> None:
    rng = np.random.default_rng(orientation)
    exif = Image.Exif()
    exif[0x112] = orientation
    for name, shape in (("a.png", (37, 23, 4)), ("a.jpg", (37, 23, 3)), ("b.png", (37, 23))):
        Image.fromarray(rng.integers(0, 256, shape, np.uint8)).save(tmp_path / name, exif=exif)
        with open_source(tmp_path / name) as source:
            whole = source.read()
            bands = list(source.bands(100))
        assert len(bands) > 5
        np.testing.assert_array_equal(np.concatenate([band.pixels for band in bands]), whole.pixels)
        alphas = [band.alpha for band in bands if band.alpha is not None]
        if whole.alpha is not None:
            np.testing.assert_array_equal(np.concatenate(alphas), whole.alpha)
        assert {loss for band in bands for loss in band.lost} == whole.lost


def test_a_large_picture_goes_through_bands_to_the_same_bytes(
    picture: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    quantize_file(picture, tmp_path / "whole.png", 16)
    monkeypatch.setattr("imgcluster.picture._large.LARGE_PIXELS", 1000)
    quantize_file(picture, tmp_path / "bands.png", 16)
    assert (tmp_path / "whole.png").read_bytes() == (tmp_path / "bands.png").read_bytes()
    # a number of bytes is reached by trying, on a picture in memory
    quantize_file(picture, tmp_path / "few.png", 16, max_bytes=1500)
    assert (tmp_path / "few.png").stat().st_size <= 1500
