"""Notebooks run in a real kernel, show each figure once and hold no outputs; the lecture's table keeps its word."""

from __future__ import annotations

import importlib
import importlib.util
import json
import os
import re
import shutil
import subprocess
import sys
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from numpy.typing import NDArray

import imgcluster as ic
from imgcluster import plotting
from imgcluster.files import read_table
from imgcluster.kernels import backend

EXAMPLES = Path(__file__).resolve().parents[1] / "examples"
NOTEBOOKS = sorted(EXAMPLES.glob("*.ipynb"))
PAGE = (EXAMPLES / "README.md").read_text(encoding="utf-8")
ROWS = re.findall(r"^\| (\d+) \| ([^|]+) \| ([^|]+) \| ([^|]+) \|$", PAGE, re.MULTILINE)

# in a process of its own: what a kernel and its client warn of is not ours
EXECUTE = """
import sys, nbformat
from nbclient import NotebookClient
notebook = nbformat.read(sys.argv[1], 4)
NotebookClient(notebook, timeout=600, kernel_name="python3").execute()
nbformat.write(notebook, sys.argv[1])
"""


def cells_of(path: Path) -> list[dict[str, Any]]:
    return list(json.loads(path.read_text(encoding="utf-8"))["cells"])


@pytest.mark.exhaustive
@pytest.mark.parametrize("path", NOTEBOOKS, ids=lambda path: path.stem)
def test_every_notebook_runs(path: Path, tmp_path: Path) -> None:
    for package in ("nbclient", "ipykernel"):
        if importlib.util.find_spec(package) is None:
            pytest.skip(f"{package} is not installed")
    shutil.copytree(EXAMPLES, tmp_path / "examples", ignore=shutil.ignore_patterns("__pycache__"))
    search = os.pathsep.join(filter(None, [str(Path(ic.__file__).parents[1]), os.environ.get("PYTHONPATH")]))
    folders = {name: str(tmp_path / name) for name in ("IPYTHONDIR", "JUPYTER_RUNTIME_DIR", "JUPYTER_CONFIG_DIR")}
    environment = {name: value for name, value in os.environ.items() if name != "MPLBACKEND"}
    environment |= {"PYTHONPATH": search, "IMGCLUSTER_KERNELS": backend(), **folders}
    copy = tmp_path / "examples" / path.name
    command = [sys.executable, "-c", EXECUTE, str(copy)]
    done = subprocess.run(
        command, cwd=copy.parent, env=environment, capture_output=True, text=True, timeout=900, check=False
    )
    assert done.returncode == 0, done.stderr[-4000:]
    for cell in (cell for cell in cells_of(copy) if cell["cell_type"] == "code"):
        outputs = cell["outputs"]
        said = "".join(cell["source"])
        assert not [output["text"] for output in outputs if output.get("name") == "stderr"], said  # no warnings
        pictures = [output for output in outputs if "image/png" in output.get("data", {})]
        if "plot" in said and "def " not in said and "import" not in said:
            assert len(pictures) == 1, said
        for output in outputs:
            assert "Axes" not in "".join(output.get("data", {}).get("text/plain", "")) or pictures, said


@pytest.mark.parametrize("path", NOTEBOOKS, ids=lambda path: path.stem)
def test_notebooks_hold_no_outputs(path: Path) -> None:
    assert path.stat().st_size < 100_000
    for cell in cells_of(path):
        if cell["cell_type"] == "code":
            assert cell["outputs"] == []
            assert cell["execution_count"] is None
            compile("".join(cell["source"]).rstrip().rstrip(";"), path.name, "exec")
        else:
            for target in re.findall(r"\]\(([^)#]+)", "".join(cell["source"])):
                assert (EXAMPLES / target).exists(), target
    assert f"({path.name})" in PAGE


def test_the_package_is_installed_from_a_checkout() -> None:
    for text in (PAGE, *(path.read_text(encoding="utf-8") for path in NOTEBOOKS)):
        assert "pip install imgcluster" not in text


def test_the_lecture_has_36_rows() -> None:
    assert len(NOTEBOOKS) == 2
    assert [int(number) for number, *_ in ROWS] == list(range(1, 37))


@pytest.fixture(scope="module")
def names() -> dict[str, Any]:
    """What the table says its letters are."""
    X = read_table(EXAMPLES / "old_faithful.csv", standardize=True)
    photo: NDArray[np.uint8] = ic.read_image(EXAMPLES / "coffee.jpg")[::8, ::8].copy()
    mixture = ic.GaussianMixture(2, random_state=0).fit(X)
    return {
        "ic": ic,
        "read_table": read_table,
        "path": EXAMPLES / "old_faithful.csv",
        "X": X,
        "z": (X[:, 0] > 0).astype(int),
        "photo": photo,
        "k": 2,
        "start": X[:2],
        "model": ic.KMeans(2, random_state=0).fit(X),
        "soft": ic.SoftKMeans(2, random_state=0).fit(X),
        "mixture": mixture,
        "gamma": mixture.expect(X),
        "choice": ic.choose_k(X, [2, 3, 4]),
        **{name: getattr(plotting, name) for name in plotting.__all__},
    }


@pytest.mark.parametrize(("row", "call"), [(row, call) for row, _, calls, _ in ROWS for call in calls.split("`")[1::2]])
@pytest.mark.filterwarnings("ignore:.*pieces")
def test_every_call_of_the_table_works(row: str, call: str, names: dict[str, Any]) -> None:
    found = eval(call, {**names})
    if hasattr(found, "fit") and not hasattr(found, "n_features_in_"):
        found = found.fit(names["X"])
    assert found is not None


@pytest.mark.parametrize(("row", "link"), [(row, link) for row, *_, links in ROWS for link in links.split("[")[1:]])
def test_every_link_of_the_table_leads_somewhere(row: str, link: str) -> None:
    text, target = re.fullmatch(r"([^\]]+)\]\(([^)]+)\),? ?", link).groups()
    if target.startswith("#"):
        titles = re.findall(r"^## (.+)$", PAGE, re.MULTILINE)
        assert target[1:] in [re.sub(r"[^\w -]", "", title.lower()).replace(" ", "-") for title in titles]
    elif target.endswith(".ipynb"):
        headings = ["".join(cell["source"]) for cell in cells_of(EXAMPLES / target)]
        assert any(f"## {text.removeprefix('§ ')}. " in heading for heading in headings)
    else:
        page, _, anchor = target.partition("#")
        titles = re.findall(r"^## (.+)$", (EXAMPLES / page).read_text(encoding="utf-8"), re.MULTILINE)
        assert anchor in [re.sub(r"[^\w -]", "", title.lower()).replace(" ", "-") for title in titles]


def test_what_python_md_says_of_empty_clusters() -> None:
    tour = (EXAMPLES / "python.md").read_text(encoding="utf-8")
    assert '"reseed"' in tour
    X = np.array([[0.0], [0.0], [1.0], [9.0]])
    assert "reseed" in ic.KMeans(2, init=[[0.0], [50.0]], n_swaps=0).fit(X).history_.steps


def test_functions_lie_where_the_table_says() -> None:
    for calls in (calls for *_, calls, _ in ROWS):
        for name in re.findall(r"\bic\.(\w+)", calls):
            assert hasattr(ic, name), name
        for name in re.findall(r"(?<![\w.])(\w+)\(", calls):
            home = "imgcluster.files" if name == "read_table" else "imgcluster.plotting"
            assert name == "abs" or hasattr(importlib.import_module(home), name), name
