"""Volumes from files: NumPy's own and TIFFs with a page a slice; what holds none is rejected."""

from pathlib import Path

import numpy as np
import pytest
import tifffile

from imgcluster.errors import ImageReadError
from imgcluster.picture import read_volume

GRAY = np.random.default_rng(0).integers(0, 256, (4, 5, 6), np.uint8)
COLOR = np.random.default_rng(1).integers(0, 256, (4, 5, 6, 3), np.uint8)


@pytest.mark.parametrize("volume", [GRAY, GRAY.astype(np.float32) / 7, COLOR], ids=["gray", "float", "color"])
@pytest.mark.parametrize("ending", [".npy", ".NPY", ".tif", ".TIFF"])
def test_what_is_saved_is_read(volume: np.ndarray, ending: str, tmp_path: Path) -> None:
    path = tmp_path / f"a{ending}"
    if ending.lower() == ".npy":
        with path.open("wb") as stream:
            np.save(stream, volume)
    else:
        tifffile.imwrite(path, volume, photometric="rgb" if volume.ndim == 4 else "minisblack")
    found = read_volume(path)
    assert found.dtype == volume.dtype
    np.testing.assert_array_equal(found, volume)


@pytest.mark.parametrize("axes", ["ZCYX", "CZYX"])
def test_channels_come_last(axes: str, tmp_path: Path) -> None:
    values = np.random.default_rng(2).integers(0, 60000, (3, 2, 5, 6), np.uint16)
    tifffile.imwrite(tmp_path / "a.tif", values, ome=True, metadata={"axes": axes})
    expected = values.transpose(0, 2, 3, 1) if axes == "ZCYX" else values.transpose(1, 2, 3, 0)
    np.testing.assert_array_equal(read_volume(tmp_path / "a.tif"), expected)


def test_channels_of_imagej_come_last(tmp_path: Path) -> None:
    values = np.random.default_rng(3).integers(0, 256, (3, 2, 5, 6), np.uint8)
    tifffile.imwrite(tmp_path / "a.tif", values, imagej=True, metadata={"axes": "ZCYX"})
    np.testing.assert_array_equal(read_volume(tmp_path / "a.tif"), values.transpose(0, 2, 3, 1))


def test_what_holds_no_volume(tmp_path: Path) -> None:
    np.save(tmp_path / "flat.npy", GRAY[0])
    np.save(tmp_path / "deep.npy", GRAY[None, None])
    np.save(tmp_path / "objects.npy", np.array([{}]), allow_pickle=True)
    tifffile.imwrite(tmp_path / "page.tif", COLOR[0], photometric="rgb")
    tifffile.imwrite(tmp_path / "gray.tif", GRAY[0])
    (tmp_path / "broken.npy").write_bytes(b"\x93NUMPY\1\0")
    (tmp_path / "broken.tif").write_bytes(b"II*\0")
    for name, said in (
        ("flat.npy", r"it holds an array of shape \(5, 6\), and no volume; leave --ndim 3 out"),
        ("deep.npy", r"it holds an array of shape \(1, 1, 4, 5, 6\), and no volume"),
        ("objects.npy", r"it is broken \(.*\); get a fresh copy"),
        ("page.tif", "it holds a picture of a single page, and no volume; leave --ndim 3 out"),
        ("gray.tif", r"it holds an array of shape \(5, 6\), and no volume"),
        ("broken.npy", r"it is broken \(.*\); get a fresh copy"),
        ("broken.tif", r"it is broken \(.*\); get a fresh copy"),
        ("a.png", r"it is not a volume; use .npy, or .tif with a page a slice"),
        ("none.npy", "No such file or directory; check the name and the device"),
        ("none.tif", "No such file or directory; check the name and the device"),
    ):
        with pytest.raises(ImageReadError, match=said) as caught:
            read_volume(tmp_path / name)
        assert caught.value.name == str(tmp_path / name)
