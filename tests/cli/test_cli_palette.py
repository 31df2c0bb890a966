"""``imgcluster palette build`` and ``quantize --palette``."""

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
    os.mkfifo(album / "pipe.png")
    result = invoke("palette", "build", "album", "-r", "-k", "8", "-o", "p.json")
    assert result.exit_code == 0
    assert result.stderr.startswith("4 pictures -> p.json")


def test_an_existing_palette_is_kept_without_f(invoke: Callable[..., Result], album: Path) -> None:
    Path("p.hex").write_text("000000\n")
    result = invoke("palette", "build", "album", "-k", "8", "-o", "p.hex")
    assert (result.exit_code, result.stderr) == (0, "p.hex: skipped, it exists; -f overwrites it\n")
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
        (
            ["quantize", "album/a.png", "--palette", "p.gpl", "-k", "256"],
            "--palette and -k/--colors exclude each other",
        ),
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
