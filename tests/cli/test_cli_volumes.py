"""``imgcluster superpixels --ndim 3``: label volumes and tables in place of pictures, and what is for pictures only."""

import csv
import os
import shlex
from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np
import pytest
import tifffile
from click.testing import Result
from numpy.typing import NDArray
from PIL import Image

import imgcluster as ic

Invoke = Callable[..., Result]


@pytest.fixture
def volume(folder: Path) -> NDArray[np.uint8]:
    """A volume of 6 x 12 x 10 voxels, dark in its lower half: in.npy and in.tif."""
    values = np.random.default_rng(0).integers(0, 256, (6, 12, 10)).astype(np.uint8)
    values[:, 6:] //= 4
    np.save("in.npy", values)
    tifffile.imwrite("in.tif", values, photometric="minisblack")
    return values


@pytest.mark.parametrize("source", ["in.npy", "in.tif"])
@pytest.mark.parametrize("labels", ["l.npy", "l.tif"])
def test_labels_are_those_of_the_library(invoke: Invoke, volume: NDArray[Any], source: str, labels: str) -> None:
    options = f"--ndim 3 --spacing 3,1,0.5 -n 9 --start-label 1 --labels {labels}"
    result = invoke("superpixels", source, *shlex.split(options))
    assert result.exit_code == 0, result.stderr
    assert f"{source} -> {labels}  10x12x6, 9 segments" in result.stderr
    expected = ic.superpixels(volume, 9, ndim=3, spacing=(3, 1, 0.5), start_label=1).labels
    found = np.load(labels) if labels == "l.npy" else tifffile.imread(labels)
    np.testing.assert_array_equal(found, expected)
    assert sorted(os.listdir()) == sorted(["in.npy", "in.tif", labels])  # noqa: PTH208 (names alone)


def test_a_label_volume_is_a_tiff_with_a_page_a_slice(invoke: Invoke, volume: NDArray[Any]) -> None:
    assert invoke("superpixels", "in.npy", "--ndim", "3", "--labels", "l.tif").exit_code == 0
    with tifffile.TiffFile("l.tif") as file:
        assert (len(file.pages), file.series[0].shape) == (6, (6, 12, 10))


def test_tables_masks_and_layers_are_of_volumes(invoke: Invoke, volume: NDArray[Any]) -> None:
    inside = np.zeros(volume.shape, np.uint8)
    inside[1:5, 2:] = 1
    tifffile.imwrite("mask.tif", inside, photometric="minisblack")
    np.save("depth.npy", np.broadcast_to(np.arange(6.0)[:, None, None], volume.shape))
    options = (
        "--ndim 3 -n 7 --mask mask.tif --table t.csv --layers z=depth.npy --edges e.csv --npz z.npz --labels l.npy"
    )
    result = invoke("superpixels", "in.tif", *shlex.split(options))
    assert result.exit_code == 0, result.stderr
    np.testing.assert_array_equal(np.load("l.npy") >= 0, inside > 0)
    with Path("t.csv").open(newline="") as stream:
        rows = list(csv.DictReader(stream))
    assert len(rows) == 7
    assert sum(int(row["area"]) for row in rows) == inside.sum()
    for row in rows:
        assert float(row["mean_z"]) == pytest.approx(float(row["centroid_slice"]))
    assert Path("e.csv").exists()
    with np.load("z.npz") as file:
        assert file["labels"].shape == volume.shape


def test_a_folder_of_volumes_is_done_once(invoke: Invoke, volume: NDArray[Any]) -> None:
    Path("in").mkdir()
    for name in ("a", "b"):
        tifffile.imwrite(f"in/{name}.tif", volume, photometric="minisblack")
    command = ("superpixels", "in", "--ndim", "3", "-n", "5", "--labels", ".tif", "-d", "out")
    assert "done 2, skipped 0, failed 0" in invoke(*command).stderr
    assert tifffile.imread("out/b-labels.tif").max() == 4
    assert "done 0, skipped 2, failed 0" in invoke(*command).stderr


@pytest.mark.parametrize(
    ("options", "text"),
    [
        ("", "a volume has no picture; write the labels, as in --labels out.tif"),
        ("--labels l.npy --spacing 0,1,1", "spacing must be above 0 along z, y and x, got (0.0, 1.0, 1.0)"),
        ("--labels l.npy --spacing=-1,1,1", "spacing must be above 0 along z, y and x, got (-1.0, 1.0, 1.0)"),
        ("--labels l.npy --spacing 1,nan,1", "spacing must be above 0 along z, y and x"),
        ("--labels l.npy --spacing 1,1", "spacing must be three numbers Z,Y,X, such as 2.5,1,1, got '1,1'"),
        ("--labels l.npy --spacing a,b,c", "spacing must be three numbers Z,Y,X, such as 2.5,1,1, got 'a,b,c'"),
        ("--labels l.npy --ndim 4", "ndim must be between 2 and 3, got 4"),
        ("--labels l.npy --style overlay", "--style overlay is for pictures, not for volumes"),
        ("--labels l.npy --method slic", "--method slic is for pictures, not for volumes; leave it out"),
        ("--labels l.npy -o x.png", "-o/--output is for pictures, not for volumes"),
        ("--labels l.npy --format tif", "--format is for pictures, not for volumes"),
        ("--labels l.npy --report r.html", "--report is for pictures, not for volumes; --manifest lists"),
        ("--polygons g.gpkg", "--polygons is for pictures, not for volumes"),
        ("--geojson g.json", "--geojson is for pictures, not for volumes"),
        ("--labels l.png", "--labels of a volume must end in .npy, .tif, .tiff, got 'l.png'; try --labels out.tif"),
        ("--labels .png", "--labels of a volume must end in .npy, .tif, .tiff, got '.png'"),
    ],
)
def test_wrong_usage_exits_before_any_work(invoke: Invoke, volume: NDArray[Any], options: str, text: str) -> None:
    _check_error(invoke("superpixels", "in.npy", "--ndim", "3", *shlex.split(options)), 2, text)


def test_spacing_needs_a_volume_and_a_volume_a_file(invoke: Invoke, volume: NDArray[Any]) -> None:
    _check_error(invoke("superpixels", "in.npy", "--spacing", "1,1,1"), 2, "--spacing is for volumes; add --ndim 3")
    result = invoke("superpixels", "-", "--ndim", "3", "--labels", "l.npy", input=b"")
    _check_error(result, 2, "- is for pictures, not for volumes; name the file of the volume")


@pytest.mark.parametrize(
    ("name", "text"),
    [
        ("in.png", "in.png: it is not a volume; use .npy, or .tif with a page a slice"),
        ("in-gray.tif", "in-gray.tif: it holds an array of shape (12, 10), and no volume; leave --ndim 3 out"),
        ("in-rgb.tif", "in-rgb.tif: it holds a picture of a single page, and no volume; leave --ndim 3 out"),
        ("in-text.npy", "in-text.npy: it is broken"),
        ("in-none.npy", "in-none.npy: no such file"),
    ],
)
def test_what_is_no_volume(invoke: Invoke, volume: NDArray[Any], name: str, text: str) -> None:
    picture = Image.fromarray(volume[0])
    for file, content in (("in.png", picture), ("in-gray.tif", picture), ("in-rgb.tif", picture.convert("RGB"))):
        content.save(file)
    Path("in-text.npy").write_bytes(b"text")
    _check_error(invoke("superpixels", name, "--ndim", "3", "--labels", "l.npy"), 1, text)


def test_runs_from_python_draw_no_volume(volume: NDArray[Any]) -> None:
    common: dict[str, Any] = {"parameters": {"ndim": 3, "n_segments": 5}}
    with ic.process_folder("in.npy", "superpixels", extras={"labels": ".tif"}, **common) as run:
        (result,) = list(run)
    assert result.outputs == ("outputs/in-labels.tif",)
    for options, text in (
        ({"style": "mosaic", "extras": {"labels": ".tif"}}, "style must be 'none' for volumes, got 'mosaic'"),
        ({"extras": {"labels": ".png"}}, "labels of volumes must end in .npy, .tif, .tiff, got '.png'; write .tif"),
        ({"extras": {"geojson": ".json"}}, "geojson is for pictures, not for volumes"),
    ):
        with pytest.raises(ValueError, match=text):
            ic.process_folder("in.npy", "superpixels", **common, **options)


def _check_error(result: Result, code: int, text: str) -> None:
    """Check that there is one line of error, and nothing was written."""
    assert result.exit_code == code
    assert result.stderr.startswith("imgcluster: error: ")
    assert text in result.stderr
    assert result.stderr.count("\n") == 1
    assert not [path for path in Path().iterdir() if not path.name.startswith("in")]
