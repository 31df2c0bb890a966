"""A command line that is nearly right: one line that names the way out, before any work."""

from collections.abc import Callable
from pathlib import Path

import click
import pytest
from _pictures import noise, saved
from click.testing import Result

from imgcluster.cli import app
from imgcluster.cli._command import SECTIONS
from imgcluster.cli._hints import SISTERS, alike, translated

Invoke = Callable[..., Result]


@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        (["quantise", "photo.png"], "no such command 'quantise'; did you mean quantize?"),
        (["superpixel", "photo.png"], "did you mean superpixels?"),
        (["frobnicate"], "no such command 'frobnicate'; there are quantize, "),
        (["quantize", "photo.png", "--colour", "8"], "no such option --colour; did you mean --colors?"),
        (
            ["superpixels", "photo.png", "--quality", "8"],
            "no such option --quality; see 'imgcluster superpixels --help'",
        ),
        (["superpixels", "photo.png", "-k", "8"], "use -n/--segments"),
        (["quantize", "photo.png", "-n", "8"], "use -k/--colors"),
        (["segment", "photo.png", "-n", "8"], "use -k/--clusters"),
        (["quantize", "photo.png", "16"], "is it a number: imgcluster quantize photo.png -k 16?"),
        (["quantize", "256", "photo.png"], "is it a number: imgcluster quantize photo.png -k 256?"),
        (["superpixels", "photo.png", "300"], "is it a number: imgcluster superpixels photo.png -n 300?"),
        (
            ["quantize", "--", "photo.png", "-k", "8"],
            "-k is not a file, and after -- everything is a file; write options before it",
        ),
        (["quantize", "my", "photo.png"], "a name with spaces needs quotes: 'my photo.png'"),
        (["quantize", "a", "b", "c.png"], "a name with spaces needs quotes: 'a b c.png'"),
        (["quantize", "none/*.png"], "no file matches none/*.png; check the folder and the ending"),
        (["quantize", "-dash.png"], "-dash.png is a file whose name begins like an option; write ./-dash.png"),
        (["quantize", "--ext=-fs8.png", "photo.png"], "use --name '{stem}-fs8.png', and -d for the folder"),
        (["quantize", "--ext", ".png", "photo.png"], "use --in-place to replace originals"),
        (["quantize", "--posterize", "4", "photo.png"], "use -k for fewer colors"),
        (["quantize", "--speed", "12", "photo.png"], "--speed is between 1 and 11, got '12'"),
        (["quantize", "photo.png", "--speed"], "--speed needs a value"),
        (["segment", "photo.png", "--floyd"], "--floyd is not an option of segment; leave it out"),
    ],
)
def test_the_way_out_is_named_in_one_line(invoke: Invoke, photo: Path, arguments: list[str], message: str) -> None:
    for name in ("my photo.png", "a b c.png", "-dash.png"):
        saved(Path.cwd() / name, noise(8, 8))
    before = sorted(Path().iterdir())
    result = invoke(*arguments)
    assert result.exit_code == 2
    assert message in result.stderr
    assert result.stderr.count("\n") == 1
    assert sorted(Path().iterdir()) == before


def test_options_of_pngquant_that_have_a_meaning_are_taken(invoke: Invoke, photo: Path) -> None:
    for speed, effort in ((1, "best"), (4, "default"), (11, "fast")):
        invoke("quantize", "--force", "--speed", str(speed), "--output", "a.png", "--strip", "photo.png")
        invoke("quantize", "--force", "--effort", effort, "--output", "b.png", "photo.png", "--strip")
        assert Path("a.png").read_bytes() == Path("b.png").read_bytes()


@pytest.mark.parametrize(
    ("theirs", "ours"),
    [
        (["--nofs"], ["--dither", "none"]),
        (["--floyd=0.5"], ["--dither", "floyd-steinberg", "--dither-strength", "0.5"]),
        (["--fs"], ["--dither", "floyd-steinberg"]),
        (["--ordered"], ["--dither", "ordered"]),
        (["--map", "web-safe"], ["--palette", "web-safe"]),
        (["--speed=3", "--", "--nofs"], ["--effort", "default", "--", "--nofs"]),
    ],
)
def test_what_options_of_pngquant_become(theirs: list[str], ours: list[str]) -> None:
    command = commands()["quantize"]
    flags = [flag for parameter in command.params for flag in parameter.opts]
    assert translated(theirs, flags, click.Context(command, info_name="quantize")) == ours


def test_what_stands_behind_two_dashes_is_a_name(invoke: Invoke, photo: Path) -> None:
    Path("--speed").write_bytes(photo.read_bytes())
    assert invoke("quantize", "-d", "out", "--", "--speed").exit_code == 0


def test_only_names_that_are_alike_are_suggested() -> None:
    assert alike("--quality", ["--quiet", "--verbose"]) == []
    assert alike("--colours", ["--colors", "--force"]) == ["--colors"]


def commands() -> dict[str, click.Command]:
    context = click.Context(app)
    return {name: command for name in app.list_commands(context) if (command := app.get_command(context, name))}


def test_sister_options_exist_and_the_others_do_not() -> None:
    below = {"build": commands()["palette"].get_command(click.Context(app), "build")}  # type: ignore[attr-defined]
    for (name, wrong), right in SISTERS.items():
        command = {**commands(), **below}[name]
        flags = {flag for parameter in command.params for flag in parameter.opts}
        assert wrong not in flags
        assert set(right.split("/")) <= flags


def test_long_helps_have_sections_with_every_option_once(invoke: Invoke) -> None:
    text = invoke("quantize", "--help").stdout
    assert [f"\n{title}:\n" in text for title in ("Palette", "Output", "Folders", "Work", "Other")] == [True] * 5
    for name, command in commands().items():
        if isinstance(command, click.Group):
            continue
        text = invoke(name, "--help").stdout
        for parameter in command.params:
            if isinstance(parameter, click.Option):
                assert text.count(f" {parameter.opts[-1]} ") + text.count(f" {parameter.opts[-1]}\n") >= 1
    names = [name for names in SECTIONS.values() for name in names]
    assert len(names) == len(set(names))


def test_exit_codes_are_documented(invoke: Invoke) -> None:
    text = invoke("--help").stdout
    assert all(f"  {code} " in text for code in (0, 1, 2, 3, 75, 98, 99, 130))
