"""Label maps come back from their files as they were."""

from pathlib import Path

import numpy as np
import pytest
from PIL import Image

import imgcluster as ic
from imgcluster.errors import ImageWriteError
from imgcluster.segmentation import VolumeSegmentation


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


@pytest.mark.parametrize("start_label", [0, 1])
@pytest.mark.parametrize("name", ["a.png", "a.tif", "a.npy"])
def test_label_files_are_read_back_as_they_were_written(name: str, start_label: int, tmp_path: Path) -> None:
    whole = _segmentation(10, mask=True).numbered_from(start_label)
    whole.save_labels(tmp_path / name)
    says_it = start_label == 0 or not name.endswith("npy")
    outside = -1 if says_it else 0
    again = ic.Segmentation.from_labels(tmp_path / name, whole.image, outside=outside, start_label=start_label)
    np.testing.assert_array_equal(again.labels, whole.labels)
    assert again.values.tolist() == list(range(start_label, start_label + 10))


def test_a_png_of_classes_holds_them_as_they_are(tmp_path: Path) -> None:
    cut = ic.Segmentation([[0, 1, 2, -1]], np.zeros((1, 4), np.uint8))
    for segmentation, classes in ((cut, [1, 3, 2]), (cut.numbered_from(1), [1, 3, 2])):
        segmentation.save_labels(tmp_path / "c.png", table=classes)
        with Image.open(tmp_path / "c.png") as image:
            assert np.asarray(image).tolist() == [[1, 3, 2, 0]]
            assert image.info["Comment"] == "class; 0 is outside of the mask"
        read = ic.Segmentation.from_labels(tmp_path / "c.png", cut.image)
        assert (read.values.tolist(), read.labels.tolist()) == ([1, 2, 3], [[0, 2, 1, -1]])
    whole = ic.Segmentation([[0, 1]], np.zeros((1, 2), np.uint8))
    whole.save_labels(tmp_path / "c.png", table=[0, 65535])
    assert ic.Segmentation.from_labels(tmp_path / "c.png", whole.image).values.tolist() == [0, 65535]
    with pytest.raises(ValueError, match=r"a class is 0, too; number them from 1, or write \.tif or \.npy"):
        cut.save_labels(tmp_path / "d.png", table=[0, 1, 2])
    with pytest.raises(ValueError, match=r"holds numbers up to 65535, got class 65536; write \.tif or \.npy"):
        cut.save_labels(tmp_path / "d.png", table=[1, 1, 65536])
    assert not (tmp_path / "d.png").exists()


def test_labels_and_image_may_both_be_files(tmp_path: Path) -> None:
    photo = np.random.default_rng(0).integers(0, 256, (20, 30, 3)).astype(np.uint8)
    Image.fromarray(photo).save(tmp_path / "photo.png")
    ic.superpixels(photo, 12).save_labels(tmp_path / "l.png")
    by_array = ic.Segmentation.from_labels(tmp_path / "l.png", photo)
    for image in (tmp_path / "photo.png", str(tmp_path / "photo.png"), Image.fromarray(photo)):
        by_file = ic.Segmentation.from_labels(tmp_path / "l.png", image)
        np.testing.assert_array_equal(by_file.mean_colors, by_array.mean_colors)


def test_a_volume_of_labels_is_read_from_its_file(tmp_path: Path) -> None:
    volume = np.zeros((3, 8, 9), np.uint8)
    cut = ic.superpixels(volume, 5, ndim=3)
    np.save(tmp_path / "v.npy", volume)
    for name in ("l.npy", "l.tif"):
        cut.save_labels(tmp_path / name)
        again = VolumeSegmentation.from_labels(tmp_path / name, tmp_path / "v.npy")
        np.testing.assert_array_equal(again.labels, cut.labels)
