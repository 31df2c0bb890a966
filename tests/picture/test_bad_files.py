"""Bad files are one line each, and reading takes no more imports, memory and time of others than it must."""

import io
import os
import struct
import subprocess
import sys
import threading
import warnings
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from contextlib import suppress
from functools import partial
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from _encoded import assert_one_line, encoded, png, read_bytes
from numpy.typing import NDArray
from PIL import Image

import imgcluster
from imgcluster.errors import ConversionWarning, ImageReadError
from imgcluster.picture import read_header, read_image

ENVIRONMENT = {**os.environ, "PYTHONPATH": str(Path(imgcluster.__file__).parents[1])}


def run_python(code: str, *arguments: Path, stdin: bytes = b"") -> str:
    command = [sys.executable, "-c", code, *map(str, arguments)]
    done = subprocess.run(command, input=stdin, capture_output=True, env=ENVIRONMENT, check=False)
    return (done.stdout + done.stderr).decode()


def test_stdin_that_cannot_seek(noise: NDArray[np.uint8]) -> None:
    code = "import sys, imgcluster as ic; print(ic.read_image(sys.stdin.buffer).sum())"
    assert run_python(code, stdin=encoded(Image.fromarray(noise), "TIFF")) == f"{noise.sum()}\n"
    assert "cannot read <stdin>: it is not a PNG" in run_python(code, stdin=b"text")
    assert "cannot read <stdin>: it is empty" in run_python(code)


@pytest.mark.parametrize(
    ("content", "said"),
    [
        (b"", "empty (0 bytes)"),
        (b"Dear diary,\n", "not a PNG, JPEG, WebP, GIF, TIFF, BMP, PNM, AVIF, JPEG 2000, PSD, TGA or ICO picture"),
        (b"BM", "damaged"),
        (b"BM" + b"\0" * 60, "damaged"),
        (b"GIF89a", "damaged"),
        (b"\xff\xd8\xff", "damaged"),
        (b"\xff\xd8\xff\xe0" + bytes(range(256)), "damaged"),
        (b"\x89PNG\r\n\x1a\n" + b"x" * 50, "damaged"),
        (b"II*\0" + b"\0" * 60, "damaged"),
        (b"RIFF\0\0\0\0WEBPVP8 ", "damaged"),
        (png(0, 5, 8, 0, []), "damaged"),
        (
            png(40000, 40000, 8, 0, []),
            "40000 x 40000 pixels, 1,600,000,000, more than the limit of 1,073,741,824",
        ),
    ],
)
def test_bad_file(tmp_path: Path, content: bytes, said: str) -> None:
    path = tmp_path / "bad.png"
    path.write_bytes(content)
    with pytest.raises(ImageReadError) as error:
        read_image(path)
    assert_one_line(error, "cannot read", path, said, "; ")


@pytest.mark.parametrize(
    ("format", "options"),
    [
        ("JPEG", {}),
        ("JPEG", {"progressive": True}),
        ("PNG", {}),
        ("WEBP", {}),
        ("WEBP", {"lossless": True}),
        ("GIF", {}),
        ("TIFF", {}),
        ("TIFF", {"compression": "tiff_lzw"}),
        ("BMP", {}),
    ],
)
@pytest.mark.parametrize("part", [0.05, 0.5, 0.98])
def test_cut_off_file_gives_no_partial_picture(
    tmp_path: Path, photo: NDArray[np.uint8], format: str, options: dict[str, Any], part: float
) -> None:
    data = encoded(Image.fromarray(photo), format, **options)
    path = tmp_path / "cut.png"
    path.write_bytes(data[: int(len(data) * part)])
    with pytest.raises(ImageReadError) as error:
        read_image(path)
    assert_one_line(error, path, "damaged")


@pytest.mark.exhaustive
@pytest.mark.parametrize("format", ["JPEG", "PNG", "WEBP", "GIF", "TIFF", "BMP"])
def test_scrambled_file_raises_nothing_else(photo: NDArray[np.uint8], format: str) -> None:
    rng = np.random.default_rng(3)
    data = encoded(Image.fromarray(photo[:20, :30]), format)
    for _ in range(150):
        bad = bytearray(data)
        for place in rng.integers(0, min(len(bad), 300), 4):
            bad[place] = rng.integers(256)
        with warnings.catch_warnings():
            warnings.simplefilter("ignore", ConversionWarning)  # and no other
            # a scrambled pixel is no error; every other exception fails this test
            with suppress(ImageReadError):
                assert read_bytes(bytes(bad)).shape[2] == 3


def test_missing_file_folder_and_odd_names(tmp_path: Path) -> None:
    with pytest.raises(ImageReadError, match=r"cannot read .*none.png: no such file"):
        read_image(tmp_path / "none.png")
    with pytest.raises(ImageReadError, match="it is a folder"):
        read_image(tmp_path)
    with pytest.raises(ImageReadError, match="cannot read"):
        read_image("a\0b.png")
    (tmp_path / "file").touch()
    with pytest.raises(ImageReadError, match="Not a directory"):
        read_image(tmp_path / "file" / "x.png")
    with pytest.raises(ImageReadError) as error:
        read_image(tmp_path / "two\nlines\udcff.png")
    assert_one_line(error, r"two\nlines\udcff.png")


@pytest.mark.skipif(os.geteuid() == 0, reason="root reads everything")
def test_no_permission_to_read(tmp_path: Path) -> None:
    path = tmp_path / "secret.png"
    path.touch(0)
    with pytest.raises(ImageReadError, match="no permission"):
        read_image(path)


@pytest.mark.parametrize("format", ["PNG", "WEBP", "TIFF", "GIF", "JPEG", "BMP"])
def test_picture_beyond_pillows_limit(monkeypatch: pytest.MonkeyPatch, format: str) -> None:
    data = encoded(Image.new("RGB", (700, 900)), format)
    monkeypatch.setattr(Image, "MAX_IMAGE_PIXELS", 200_000)
    with pytest.raises(Image.DecompressionBombError):
        Image.open(io.BytesIO(data))
    assert read_bytes(data).shape == (900, 700, 3)
    assert Image.MAX_IMAGE_PIXELS == 200_000


def test_threads_restore_pillows_limit(photo: NDArray[np.uint8]) -> None:
    limit = Image.MAX_IMAGE_PIXELS
    data = encoded(Image.fromarray(photo), "JPEG")
    start = threading.Barrier(8)

    def read(_: Any) -> Any:
        start.wait()
        return read_bytes(data).sum()

    with ThreadPoolExecutor(8) as pool:
        assert len(set(pool.map(read, range(8)))) == 1
    assert limit == Image.MAX_IMAGE_PIXELS


def test_import_is_cheap() -> None:
    names = "[name for name in sys.modules if name.startswith('PIL.')]"
    code = f"import sys; from imgcluster.picture import read_image; print({names})"
    output = run_python(code)
    assert "'PIL.Image'" in output
    for module in ("ImageCms", "ImageOps", "Plugin"):
        assert module not in output


def test_only_the_plugin_needed_is_imported(tmp_path: Path, photo: NDArray[np.uint8]) -> None:
    path = tmp_path / "a.webp"
    Image.fromarray(photo).save(path)
    code = "import sys, imgcluster as ic; ic.read_image(sys.argv[1]); print([m for m in sys.modules if 'Plugin' in m])"
    assert run_python(code, path) == "['PIL.WebPImagePlugin']\n"


def test_memory_of_12_megapixels(tmp_path: Path, photo: NDArray[np.uint8]) -> None:
    path = tmp_path / "big.jpg"
    Image.fromarray(np.tile(photo, (34, 34, 1))[:3000, :4000]).save(path)
    code = """
import resource, sys, imgcluster as ic
from imgcluster.picture import read_image
before = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss
assert read_image(sys.argv[1]).shape == (3000, 4000, 3)
after = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss
print((after - before) // (1 << 20 if sys.platform == "darwin" else 1 << 10))
"""
    assert int(run_python(code, path)) < 110  # 46 MB of Pillow's, 34 MB of pixels; a second copy would show


def test_bytes_in_the_place_of_a_name() -> None:
    stream = io.BytesIO()
    Image.new("RGB", (64, 64)).save(stream, "BMP")
    with pytest.raises(
        ImageReadError, match=r"null byte; pass the bytes of a picture as io\.BytesIO\(data\)"
    ) as caught:
        read_image(stream.getvalue())
    assert len(str(caught.value)) < 400


def psd(mode: int, bits: int) -> bytes:
    """Build the header of a PSD of 4 x 4 pixels."""
    return b"8BPS" + struct.pack(">H6xHIIHH", 1, 3, 4, 4, bits, mode) + bytes(14)


PLAIN = [
    (psd(3, 16), "it has 16 bits a channel", "save it as RGB of 8 bits, or as TIFF"),
    (b"GIF89a" + bytes(7) + b";", "it is a damaged GIF: it holds no picture", "get a fresh copy"),
    (png(5, 5, 8, 0, []), "it is a damaged PNG", "get a fresh copy"),
    (b"P5 4 4 70000\n" + bytes(32), "it is not a picture of a known kind, or a damaged PNM", "get a fresh copy"),
    (b"DDS " + bytes(124), "", ""),
    (b"\xff\xd8\xff\xe0" + bytes(range(256)), "it is a damaged JPEG", "get a fresh copy"),
]


@pytest.mark.parametrize(("data", "problem", "way_out"), PLAIN)
def test_what_is_wrong_is_said_in_plain_words(data: bytes, problem: str, way_out: str) -> None:
    with pytest.raises(ImageReadError) as caught:
        read_image(io.BytesIO(data))
    assert caught.value.problem.startswith(problem)
    assert caught.value.way_out.startswith(way_out)
    # no value of a decoder, nor its words: those are those of the cause, which a traceback shows
    assert "(" not in caught.value.problem
    assert caught.value.__cause__ is not None


@pytest.mark.parametrize("place", ["%20d", "%21d", "%d / bits"])
def test_fits_files_are_recognized_wherever_their_number_stands(place: str) -> None:
    cards = ["SIMPLE  =                    T", "BITPIX  = " + place % 16, "NAXIS   = 2", "END"]
    data = "".join(card.ljust(80) for card in cards).encode().ljust(2880)
    with pytest.raises(ImageReadError, match="it is FITS of more than 8 bits, which is not read"):
        read_image(io.BytesIO(data))


def _tiff_with_a_directory_at(at: int) -> bytes:
    return struct.pack("<2sHHHQ", b"II", 43, 8, 0, at) + bytes(200)


def _tiff_with_values_at(at: int) -> bytes:
    entry = struct.pack("<HHQQ", 254, 4, 9, at)
    return struct.pack("<2sHHHQQ", b"II", 43, 8, 0, 16, 1) + entry + bytes(200)


def _jxl_with_a_box_of(n_bytes: int) -> bytes:
    return bytes.fromhex("0000000c4a584c200d0a870a") + struct.pack(">I4sQ", 1, b"free", n_bytes) + bytes(200)


@pytest.mark.parametrize("make", [_tiff_with_a_directory_at, _tiff_with_values_at, _jxl_with_a_box_of])
@pytest.mark.parametrize("at", [1 << 40, (1 << 63) - 1, 1 << 63, (1 << 64) - 1])
def test_a_place_that_no_file_has_is_damage(make: Callable[[int], bytes], at: int, tmp_path: Path) -> None:
    path = tmp_path / "far.tif"
    path.write_bytes(make(at))
    for source in (path, io.BytesIO(make(at))):
        for read in (
            read_image,
            partial(imgcluster.quantize, n_colors=4),
            partial(imgcluster.superpixels, n_segments=4),
        ):
            with pytest.raises(ImageReadError):
                read(source)
    assert read_header(io.BytesIO(make(at))) is None
