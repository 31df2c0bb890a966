"""Annotations: read by other means, they fill in to exactly the labels, with classes, for every format."""

import base64
import io
import json
import xml.etree.ElementTree as ElementTree
from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from numpy.typing import NDArray
from PIL import Image, ImageDraw
from skimage import data

import imgcluster as ic
from imgcluster.errors import ImageWriteError
from imgcluster.segmentation import relabel

Labels = NDArray[np.int32]


def _empty(labels: Labels) -> Labels:
    return np.full(labels.shape, -1, np.int32)


def _filled(rings: list[Any], shape: tuple[int, int]) -> NDArray[np.bool_]:
    """Fill rings along pixel corners by the even-odd rule: count the upright sides on the left of each pixel."""
    crossings = np.zeros((shape[0], shape[1] + 1), int)
    for ring in rings:
        corners = np.array(ring, int).reshape(-1, 2)
        for (x, y), (next_x, next_y) in zip(corners, np.roll(corners, -1, axis=0), strict=True):
            if x == next_x:
                crossings[min(y, next_y) : max(y, next_y), x] += 1
    return crossings.cumsum(axis=1)[:, :-1] % 2 == 1


def _of_runs(counts: list[int], size: int) -> NDArray[np.bool_]:
    """Return the flat mask of the lengths of runs: outside, inside, outside, ..."""
    inside = np.repeat(np.arange(len(counts)) % 2 == 1, counts)
    return np.concatenate([inside, np.zeros(size - len(inside), bool)])


def read_qupath(path: Path, labels: Labels) -> tuple[Labels, dict[int, str]]:
    found, names = _empty(labels), {}
    for feature in json.loads(path.read_text())["features"]:
        about = feature["properties"]
        label, geometry = int(about["name"]), feature["geometry"]
        polygons = [geometry["coordinates"]] if geometry["type"] == "Polygon" else geometry["coordinates"]
        found[_filled([ring[:-1] for polygon in polygons for ring in polygon], labels.shape)] = label
        names[label] = about["classification"]["name"]
        assert about["objectType"] in ("annotation", "detection")
        assert about["measurements"]["area"] == (labels == label).sum()
        assert len(about["classification"]["color"]) == 3
        assert len(feature["id"]) == 36
    return found, names


def read_labelme(path: Path, labels: Labels) -> tuple[Labels, dict[int, str]]:
    about = json.loads(path.read_text())
    assert (about["imageHeight"], about["imageWidth"], about["imageData"]) == (*labels.shape, None)
    found, names = _empty(labels), {}
    for shape in about["shapes"]:
        inside = np.zeros(labels.shape, bool)
        if shape["shape_type"] == "mask":
            (left, top), (right, bottom) = shape["points"]
            with Image.open(io.BytesIO(base64.b64decode(shape["mask"]))) as mask:
                inside[top : bottom + 1, left : right + 1] = np.asarray(mask) > 0
        else:
            # as labelme itself does
            picture = Image.new("L", labels.shape[::-1])
            ImageDraw.Draw(picture).polygon([tuple(point) for point in shape["points"]], outline=1, fill=1)
            inside = np.asarray(picture) > 0
        assert (found[inside] == -1).all()
        found[inside] = shape["group_id"]
        names[shape["group_id"]] = shape["label"]
    return found, names


def read_coco(path: Path, labels: Labels) -> tuple[Labels, dict[int, str]]:
    about = json.loads(path.read_text())
    (image,) = about["images"]
    assert (image["height"], image["width"]) == labels.shape
    categories = {category["id"]: category["name"] for category in about["categories"]}
    found, names = _empty(labels), {}
    for annotation in about["annotations"]:
        shape, label = annotation["segmentation"], annotation["attributes"]["label"]
        if isinstance(shape, dict):
            assert shape["size"] == list(labels.shape)
            inside = _of_runs(shape["counts"], labels.size).reshape(labels.shape[::-1]).T
        else:
            inside = _filled(shape, labels.shape)
        found[inside] = label
        names[label] = categories[annotation["category_id"]]
        rows, columns = inside.nonzero()
        left, top, width, height = annotation["bbox"]
        assert (left, left + width) == (columns.min(), columns.max() + 1)
        assert (top, top + height) == (rows.min(), rows.max() + 1)
        assert (annotation["area"], annotation["iscrowd"]) == (inside.sum(), 0)
    assert [annotation["id"] for annotation in about["annotations"]] == list(range(1, len(names) + 1))
    return found, names


def read_cvat(path: Path, labels: Labels) -> tuple[Labels, dict[int, str]]:
    root = ElementTree.parse(path).getroot()
    assert (root.tag, root.findtext("version")) == ("annotations", "1.1")
    known = {label.findtext("name") for label in root.findall("meta/task/labels/label")}
    (image,) = root.findall("image")
    assert (image.get("height"), image.get("width")) == tuple(map(str, labels.shape))
    found, names = _empty(labels), {}
    for shape in image:
        inside = np.zeros(labels.shape, bool)
        if shape.tag == "mask":
            left, top, width, height = (int(shape.attrib[name]) for name in ("left", "top", "width", "height"))
            counts = [int(count) for count in shape.attrib["rle"].split(",")]
            inside[top : top + height, left : left + width] = _of_runs(counts, width * height).reshape(height, width)
        else:
            ring = [[float(value) for value in corner.split(",")] for corner in shape.attrib["points"].split(";")]
            inside = _filled([ring], labels.shape)
        label = int(labels[inside][0])  # CVAT has no place for it
        found[inside] = label
        names[label] = shape.attrib["label"]
        assert shape.attrib["label"] in known
    return found, names


FORMATS: dict[str, tuple[str, Callable[[Path, Labels], tuple[Labels, dict[int, str]]]]] = {
    "qupath": (".geojson", read_qupath),
    "qupath-detections": (".json", read_qupath),
    "labelme": (".json", read_labelme),
    "coco": (".json", read_coco),
    "coco-rle": (".json", read_coco),
    "cvat": (".xml", read_cvat),
}


def _segmentations() -> dict[str, ic.Segmentation]:
    rng = np.random.default_rng(3)
    photo = data.astronaut()[60:160, 200:330]
    mask = rng.random((100, 130)) < 0.98
    noise, _ = relabel(rng.integers(-1, 3, (14, 17)).astype(np.int32))
    thin = np.zeros((5, 6), np.int32)
    thin[2], thin[:, 3], thin[4, 5] = 1, 1, 2
    return {
        "photo": ic.superpixels(photo, 60),
        "mask": ic.superpixels(photo, 30, mask=mask, start_label=1),
        "pieces": ic.Segmentation(noise, np.zeros(noise.shape, np.uint8)),
        "thin": ic.Segmentation(thin, np.zeros(thin.shape, np.float32)),
        "holes": ic.Segmentation(np.pad([[1, 1], [1, 2]], 2), np.zeros((6, 6), np.uint8)),
    }


SEGMENTATIONS = _segmentations()


@pytest.mark.parametrize("name", SEGMENTATIONS)
@pytest.mark.parametrize("format", FORMATS)
def test_they_fill_in_to_the_labels(format: str, name: str, tmp_path: Path) -> None:
    cut = SEGMENTATIONS[name]
    ending, read = FORMATS[format]
    path = tmp_path / f"a{ending}"
    expected = {label: f'class {label % 3} <&">' for label in cut.to_table()["label"].tolist()}
    cut.save_annotations(path, format, classes=list(expected.values()), image_path="photos/a.jpg")
    labels = np.where(cut.indices < 0, -1, cut.labels)
    found, names = read(path, labels)
    np.testing.assert_array_equal(found, labels)
    assert names == expected


@pytest.mark.filterwarnings("ignore:__array__ implementation:DeprecationWarning")
@pytest.mark.parametrize("format", ["coco", "coco-rle"])
@pytest.mark.parametrize("name", SEGMENTATIONS)
def test_pycocotools_reads_the_same(format: str, name: str, tmp_path: Path) -> None:
    coco = pytest.importorskip("pycocotools.coco")
    cut = SEGMENTATIONS[name]
    cut.save_annotations(tmp_path / "a.json", format)
    read = coco.COCO(str(tmp_path / "a.json"))
    assert len(read.anns) == cut.n_segments
    for annotation in read.anns.values():
        inside = cut.labels == annotation["attributes"]["label"]
        np.testing.assert_array_equal(read.annToMask(annotation) > 0, inside)


def test_how_the_picture_is_named(tmp_path: Path) -> None:
    cut = SEGMENTATIONS["thin"]
    (tmp_path / "out").mkdir()
    path = tmp_path / "out" / "cat.json"
    picture = tmp_path / "photos" / "cat.jpg"
    cut.save_annotations(path, "labelme", image_path=picture)
    assert json.loads(path.read_text())["imagePath"] == "../photos/cat.jpg"
    cut.save_annotations(path, "coco", image_path=picture)
    assert json.loads(path.read_text())["images"][0]["file_name"] == "cat.jpg"
    cut.save_annotations(path, "coco")
    assert json.loads(path.read_text())["images"][0]["file_name"] == "cat.png"


@pytest.mark.parametrize(
    ("classes", "expected"),
    [
        (None, ["segment", "segment", "segment"]),
        (np.array([3, 1, 3]), ["3", "1", "3"]),
        ({0: "sea", 2: "sea", 1: "land"}, ["sea", "land", "sea"]),
        ("label,area,class\n0,9,sea\n2,9,sea\n1,9,the land\n", ["sea", "the land", "sea"]),
        ("1,b\n0,a\n2,c\n", ["a", "b", "c"]),
    ],
)
def test_classes(classes: Any, expected: list[str], tmp_path: Path) -> None:
    cut = SEGMENTATIONS["thin"]
    if isinstance(classes, str):
        (tmp_path / "classes.csv").write_text(classes)
        classes = tmp_path / "classes.csv"
    cut.save_annotations(tmp_path / "a.json", "coco", classes=classes)
    assert list(read_coco(tmp_path / "a.json", cut.labels)[1].values()) == expected


def test_numbers_that_were_given_are_classes(tmp_path: Path) -> None:
    cut = SEGMENTATIONS["thin"].merge(table=[7, 4, 7])
    cut.save_annotations(tmp_path / "a.json", "coco")
    assert list(read_coco(tmp_path / "a.json", cut.labels)[1].values()) == ["7", "4"]


@pytest.mark.parametrize(
    ("classes", "text"),
    [
        ([1, 2], "classes must have a class for each of 3 segments, got 2"),
        (5, "classes must have a class for each of 3 segments, got a single value"),
        ({0: "a", 1: "b"}, "but 2 is missing; add it"),
        ({0: "a", 1: "b", 2: "c", 3: "d"}, "classes must be of labels of segments, 3 from 0 on, got 3"),
        (["a", "", "b"], "classes must be names or numbers, got ''"),
        ("0,a\nx,b\n", "must have a label and a class in each row, got 'x,b'"),
        ("0,a\n1\n", "must have a label and a class in each row, got '1'"),
    ],
)
def test_classes_that_do_not_fit(classes: Any, text: str, tmp_path: Path) -> None:
    if isinstance(classes, str):
        (tmp_path / "classes.csv").write_text(classes)
        classes = tmp_path / "classes.csv"
    with pytest.raises(ValueError, match=text):
        SEGMENTATIONS["thin"].save_annotations(tmp_path / "a.json", "coco", classes=classes)
    assert not (tmp_path / "a.json").exists()


def test_formats_and_endings_are_checked(tmp_path: Path) -> None:
    cut = SEGMENTATIONS["thin"]
    with pytest.raises(ValueError, match=r"format must be one of qupath, .*, cvat, got 'voc'"):
        cut.save_annotations(tmp_path / "a.json", "voc")
    with pytest.raises(ImageWriteError, match=r"annotations of cvat have the ending .xml"):
        cut.save_annotations(tmp_path / "a.json", "cvat")
    nothing = ic.Segmentation(np.full((2, 2), -1), np.zeros((2, 2), np.uint8))
    for format, (ending, read) in FORMATS.items():
        nothing.save_annotations(tmp_path / f"a{ending}", format)
        assert read(tmp_path / f"a{ending}", nothing.labels)[1] == {}


@pytest.mark.parametrize("format", ["qupath", "qupath-detections"])
def test_annotations_of_a_level_lie_on_the_slide(format: str, tmp_path: Path) -> None:
    cut = SEGMENTATIONS["holes"]
    cut.save_annotations(tmp_path / "a.json", format)
    cut.save_annotations(tmp_path / "b.json", format, full_shape=(24, 25))
    small, large = (
        np.array(json.loads((tmp_path / name).read_text())["features"][0]["geometry"]["coordinates"][0])
        for name in ("a.json", "b.json")
    )
    np.testing.assert_allclose(large, small * (25 / 6, 4), atol=0.005)
    before, after = (
        json.loads((tmp_path / name).read_text())["features"][0]["properties"]["measurements"]
        for name in ("a.json", "b.json")
    )
    assert after["area"] == pytest.approx(before["area"] * 4 * 25 / 6)
    assert after["bbox_bottom"] == 4 * before["bbox_bottom"]
    assert after["centroid_row"] == pytest.approx((before["centroid_row"] + 0.5) * 4 - 0.5)
    assert after["eccentricity"] == before["eccentricity"]
    with pytest.raises(ValueError, match="full_shape must be at least 6, got 5"):
        cut.save_annotations(tmp_path / "c.json", "coco", full_shape=(5, 25))


@pytest.mark.parametrize("format", [name for name in FORMATS if not name.startswith("qupath")])
@pytest.mark.parametrize("scale", [(3, 3), (4, 2)])
def test_annotations_of_a_level_fill_the_full_picture(format: str, scale: tuple[int, int], tmp_path: Path) -> None:
    ending, read = FORMATS[format]
    for cut in SEGMENTATIONS.values():
        labels = np.where(cut.indices < 0, np.int32(-1), cut.labels)
        full = labels.repeat(scale[0], axis=0).repeat(scale[1], axis=1)
        cut.save_annotations(tmp_path / f"a{ending}", format, full_shape=full.shape)
        found, *_ = read(tmp_path / f"a{ending}", full)
        np.testing.assert_array_equal(found, full)
