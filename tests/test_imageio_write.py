"""Writing: exact round trips, palettes kept as given, and the old file or the new one whatever happens."""

import io
import os
import signal
import stat
import subprocess
import sys
import threading
from pathlib import Path
from subprocess import Popen
from typing import Any

import numpy as np
import pytest
from _pictures import noise
from numpy.typing import NDArray
from PIL import Image

import imgcluster
from imgcluster.errors import ImageWriteError
from imgcluster.files import replacing
from imgcluster.picture import output_format, read_image, write_image, write_indexed


@pytest.fixture
def pixels() -> NDArray[np.uint8]:
    return noise(40, 50)


def run_python(code: str, *arguments: Path) -> Popen[Any]:
    return subprocess.Popen(
        [sys.executable, "-c", code, *map(str, arguments)],
        env={**os.environ, "PYTHONPATH": str(Path(imgcluster.__file__).parents[1])},
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        text=True,
    )


def assert_one_line(error: Any, *parts: Any) -> None:
    message = str(error.value)
    assert "\n" not in message
    for part in parts:
        assert str(part) in message


@pytest.mark.parametrize("extension", [".png", ".webp", ".tif", ".tiff", ".bmp", ".PNG"])
def test_write_image_round_trip(tmp_path: Path, pixels: NDArray[np.uint8], extension: str) -> None:
    path = tmp_path / f"picture{extension}"
    write_image(pixels, path)
    np.testing.assert_array_equal(read_image(path), pixels)
    with Image.open(path) as image:
        assert image.format == output_format(path)
    assert list(tmp_path.iterdir()) == [path]
    write_image(pixels[::-1, ::2], os.fsencode(path))
    np.testing.assert_array_equal(read_image(path), pixels[::-1, ::2])


@pytest.mark.parametrize("k", [1, 2, 3, 4, 5, 16, 17, 128, 129, 255, 256])
@pytest.mark.parametrize("extension", [".png", ".gif", ".webp", ".tiff", ".bmp"])
@pytest.mark.parametrize("all_used", [True, False])
def test_write_indexed_round_trip(tmp_path: Path, k: int, extension: str, all_used: bool) -> None:
    rng = np.random.default_rng(k)
    palette = rng.integers(0, 256, (k, 3), np.uint8)
    # only the last colors used, and one of them twice: what a palette optimizer would drop or renumber
    indices = rng.integers(0 if all_used else k // 2, k, (33, 47), np.uint8)
    if k > 2:
        palette[k // 2] = palette[-1]
    path = tmp_path / f"picture{extension}"
    write_indexed(indices, palette, path)
    np.testing.assert_array_equal(read_image(path), palette[indices])
    if extension in (".png", ".gif"):
        with Image.open(path) as image:
            assert image.mode == "P"
            np.testing.assert_array_equal(np.asarray(image), indices)
            stored = np.array(image.getpalette()).reshape(-1, 3)
        np.testing.assert_array_equal(stored[:k], palette)
    if extension == ".png":
        assert len(stored) == k
        assert path.read_bytes()[24] == (1 if k <= 2 else 2 if k <= 4 else 4 if k <= 16 else 8)


@pytest.mark.parametrize("kind", [np.uint16, np.int32, np.int64])
def test_any_integer_indices(kind: Any) -> None:
    stream = io.BytesIO()
    indices = np.array([[0, 1, 1], [1, 0, 1]], kind).T
    palette = np.array([[1, 2, 3], [4, 5, 6]], np.uint8)
    write_indexed(indices, palette, stream)
    np.testing.assert_array_equal(read_image(stream), palette[indices])


def test_more_than_256_colors(tmp_path: Path) -> None:
    rng = np.random.default_rng(4)
    palette = rng.integers(0, 256, (300, 3), np.uint8)
    indices = rng.integers(0, 300, (20, 30)).astype(np.uint16)
    for name in ("a.png", "a.gif"):
        with pytest.raises(ValueError, match=r"n_colors must be between 1 and 256 .* got 300; write lossless WebP"):
            write_indexed(indices, palette, tmp_path / name)
    assert list(tmp_path.iterdir()) == []
    for name in ("a.webp", "a.tif", "a.bmp"):
        write_indexed(indices, palette, tmp_path / name)
        np.testing.assert_array_equal(read_image(tmp_path / name), palette[indices])


def test_compress_level() -> None:
    flat = np.zeros((99, 99, 3), np.uint8)
    plain, packed = io.BytesIO(), io.BytesIO()
    write_image(flat, plain, compress_level=0)
    write_image(flat, packed)
    assert len(packed.getvalue()) < len(plain.getvalue()) / 9
    for level in (-1, 10):
        with pytest.raises(ValueError, match=f"compress_level must be between 0 and 9, got {level}"):
            write_image(flat, io.BytesIO(), compress_level=level)


@pytest.mark.parametrize(
    ("name", "said"),
    [
        ("a.jpg", "JPEG is lossy"),
        ("a.JPEG", "JPEG is lossy"),
        ("a.xyz", "unknown extension '.xyz'; use one of .png, .webp, .gif, .tif, .tiff, .bmp"),
        ("a", "no extension; use one of .png"),
        ("a.gif", "a GIF needs a palette"),
    ],
)
def test_unfit_format(tmp_path: Path, pixels: NDArray[np.uint8], name: str, said: str) -> None:
    with pytest.raises(ImageWriteError) as error:
        write_image(pixels, tmp_path / name)
    assert_one_line(error, "cannot write", tmp_path / name, said)
    assert list(tmp_path.iterdir()) == []


def test_format_beats_extension(tmp_path: Path, pixels: NDArray[np.uint8]) -> None:
    for format in ("webp", "WEBP", ".webp"):
        write_image(pixels, tmp_path / "a.png", format=format)
        assert (tmp_path / "a.png").read_bytes()[8:12] == b"WEBP"
    with pytest.raises(ImageWriteError, match="JPEG is lossy"):
        write_image(pixels, io.BytesIO(), format="jpg")


@pytest.mark.parametrize(("width", "name"), [(16384, "a.webp"), (65536, "a.gif")])
def test_too_wide_for_the_format(tmp_path: Path, width: int, name: str) -> None:
    with pytest.raises(ImageWriteError) as error:
        write_indexed(np.zeros((1, width), np.uint8), np.zeros((1, 3), np.uint8), tmp_path / name)
    assert_one_line(error, name, "pixels a side", width, "write a PNG")


def test_bad_pixels() -> None:
    with pytest.raises(TypeError, match="pixels must be uint8, got float64"):
        write_image(np.zeros((2, 2, 3)), io.BytesIO())  # type: ignore[arg-type]
    for shape in ((2,), (0, 2, 3), (2, 2, 4)):
        with pytest.raises(ValueError, match="pixels must be of shape"):
            write_image(np.zeros(shape, np.uint8), io.BytesIO())


def test_bad_indices_palette_and_target() -> None:
    indices, palette, stream = np.zeros((2, 2), np.uint8), np.zeros((2, 3), np.uint8), io.BytesIO()
    for bad in (-1, 2):
        with pytest.raises(ValueError, match=f"between 0 and 1 for 2 colors, got {bad}"):
            write_indexed(np.array([[bad, 1]]), palette, stream)
    for bad in (indices[:0], indices[0]):  # type: ignore[assignment]
        with pytest.raises(ValueError, match="indices must be of shape"):
            write_indexed(bad, palette, stream)  # type: ignore[arg-type]
    with pytest.raises(TypeError, match="indices must be integers"):
        write_indexed(indices / 2, palette, stream)
    for bad in (palette[:0], palette[:, :2], palette[0]):  # type: ignore[assignment]
        with pytest.raises(ValueError, match="palette must be of shape"):
            write_indexed(indices, bad, stream)  # type: ignore[arg-type]
    with pytest.raises(TypeError, match="palette must be uint8"):
        write_indexed(indices, palette / 255, stream)  # type: ignore[arg-type]
    with pytest.raises(TypeError, match="target must be a path"):
        write_indexed(indices, palette, None)  # type: ignore[arg-type]
    assert stream.getvalue() == b""


def test_mode_bits_of_an_ordinary_open(tmp_path: Path) -> None:
    path = tmp_path / "new"
    old = os.umask(0o027)
    try:
        with replacing(path) as stream:
            stream.write(b"x")
    finally:
        os.umask(old)
    assert stat.S_IMODE(path.stat().st_mode) == 0o640
    path.chmod(0o604)
    with replacing(path) as stream:
        stream.write(b"y")
    assert stat.S_IMODE(path.stat().st_mode) == 0o604
    assert path.read_bytes() == b"y"


def test_link_is_written_through(tmp_path: Path, pixels: NDArray[np.uint8]) -> None:
    (tmp_path / "folder").mkdir()
    (tmp_path / "folder" / "there.png").write_bytes(b"old")
    for name in ("there.png", "not-yet.png"):
        real, link = tmp_path / "folder" / name, tmp_path / f"link-{name}"
        link.symlink_to(real)
        write_image(pixels, link)
        assert link.is_symlink()
        np.testing.assert_array_equal(read_image(real), pixels)


def test_old_file_stands_till_the_end(tmp_path: Path) -> None:
    path = tmp_path / "a.png"
    path.write_bytes(b"old")
    with replacing(path) as stream:
        stream.write(b"new")
        stream.flush()
        (temporary,) = set(tmp_path.iterdir()) - {path}
        assert temporary.name.startswith(".imgcluster-")
        assert temporary.suffix == ".tmp"
        assert path.read_bytes() == b"old"
    assert path.read_bytes() == b"new"
    assert list(tmp_path.iterdir()) == [path]


@pytest.mark.parametrize("failure", [KeyboardInterrupt, RuntimeError, SystemExit])
def test_any_exception_removes_the_temporary_file(tmp_path: Path, failure: Any) -> None:
    path = tmp_path / "a.png"
    path.write_bytes(b"old")

    def write_half() -> None:
        with replacing(path) as stream:
            stream.write(b"half of the new")
            raise failure

    with pytest.raises(failure):
        write_half()
    assert path.read_bytes() == b"old"
    assert list(tmp_path.iterdir()) == [path]


@pytest.mark.parametrize(
    ("target", "said"),
    [
        ("none/a.png", "folder does not exist"),
        ("file/a.png", "not a folder"),
        ("folder.png", "it is a folder"),
        (f"{'x' * 300}.png", "too long"),
        ("loop.png", "symbolic links"),
    ],
)
def test_target_that_cannot_be(tmp_path: Path, pixels: NDArray[np.uint8], target: str, said: str) -> None:
    (tmp_path / "file").touch()
    (tmp_path / "folder.png").mkdir()
    (tmp_path / "loop.png").symlink_to(tmp_path / "loop.png")
    before = sorted(tmp_path.iterdir())
    with pytest.raises(ImageWriteError) as error:
        write_image(pixels, tmp_path / target)
    assert_one_line(error, "cannot write", tmp_path / target, said)
    assert sorted(tmp_path.iterdir()) == before


@pytest.mark.skipif(os.geteuid() == 0, reason="root writes everywhere")
def test_read_only_folder_and_file(tmp_path: Path, pixels: NDArray[np.uint8]) -> None:
    path = tmp_path / "a.png"
    path.write_bytes(b"old")
    path.chmod(0o444)
    with pytest.raises(ImageWriteError, match="no permission"):
        write_image(pixels, path)
    tmp_path.chmod(0o555)
    try:
        with pytest.raises(ImageWriteError, match="no permission"):
            write_image(pixels, tmp_path / "b.png")
    finally:
        tmp_path.chmod(0o755)
    assert path.read_bytes() == b"old"


@pytest.mark.skipif(not Path("/dev/full").exists(), reason="no /dev/full here")
def test_full_device(pixels: NDArray[np.uint8]) -> None:
    with pytest.raises(ImageWriteError, match="no space left"):
        write_image(pixels, "/dev/full", format="png")
    with Path("/dev/full").open("wb", buffering=0) as stream, pytest.raises(ImageWriteError, match="no space left"):
        write_image(pixels, stream)
    assert Path("/dev/full").is_char_device()


def test_a_device_is_written_to_not_replaced(pixels: NDArray[np.uint8]) -> None:
    write_image(pixels, os.devnull, format="png")
    assert Path(os.devnull).is_char_device()


def test_dev_stdout_that_is_a_pipe() -> None:
    code = """
import numpy as np
from imgcluster.picture import write_image
write_image(np.zeros((2, 2, 3), np.uint8), "/dev/stdout", format="bmp")
"""
    process = run_python(code)
    process.stdout.reconfigure(encoding="latin-1")
    output, errors = process.communicate()
    assert errors == ""
    assert output.startswith("BM")


def test_full_disk_leaves_the_old_file(tmp_path: Path) -> None:
    path = tmp_path / "a.bmp"
    path.write_bytes(b"old")
    code = """
import resource, sys, numpy as np
from imgcluster.errors import ImageWriteError
from imgcluster.picture import write_image
resource.setrlimit(resource.RLIMIT_FSIZE, (20000, 20000))
try:
    write_image(np.zeros((200, 200, 3), np.uint8), sys.argv[1])
except ImageWriteError as error:
    print(error)
"""
    output, errors = run_python(code, path).communicate()
    assert output == f"cannot write {path}: the file would be larger than the system allows; write elsewhere\n"
    assert errors == ""
    assert path.read_bytes() == b"old"
    assert list(tmp_path.iterdir()) == [path]


def test_kill_in_the_middle_of_a_write_leaves_the_old_file(tmp_path: Path) -> None:
    path = tmp_path / "a.png"
    path.write_bytes(b"old")
    code = """
import sys, time
from imgcluster.files import replacing
with replacing(sys.argv[1]) as stream:
    stream.write(b"half of the new")
    stream.flush()
    print("half", flush=True)
    time.sleep(60)
"""
    process = run_python(code, path)
    assert process.stdout.readline() == "half\n"
    process.send_signal(signal.SIGKILL)
    process.communicate()
    assert path.read_bytes() == b"old"


@pytest.mark.parametrize("wait", [0.0, 0.011, 0.023, 0.037])
def test_kill_at_any_time_leaves_a_whole_file_or_none(tmp_path: Path, wait: float) -> None:
    path = tmp_path / "a.bmp"
    code = """
import sys, numpy as np
from imgcluster.picture import write_image
pixels = np.zeros((300, 300, 3), np.uint8)
print("go", flush=True)
while True:
    pixels += 1
    write_image(pixels, sys.argv[1])
"""
    process = run_python(code, path)
    assert process.stdout.readline() == "go\n"
    threading.Event().wait(wait)
    process.send_signal(signal.SIGKILL)
    process.communicate()
    if path.exists():
        assert np.ptp(read_image(path)) == 0


def test_an_open_file_that_takes_a_part_at_a_time(pixels: NDArray[np.uint8]) -> None:
    class Slow(io.RawIOBase):
        """Take at most 1000 bytes, as a pipe may."""

        got = b""

        def write(self, data: Any) -> Any:
            self.got += bytes(data[:1000])
            return min(len(data), 1000)

    slow = Slow()
    write_image(pixels, slow)  # type: ignore[arg-type]
    np.testing.assert_array_equal(read_image(io.BytesIO(slow.got)), pixels)


def test_nothing_reaches_an_open_file_when_encoding_fails(
    monkeypatch: pytest.MonkeyPatch, pixels: NDArray[np.uint8]
) -> None:
    def fail(*_: Any, **__: Any) -> None:
        raise SyntaxError("two\nlines")

    monkeypatch.setattr(Image.Image, "save", fail)
    stream = io.BytesIO()
    with pytest.raises(ImageWriteError) as error:
        write_image(pixels, stream)
    assert_one_line(error, "cannot write <file object>: two lines")
    assert stream.getvalue() == b""
