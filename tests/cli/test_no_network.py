"""Nothing asks for a network: commands run where there is none, not even a loopback."""

from __future__ import annotations

import shutil
import subprocess
import sys
from pathlib import Path

import _pictures
import pytest
from PIL import Image

_ALONE = ["unshare", "--user", "--map-root-user", "--net"]


def _can_be_alone() -> bool:
    if shutil.which("unshare") is None:
        return False
    return subprocess.run([*_ALONE, "true"], capture_output=True, check=False).returncode == 0


@pytest.mark.skipif(not _can_be_alone(), reason="needs network namespaces")
@pytest.mark.parametrize(
    "command",
    [
        "quantize a.png -k 8 -o o.png",
        "quantize in -k 8 -d out -j 2 --report r.html",
        "superpixels a.png -n 20 --labels l.tif",
        "palette extract a.png -k 4 -o p.gpl",
        "plot palette a.png -k 4 -o p.svg",
    ],
)
def test_commands_run_without_a_network(tmp_path: Path, command: str) -> None:
    (tmp_path / "in").mkdir()
    for name in ("a.png", "in/a.png", "in/b.png"):
        Image.fromarray(_pictures.coffee()[::8, ::8]).save(tmp_path / name)
    program = [*_ALONE, sys.executable, "-P", "-m", "imgcluster", *command.split()]
    run = subprocess.run(program, cwd=tmp_path, capture_output=True, text=True, check=False)
    assert run.returncode == 0, run.stderr
