"""``imgcluster choose-k``: what it prints, what it draws, and what it refuses."""

import json
import shlex
import shutil
from collections.abc import Callable
from importlib import import_module
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from click.testing import Result
from PIL import Image

import imgcluster

FIELDS = ["input", "output", "status", "reason", "criterion", "k", "table", "seconds"]


@pytest.fixture
def poster(folder: Path) -> Path:
    """A picture of three noisy colors."""
    rng = np.random.default_rng(0)
    hues = np.array([[220, 40, 40], [40, 200, 60], [50, 50, 220]])[rng.integers(0, 3, (24, 20))]
    path = folder / "poster.png"
    Image.fromarray(np.clip(hues + rng.normal(scale=6, size=hues.shape), 0, 255).astype(np.uint8)).save(path)
    return path


def test_table_and_choice_are_data_the_rest_is_talk(run: Callable[..., Any], poster: Path) -> None:
    process = run("choose-k", "poster.png", "--ks", "1:5")
    assert process.returncode == 0, process.stderr
    heading, *rows, reason = process.stdout.decode().splitlines()
    assert heading.split() == ["k", "distortion"]
    assert [row.split()[-2] for row in rows] == ["1", "2", "3", "4", "5"]
    assert [row[0] for row in rows] == [" ", " ", "*", " ", " "]
    assert reason.startswith("k = 3 lies farthest below the line from k = 1 to 5")
    (line,) = process.stderr.decode().splitlines()
    assert line.startswith("poster.png -> outputs/poster-choose-k.png  20x24, elbow, ")
    with Image.open("outputs/poster-choose-k.png") as plot:
        assert plot.width == 1200


@pytest.mark.exhaustive
@pytest.mark.parametrize("criterion", ["elbow", "silhouette", "bic", "gap", "psnr"])
def test_json_is_the_choice_of_the_library(invoke: Callable[..., Result], poster: Path, criterion: str) -> None:
    line = json.loads(invoke("choose-k", "poster.png", "--ks", "2,3,4", "--criterion", criterion, "--json").stdout)
    choice = imgcluster.choose_k(poster, [2, 3, 4], criterion=criterion)
    assert list(line) == FIELDS
    assert (line["status"], line["criterion"], line["k"]) == ("done", criterion, choice.k)
    assert line["reason"] == choice.reason
    assert line["table"] == choice.table()


def test_options_reach_the_library(
    invoke: Callable[..., Result], poster: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    module = import_module("imgcluster.quantization")
    real, seen = module.choose_k, []

    def spy(X: Any, **parameters: Any) -> Any:
        seen.append(parameters)
        return real(X, **parameters)

    monkeypatch.setattr(module, "choose_k", spy)
    assert invoke("choose-k", "poster.png").exit_code == 0
    options = "--ks=2:8:3 --criterion=psnr --psnr=20dB --seed=3 --threads=2 -f"
    assert invoke("choose-k", "poster.png", *shlex.split(options)).exit_code == 0
    assert seen[0] == {"random_state": 0}
    assert seen[1] == {"ks": (2, 5, 8), "criterion": "psnr", "psnr": 20.0, "random_state": 3, "n_threads": 2}


def test_psnr_alone_is_a_criterion(invoke: Callable[..., Result], folder: Path) -> None:
    Image.fromarray(np.arange(12, dtype=np.uint8).reshape(3, 4) * 20).convert("RGB").save("flat.png")
    result = invoke("choose-k", "flat.png", "--psnr", "24")
    assert result.exit_code == 0
    heading, *rows, reason = result.stdout.splitlines()
    assert heading.split() == ["k", "PSNR", "in", "dB"]
    assert rows[-1].split() == ["12", "lossless"]
    assert "reaches 24 dB" in reason


def test_existing_plot_is_kept_and_the_table_printed(invoke: Callable[..., Result], poster: Path) -> None:
    target = poster.parent / "outputs/poster-choose-k.png"
    target.parent.mkdir()
    target.write_text("mine")
    result = invoke("choose-k", "poster.png", "--ks", "2:4")
    assert result.exit_code == 0
    assert "*   3" in result.stdout
    assert result.stderr.startswith("poster.png: no new plot, outputs/poster-choose-k.png exists; -f overwrites it\n")
    assert target.read_text() == "mine"
    assert invoke("choose-k", "poster.png", "--ks", "2:4", "-f").exit_code == 0
    assert target.read_bytes().startswith(b"\x89PNG")


@pytest.mark.parametrize("ending", ["png", "svg", "pdf"])
def test_ending_of_output_chooses_the_format(invoke: Callable[..., Result], poster: Path, ending: str) -> None:
    assert invoke("choose-k", "poster.png", "--ks", "2:4", "-o", f"plot.{ending}").exit_code == 0
    assert ending.encode() in (poster.parent / f"plot.{ending}").read_bytes()[:400].lower()


def test_several_inputs_have_their_names(invoke: Callable[..., Result], poster: Path) -> None:
    shutil.copy(poster, "other.png")
    result = invoke("choose-k", "poster.png", "missing.png", "other.png", "poster.png", "--ks", "2:4", "-d", "plots")
    assert result.exit_code == 1
    assert [line for line in result.stdout.splitlines() if line.endswith(".png")] == ["poster.png", "other.png"]
    assert result.stderr.splitlines()[-1].startswith("done 2, skipped 1, failed 1")
    assert sorted(path.name for path in (poster.parent / "plots").iterdir()) == [
        "other-choose-k.png",
        "poster-choose-k.png",
    ]


def test_stdin(run: Callable[..., Any], poster: Path) -> None:
    process = run("choose-k", "-", "--ks", "2:4", input=poster.read_bytes())
    assert process.returncode == 0, process.stderr
    assert b"*   3" in process.stdout
    assert (poster.parent / "outputs/stdin-choose-k.png").is_file()


def test_table_of_samples(invoke: Callable[..., Result], folder: Path) -> None:
    rng = np.random.default_rng(0)
    X = np.repeat([[0.0, 0.0], [9.0, 9.0]], 30, axis=0) + rng.normal(size=(60, 2))
    np.savetxt("points.csv", X * [1, 1000], delimiter=",", header="x,y", comments="")
    result = invoke("choose-k", "points.csv", "--criterion", "silhouette", "--ks", "2:5", "--standardize")
    assert result.exit_code == 0, result.stderr
    assert result.stdout.splitlines()[1].startswith("*   2")
    assert "  60 rows of 2 columns, silhouette, " in result.stderr
    one = invoke("choose-k", "points.csv", "--ks", "1:3", "--columns", "y", "-f")
    assert "  60 rows of 1 column, elbow, " in one.stderr.replace("columns", "column")
    assert "there is no column 'z'; it has 2" in invoke("choose-k", "points.csv", "--columns", "z", "-f").stderr


@pytest.mark.parametrize(
    ("args", "text"),
    [
        ([], "no input given; name a picture"),
        (["--ks", "many", "poster.png"], "ks must be a range such as 2:16 or numbers such as 2,4,8, got 'many'"),
        (["--ks", "1:9:0", "poster.png"], "ks must be a range such as 2:16"),
        (["--ks", "9:2", "poster.png"], "the smaller end first, got '9:2'"),
        (["--ks", "0:4", "poster.png"], "ks must be numbers of at least 1"),
        (["--ks", "2:4:2:2", "poster.png"], "ks must be a range such as 2:16"),
        (["--psnr", "good", "poster.png"], "psnr must be a number of dB, got 'good'"),
        (["--psnr", "-3", "poster.png"], "psnr must be finite and at least 0, got -3"),
        (["--psnr", "30", "--criterion", "gap", "poster.png"], "--psnr is for the criterion psnr, got --criterion gap"),
        (["--criterion", "best", "poster.png"], "'best' is not one of"),
        (
            ["--criterion", "psnr", "a.csv"],
            "the criterion psnr is for pictures, got the table 'a.csv'; use --criterion",
        ),
        (["--psnr", "30", "poster.png", "a.csv"], "psnr is for pictures, got the table 'a.csv'; use --criterion elbow"),
        (["--ks", "5", "poster.png"], "--ks must hold at least 3 numbers for an elbow, got 5; try --ks 1:16"),
        (
            ["--criterion", "silhouette", "--ks", "1:4", "poster.png"],
            "--ks of the silhouette must be at least 2, got 1; start with --ks 2:4",
        ),
        (["--criterion", "silhouette", "--ks", "1", "poster.png"], "start with --ks 2:16"),
        (["-o", "-", "poster.png"], "-o - would mix the plot with the table"),
        (["-o", "plot.jpg", "poster.png"], "must end in .png, .svg, .pdf, got 'plot.jpg'"),
        (["-o", "a.png", "-d", "b", "poster.png"], "exclude each other"),
        (["-o", "a.png", "poster.png", "other.png"], "takes one input"),
    ],
)
def test_wrong_usage_exits_before_any_work(
    invoke: Callable[..., Result], poster: Path, args: list[str], text: str
) -> None:
    result = invoke("choose-k", *args)
    assert result.exit_code == 2
    assert text in result.stderr
    assert result.stderr.startswith("imgcluster: error: ")
    assert result.stderr.count("\n") == 1
    assert [path.name for path in poster.parent.iterdir()] == ["poster.png"]


def test_failures_are_one_line_and_leave_nothing(invoke: Callable[..., Result], poster: Path) -> None:
    Image.new("RGB", (4, 4), "red").save("red.png")
    result = invoke("choose-k", "red.png", "missing.png", "--criterion", "silhouette", "--json")
    assert result.exit_code == 1
    flat, missing, last = result.stderr.splitlines()
    assert flat.startswith("imgcluster: error: red.png: the silhouette needs at least 2 distinct colors")
    assert missing.startswith("imgcluster: error: missing.png: ")
    assert last.startswith("done 0, skipped 0, failed 2")
    assert [json.loads(line)["status"] for line in result.stdout.splitlines()] == ["failed", "failed"]
    assert not (poster.parent / "outputs").exists()
