"""``imgcluster palette build`` and ``quantize --palette``."""

import json
import os
import shutil
from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from click.testing import Result
from PIL import Image

from imgcluster import Palette, apply_palette, extract_palette, read_image
from imgcluster.kernels import backend


@pytest.fixture
def album(folder: Path) -> Path:
    """A folder of pictures in two levels, and files that must be skipped."""
    rng = np.random.default_rng(1)
    for name in ("a.png", "b.BMP", "sub/c.png", "sub/deeper/d.webp"):
        path = folder / "album" / name
        path.parent.mkdir(parents=True, exist_ok=True)
        base = rng.integers(0, 200, 3)
        Image.fromarray((base + rng.integers(0, 56, (12, 20, 3))).astype(np.uint8)).save(path, lossless=True)
    (folder / "album" / "notes.txt").write_text("no picture")
    shutil.copy(folder / "album" / "a.png", folder / "album" / ".hidden.png")
    (folder / "album" / ".git").mkdir()
    shutil.copy(folder / "album" / "a.png", folder / "album" / ".git" / "a.png")
    return folder / "album"


def test_builds_the_palette_of_a_folder(invoke: Callable[..., Result], album: Path) -> None:
    result = invoke("palette", "build", "album", "-k", "8", "-o", "new/one.gpl")
    assert (result.exit_code, result.stdout) == (0, "")
    assert result.stderr.startswith("2 pictures -> new/one.gpl  480 pixels, ")
    assert " colors -> 8, PSNR " in result.stderr
    side_by_side = np.concatenate([read_image(album / name) for name in ("a.png", "b.BMP")])
    np.testing.assert_array_equal(Palette.read("new/one.gpl").colors, extract_palette(side_by_side, 8).colors)


def test_the_same_bytes_for_any_order_and_threads(invoke: Callable[..., Result], album: Path) -> None:
    files = [str(path) for path in album.rglob("*.*") if ".git" not in path.parts and path.suffix != ".txt"]
    files = sorted(path for path in files if "hidden" not in path)
    orders = [
        ["album", "-r"],
        files,
        files[::-1],
        ["album/sub", "album", "-r", *files, "-t", "1"],
        [*files, "-t", "3"],
        [*files, "-j", "1"],
    ]
    orders += [[*files[::-1], "-j", "5"]]
    found = set()
    for i, order in enumerate(orders):
        result = invoke("palette", "build", *order, "-k", "8", "-o", f"{i}.gpl")
        assert result.exit_code == 0
        assert result.stderr.startswith(f"4 pictures -> {i}.gpl")
        found.add(Path(f"{i}.gpl").read_bytes())
    assert len(found) == 1


@pytest.mark.exhaustive
def test_every_processor_and_kernel_gives_the_same_bytes(run: Callable[..., Any], album: Path) -> None:
    native = pytest.importorskip("imgcluster.kernels._native")
    if backend() != "native":
        pytest.skip("runs on the reference kernels")
    settings = [{"IMGCLUSTER_KERNELS": "reference"}, *({"IMGCLUSTER_ISA": isa} for isa in native.isa_names())]
    found = set()
    for setting in settings:
        assert run("palette", "build", "album", "-r", "-k", "8", "-o", "p.hex", "-f", env=setting).returncode == 0
        found.add(Path("p.hex").read_bytes())
    assert len(found) == 1


def test_only_those_asked_for(invoke: Callable[..., Result], album: Path) -> None:
    listed = "album/sub/c.png\nalbum/a.png\n"
    Path("list").write_text(listed)
    said = {}
    for name, args in {
        "globs": ["album", "-r", "--include", "*.png", "--exclude", "deeper"],
        "list": ["--files-from", "list"],
        "files": listed.split(),
    }.items():
        result = invoke("palette", "build", *args, "-k", "8", "-o", f"{name}.hex")
        assert result.exit_code == 0
        said[name] = Path(f"{name}.hex").read_bytes()
        assert result.stderr.startswith("2 pictures -> ")
    assert len(set(said.values())) == 1


def test_what_cannot_be_written_is_reported_before_the_work(invoke: Callable[..., Result], album: Path) -> None:
    Path("file").write_text("in the way")
    result = invoke("palette", "build", "album", "-k", "8", "-o", "file/below/p.hex", "-v")
    assert result.exit_code == 1
    assert "file is a file, not a folder; write elsewhere" in result.stderr
    assert "counted" not in result.stderr


def test_links_that_go_round_end(invoke: Callable[..., Result], album: Path) -> None:
    (album / "sub" / "round").symlink_to(album)
    (album / "again.png").symlink_to(album / "a.png")
    result = invoke("palette", "build", "album", "-r", "-k", "8", "-o", "p.json")
    assert result.exit_code == 0
    assert result.stderr.startswith("4 pictures -> p.json")


@pytest.mark.skipif(not hasattr(os, "mkfifo"), reason="there are no named pipes here")
def test_a_pipe_in_a_folder_is_reported_and_not_waited_for(invoke: Callable[..., Result], album: Path) -> None:
    os.mkfifo(album / "pipe.png")
    result = invoke("palette", "build", "album", "-r", "-k", "8", "-o", "p.json")
    assert result.exit_code == 1
    assert "album/pipe.png: it is a pipe or a device, not a file; copy what it holds to a file" in result.stderr
    assert "4 pictures" in result.stderr


def test_an_existing_palette_is_kept_without_f(invoke: Callable[..., Result], album: Path) -> None:
    Path("p.hex").write_text("000000\n")
    result = invoke("palette", "build", "album", "-k", "8", "-o", "p.hex")
    assert (result.exit_code, result.stderr) == (98, "p.hex: skipped, it exists; -f overwrites it\n")
    assert Path("p.hex").read_text() == "000000\n"
    assert invoke("palette", "build", "album", "-k", "8", "-o", "p.hex", "-f", "-q").stderr == ""
    assert len(Palette.read("p.hex")) == 8


def test_what_cannot_be_read_is_reported_and_the_rest_is_used(invoke: Callable[..., Result], album: Path) -> None:
    (album / "broken.png").write_bytes((album / "a.png").read_bytes()[:60])
    (album / "gone.png").symlink_to("nowhere")
    result = invoke("palette", "build", "album", "no.png", "-k", "8", "-o", "p.gpl")
    assert result.exit_code == 1
    *errors, summary = sorted(result.stderr.splitlines(), reverse=True)
    assert [line.split(": ")[2] for line in sorted(errors)] == ["album/broken.png", "album/gone.png", "no.png"]
    assert summary.startswith("2 pictures -> p.gpl")
    assert summary.endswith(", failed 3")
    assert len(Palette.read("p.gpl")) == 8


def test_nothing_is_written_when_nothing_can_be_read(invoke: Callable[..., Result], album: Path) -> None:
    (album / "broken.png").write_bytes(b"PNG")
    result = invoke("palette", "build", "album/broken.png", "-o", "p.gpl")
    assert result.exit_code == 1
    assert result.stderr.splitlines()[-1] == "nothing written, failed 1"
    assert not Path("p.gpl").exists()


@pytest.mark.parametrize(("extra", "hint"), [([], "-r looks into subfolders"), (["-r"], "name other files or folders")])
def test_no_pictures_is_an_exit_code_of_its_own(
    invoke: Callable[..., Result], folder: Path, extra: list[str], hint: str
) -> None:
    (folder / "empty").mkdir()
    result = invoke("palette", "build", "empty", "-o", "p.gpl", *extra)
    assert result.exit_code == 3
    assert result.stderr == f"imgcluster: error: no pictures in empty; {hint}\n"


@pytest.mark.parametrize(
    ("args", "said"),
    [
        (
            ["palette", "build"],
            "no input given; name a picture or a folder, as in: imgcluster palette build photos -o photos.gpl",
        ),
        (["palette", "build", "album", "-o", "p.txt"], "-o/--output p.txt: unknown extension '.txt'; use one of .gpl,"),
        (["palette", "build", "album", "-o", ""], "no extension; use one of"),
        (["palette", "build", "album", "-k", "0"], "n_colors must be between 1 and 65536, got 0"),
        (["palette", "biuld"], "No such command 'biuld'"),
        (["quantize", "album/a.png", "--palette", "p.gpl", "-k", "auto"], "--palette and -k auto exclude each other"),
        (
            ["quantize", "album/a.png", "--palette", "p.gpl", "-m", "gmm"],
            "--palette and -m/--method exclude each other",
        ),
        (["quantize", "album/a.png", "--palette", "p.gpl", "--effort", "best"], "--palette and --effort exclude"),
        (["quantize", "album/a.png", "--palette", "p.gpl", "--seed", "0"], "--palette and --seed exclude each other"),
        (["quantize", "album/a.png", "--palette", "many.hex"], "between 1 and 256 for an indexed PNG, got 300"),
    ],
)
def test_wrong_usage_is_one_line(invoke: Callable[..., Result], album: Path, args: list[str], said: str) -> None:
    Path("many.hex").write_text("000000\n" * 300)
    result = invoke(*args)
    assert result.exit_code == 2
    assert said in result.stderr
    assert result.stderr.count("\n") == 1
    assert not Path("outputs").exists()


def test_palette_alone_shows_its_help(invoke: Callable[..., Result]) -> None:
    result = invoke("palette")
    assert (result.exit_code, result.stdout) == (2, "")
    assert "build" in result.stderr


def test_pictures_take_the_colors_of_a_file(invoke: Callable[..., Result], album: Path) -> None:
    assert invoke("palette", "build", "album", "-r", "-k", "8", "-o", "p.gpl").exit_code == 0
    result = invoke("quantize", "album/a.png", "album/sub/c.png", "--palette", "p.gpl", "-d", "out")
    assert result.exit_code == 0
    assert result.stderr.splitlines()[-1].startswith("done 2, skipped 0, failed 0")
    palette = Palette.read("p.gpl")
    for name in ("a.png", "sub/c.png"):
        expected = apply_palette(album / name, palette)
        with Image.open(Path("out", f"{Path(name).stem}-quantized.png")) as image:
            assert image.mode == "P"
            np.testing.assert_array_equal(np.asarray(image), expected.indices)
            np.testing.assert_array_equal(np.reshape(image.getpalette(), (-1, 3))[:8], palette.colors)  # type: ignore[arg-type]


@pytest.mark.parametrize(
    ("name", "said"),
    [("none.gpl", "cannot read none.gpl: no such file"), ("bad.hex", "cannot read bad.hex, line 2: a color is hex")],
)
def test_a_bad_palette_is_one_line_and_no_work(
    invoke: Callable[..., Result], photo: Path, name: str, said: str
) -> None:
    Path("bad.hex").write_text("000000\n\x1b[31m\n")
    result = invoke("quantize", "photo.png", "photo.png", "--palette", name)
    assert result.exit_code == 1
    assert said in result.stderr
    assert "\x1b" not in result.stderr
    assert result.stderr.count("\n") == 1
    assert not Path("outputs").exists()


def test_transparency_is_in_the_palette(invoke: Callable[..., Result], folder: Path) -> None:
    Image.fromarray(np.full((4, 4, 4), 128, np.uint8)).save("seen-through.png")
    result = invoke("palette", "build", "seen-through.png", "-k", "2", "-o", "p.hex")
    assert result.exit_code == 0
    assert Path("p.hex").read_text() == "80808080\n"


def test_extract_shows_the_colors(invoke: Callable[..., Result], folder: Path) -> None:
    pixels = np.zeros((4, 4, 3), np.uint8)
    pixels[:3] = [255, 0, 0]
    Image.fromarray(pixels).save("flag.png")
    result = invoke("palette", "extract", "flag.png", "-o", "flag.ase")
    assert (result.exit_code, result.stdout) == (0, "#000000  25.00 %  black\n#ff0000  75.00 %  red\n")
    assert result.stderr.startswith("1 picture -> flag.ase  16 pixels, has only 2 colors: all kept")
    assert Palette.read("flag.ase").hex == ("#000000", "#ff0000")
    found = json.loads(invoke("palette", "extract", "flag.png", "--json").stdout)
    assert found["colors"][1] == {"hex": "#ff0000", "rgb": [255, 0, 0], "share": 0.75, "name": "red"}
    assert (found["n_pixels"], found["n_distinct"]) == (16, 2)
    assert invoke("palette", "extract", "flag.png", "-o", "flag.pal", "--riff", "-q").stderr == ""
    assert Path("flag.pal").read_bytes().startswith(b"RIFF")


def test_pictures_come_from_standard_input_too(invoke: Callable[..., Result], folder: Path) -> None:
    Image.new("RGB", (4, 4), (255, 0, 0)).save("red.png")
    result = invoke("palette", "extract", "-", input=Path("red.png").read_bytes())
    assert (result.exit_code, result.stdout) == (0, "#ff0000 100.00 %  red\n")
    assert invoke("palette", "build", "-", "red.png", "-o", "p.hex", input=Path("red.png").read_bytes()).exit_code == 0
    empty = invoke("palette", "extract", "-", input=b"")
    assert empty.exit_code == 1
    assert "stdin: it is empty" in empty.stderr


def test_transparent_pictures_and_formats_without_alpha(invoke: Callable[..., Result], folder: Path) -> None:
    pixels = np.zeros((1, 4, 4), np.uint8)
    pixels[0, 1:] = [[255, 0, 0, 255], [255, 0, 0, 255], [0, 0, 255, 255]]
    Image.fromarray(pixels).save("logo.png")
    result = invoke("palette", "extract", "logo.png", "-o", "logo.ase")
    assert result.exit_code == 0
    lines = [line.split() for line in result.stdout.splitlines()]
    assert [(line[0], line[1], line[-1]) for line in lines] == [
        ("#00000000", "25.00", "transparent"),
        ("#0000ff", "25.00", "blue"),
        ("#ff0000", "50.00", "red"),
    ]
    assert "warning: logo.ase: not kept: transparency; .gpl, .hex, .css, .json and .png hold it" in result.stderr
    assert Palette.read("logo.ase").hex == ("#0000ff", "#ff0000")
    for ending in ("act", "gpl", "png"):
        assert "not kept" not in invoke("palette", "extract", "logo.png", "-o", f"p.{ending}").stderr
        assert Palette.read(f"p.{ending}").hex == ("#00000000", "#0000ff", "#ff0000")
    row = json.loads(invoke("quantize", "logo.png", "--palette", "p.gpl", "-o", "out.png", "--json").stdout)
    assert (row["palette"], row["shares"]) == (["#00000000", "#0000ff", "#ff0000"], [0.25, 0.25, 0.5])


@pytest.mark.parametrize(
    ("args", "said"),
    [
        ([], "no input given; name a picture or a folder, as in: imgcluster palette extract photo.jpg -k 8"),
        (
            ["photo.png", "-o", "a.doc"],
            "-o/--output a.doc: unknown extension '.doc'; use one of .gpl, .hex, .json, .css",
        ),
        (["photo.png", "-o", "a.gpl", "--riff"], "--riff is for -o NAME.pal; add it or leave --riff out"),
        (["photo.png", "-k", "0"], "n_colors must be between 1 and 65536, got 0"),
    ],
)
def test_extract_asked_wrongly(invoke: Callable[..., Result], photo: Path, args: list[str], said: str) -> None:
    result = invoke("palette", "extract", *args)
    assert (result.exit_code, result.stdout) == (2, "")
    assert said in result.stderr


def test_extract_keeps_an_existing_palette(invoke: Callable[..., Result], photo: Path) -> None:
    Path("there.gpl").write_text("mine")
    result = invoke("palette", "extract", "photo.png", "-o", "there.gpl")
    assert (result.exit_code, result.stdout) == (98, "")
    assert result.stderr == "there.gpl: skipped, it exists; -f overwrites it\n"
    assert Path("there.gpl").read_text() == "mine"


def test_a_failed_palette_file_is_one_line(invoke: Callable[..., Result], photo: Path) -> None:
    rng = np.random.default_rng(0)
    Image.fromarray(rng.integers(0, 256, (20, 20, 3)).astype(np.uint8)).save("many.png")
    result = invoke("palette", "extract", "many.png", "-k", "257", "-o", "p.act")
    assert result.exit_code == 1
    assert "cannot write p.act: .act holds at most 256 colors, got 257; write .gpl, .hex or .json" in result.stderr
    assert not Path("p.act").exists()


@pytest.mark.parametrize("palette", ["pico-8", "#fff, red,#000", "p.ase", "picture.png", "-"])
def test_palettes_of_any_kind(invoke: Callable[..., Result], photo: Path, palette: str) -> None:
    Palette.of([[0, 0, 0], [200, 100, 50]]).save("p.ase")
    Palette.of([[0, 0, 0], [200, 100, 50]]).save("picture.png")
    given = Path("p.ase").read_bytes() if palette == "-" else None
    result = invoke("quantize", "photo.png", "--palette", palette, "-o", "out.png", "-v", "--json", input=given)
    assert result.exit_code == 0
    row = json.loads(result.stdout)
    assert sum(row["shares"]) == pytest.approx(1, abs=1e-4)
    assert len(row["shares"]) == len(row["palette"])
    assert " colors used: #" in result.stderr


def test_a_panel_gets_its_native_colors(invoke: Callable[..., Result], photo: Path) -> None:
    Path("m.hex").write_text("202020\nc0c0c0\n")
    for args in (["--measured", "m.hex", "--native", "#000,#fff"], ["--palette", "#000,#fff", "--measured", "m.hex"]):
        result = invoke("quantize", "photo.png", *args, "-o", "out.png", "-f")
        assert result.exit_code == 0
        assert {tuple(color) for color in read_image("out.png").reshape(-1, 3).tolist()} <= {(0,) * 3, (255,) * 3}


@pytest.mark.parametrize(
    ("args", "said"),
    [
        (["--palette", "red,bleu"], "'bleu' is not a color"),
        (["--native", "#000"], "--native needs --measured or --palette; add one"),
        (["--measured", "#000"], "--measured needs --native or --palette; add one"),
        (["--measured", "#000", "--native", "#000,#fff"], "native must be as many colors as measured, 1, got 2"),
        (["--measured", "-", "--native", "-"], "only one of --palette, --measured and --native can be -"),
        (["-", "--palette", "-"], "--palette - and the input - cannot both be standard input"),
        (["--measured", "#000", "--native", "#fff", "-k", "0"], "n_colors must be between 1 and 65536, got 0"),
    ],
)
def test_palettes_asked_for_wrongly(invoke: Callable[..., Result], photo: Path, args: list[str], said: str) -> None:
    inputs = [] if "-" in args[:1] else ["photo.png"]
    result = invoke("quantize", *inputs, *args)
    assert result.exit_code in (1, 2)
    assert said in result.stderr
    assert result.stderr.count("\n") == 1
    assert not Path("outputs").exists()
