"""``--max-pixels`` and ``--max-memory`` of every command that reads pictures."""

import json
from collections.abc import Callable
from pathlib import Path

import pytest
from click.testing import Result

COMMANDS = {
    "quantize": ("quantize", "photo.png", "-o", "out.png"),
    "quantize -d": ("quantize", "photo.png", "-d", "out"),
    "superpixels": ("superpixels", "photo.png", "-n", "4", "-o", "out.png"),
    "segment": ("segment", "photo.png", "-k", "2", "-o", "out.png"),
    "palette extract": ("palette", "extract", "photo.png"),
    "palette build": ("palette", "build", "photo.png", "-o", "out.gpl"),
    "choose-k": ("choose-k", "photo.png", "--ks", "2:4"),
    "compare": ("compare", "photo.png", "photo.png"),
    "plot": ("plot", "palette", "photo.png", "-o", "out.png"),
}


@pytest.mark.parametrize("name", COMMANDS)
def test_every_command_heeds_the_limits(name: str, photo: Path, invoke: Callable[..., Result]) -> None:
    result = invoke(*COMMANDS[name], "--max-pixels", "383")
    assert result.exit_code == 1
    assert "photo.png: it has 24 x 16 pixels, 384, more than the limit of 383; allow more with max_pixels" in (
        result.stderr.replace("cannot read photo.png: it", "photo.png: it")
    )
    assert not Path("out.png").exists()
    result = invoke(*COMMANDS[name], "--max-memory", "1M")
    assert result.exit_code == 1
    assert "(--max-memory 0.1G)" in result.stderr or "more than --max-memory allows" in result.stderr
    assert invoke(*COMMANDS[name], "--max-pixels", "1k", "--max-memory", "2G").exit_code == 0


def test_a_wrong_number_of_pixels(photo: Path, invoke: Callable[..., Result]) -> None:
    for wrong in ("0", "-5", "many", "5T"):
        result = invoke("quantize", "photo.png", "--max-pixels", wrong)
        assert result.exit_code == 2
        assert f"max_pixels must be a number of at least 1, such as 200M, got '{wrong}'" in result.stderr


def test_a_preset_holds_limits(photo: Path, invoke: Callable[..., Result]) -> None:
    Path("imgcluster.toml").write_text('[presets.careful]\nmax-pixels = "100"\n', encoding="utf-8")
    for command in (("quantize", "photo.png"), ("palette", "extract", "photo.png")):
        result = invoke(*command, "--preset", "careful")
        assert result.exit_code == 1
        assert "more than the limit of 100" in result.stderr


def test_limits_do_not_make_a_folder_work_again(photo: Path, invoke: Callable[..., Result]) -> None:
    assert invoke("quantize", ".", "-d", "out", "--max-pixels", "1M").exit_code == 0
    result = invoke("quantize", ".", "-d", "out", "--max-pixels", "2M", "--max-memory", "3G", "--json")
    (row,) = map(json.loads, result.stdout.splitlines())
    assert row["reason"] == "done-before"
