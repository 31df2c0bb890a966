"""Options for names and places of outputs: what they do, and which exclude each other."""

from collections.abc import Callable
from pathlib import Path

import pytest
from _pictures import noise, saved
from click.testing import Result

from imgcluster.cli._places import EXCLUDING

Invoke = Callable[..., Result]

FLAGS = {
    "keep": ["--keep"],
    "strip": ["--strip"],
    "name": ["--name", "{stem}.png"],
    "output": ["-o", "x.png"],
    "output_dir": ["-d", "x"],
    "format": ["--format", "webp"],
    "in_place": ["--in-place"],
    "resume": ["--resume"],
}


@pytest.mark.parametrize(("one", "other"), [pair[:2] for pair in EXCLUDING])
def test_options_that_contradict_each_other_are_rejected(invoke: Invoke, photo: Path, one: str, other: str) -> None:
    result = invoke("quantize", "photo.png", *FLAGS[one], *FLAGS[other])
    assert result.exit_code == 2
    assert "exclude each other" in result.stderr
    assert result.stderr.count("\n") == 1
    assert [path.name for path in Path().iterdir()] == ["photo.png"]


@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        (["photo.png", "--backup"], "--backup is for --in-place"),
        (["photo.png", "--background", "#12345"], "background must be a color, such as white or #1e90ff, got '#12345'"),
        (["photo.png", "--dither-strength", "2"], "dither_strength must be between 0 and 1, got 2"),
        (["photo.png", "", "--in-place"], "an input has an empty name, ''; use . for the current folder"),
        (["-", "--in-place"], "--in-place cannot replace standard input; leave it out"),
        (["photo.jpg", "--in-place"], "JPEG holds no palette; --name '{stem}.png' -d FOLDER writes a PNG"),
        (["photo.png", "--in-place", "--soft-masks", "m"], "--in-place and --soft-masks exclude each other"),
        (["s3://b/photo.png", "--preserve"], "--preserve is for files of this machine"),
        (["photo.png", "--name", "../{stem}.png"], "--name must stay in the folder of outputs"),
        (["photo.png", "--name", "{stem}"], "--name must end in"),
    ],
)
def test_impossible_places_are_one_line_before_any_work(
    invoke: Invoke, photo: Path, arguments: list[str], message: str
) -> None:
    saved(Path("photo.jpg"), noise(16, 24))
    result = invoke("quantize", *arguments, input=b"x")
    assert result.exit_code == 2
    assert message in result.stderr
    assert result.stderr.count("\n") == 1
    assert sorted(path.name for path in Path().iterdir()) == ["photo.jpg", "photo.png"]


def test_a_pattern_and_a_picture_in_place(invoke: Invoke, photo: Path) -> None:
    assert invoke("quantize", "photo.png", "-k", "4", "--name", "{stem}-{k}.png", "-d", ".").exit_code == 0
    assert Path("photo-4.png").exists()
    before = photo.read_bytes()
    assert invoke("quantize", "photo.png", "-k", "4", "--in-place", "--backup").exit_code == 0
    assert photo.read_bytes() == Path("photo-4.png").read_bytes()
    assert Path("photo.png~").read_bytes() == before
    again = invoke("quantize", "photo.png", "-k", "4", "--in-place")
    assert (again.exit_code, "kept as it is" in again.stderr) == (98, True)
