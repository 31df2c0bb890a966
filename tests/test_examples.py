"""Every script of the gallery runs and writes its picture, and the gallery's page shows it."""

import os
import re
import shutil
import subprocess
import sys
from pathlib import Path

import numpy as np
import pytest
from PIL import Image

import imgcluster
from imgcluster.files import read_table
from imgcluster.kernels import backend

EXAMPLES = Path(__file__).resolve().parents[1] / "examples"
SCRIPTS = sorted(EXAMPLES.glob("plot_*.py"))
PAGE = (EXAMPLES / "README.md").read_text(encoding="utf-8")


def picture_of(script: Path) -> str:
    return script.stem.removeprefix("plot_").replace("_", "-") + ".png"


@pytest.mark.exhaustive
@pytest.mark.parametrize("script", SCRIPTS, ids=lambda script: script.stem)
def test_every_script_writes_its_picture(script: Path, tmp_path: Path) -> None:
    shutil.copytree(EXAMPLES, tmp_path / "examples", ignore=shutil.ignore_patterns("__pycache__"))
    path = os.pathsep.join(filter(None, [str(Path(imgcluster.__file__).parents[1]), os.environ.get("PYTHONPATH")]))
    # as on a server: no display, and no choice of one
    environment = {name: value for name, value in os.environ.items() if name not in ("DISPLAY", "MPLBACKEND")}
    environment |= {"PYTHONPATH": path, "IMGCLUSTER_KERNELS": backend()}
    command = [sys.executable, "-W", "error", str(tmp_path / "examples" / script.name)]
    done = subprocess.run(command, env=environment, capture_output=True, text=True, timeout=300, check=False)
    assert done.returncode == 0, done.stderr
    picture = tmp_path / "outputs" / picture_of(script)
    assert done.stdout == f"wrote {picture}\n"
    with Image.open(picture) as image:
        assert image.width >= 900
        assert len(np.unique(np.asarray(image.convert("L")))) > 10


@pytest.mark.parametrize("script", SCRIPTS, ids=lambda script: script.stem)
def test_every_script_is_in_the_gallery(script: Path) -> None:
    assert f"({script.name})" in PAGE
    if script.stem != "plot_before_after":  # its picture is that of the README
        assert f"(gallery/{picture_of(script)})" in PAGE


def test_pictures_are_small_and_there() -> None:
    shown = sorted(re.findall(r"\(gallery/([^)]+)\)", PAGE))
    assert shown == sorted(path.name for path in (EXAMPLES / "gallery").iterdir())
    assert max(path.stat().st_size for path in (EXAMPLES / "gallery").iterdir()) < 300_000


def test_old_faithful_is_itself() -> None:
    X = read_table(EXAMPLES / "old_faithful.csv")
    assert X.shape == (272, 2)
    assert X.mean(axis=0) == pytest.approx([3.4877831, 70.8970588])
    assert X.std(axis=0, ddof=1) == pytest.approx([1.1413713, 13.5949738])
    assert np.corrcoef(X.T)[0, 1] == pytest.approx(0.9008112)  # type: ignore[index]
