"""Label maps come back from their files as they were."""

from pathlib import Path

import numpy as np
import pytest
from PIL import Image

import imgcluster as ic
from imgcluster.errors import ImageWriteError


def _segmentation(n: int, *, mask: bool = False) -> ic.Segmentation:
    labels = np.resize(np.arange(n), (300, 400)).astype(np.int32)
    if mask:
        labels[-1] = -1
    return ic.Segmentation(labels, np.zeros(labels.shape, np.uint8))


@pytest.mark.parametrize("mask", [False, True])
@pytest.mark.parametrize(("name", "n"), [("a.png", 300), ("a.tif", 300), ("a.tiff", 70_000), ("a.NPY", 70_000)])
def test_round_trips(name: str, n: int, mask: bool, tmp_path: Path) -> None:
    segmentation = _segmentation(n, mask=mask)
    segmentation.save_labels(tmp_path / name)
    if name.endswith("NPY"):
        read = np.load(tmp_path / name)
    else:
        with Image.open(tmp_path / name) as image:
            read = np.asarray(image).astype(np.int64)
            about = image.info.get("Comment")
        if name.endswith("png"):
            assert about == ("label + 1; 0 is outside of the mask" if mask else "label")
            read = read - int(mask)
    np.testing.assert_array_equal(read, segmentation.labels)


@pytest.mark.parametrize("mask", [False, True])
def test_a_png_holds_what_16_bits_can(mask: bool, tmp_path: Path) -> None:
    most = 65536 - mask
    _segmentation(most, mask=mask).save_labels(tmp_path / "most.png")
    with Image.open(tmp_path / "most.png") as image:
        assert image.getextrema() == (0, 65535)
    with pytest.raises(ValueError, match=rf"holds at most {most} segments, got {most + 1}; write \.tif or \.npy"):
        _segmentation(most + 1, mask=mask).save_labels(tmp_path / "more.png")
    assert not (tmp_path / "more.png").exists()


def test_what_cannot_be_written(tmp_path: Path) -> None:
    with pytest.raises(ImageWriteError, match=r"a\.jpg: use the ending \.png, \.tif or \.npy"):
        _segmentation(3).save_labels(tmp_path / "a.jpg")
    with pytest.raises(ImageWriteError, match="folder does not exist"):
        _segmentation(3).save_labels(tmp_path / "nowhere" / "a.png")
