"""``imgcluster info``."""

import json
from collections.abc import Callable
from typing import Any

import numpy as np
import PIL
from click.testing import Result

from imgcluster import __version__


def test_lines_are_aligned(invoke: Callable[..., Result]) -> None:
    result = invoke("info")
    assert result.exit_code == 0
    lines = result.stdout.split("\n\n")[0].splitlines()
    assert {line.index(line.split()[1]) for line in lines} == {len("version  ")}
    assert not result.stderr


def test_json_names_kernels_and_versions(run: Callable[..., Any]) -> None:
    process = run("info", "--json")
    assert process.returncode == 0
    facts = json.loads(process.stdout)
    assert facts["kernels"] in ("native", "reference")
    assert isinstance(facts["isa"], str)
    assert facts["threads"] >= 1
    assert facts["version"] == __version__
    assert (facts["numpy"], facts["pillow"]) == (np.__version__, PIL.__version__)
    assert not process.stderr


def test_reference_kernels_say_what_to_install(run: Callable[..., Any]) -> None:
    process = run("info", env={"IMGCLUSTER_KERNELS": "reference"})
    assert process.returncode == 0
    assert b"reference" in process.stdout
    assert b"install a C compiler" in process.stdout
