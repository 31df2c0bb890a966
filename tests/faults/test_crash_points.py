"""Whatever call of a save fails, and wherever the process dies: sources are whole, and outputs old or new."""

from __future__ import annotations

import errno
import json
import os
import shutil
import subprocess
import sys
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from PIL import Image

pytestmark = [
    pytest.mark.exhaustive,
    pytest.mark.skipif(sys.platform != "linux" or shutil.which("cc") is None, reason="needs LD_PRELOAD and a compiler"),
]

HERE = Path(__file__).parent
_OPEN, _READ = 1, 2
_ALL = "IMGCLUSTER_ALL_FAULTS" in os.environ  # else a part of them, for the minutes they take
_FEW_CODES = (0, errno.ENOSPC)  # killed, and a full disk


def try_points(layer: str, folder: Path, command: str, **more: Any) -> dict[str, Any]:
    words = command.replace(" @", " {folder}/").split()
    case = {"folder": str(folder), "command": words, "again": words, "sources": ["a.jpg", "b.png"], **more}
    driver = [sys.executable, str(HERE / "crash_points.py"), json.dumps(case)]
    run = subprocess.run(driver, capture_output=True, text=True, check=False, env={**os.environ, "LD_PRELOAD": layer})
    assert run.returncode == 0, run.stderr[-2000:]
    found: dict[str, Any] = json.loads(run.stdout.splitlines()[-1])
    return found


@pytest.mark.parametrize("state", ["new", "overwritten"] if _ALL else ["overwritten"])
@pytest.mark.parametrize(
    ("command", "outputs"),
    [
        *[(f"quantize @a.jpg -k 8 -f -o @o.{ending}", 1) for ending in ("png", "webp", "gif", "tif", "bmp")],
        ("superpixels @a.jpg -n 9 -f -o @o.png --labels @l.tif --table @t.csv --edges @e.json", 4),
        ("superpixels @b.png -n 9 -f -o @o.tif --labels @l.npy --table @t.json --npz @z.npz --geojson @g.geojson", 5),
        ("segment @b.png -k 3 -f -o @o.webp --labels @l.png", 2),
        *[(f"palette extract @b.png -k 6 -f -o @p.{ending}", 1) for ending in ("gpl", "ase", "aco", "act", "png")],
        ("palette build @a.jpg @b.png -k 6 -f -o @p.hex", 1),
        *[(f"plot palette @a.jpg -k 6 -f -o @p.{ending}", 1) for ending in ("png", "svg", "pdf")],
    ],
    ids=lambda value: str(value).replace(" ", "_") if isinstance(value, str) else "",
)
def test_files(layer: str, folder: Path, command: str, outputs: int, state: str) -> None:
    if state == "overwritten":
        for word in command.split():
            if word.startswith("@") and word not in ("@a.jpg", "@b.png"):
                (folder / word[1:]).write_bytes(b"of yesterday")
    # of two pictures a palette is made of one, if the other cannot be read, and says so
    more: dict[str, Any] = {"kinds": 0b1111100} if command.startswith("palette build") else {}
    if not (_ALL or "o.png" in command):
        more["codes"] = _FEW_CODES
    found = try_points(layer, folder, command, **more)
    assert found["n_calls"] >= 5 * outputs  # open, write, sync, rename, and the sync of the folder
    assert found["n_points"] == len(more.get("codes", range(4))) * found["n_calls"]
    assert found["wrong"] == []


@pytest.mark.parametrize("options", ["", " --backup"])
def test_pictures_that_are_replaced(layer: str, folder: Path, options: str) -> None:
    codes = {} if _ALL else {"codes": _FEW_CODES}
    found = try_points(layer, folder, f"quantize @b.png -k 8 --in-place{options}", **codes)
    assert found["n_calls"] >= 5
    assert found["wrong"] == []


def test_folders(layer: str, folder: Path) -> None:
    command = "quantize {folder} -k 8 -d @out -j 1 --report @r.html --manifest @m.csv"
    codes: dict[str, Any] = {} if _ALL else {"codes": _FEW_CODES, "step": 3}
    found = try_points(layer, folder, command, varies=["r.html", "m.csv"], **codes)
    assert found["n_calls"] > 30
    assert found["wrong"] == []


@pytest.mark.parametrize("code", [errno.ENOSPC, errno.EIO, errno.EACCES] if _ALL else [errno.ENOSPC])
@pytest.mark.parametrize("kind", [1 << i for i in range(6)])
def test_workers(layer: str, folder: Path, kind: int, code: int) -> None:
    command = [sys.executable, "-P", "-m", "imgcluster", "quantize", ".", "-k", "4", "-d", "out", "-j", "2"]
    for at in (1, 2, 3) if _ALL else (2,):
        faults = f"{kind} {at} {code} 0 {folder}"
        environment = {**os.environ, "LD_PRELOAD": layer, "FAULTS": faults}
        run = subprocess.run(
            command, cwd=folder, capture_output=True, text=True, env=environment, check=False, timeout=120
        )
        assert run.returncode in (0, 1)
        assert not any(word in run.stderr for word in ("Traceback", "report it", "unexpected"))
        assert not [path for path in folder.rglob("*") if ".tmp" in path.name]
        again = subprocess.run(command, cwd=folder, capture_output=True, text=True, check=False, timeout=120)
        assert again.returncode in (0, 98), again.stderr
        for name in ("a", "b"):
            with Image.open(folder / "out" / f"{name}-quantized.png") as picture:
                assert np.asarray(picture.convert("RGB")).std() > 10
        shutil.rmtree(folder / "out")


@pytest.mark.parametrize("at", [90, 150, 250, 350])
def test_a_library_that_cannot_be_read_is_said_in_one_line(layer: str, folder: Path, at: int) -> None:
    import imgcluster

    library = Path(imgcluster.__file__).parent
    environment = {**os.environ, "LD_PRELOAD": layer, "FAULTS": f"{_OPEN | _READ} {at} {errno.EIO} 1 {library}"}
    command = [sys.executable, "-P", "-m", "imgcluster", "quantize", "a.jpg", "-k", "4", "-o", "o.png"]
    run = subprocess.run(command, cwd=folder, capture_output=True, text=True, env=environment, check=False)
    assert run.returncode == 1
    assert "cannot load a library of this installation: Input/output error" in run.stderr
    assert len(run.stderr.splitlines()) == 1
    assert not (folder / "o.png").exists()
