"""Files whose parts are larger than the picture that they seem to hold: rejected before memory is taken for them."""

import io
import struct
import subprocess
import sys
import zlib
from pathlib import Path

import numpy as np
import pytest
from PIL import Image

from imgcluster.errors import ImageReadError
from imgcluster.facts import Loss
from imgcluster.picture import is_large, open_source, read_image

SIDE = 40_000  # whose square takes 1.6 GB at one byte a pixel
EMPTY_CODES = b"\2\1\x44\0"  # clear and end, of 2 bits


def gif(*frames: tuple[int, int], screen: tuple[int, int] = (8, 8), before: bytes = b"") -> bytes:
    """Build a GIF of frames (width, height) whose pixels are cleared afterwards; Pillow takes memory for that."""
    data = struct.pack("<6sHHBBB", b"GIF89a", *screen, 0x80, 0, 0) + bytes(range(6))
    for width, height in frames:
        data += before + b"!\xf9\4" + bytes((2 << 2, 0, 0, 0, 0))
        data += struct.pack("<B4HB", 0x2C, 0, 0, width, height, 0) + EMPTY_CODES
    return data + b";"


def png(width: int, height: int) -> bytes:
    """Build the header of a PNG, and no pixels."""
    header = b"IHDR" + struct.pack(">IIBBBBB", width, height, 8, 6, 0, 0, 0)
    idat = b"IDAT" + zlib.compress(b"\0")
    chunks = (header, idat, b"IEND")
    framed = (struct.pack(">I", len(c) - 4) + c + struct.pack(">I", zlib.crc32(c)) for c in chunks)
    return b"\x89PNG\r\n\x1a\n" + b"".join(framed)


def jp2(width: int, height: int) -> bytes:
    """Build the first boxes of a JPEG 2000."""
    header = struct.pack(">I4sIIHBBBB", 22, b"ihdr", height, width, 4, 7, 7, 0, 0)
    boxes = struct.pack(">I4s", 8 + len(header), b"jp2h") + header
    return b"\0\0\0\x0cjP  \r\n\x87\n" + b"\0\0\0\x14ftypjp2 \0\0\0\0jp2 " + boxes


def codestream(width: int, height: int) -> bytes:
    """Build the first marker of a bare JPEG 2000 codestream."""
    return b"\xff\x4f\xff\x51" + struct.pack(">HHIIIIIIII", 47, 0, width, height, 0, 0, width, height, 0, 0)


def icns(part: bytes) -> bytes:
    return b"icns" + struct.pack(">I4sI", 16 + len(part), b"ic08", 8 + len(part)) + part


def icon(part: bytes, kind: int = 1) -> bytes:
    return struct.pack("<HHHBBBBHHII", 0, kind, 1, 32, 32, 0, 0, 1, 32, len(part), 22) + part


def dib(width: int, height: int) -> bytes:
    return struct.pack("<IiiHHIIIIII", 40, width, 2 * height, 1, 32, 0, 0, 0, 0, 0, 0) + bytes(64)


LARGE = {
    "GIF": gif((SIDE, SIDE)),
    "GIF with bytes of no meaning": gif((SIDE, SIDE), before=b"\0\1"),
    "GIF by its screen": gif((8, 8), screen=(SIDE, SIDE)),
    "ICNS of PNG": icns(png(SIDE, SIDE)),
    "ICNS of JPEG 2000": icns(jp2(SIDE, SIDE)),
    "ICNS of a codestream": icns(codestream(SIDE, SIDE)),
    "ICO of PNG": icon(png(SIDE, SIDE)),
    "ICO of a bitmap": icon(dib(SIDE, SIDE)),
    "CUR of a bitmap": icon(dib(SIDE, SIDE), kind=2),
}


@pytest.mark.parametrize("data", LARGE.values(), ids=LARGE)
def test_parts_count_before_anything_is_opened(data: bytes, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    def opened(*_: object) -> None:
        raise AssertionError("it was opened")

    (tmp_path / "a.bin").write_bytes(data)
    monkeypatch.setattr("imgcluster.picture._reading.open_picture", opened)
    monkeypatch.setattr("imgcluster.picture._headers.open_picture", opened)
    monkeypatch.setattr("imgcluster.picture._large.open_picture", opened)
    with pytest.raises(ImageReadError, match=r"it has 40000 x 40000 pixels, 1,600,000,000, more than the limit"):
        read_image(io.BytesIO(data))
    assert not is_large(tmp_path / "a.bin")


@pytest.mark.parametrize("part", [png(12_000, 12_000), jp2(7000, 7000)], ids=["PNG", "JPEG 2000"])
def test_parts_count_by_the_memory_that_they_take(part: bytes) -> None:
    with pytest.raises(ImageReadError, match=r"MB of memory, more than the limit"):
        read_image(io.BytesIO(icns(part)))


@pytest.mark.parametrize("format", ["ICO", "ICNS", "GIF"])
def test_sound_files_pass(format: str) -> None:
    rng = np.random.default_rng(1)
    pixels = np.repeat(np.repeat(rng.integers(0, 256, (32, 32, 3), dtype=np.uint8), 4, 0), 4, 1)
    stream = io.BytesIO()
    Image.fromarray(pixels).quantize(200).convert("RGB").save(stream, format)
    side = 1024 if format == "ICNS" else 128  # Pillow writes every size
    assert read_image(stream).shape == (side, side, 3)


def test_a_frame_far_larger_than_its_gif_is_damage_and_takes_no_memory() -> None:
    data = gif((8, 8), (SIDE, SIDE))
    with open_source(io.BytesIO(data)) as source:
        assert source.shape == (8, 8)
        with pytest.raises(ImageReadError, match="it is a damaged GIF"):
            list(source.frames())


def test_frames_beyond_an_animated_png_leave_its_still_picture() -> None:
    still = io.BytesIO()
    Image.new("RGB", (8, 8), (9, 90, 200)).save(still, "PNG")

    def chunk(name: bytes, body: bytes) -> bytes:
        return struct.pack(">I", len(body)) + name + body + struct.pack(">I", zlib.crc32(name + body))

    control = struct.pack(">IIIIHHBB", SIDE, SIDE, 0, 0, 1, 10, 0, 0)
    data = still.getvalue()
    pixels = data[data.index(b"IDAT") + 4 : -16]
    first = struct.pack(">IIIIHHBB", 8, 8, 0, 0, 1, 10, 0, 0)
    head, tail = data[:33], data[33:-12]
    data = head + chunk(b"acTL", struct.pack(">II", 2, 0)) + chunk(b"fcTL", struct.pack(">I", 0) + first) + tail
    data += chunk(b"fcTL", struct.pack(">I", 1) + control) + chunk(b"fdAT", struct.pack(">I", 2) + pixels)
    with open_source(io.BytesIO(data + chunk(b"IEND", b""))) as source:
        picture = source.read()
        assert source.n_frames == 1
    assert Loss.DAMAGE in picture.lost
    assert (picture.pixels == (9, 90, 200)).all()


@pytest.mark.exhaustive
@pytest.mark.parametrize("name", ["GIF", "ICNS of JPEG 2000", "ICO of PNG"])
def test_the_command_takes_little_memory(name: str, tmp_path: Path) -> None:
    path = tmp_path / "a.bin"
    path.write_bytes(LARGE[name])
    code = (
        "import resource, subprocess, sys\n"
        "subprocess.run([sys.executable, '-m', 'imgcluster', 'quantize', sys.argv[1], '-o', 'x.png'])\n"
        "print(resource.getrusage(resource.RUSAGE_CHILDREN).ru_maxrss)"
    )
    run = subprocess.run([sys.executable, "-c", code, path], capture_output=True, cwd=tmp_path, text=True, check=True)
    unit = 1 if sys.platform == "darwin" else 1024
    assert "more than the limit of" in run.stderr
    assert int(run.stdout) * unit < 3e8
