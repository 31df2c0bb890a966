"""``imgcluster segment``: its own options, and that they are those of the library."""

import shlex
from functools import wraps
from importlib import import_module
from pathlib import Path

import numpy as np
import pytest
import skimage.data
from PIL import Image

import imgcluster


@pytest.fixture
def cup(folder):
    """A photo of 120 x 80 pixels."""
    Image.fromarray(skimage.data.coffee()[::5, ::5]).save("cup.png")
    return folder


def test_defaults_are_those_of_the_library(invoke, cup):
    assert invoke("segment", "cup.png", "--labels", "l.npy").exit_code == 0
    expected = imgcluster.segment("cup.png", 6)
    assert np.array_equal(np.load("l.npy"), expected.labels)
    assert np.array_equal(np.asarray(Image.open("outputs/cup-segments.png")), expected.mosaic())


def test_options_reach_the_library(invoke, cup, monkeypatch):
    module = import_module("imgcluster.segmentation")
    real, seen = module.segment, {}

    @wraps(real)
    def spy(image, **parameters):
        seen.update(parameters)
        return real(image, **parameters)

    monkeypatch.setattr(module, "segment", spy)
    options = "--clusters=3 --features=rgbxy --position-weight=0.5 --method=gmm --seed=3 --threads=2"
    assert invoke("segment", "cup.png", *shlex.split(options)).exit_code == 0
    assert seen == {
        "n_clusters": 3,
        "features": "rgbxy",
        "position_weight": 0.5,
        "method": "gmm",
        "random_state": 3,
        "n_threads": 2,
    }


@pytest.mark.parametrize("method", ["kmeans", "soft-kmeans", "gmm"])
@pytest.mark.parametrize("features", ["rgb", "rgbxy"])
def test_every_way(invoke, cup, features, method):
    result = invoke("segment", "cup.png", "-k", "4", "--features", features, "-m", method, "--labels", "l.npy")
    assert result.exit_code == 0, result.stderr
    assert np.unique(np.load("l.npy")).tolist() == [0, 1, 2, 3]
    assert ", 4 segments, " in result.stderr


def test_fewer_colors_than_clusters_are_said(invoke, folder):
    Image.fromarray(np.array([[0, 9, 200]], np.uint8)).save("gray.png")
    result = invoke("segment", "gray.png", "-k", "6")
    assert result.exit_code == 0
    warning, done = result.stderr.splitlines()
    assert warning == (
        "imgcluster: warning: gray.png: the image has only 3 distinct colors, so n_clusters is 3 instead of 6"
    )
    assert ", 3 segments, " in done


@pytest.mark.parametrize(
    ("args", "text"),
    [
        (["-k", "0"], "n_clusters must be between 1 and 256, got 0"),
        (["-k", "257"], "n_clusters must be between 1 and 256, got 257"),
        (["--position-weight", "2"], "--position-weight is for --features rgbxy, got it with rgb; leave it out"),
        (["--features", "rgbxy", "--position-weight", "-1"], "position_weight must be finite and at least 0, got -1"),
        (["--features", "rgbxy", "--position-weight", "nan"], "position_weight must be finite and at least 0, got nan"),
        (["--features", "rgbxy", "--position-weight", "much"], "position_weight must be a number, at least 0, got"),
        (["--features", "lab"], "'lab' is not one of 'rgb', 'rgbxy'"),
        (["-m", "slic"], "'slic' is not one of 'kmeans'"),
    ],
)
def test_wrong_usage(invoke, cup, args, text):
    result = invoke("segment", "cup.png", *args)
    assert result.exit_code == 2
    assert text in result.stderr
    assert result.stderr.count("\n") == 1
    assert not Path("outputs").exists()
