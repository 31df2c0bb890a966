"""What the command line says of pictures that would grow, and how it ends then."""

import io
import json
from collections.abc import Callable
from pathlib import Path

import pytest
from _pictures import noise, saved
from click.testing import Result
from PIL import Image

Invoke = Callable[..., Result]


@pytest.fixture
def coarse(folder: Path) -> Path:
    """A JPEG of noise, so coarse that any picture of it in 200 colors is larger."""
    Path("in").mkdir()
    Image.fromarray(noise(64, 64, 1)).save("in/coarse.jpg", quality=5)
    return Path("in/coarse.jpg")


def test_a_folder_counts_what_would_have_grown_apart(invoke: Invoke, coarse: Path) -> None:
    saved(Path("in/fine.png"), noise(64, 64))
    result = invoke("quantize", "in", "-k", "200", "--strict")
    assert result.exit_code == 0
    assert "done 1, kept 1 that would have grown, skipped 0, failed 0, " in result.stderr
    assert Path("outputs/coarse-quantized.jpg").read_bytes() == coarse.read_bytes()
    result = invoke("quantize", "in", "-k", "200", "-d", "all", "--no-skip-if-larger")
    assert "done 2, skipped 0, failed 0, " in result.stderr
    assert ", 1 grew, " in result.stderr


def test_a_single_file_that_would_grow_ends_as_other_quantizers_do(invoke: Invoke, coarse: Path) -> None:
    result = invoke("quantize", str(coarse), "-k", "200", "--skip-if-larger", "--json")
    row = json.loads(result.stdout)
    assert (result.exit_code, row["status"], row["reason"], row["outputs"]) == (98, "skipped", "would-grow", [])
    assert "kept as it is: " in result.stderr
    assert not list(Path().glob("outputs/*"))


def test_a_single_file_that_grew_is_told_of(invoke: Invoke, coarse: Path) -> None:
    result = invoke("quantize", str(coarse), "-k", "200", "--json")
    assert result.exit_code == 0
    assert "(grew)" in result.stderr
    assert json.loads(result.stdout)["grew"] is True


def test_a_pipe_passes_an_original_that_would_grow_through(invoke: Invoke, coarse: Path) -> None:
    data = coarse.read_bytes()
    result = invoke("quantize", "-", "-k", "200", "--skip-if-larger", input=io.BytesIO(data))
    assert (result.exit_code, result.stdout_bytes) == (98, data)
