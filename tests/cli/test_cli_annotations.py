"""Annotations from the command line: a format and perhaps a file, classes from a table, names in folders."""

import json
from collections.abc import Callable
from pathlib import Path

import pytest
import tifffile
from _pictures import chelsea, saved
from click.testing import Result

import imgcluster as ic
from imgcluster.segmentation.annotations._files import ANNOTATION_FORMATS
from imgcluster.tasks import ANNOTATIONS

Invoke = Callable[..., Result]


@pytest.fixture
def cat(folder: Path) -> Path:
    """A photo of 113 x 75 pixels."""
    (folder / "photos").mkdir()
    saved(folder / "photos" / "cat.png", chelsea(4))
    return folder


def test_the_formats_are_those_of_the_library() -> None:
    assert {name: format.endings for name, format in ANNOTATION_FORMATS.items()} == ANNOTATIONS


def test_every_format_by_its_name(invoke: Invoke, cat: Path) -> None:
    given = [word for name in ANNOTATIONS for word in ("--annotations", name)]
    result = invoke("superpixels", "photos/cat.png", "-n", "20", "--style", "none", *given)
    assert result.exit_code == 0, result.stderr
    names = sorted(f"cat-{name}{endings[0]}" for name, endings in ANNOTATIONS.items())
    assert sorted(path.name for path in Path("outputs").iterdir()) == names
    expected = ic.superpixels("photos/cat.png", 20)
    coco = json.loads(Path("outputs/cat-coco.json").read_text())
    assert [annotation["area"] for annotation in coco["annotations"]] == expected.areas.tolist()
    assert coco["images"][0]["file_name"] == "cat.png"
    assert json.loads(Path("outputs/cat-labelme.json").read_text())["imagePath"] == "../photos/cat.png"
    features = json.loads(Path("outputs/cat-qupath-detections.geojson").read_text())["features"]
    assert {feature["properties"]["objectType"] for feature in features} == {"detection"}


def test_files_and_classes(invoke: Invoke, cat: Path) -> None:
    rows = ["label,class", *(f"{label},{'fur' if label % 2 else 'eye'}" for label in range(20))]
    Path("classes.csv").write_text("\n".join(rows))
    files = ["--annotations", "labelme:photos/{name}.json", "--annotations", "cvat:a.xml", "--classes", "classes.csv"]
    result = invoke("superpixels", "photos/cat.png", "-n", "20", *files)
    assert result.exit_code == 0, result.stderr
    found = json.loads(Path("photos/cat.json").read_text())
    assert found["imagePath"] == "cat.png"
    assert {shape["label"] for shape in found["shapes"]} == {"fur", "eye"}
    assert 'label="eye"' in Path("a.xml").read_text()
    invoke("superpixels", "photos/cat.png", "-n", "20", "--style", "none", "-f", *files)
    assert json.loads(Path("photos/cat.json").read_text()) == found


def test_standard_input_has_no_name(invoke: Invoke, cat: Path) -> None:
    picture = Path("photos/cat.png").read_bytes()
    result = invoke("superpixels", "-", "--style", "none", "--annotations", "coco:a.json", input=picture)
    assert result.exit_code == 0, result.stderr
    assert json.loads(Path("a.json").read_text())["images"][0]["file_name"] == "a.png"


def test_a_level_of_a_slide(invoke: Invoke, folder: Path) -> None:
    slide = chelsea(2)[:148, :224]
    with tifffile.TiffWriter("slide.tif") as writer:
        writer.write(slide, tile=(64, 64), photometric="rgb", subifds=1)
        writer.write(slide[::4, ::4].copy(), tile=(32, 32), photometric="rgb", subfiletype=1)
    given = "--level 1 -n 9 --style none --annotations qupath --annotations coco"
    result = invoke("superpixels", "slide.tif", *given.split())
    assert result.exit_code == 0, result.stderr
    features = json.loads(Path("outputs/slide-qupath.geojson").read_text())["features"]
    corners = [corner for feature in features for corner in feature["geometry"]["coordinates"][0]]
    assert (max(x for x, _ in corners), max(y for _, y in corners)) == (224, 148)
    image = json.loads(Path("outputs/slide-coco.json").read_text())["images"][0]
    assert (image["width"], image["height"]) == (224, 148)


def test_folders(invoke: Invoke, cat: Path) -> None:
    saved(cat / "photos" / "dog.png", chelsea(8))
    result = invoke("superpixels", "photos", "-n", "9", "--annotations", "coco")
    assert result.exit_code == 0, result.stderr
    assert Path("outputs/cat-coco.json").exists()
    assert Path("outputs/dog-coco.json").exists()
    run = ic.process_folder("photos", "superpixels", "again", extras={"coco": ".json"}, parameters={"n_segments": 9})
    assert len(list(run)) == 2
    assert Path("again/dog-coco.json").read_bytes() == Path("outputs/dog-coco.json").read_bytes()


@pytest.mark.parametrize(
    ("options", "text"),
    [
        (
            "--annotations voc",
            "it must be one of qupath, qupath-detections, labelme, coco, coco-rle, cvat, or",
        ),
        ("--annotations coco:", "or one with a file, such as coco:a.json, got 'coco:'"),
        ("--annotations cvat:a.json", "--annotations cvat must name a file in .xml, got 'a.json'; try"),
        ("--annotations coco --annotations coco:b.json", "--annotations coco is given twice; leave one out"),
        ("--annotations coco:a.json --table a.json", "name the same file 'a.json'; give each its own"),
        ("--annotations coco:{x}.json", "may hold {name} and no other field, got {x}"),
        ("--classes c.csv", "--classes is for annotations; add --annotations, such as --annotations coco"),
        ("--classes c.csv --table t.csv", "--classes is for annotations; add --annotations"),
        ("--classes none.csv --annotations coco", "cannot read none.csv: no such file; check the name"),
        (
            "--classes short.csv --annotations coco",
            "a class for each of 20 segments, but 19 are missing: 1, 2, 3, 4, 5, ...; add them",
        ),
        ("--ndim 3 --labels l.npy --annotations coco", "--annotations coco is for pictures, not for volumes"),
    ],
)
def test_what_makes_no_sense_is_one_line(invoke: Invoke, cat: Path, options: str, text: str) -> None:
    Path("short.csv").write_text("0,a\n")
    result = invoke("superpixels", "photos/cat.png", "-n", "20", "--style", "none", *options.split())
    assert result.exit_code != 0
    assert text in result.stderr
    assert len([line for line in result.stderr.splitlines() if text in line]) == 1
    assert not Path("outputs").exists() or not list(Path("outputs").glob("*.json"))


def test_classes_need_annotations_in_python_too(cat: Path) -> None:
    with pytest.raises(ValueError, match="classes is for annotations of segments, got it without any"):
        ic.process_folder("photos", "superpixels", extras={"table": ".csv"}, parameters={"classes": "c.csv"})
