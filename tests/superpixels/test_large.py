"""From file to file: the labels of the search in memory, in memory for segments and some rows; disks may be full."""

import errno
import os
import signal
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np
import pytest
import tifffile
from numpy.typing import NDArray
from skimage import data

import imgcluster as ic
from imgcluster import kernels
from imgcluster.errors import ImageReadError, ImageWriteError
from imgcluster.files import Scratch, _scratch
from imgcluster.kernels import _arrays
from imgcluster.threads import reporting

pytestmark = [
    pytest.mark.filterwarnings("ignore:mask has"),
    pytest.mark.filterwarnings("ignore:n_segments is"),
    pytest.mark.filterwarnings("ignore:image has values"),
    pytest.mark.filterwarnings("ignore::imgcluster.errors.LossWarning"),
]


@pytest.fixture
def small_bands(monkeypatch: pytest.MonkeyPatch) -> None:
    """Let all arrays lie in scratch files, and let work on them take a few rows at a time."""
    monkeypatch.setattr(_scratch, "_SMALL", 0)
    monkeypatch.setattr(_arrays, "_BAND", 1 << 10)


def _picture() -> NDArray[np.uint8]:
    return np.ascontiguousarray(data.coffee()[100:300, 150:410])


def _mask(shape: tuple[int, ...]) -> NDArray[np.bool_]:
    """Draw a disc with holes, and specks around it."""
    rng = np.random.default_rng(3)
    rows, columns = np.indices(shape[:2])
    disc = (rows - shape[0] / 2) ** 2 + (columns - shape[1] / 2) ** 2 < (min(shape[:2]) * 0.45) ** 2
    return (disc & (rng.random(shape[:2]) > 0.003)) | (rng.random(shape[:2]) < 0.002)


def _bands(dtype: str, n: int) -> NDArray[Any]:
    colors = _picture().astype(np.float64)
    planes = np.stack([colors[..., i % 3] * (i + 1) + np.roll(colors[..., 1], i, axis=1) for i in range(n)], axis=2)
    values: NDArray[Any] = planes if np.dtype(dtype).kind == "f" else planes - 300 * (np.dtype(dtype).kind == "i")
    return values.astype(dtype)


def _labels(tmp_path: Path, image: NDArray[Any], n: int, ending: str = ".npy", **parameters: Any) -> NDArray[Any]:
    """Cut a file of an image, and read the file of its labels."""
    source, target = tmp_path / f"image{ending}", tmp_path / f"labels{ending}"
    if ending == ".npy":
        np.save(source, image)
    else:
        _write_tiff(source, image)
    found = ic.superpixels_large(source, target, n, **parameters)
    labels: NDArray[Any] = (np.load if ending == ".npy" else tifffile.imread)(target)
    np.testing.assert_array_equal(labels, found.labels)
    assert sorted(path.name for path in tmp_path.iterdir()) == [source.name, target.name]
    source.unlink()
    target.unlink()
    return labels


def _write_tiff(path: Path, image: NDArray[Any]) -> None:
    alpha = {"extrasamples": ["unassalpha"]} if image.shape[2:] == (4,) else {}
    is_color = image.shape[2:] in ((3,), (4,))
    about: dict[str, Any] = {"photometric": "rgb", **alpha} if is_color else {"photometric": "minisblack"}
    values = image[..., 0] if image.shape[2:] == (1,) else image
    planar: dict[str, Any] = {"planarconfig": "contig"} if values.ndim == 3 else {}
    tifffile.imwrite(path, values, tile=(64, 48), compression="zlib", **about, **planar)


CASES: dict[str, tuple[Callable[[], NDArray[Any]], int, dict[str, Any]]] = {
    "colors": (_picture, 60, {}),
    "many": (_picture, 3000, {}),
    "fast": (_picture, 200, {"effort": "fast"}),
    "best": (_picture, 200, {"effort": "best", "compactness": 20.0}),
    "gray": (lambda: _picture()[..., 1], 90, {"start_label": 1}),
    "deep gray": (lambda: _picture()[..., 1].astype(np.uint16) * 16, 90, {}),
    "alpha": (lambda: np.dstack([_picture(), 255 - _picture()[..., :1]]), 90, {}),
    "deep alpha": (lambda: np.dstack([_picture(), 255 - _picture()[..., :1]]).astype(np.uint16) * 257, 90, {}),
    "float alpha": (lambda: np.dstack([_picture(), 255 - _picture()[..., :1]]) / 255, 90, {}),
    "one row": (lambda: _picture()[:1], 9, {}),
    "few pixels": (lambda: _picture()[:3, :4], 100, {}),
    "uint16 bands": (lambda: _bands("uint16", 4), 120, {"channels": "raw"}),
    "int16 bands": (lambda: _bands("int16", 2), 120, {"channels": "raw"}),
    "big-endian bands": (lambda: _bands(">i4", 5), 120, {"channels": "raw", "nodata": -300}),
    "float bands": (lambda: _bands("float32", 6), 120, {"channels": "raw"}),
    "twenty bands": (lambda: _bands("uint16", 20), 120, {"channels": "raw"}),
    "flat band": (lambda: np.dstack([_picture(), np.full(_picture().shape[:2], 7)]), 120, {"channels": "raw"}),
    "value range": (lambda: _bands("float64", 1), 120, {"channels": "raw", "value_range": (0, 100)}),
    "nodata": (lambda: np.where(_picture() < 40, 0, _picture()), 120, {"nodata": 0}),
}


@pytest.mark.usefixtures("small_bands")
@pytest.mark.parametrize("masked", [False, True])
@pytest.mark.parametrize("case", CASES)
def test_labels_are_those_of_the_search_in_memory(tmp_path: Path, case: str, masked: bool) -> None:
    make, n, parameters = CASES[case]
    image = make()
    mask = _mask(image.shape) if masked and image.size > 1000 else None
    expected = ic.superpixels(image, n, mask=mask, **parameters).labels
    np.testing.assert_array_equal(_labels(tmp_path, image, n, mask=mask, n_threads=2, **parameters), expected)


@pytest.mark.usefixtures("small_bands")
@pytest.mark.parametrize("case", [case for case in CASES if case not in ("one row", "few pixels")])
def test_labels_of_a_tiff_are_those_of_the_search_in_memory(tmp_path: Path, case: str) -> None:
    make, n, parameters = CASES[case]
    image, mask = make(), _mask(make().shape)
    _write_tiff(tmp_path / "image.tif", image)
    expected = ic.superpixels(tmp_path / "image.tif", n, mask=mask, **parameters).labels
    (tmp_path / "image.tif").unlink()
    for n_threads in (1, 7):
        found = _labels(tmp_path, image, n, ".tif", mask=mask, n_threads=n_threads, **parameters)
        np.testing.assert_array_equal(found, expected)


def test_a_tile_that_is_cut_short_leaves_the_old_labels(tmp_path: Path) -> None:
    tifffile.imwrite(tmp_path / "image.tif", _picture(), photometric="rgb", tile=(64, 48), compression="zlib")
    data = (tmp_path / "image.tif").read_bytes()
    (tmp_path / "labels.tif").write_bytes(b"old")
    (tmp_path / "image.tif").write_bytes(data[:-5000])
    with pytest.raises(ImageReadError, match="cut short") as error:
        ic.superpixels_large(tmp_path / "image.tif", tmp_path / "labels.tif", 50)
    assert "\n" not in str(error.value)
    assert (tmp_path / "labels.tif").read_bytes() == b"old"
    assert len(list(tmp_path.iterdir())) == 2


@pytest.mark.usefixtures("small_bands")
def test_masks_may_be_files_of_any_kind(tmp_path: Path) -> None:
    image, folder = _picture(), tmp_path / "files"
    folder.mkdir()
    expected = ic.superpixels(image, 50, mask=_mask(image.shape)).labels
    for name, mask in (
        ("m.npy", _mask(image.shape)),
        ("i.npy", np.where(_mask(image.shape), 5, -1).astype(np.int32)),
        ("f.npy", _mask(image.shape).astype(np.float32)),
    ):
        np.save(folder / name, mask)
        np.save(tmp_path / "image.npy", image)
        ic.superpixels_large(tmp_path / "image.npy", tmp_path / "labels.npy", 50, mask=folder / name)
        np.testing.assert_array_equal(np.load(tmp_path / "labels.npy"), expected)


@pytest.mark.exhaustive
@pytest.mark.parametrize("n", [100, 1500, 12000])
def test_labels_of_larger_pictures(tmp_path: Path, n: int) -> None:
    image = np.tile(data.immunohistochemistry(), (2, 3, 1))[:1000, :1500]
    for mask in (None, _mask(image.shape)):
        expected = ic.superpixels(image, n, mask=mask).labels
        for n_threads in (1, 7):
            np.testing.assert_array_equal(_labels(tmp_path, image, n, mask=mask, n_threads=n_threads), expected)


_LIMITED = """
import resource, sys
resource.setrlimit(resource.RLIMIT_DATA, (160 << 20, 160 << 20))
import imgcluster as ic
mask = sys.argv[3] if len(sys.argv) > 3 else None
print(ic.superpixels_large(sys.argv[1], sys.argv[2], 6000, mask=mask, n_threads=2).n_segments)
"""


@pytest.mark.exhaustive
@pytest.mark.skipif(not sys.platform.startswith("linux"), reason="only Linux limits the data segment")
@pytest.mark.parametrize("masked", [False, True])
def test_memory_is_needed_for_segments_and_some_rows_alone(tmp_path: Path, masked: bool) -> None:
    image = np.tile(data.immunohistochemistry(), (8, 10, 1))  # 21 megapixels: their features take 168 MB
    np.save(tmp_path / "image.npy", image)
    np.save(tmp_path / "mask.npy", _mask(image.shape))
    places = [str(tmp_path / name) for name in ("image.npy", "labels.npy", "mask.npy")[: 3 if masked else 2]]
    run = subprocess.run([sys.executable, "-W", "ignore", "-c", _LIMITED, *places], capture_output=True, text=True)
    assert run.returncode == 0, run.stderr
    assert int(run.stdout) >= 6000


@pytest.mark.usefixtures("small_bands")
@pytest.mark.parametrize("masked", [False, True])
@pytest.mark.parametrize(
    "case", ["colors", "gray", "alpha", "deep alpha", "uint16 bands", "big-endian bands", "float bands"]
)
@pytest.mark.parametrize("ending", [".npy", ".tif"])
def test_the_space_that_is_checked_first_is_enough(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, case: str, masked: bool, ending: str
) -> None:
    made: list[tuple[Scratch, int]] = []

    class Watched(Scratch):
        def __init__(self, folder: Any, n_bytes: int) -> None:
            super().__init__(folder, n_bytes)
            made.append((self, n_bytes))

    monkeypatch.setattr("imgcluster.superpixel._large.Scratch", Watched)
    make, _, parameters = CASES[case]
    image = np.tile(make(), (2, 2, 1) if make().ndim == 3 else (2, 2))
    for n in (50, 900):
        _labels(tmp_path, image, n, ending=ending, mask=_mask(image.shape) if masked else None, **parameters)
        scratch, n_bytes = made.pop()
        assert n_bytes / 3 < scratch.most <= n_bytes


def test_too_little_space_is_named_before_anything_is_written(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    np.save(tmp_path / "image.npy", _picture())
    monkeypatch.setattr("shutil.disk_usage", lambda _: _Usage(1000))
    with pytest.raises(
        ImageWriteError, match=r"need \S+ GB, .* 1e-06 GB are free; .* with scratch \(--scratch\)"
    ) as error:
        ic.superpixels_large(tmp_path / "image.npy", tmp_path / "labels.npy", 50)
    assert "\n" not in str(error.value)
    assert not (tmp_path / "labels.npy").exists()


class _Usage:
    def __init__(self, free: int) -> None:
        self.free = free


@pytest.mark.usefixtures("small_bands")
@pytest.mark.skipif(not hasattr(os, "posix_fallocate"), reason="space cannot be reserved")
@pytest.mark.parametrize("after", [0, 3, 8])
def test_a_disk_that_becomes_full_is_one_line(tmp_path: Path, monkeypatch: pytest.MonkeyPatch, after: int) -> None:
    reserve, n_calls = os.posix_fallocate, 0

    def reserve_some(descriptor: int, offset: int, length: int) -> None:
        nonlocal n_calls
        n_calls += 1
        if n_calls > after:
            raise OSError(errno.ENOSPC, os.strerror(errno.ENOSPC))
        reserve(descriptor, offset, length)

    np.save(tmp_path / "image.npy", _picture())
    (tmp_path / "labels.npy").write_bytes(b"old")
    monkeypatch.setattr(os, "posix_fallocate", reserve_some)
    with pytest.raises(ImageWriteError, match="scratch files need") as error:
        ic.superpixels_large(tmp_path / "image.npy", tmp_path / "labels.npy", 50)
    assert "\n" not in str(error.value)
    assert (tmp_path / "labels.npy").read_bytes() == b"old"
    assert len(list(tmp_path.iterdir())) == 2


_KILLED = """
import sys, time
import imgcluster as ic
from imgcluster import kernels
def wait(*args, **kwargs):
    print("here", flush=True)
    time.sleep(60)
kernels.map_labels = wait
ic.superpixels_large(sys.argv[1], sys.argv[2], 500)
"""


@pytest.mark.skipif(sys.platform == "win32", reason="no SIGKILL")
def test_a_killed_run_leaves_nothing(tmp_path: Path) -> None:
    image = np.tile(_picture(), (4, 4, 1))
    np.save(tmp_path / "image.npy", image)
    places = [str(tmp_path / "image.npy"), str(tmp_path / "labels.npy")]
    with subprocess.Popen([sys.executable, "-c", _KILLED, *places], stdout=subprocess.PIPE) as run:
        assert run.stdout is not None
        assert run.stdout.readline().strip() == b"here"
        run.send_signal(signal.SIGKILL)
    assert [path.name for path in tmp_path.iterdir()] == ["image.npy"]
    np.testing.assert_array_equal(_labels(tmp_path, image, 500), ic.superpixels(image, 500).labels)


def test_wrong_targets_and_parameters_are_named_first(tmp_path: Path) -> None:
    np.save(tmp_path / "image.npy", _picture())
    with pytest.raises(ImageWriteError, match=r"use the ending \.npy or \.tif"):
        ic.superpixels_large(tmp_path / "image.npy", tmp_path / "labels.png", 50)
    with pytest.raises(ImageWriteError, match="name a folder that exists with scratch"):
        ic.superpixels_large(tmp_path / "image.npy", tmp_path / "labels.npy", 50, scratch=tmp_path / "nowhere")
    with pytest.raises(ImageReadError, match="nowhere"):
        ic.superpixels_large(tmp_path / "nowhere.npy", tmp_path / "labels.npy", 50)
    with pytest.raises(ValueError, match="n_segments must be"):
        ic.superpixels_large(tmp_path / "image.npy", tmp_path / "labels.npy", 0)
    with pytest.raises(ValueError, match="mask must be as high and wide"):
        ic.superpixels_large(tmp_path / "image.npy", tmp_path / "labels.npy", 9, mask=np.ones((2, 2), bool))
    assert not (tmp_path / "labels.npy").exists()


def test_arrays_are_made_in_memory_again_afterwards(tmp_path: Path) -> None:
    np.save(tmp_path / "image.npy", _picture())
    with pytest.raises(ImageWriteError):
        ic.superpixels_large(tmp_path / "image.npy", tmp_path / "no" / "labels.npy", 50, scratch=tmp_path)
    assert kernels.empty((1 << 10, 1 << 10), np.uint8).base is None


def test_elementwise_work_by_bands() -> None:
    values = np.arange(2 << 20).reshape(-1, 1024)
    np.testing.assert_array_equal(
        kernels.by_bands(lambda a, b: a + b, np.int32, values, values[::-1]), values + values[::-1]
    )
    assert kernels.by_bands(lambda a: a > 0, np.bool_, np.zeros((0, 3))).shape == (0, 3)
    assert [rows.stop - rows.start for rows in kernels.bands(np.zeros((7, 10)), 30)] == [3, 3, 1]


_MAPPED = """
import sys, time, threading
from pathlib import Path
import imgcluster as ic
from imgcluster.files import _scratch
_scratch._MOST_MAPPED = 100 << 20
found = ic.superpixels_large(sys.argv[1], sys.argv[2], 3000, n_threads=2)
status = Path("/proc/self/status").read_text().split()
print(status[status.index("VmHWM:") + 1], found.n_segments)
"""


@pytest.mark.exhaustive
@pytest.mark.skipif(not sys.platform.startswith("linux"), reason="only Linux tells what is mapped")
def test_little_of_the_scratch_files_counts_as_memory(tmp_path: Path) -> None:
    image = np.tile(data.immunohistochemistry()[..., 0], (12, 12))  # 38 megapixels: 670 MB of scratch files
    np.save(tmp_path / "image.npy", image)
    run = subprocess.run(
        [sys.executable, "-c", _MAPPED, str(tmp_path / "image.npy"), str(tmp_path / "labels.npy")],
        capture_output=True,
        text=True,
    )
    assert run.returncode == 0, run.stderr
    most, n = map(int, run.stdout.split())
    assert n == 3000
    assert most << 10 < 400e6


def test_progress_is_told_and_shown(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    np.save(tmp_path / "image.npy", _picture())
    told: list[float] = []
    with reporting(told.append):
        ic.superpixels_large(tmp_path / "image.npy", tmp_path / "labels.npy", 50)
    assert told == sorted(told)
    assert 0 < told[0] < told[-1] <= 1
    assert not capsys.readouterr().err
    ic.superpixels_large(tmp_path / "image.npy", tmp_path / "labels.npy", 50, progress=True)
    assert "%" in capsys.readouterr().err
