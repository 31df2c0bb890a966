"""Presets from imgcluster.toml and pyproject.toml, and what shells are told to complete."""

import os
import shutil
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
from click.testing import Result
from PIL import Image

PRESETS = """
[presets.web]
colors = 8
effort = "fast"
output-dir = "small"

[presets.all]
recursive = true
exclude = ["a*", "b*"]
max-memory = 2000000000
"""


def n_colors(path: str) -> int:
    return len(Image.open(path).getcolors() or [])


def test_a_preset_gives_defaults_and_the_command_line_goes_before_them(
    invoke: Callable[..., Result], photo: Path
) -> None:
    Path("imgcluster.toml").write_text(PRESETS)
    result = invoke("quantize", "photo.png", "--preset", "web")
    assert result.exit_code == 0, result.stderr
    assert n_colors("small/photo-quantized.png") == 8
    assert invoke("quantize", "-k", "3", "photo.png", "--preset", "web", "-d", "out").exit_code == 0
    assert n_colors("out/photo-quantized.png") == 3


def test_lists_flags_and_sizes(invoke: Callable[..., Result], photo: Path) -> None:
    Path("imgcluster.toml").write_text(PRESETS)
    for name in ("in/a.png", "in/sub/b.png", "in/sub/c.png"):
        Path(name).parent.mkdir(parents=True, exist_ok=True)
        shutil.copy(photo, name)
    result = invoke("quantize", "in", "-P", "--preset", "all")
    assert result.stdout == "make   in/sub/c.png -> outputs/sub/c-quantized.png\n"


def test_a_palette_instead_of_the_colors_of_a_preset(invoke: Callable[..., Result], photo: Path) -> None:
    Path("imgcluster.toml").write_text(PRESETS)
    Path("p.hex").write_text("000000\nffffff\n")
    assert invoke("quantize", "photo.png", "--preset", "web", "--palette", "p.hex", "-o", "p.png").exit_code == 2
    assert invoke("quantize", "photo.png", "--preset", "web", "--palette", "p.hex").exit_code == 0
    assert n_colors("small/photo-quantized.png") == 2


def test_a_format(invoke: Callable[..., Result], photo: Path) -> None:
    Path("imgcluster.toml").write_text("[presets.rich]\ncolors = 300\nformat = 'webp'\n")
    assert invoke("quantize", "photo.png", "--preset", "rich").exit_code == 0
    assert invoke("quantize", ".", "--preset", "rich", "-d", "folder").exit_code == 0
    for path in ("outputs/photo-quantized.webp", "folder/photo-quantized.webp"):
        assert len(Image.open(path).getcolors(1000) or []) == 300


def test_palette_build_has_presets(invoke: Callable[..., Result], photo: Path) -> None:
    Path("imgcluster.toml").write_text("[presets.few]\ncolors = 2\noutput = 'few.hex'\n")
    assert invoke("palette", "build", "photo.png", "--preset", "few").exit_code == 0
    assert len(Path("few.hex").read_text().split()) == 2


def test_the_nearest_file_counts(invoke: Callable[..., Result], photo: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    Path("pyproject.toml").write_text("[tool.imgcluster.presets.few]\ncolors = 2\n")
    Path("deep/er").mkdir(parents=True)
    # of another project, which has no presets
    Path("deep/pyproject.toml").write_text("[tool.other]\nx = 1\n")
    monkeypatch.chdir("deep/er")
    assert invoke("quantize", str(photo), "--preset", "few").exit_code == 0
    assert n_colors("outputs/photo-quantized.png") == 2
    Path("imgcluster.toml").write_text("[presets.few]\ncolors = 3\n")
    assert invoke("quantize", str(photo), "--preset", "few", "-f").exit_code == 0
    assert n_colors("outputs/photo-quantized.png") == 3


@pytest.mark.parametrize(
    ("text", "problem"),
    [
        ("colours = 8", "imgcluster.toml: x.colours is not an option; did you mean colors?"),
        ("preset = 'y'", "imgcluster.toml: x.preset is not an option; there are back"),
        ("n_colors = 8", "imgcluster.toml: x.n_colors is not an option; did you mean colors?"),
        ("k = 8", "imgcluster.toml: x.k is not an option; did you mean colors?"),
        ("zzzz = 8", "imgcluster.toml: x.zzzz is not an option; there are back"),
        ("colors = 0", "imgcluster.toml: x.colors: n_colors must be between 1 and 65536, got 0; correct the file"),
        ("colors = 8.5", "imgcluster.toml: x.colors: n_colors must be a whole number, between 1 and 65536, got '8.5'"),
        ("colors = true", "imgcluster.toml: x.colors must be a text or a number, got True; see "),
        ("colors = [8]", "imgcluster.toml: x.colors must be a text or a number, got [8]; see "),
        ("exclude = [['a']]", "imgcluster.toml: x.exclude must be a text, a number or a list of them, got [['a']]; "),
        ("force = 'yes'", "imgcluster.toml: x.force must be true or false, got 'yes'; write it without quotes"),
        ("effort = 'most'", "imgcluster.toml: x.effort: 'most' is not one of 'default', 'fast', 'best'; "),
        ("timeout = -1", "imgcluster.toml: x.timeout: a time must be a number of seconds above 0, got '-1'; "),
        ("colors = ", "cannot read imgcluster.toml: Invalid value (at line 2, column 10); correct the file"),
    ],
)
def test_a_wrong_preset_is_one_line_with_file_and_key(
    invoke: Callable[..., Result], photo: Path, text: str, problem: str
) -> None:
    Path("imgcluster.toml").write_text(f"[presets.x]\n{text}\n")
    result = invoke("quantize", "photo.png", "--preset", "x")
    assert (result.exit_code, result.stdout) == (2, "")
    assert result.stderr.startswith(f"imgcluster: error: {problem}")
    assert result.stderr.count("\n") == 1
    assert not Path("outputs").exists()


def test_a_preset_that_is_not_there(invoke: Callable[..., Result], photo: Path) -> None:
    result = invoke("quantize", "photo.png", "--preset", "x")
    assert result.exit_code == 2
    assert (
        "no imgcluster.toml here or above, and no pyproject.toml with [tool.imgcluster]; write one: " in result.stderr
    )
    Path("imgcluster.toml").write_text(PRESETS)
    result = invoke("quantize", "photo.png", "--preset", "x")
    assert (result.exit_code, result.stderr) == (
        2,
        "imgcluster: error: no preset 'x' in imgcluster.toml; there are all, web\n",
    )
    Path("imgcluster.toml").write_text("[presets]\nx = 3\n")
    result = invoke("quantize", "photo.png", "--preset", "x")
    assert (
        "imgcluster.toml: the preset x must be a table of options, got 3; [presets.web] and below it" in result.stderr
    )


@pytest.fixture
def program(folder: Path, environment: dict[str, Any]) -> dict[str, Any]:
    """Return the environment of a shell that finds ``imgcluster``."""
    path = folder / "bin" / "imgcluster"
    path.parent.mkdir()
    path.write_text(f'#!/bin/sh\nexec {sys.executable} -P -m imgcluster "$@"\n')
    path.chmod(0o755)
    return {**environment, "PATH": f"{path.parent}{os.pathsep}{environment['PATH']}"}


@pytest.mark.parametrize(
    ("words", "expected"),
    [
        (["imgcluster", "qu"], ["quantize"]),
        (["imgcluster", "palette", ""], ["build", "extract"]),
        (["imgcluster", "quantize", "--dry"], ["--dry-run"]),
        (["imgcluster", "superpixels", "--style", ""], ["mosaic", "boundaries", "overlay", "labels", "none"]),
        (["imgcluster", "quantize", "--preset", ""], ["all", "web"]),
    ],
)
def test_bash_completes(program: dict[str, Any], words: list[str], expected: list[str]) -> None:
    Path("imgcluster.toml").write_text(PRESETS)
    bash = shutil.which("bash") or pytest.skip("there is no bash")
    script = f"""
eval "$(imgcluster completion bash)"
COMP_WORDS=({" ".join(f"'{word}'" for word in words)}) COMP_CWORD={len(words) - 1}
_imgcluster_completion imgcluster
printf '%s\\n' "${{COMPREPLY[@]}}"
"""
    done = subprocess.run([bash, "-c", script], env=program, capture_output=True, text=True, timeout=300, check=True)
    assert done.stdout.split() == expected
    assert done.stderr == ""


@pytest.mark.parametrize("shell", ["bash", "zsh", "fish"])
def test_every_script_is_of_its_shell(invoke: Callable[..., Result], shell: str) -> None:
    result = invoke("completion", shell)
    assert (result.exit_code, result.stderr) == (0, "")
    assert f"_IMGCLUSTER_COMPLETE={shell}_complete" in result.stdout
    if shutil.which(shell):
        subprocess.run([shell, "-n"], input=result.stdout, text=True, check=True, timeout=300)


@pytest.mark.parametrize(
    ("shell", "variables"),
    [
        ("zsh", {"COMP_WORDS": "imgcluster segment --feat", "COMP_CWORD": "2"}),
        ("fish", {"COMP_WORDS": "imgcluster segment --feat", "COMP_CWORD": "--feat"}),
    ],
)
def test_what_zsh_and_fish_ask_for_is_answered(program: dict[str, Any], shell: str, variables: dict[str, Any]) -> None:
    environment: dict[str, Any] = {**program, **variables, "_IMGCLUSTER_COMPLETE": f"{shell}_complete"}
    done = subprocess.run(["imgcluster"], env=environment, capture_output=True, text=True, timeout=300, check=False)
    assert "--features" in done.stdout
    assert "Color, or color and position." in done.stdout


@pytest.mark.parametrize(("option", "kind"), [("--palette", "file"), ("--report", "file"), ("-d", "dir")])
def test_files_and_folders_are_left_to_the_shell(program: dict[str, Any], option: str, kind: str) -> None:
    variables: dict[str, Any] = {"COMP_WORDS": f"imgcluster quantize {option} x", "COMP_CWORD": "3"}
    environment: dict[str, Any] = {**program, **variables, "_IMGCLUSTER_COMPLETE": "bash_complete"}
    done = subprocess.run(["imgcluster"], env=environment, capture_output=True, text=True, timeout=300, check=False)
    assert done.stdout.strip() == f"{kind},x"


def test_presets_that_cannot_be_read_do_not_disturb_a_shell(program: dict[str, Any]) -> None:
    Path("imgcluster.toml").write_text("[")
    variables: dict[str, Any] = {"COMP_WORDS": "imgcluster quantize --preset ", "COMP_CWORD": "3"}
    environment: dict[str, Any] = {**program, **variables, "_IMGCLUSTER_COMPLETE": "bash_complete"}
    done = subprocess.run(["imgcluster"], env=environment, capture_output=True, text=True, timeout=300, check=False)
    assert (done.stdout.strip(), done.stderr) == ("", "")


def test_a_preset_serves_several_commands(invoke: Callable[..., Result], photo: Path) -> None:
    Path("imgcluster.toml").write_text("[presets.web]\ncolors = 3\nsegments = 7\noutput-dir = 'd'\n")
    assert invoke("quantize", str(photo), "--preset", "web").exit_code == 0
    assert n_colors("d/photo-quantized.png") == 3
    result = invoke("superpixels", str(photo), "--preset", "web", "-v")
    assert result.exit_code == 0
    assert " 7 segments" in result.stderr
    assert invoke("palette", "build", str(photo), "--preset", "web", "-o", "p.hex").exit_code == 0
    assert len(Path("p.hex").read_text().split()) == 3
