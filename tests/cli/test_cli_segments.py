"""What ``imgcluster superpixels`` and ``imgcluster segment`` share: their outputs, and what they say of them."""

import io
import json
import shutil
from collections.abc import Callable
from importlib import import_module
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from _pictures import chelsea, saved
from click.testing import Result
from numpy.typing import NDArray
from PIL import Image

from imgcluster.tasks import FileResult

FIELDS = list(FileResult("a.png", "done").to_dict())
COMMANDS = {"superpixels": ("-n", "-superpixels.png"), "segment": ("-k", "-segments.png")}


@pytest.fixture(params=list(COMMANDS))
def command(request: pytest.FixtureRequest) -> str:
    return request.param


@pytest.fixture
def few(command: str) -> list[str]:
    """Four segments."""
    return [command, COMMANDS[command][0], "4"]


@pytest.fixture
def ending(command: str) -> str:
    return COMMANDS[command][1]


@pytest.fixture
def cat(folder: Path) -> Path:
    """A photo of 90 x 60 pixels."""
    saved(folder / "cat.png", chelsea(5))
    return folder


def pixels_of(path: str) -> NDArray[np.uint8]:
    with Image.open(path) as image:
        return np.asarray(image.convert("RGB"))


def files(folder: Path) -> list[str]:
    return sorted(str(path.relative_to(folder)) for path in folder.rglob("*") if path.is_file())


def test_photo_becomes_a_picture_of_its_segments(
    run: Callable[..., Any], cat: Path, few: list[str], ending: str
) -> None:
    process = run(*few, "cat.png")
    assert process.returncode == 0, process.stderr
    assert not process.stdout
    assert files(cat) == ["cat.png", f"outputs/cat{ending}"]
    (line,) = process.stderr.decode().splitlines()
    assert line.startswith(f"cat.png -> outputs/cat{ending}  91x60, 4 segments, ")
    assert line.endswith(" s")


def test_every_style(invoke: Callable[..., Result], cat: Path, few: list[str]) -> None:
    pictures = {}
    for style in ("mosaic", "boundaries", "overlay", "labels"):
        assert invoke(*few, "cat.png", "--style", style, "-o", f"{style}.png").exit_code == 0
        pictures[style] = pixels_of(f"{style}.png")
    photo = pixels_of("cat.png")
    assert all(picture.shape == photo.shape for picture in pictures.values())
    assert len(np.unique(pictures["mosaic"].reshape(-1, 3), axis=0)) == 4
    assert len(np.unique(pictures["labels"].reshape(-1, 3), axis=0)) == 4
    assert np.unique(pictures["boundaries"]).tolist() == [0, 255]
    same = (pictures["overlay"] == photo).all(axis=2).mean()
    assert 0.2 < same < 1


def test_label_map_table_and_polygons(invoke: Callable[..., Result], cat: Path, few: list[str], ending: str) -> None:
    files_asked = ["--labels", "cat.npy", "--table", "maps/cat.csv", "--geojson", "maps/cat.geojson"]
    result = invoke(*few, "cat.png", *files_asked, "--json")
    assert result.exit_code == 0, result.stderr
    assert files(cat) == ["cat.npy", "cat.png", "maps/cat.csv", "maps/cat.geojson", f"outputs/cat{ending}"]
    labels = np.load("cat.npy")
    assert labels.shape == (60, 91)
    assert np.unique(labels).tolist() == [0, 1, 2, 3]
    heading, *rows = Path("maps/cat.csv").read_text().splitlines()
    area = heading.split(",").index("area")
    assert [int(row.split(",")[area]) for row in rows] == np.bincount(labels.ravel()).tolist()
    polygons = json.loads(Path("maps/cat.geojson").read_text())
    assert [feature["properties"]["label"] for feature in polygons["features"]] == [0, 1, 2, 3]
    line = json.loads(result.stdout)
    assert list(line) == FIELDS
    assert line["outputs"] == [f"outputs/cat{ending}", "cat.npy", "maps/cat.csv", "maps/cat.geojson"]
    assert (line["width"], line["height"], line["n_segments"], line["status"]) == (91, 60, 4, "done")
    assert line["milliseconds"] > 0
    assert f"cat.png -> outputs/cat{ending}, cat.npy, maps/cat.csv, maps/cat.geojson  91x60, " in result.stderr


@pytest.mark.parametrize("name", ["l.png", "l.tif", "l.TIFF", "l.npy"])
def test_label_maps_agree_in_every_format(invoke: Callable[..., Result], cat: Path, few: list[str], name: str) -> None:
    assert invoke(*few, "cat.png", "--labels", name).exit_code == 0
    assert invoke(*few, "cat.png", "-o", "again.png", "--labels", "reference.npy").exit_code == 0
    expected = np.load("reference.npy")
    if name.endswith("npy"):
        assert np.array_equal(np.load(name), expected)
    else:
        with Image.open(name) as image:
            assert np.array_equal(np.asarray(image), expected)


def test_tables_in_json(invoke: Callable[..., Result], cat: Path, few: list[str]) -> None:
    assert invoke(*few, "cat.png", "--table", "t.json").exit_code == 0
    assert json.loads(Path("t.json").read_text())


@pytest.mark.parametrize("options", [["-t", "1"], ["-t", "3"]])
def test_threads_change_nothing(invoke: Callable[..., Result], cat: Path, few: list[str], options: list[str]) -> None:
    assert invoke(*few, "cat.png", "-o", "once.png").exit_code == 0
    assert invoke(*few, "cat.png", "-o", "again.png", *options).exit_code == 0
    assert Path("once.png").read_bytes() == Path("again.png").read_bytes()


@pytest.mark.parametrize("name", ["x.png", "x.webp", "x.tif", "x.bmp"])
def test_ending_of_output_chooses_the_format(
    invoke: Callable[..., Result], cat: Path, few: list[str], name: str
) -> None:
    assert invoke(*few, "cat.png", "-o", name, "--style", "mosaic").exit_code == 0
    assert len(np.unique(pixels_of(name).reshape(-1, 3), axis=0)) == 4


def test_format_of_pictures_without_names(
    run: Callable[..., Any], invoke: Callable[..., Result], cat: Path, few: list[str], ending: str
) -> None:
    assert invoke(*few, "cat.png", "--format", "tif").exit_code == 0
    assert files(cat) == ["cat.png", f"outputs/cat{ending.replace('.png', '.tif')}"]
    process = run(*few, "-", "--format", "webp", input=(cat / "cat.png").read_bytes())
    with Image.open(io.BytesIO(process.stdout)) as image:
        assert (image.format, image.size) == ("WEBP", (91, 60))


def test_existing_picture_is_kept_and_the_rest_is_written(
    invoke: Callable[..., Result], cat: Path, few: list[str], ending: str
) -> None:
    assert invoke(*few, "cat.png").exit_code == 0
    before = (cat / f"outputs/cat{ending}").read_bytes()
    result = invoke(*few, "cat.png", "--style", "labels", "--labels", "l.npy", "--json")
    assert result.exit_code == 0
    kept, done = result.stderr.splitlines()
    assert kept == f"cat.png: not written, outputs/cat{ending} exists; -f overwrites it"
    assert done.startswith("cat.png -> l.npy  91x60, 4 segments, ")
    assert (json.loads(result.stdout)["outputs"], json.loads(result.stdout)["kept"]) == (
        ["l.npy"],
        [f"outputs/cat{ending}"],
    )
    assert (cat / f"outputs/cat{ending}").read_bytes() == before
    result = invoke(*few, "cat.png", "--style", "labels", "--labels", "m.npy", "--strict")
    assert result.exit_code == 1
    assert "--strict: 1 existing output not overwritten" in result.stderr


def test_nothing_left_to_write_is_skipped(
    invoke: Callable[..., Result], cat: Path, few: list[str], ending: str
) -> None:
    arguments = [*few, "cat.png", "--labels", "l.npy"]
    assert invoke(*arguments).exit_code == 0
    before = (cat / "l.npy").stat().st_mtime_ns
    result = invoke(*arguments, "--json")
    assert result.exit_code == 0
    assert result.stderr == f"cat.png: skipped, outputs/cat{ending} exists; -f overwrites it\n"
    assert json.loads(result.stdout)["status"] == "skipped"
    assert (cat / "l.npy").stat().st_mtime_ns == before
    assert invoke(*arguments, "-f").exit_code == 0
    assert (cat / "l.npy").stat().st_mtime_ns > before


def test_several_inputs_have_files_by_name(
    invoke: Callable[..., Result], cat: Path, few: list[str], ending: str
) -> None:
    shutil.copy("cat.png", "dog.png")
    result = invoke(*few, "cat.png", "dog.png", "missing.png", "-d", "out", "--labels", "maps/{name}.npy")
    assert result.exit_code == 1
    assert files(cat / "maps") == ["cat.npy", "dog.npy"]
    assert files(cat / "out") == [f"cat{ending}", f"dog{ending}"]
    assert result.stderr.splitlines()[-1].startswith("done 2, skipped 0, failed 1")


def test_inputs_of_one_stem_keep_their_extensions_in_all_files(
    invoke: Callable[..., Result], cat: Path, few: list[str]
) -> None:
    Image.open("cat.png").save("cat.bmp")
    assert invoke(*few, "cat.png", "cat.bmp", "--labels", "{name}.npy").exit_code == 0
    assert files(cat)[:4] == ["cat.bmp", "cat.bmp.npy", "cat.png", "cat.png.npy"]


def test_stdin_to_stdout(run: Callable[..., Any], cat: Path, few: list[str]) -> None:
    process = run(*few, "-", "--labels", "l.npy", input=(cat / "cat.png").read_bytes())
    assert process.returncode == 0, process.stderr
    with Image.open(io.BytesIO(process.stdout)) as image:
        assert (image.format, image.size) == ("PNG", (91, 60))
    assert process.stderr.startswith(b"stdin -> stdout, l.npy  91x60, ")
    assert files(cat) == ["cat.png", "l.npy"]
    assert run(*few, "cat.png", "-o", "-").stdout == process.stdout


@pytest.mark.parametrize(
    ("args", "text"),
    [
        ([], "no input given; name a picture or a folder, as in: imgcluster "),
        (["cat.png", "--labels", "l.jpg"], "--labels must name a file in .png, .tif, .tiff, .npy, got 'l.jpg'; try"),
        (["cat.png", "--labels", "-"], "--labels must name a file in .png, .tif, .tiff, .npy, got '-'; try --labels"),
        (
            ["cat.png", "--table", "t.xlsx"],
            "--table must name a file in .csv, .json, .parquet, got 't.xlsx'; try --table",
        ),
        (["cat.png", "--geojson", ""], "--geojson must name a file in .geojson, .json, got ''; try --geojson"),
        (["cat.png", "--labels", "folder.png"], "--labels must name a file"),
        (["cat.png", "dog.png", "--table", "t.csv"], "--table t.csv is one file for 2 inputs; write {name} for"),
        (["cat.png", "--table", "x.json", "--geojson", "./x.json"], "--table and --geojson name the same file"),
        (["cat.png", "-o", "x.png", "--labels", "x.png"], "-o and --labels name the same file 'x.png'; give each"),
        (["cat.png", "-o", "x.gif"], "a GIF holds too few colors, got x.gif; write .png"),
        (["cat.png", "-o", "x.jpg"], "JPEG is lossy"),
        (["cat.png", "-o", "x.png", "-d", "there"], "exclude each other"),
        (["cat.png", "dog.png", "-o", "x.png"], "-o/--output takes one input, got 2"),
        (["cat.png", "--format", "gif"], "a GIF holds too few colors"),
        (["cat.png", "-o", "x.png", "--format", "webp"], "-o/--output and --format exclude each other"),
        (["cat.png", "--labels", "{nam}.npy"], "--labels may hold {name} and no other field, got {nam}; write {name}"),
        (["cat.png", "dog.png", "--table", "{name}-{}.csv"], "--table may hold {name} and no other field, got {}; "),
        (["-", "--json"], "cannot share stdout"),
        (["cat.png", "--style", "cubist"], "'cubist' is not one of 'mosaic'"),
        (["cat.png", "-t", "0"], "n_threads must be at least 1, got 0"),
        (["cat.png", "-q", "-v"], "exclude each other"),
    ],
)
def test_wrong_usage_exits_before_any_work(
    invoke: Callable[..., Result], cat: Path, few: list[str], args: list[str], text: str
) -> None:
    Path("folder.png").mkdir()
    result = invoke(*few, *args)
    assert result.exit_code == 2
    assert text in result.stderr
    assert result.stderr.startswith("imgcluster: error: ")
    assert result.stderr.count("\n") == 1
    assert files(cat) == ["cat.png"]


def test_files_do_not_collide(invoke: Callable[..., Result], cat: Path, few: list[str], ending: str) -> None:
    before = (cat / "cat.png").read_bytes()
    for option, target, text in (
        ("--labels", "cat.png", "its output cat.png is an input of this run; choose another name or folder"),
        ("--labels", f"outputs/cat{ending}", f"outputs/cat{ending} is already the output of cat.png; choose another"),
    ):
        result = invoke(*few, "cat.png", option, target, "-f")
        assert result.exit_code == 1
        assert text in result.stderr
        assert files(cat) == ["cat.png"]
    assert (cat / "cat.png").read_bytes() == before


def test_folder_that_cannot_be_made_stops_before_any_file(
    invoke: Callable[..., Result], cat: Path, few: list[str]
) -> None:
    Path("file").touch()
    result = invoke(*few, "cat.png", "--table", "file/t.csv", "--labels", "l.npy")
    assert result.exit_code == 1
    assert "cannot make its folder: a file is in the way" in result.stderr
    assert files(cat) == ["cat.png", "file"]


def test_failing_writer_leaves_no_picture(
    invoke: Callable[..., Result], cat: Path, few: list[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    def fail(self: Any, path: Any) -> None:
        raise ValueError("a 16-bit PNG holds 65536 labels; write .tif")

    monkeypatch.setattr(import_module("imgcluster.segmentation").Segmentation, "save_labels", fail)
    result = invoke(*few, "cat.png", "--labels", "l.png", "--table", "t.csv")
    assert result.exit_code == 1
    assert result.stderr == "imgcluster: error: cat.png: a 16-bit PNG holds 65536 labels; write .tif\n"
    assert files(cat) == ["cat.png"]


@pytest.mark.parametrize("size", [(1, 1), (1, 9), (9, 1)])
def test_smallest_pictures(invoke: Callable[..., Result], command: str, folder: Path, size: tuple[int, int]) -> None:
    Image.linear_gradient("L").resize(size).save("tiny.png")
    for n in ("1", "200"):
        for style in ("mosaic", "boundaries", "overlay", "labels"):
            result = invoke(command, COMMANDS[command][0], n, "tiny.png", "-f", "--style", style)
            assert result.exit_code == 0, result.stderr


def test_quiet_and_verbose(invoke: Callable[..., Result], cat: Path, few: list[str]) -> None:
    assert not invoke(*few, "cat.png", "-q").stderr
    verbose = invoke(*few, "cat.png", "-f", "-v").stderr
    for word in ("kernels", "instruction set", " segments, "):
        assert word in verbose


def test_missing_input_is_one_line(invoke: Callable[..., Result], folder: Path, few: list[str]) -> None:
    result = invoke(*few, "missing.png", "--labels", "l.npy")
    assert result.exit_code == 1
    assert result.stderr == "imgcluster: error: missing.png: no such file; check the name\n"
    assert files(folder) == []


@pytest.mark.parametrize(
    "option", ["--labels a.png", "--table a.csv", "--edges a.csv", "--polygons a.json", "--npz a.npz"]
)
def test_an_option_of_a_file_is_given_once(invoke: Callable[..., Result], cat: Path, option: str) -> None:
    flag, name = option.split()
    result = invoke("superpixels", "cat.png", flag, name, flag, f"b{name}")
    assert result.exit_code == 2
    assert result.stderr == f"imgcluster: error: {flag} is given twice, and takes one file; leave one out\n"
    assert files(cat) == ["cat.png"]


def test_geojson_by_its_ending_is_named_polygons(invoke: Callable[..., Result], cat: Path) -> None:
    given = ("superpixels", "cat.png", "-n", "4", "--style", "none", "--geojson", ".geojson")
    assert invoke(*given).exit_code == 0
    assert files(cat) == ["cat.png", "outputs/cat-polygons.geojson"]
    assert invoke(*given, "-d", "both", "--polygons", ".geojson").exit_code == 0
    assert files(cat)[:2] == ["both/cat-geojson.geojson", "both/cat-polygons.geojson"]
