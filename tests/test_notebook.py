"""Results show themselves in notebooks: small, escaped, in the colors of the page, and without asking for anything."""

from __future__ import annotations

import base64
import io
import re
import subprocess
import sys
from collections.abc import Callable
from html.parser import HTMLParser
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from numpy.typing import NDArray
from PIL import Image

import imgcluster as ic
from imgcluster.cards import card, curve, swatches, table
from imgcluster.tasks import FileResult

HOSTILE = "<script>alert('a')</script>\"&"
VOID = {"img", "circle", "polyline", "br"}


class Balance(HTMLParser):
    """Checks that elements close in order, and collects them."""

    def __init__(self) -> None:
        super().__init__()
        self.open: list[str] = []
        self.seen: list[tuple[str, dict[str, str | None]]] = []

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.seen.append((tag, dict(attrs)))
        if tag not in VOID:
            self.open.append(tag)

    def handle_startendtag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.seen.append((tag, dict(attrs)))

    def handle_endtag(self, tag: str) -> None:
        assert self.open.pop() == tag


def shown(thing: Any) -> Balance:
    """Check what a notebook gets."""
    html = thing._repr_html_()
    assert len(html) < 80_000  # a hundred of them in a notebook
    assert not re.search(r"https?:|[\"'(]//|@import|url\(", html)
    parser = Balance()
    parser.feed(html)
    assert parser.open == []
    assert not {tag for tag, _ in parser.seen} & {"script", "style", "link", "iframe", "object"}
    assert "color:#" not in html.replace("background", "")  # text has the color of the page, light or dark
    for tag, attributes in parser.seen:
        assert not any(name.startswith("on") for name in attributes)
        if tag == "img":
            head, _, data = str(attributes["src"]).partition(",")
            assert head.startswith("data:image/")
            size = Image.open(io.BytesIO(base64.b64decode(data))).size
            assert size == (int(str(attributes["width"])), int(str(attributes["height"])))
    return parser


@pytest.fixture(scope="module")
def points() -> NDArray[np.float64]:
    return np.random.default_rng(0).normal(size=(200, 2))


RESULTS: dict[str, Callable[[NDArray[np.uint8]], Any]] = {
    "quantized": lambda image: ic.quantize(image, 16),
    "300 colors": lambda image: ic.quantize(image, 300),
    "clear": lambda image: ic.quantize(np.dstack([image, image[..., :1]]), 8),
    "palette": lambda image: ic.extract_palette(image, 8),
    "superpixels": lambda image: ic.superpixels(image, 80),
    "masked": lambda image: ic.superpixels(image, 20, mask=image[..., 0] > 90),
    "16 bits": lambda image: ic.superpixels(image.astype(np.uint16) * 257, 20),
    "many channels": lambda image: ic.superpixels(np.dstack([image] * 3), 20, channels="raw"),
    "gray": lambda image: ic.superpixels(image[..., 1], 20),
    "volume": lambda image: ic.superpixels(np.stack([image[..., 1]] * 4), 20, ndim=3),
    "segmented": lambda image: ic.segment(image, 3),
    "choice": lambda image: ic.choose_k(image, range(2, 5)),
    "metric": lambda image: ic.choose_metric(image[::8, ::8].reshape(-1, 3), 2, ["sqeuclidean", "mahalanobis"]),
    "gap": lambda image: ic.choose_k(image[::4, ::4], range(2, 4), criterion="gap"),
    "comparison": lambda image: ic.compare(image, image // 8 * 8),
}


@pytest.mark.parametrize("kind", RESULTS)
@pytest.mark.filterwarnings("ignore:.*pieces")
def test_results_show_themselves(kind: str, astronaut: NDArray[np.uint8]) -> None:
    parser = shown(RESULTS[kind](astronaut[::3, ::3].copy()))
    has_picture = kind not in ("palette", "choice", "metric", "gap")
    assert ("img" in {tag for tag, _ in parser.seen}) == has_picture


@pytest.mark.parametrize("Estimator", [ic.KMeans, ic.SoftKMeans, ic.GaussianMixture])
def test_clusterers_show_their_objective(Estimator: Any, points: NDArray[np.float64]) -> None:
    model = Estimator(3, random_state=0)
    assert "not yet" in model._repr_html_()
    model.fit(points)
    tags = [tag for tag, _ in shown(model).seen]
    assert tags.count("circle") == len(model.history_.steps)
    assert "circle" in [tag for tag, _ in shown(model.history_).seen]
    # a notebook asks for a bundle first, which scikit-learn's own estimators have
    assert model._repr_mimebundle_() == {"text/plain": repr(model), "text/html": model._repr_html_()}


def test_iterations_are_not_fewer_than_the_eye_counts(points: NDArray[np.float64]) -> None:
    swapped = ic.KMeans(3, random_state=0).fit(points)
    assert swapped.n_iter_ + 1 < swapped.history_.steps.count("assign")
    assert "iterations after the last swap" in swapped._repr_html_()
    for plain in (ic.KMeans(3, n_swaps=0, random_state=0), ic.SoftKMeans(3), ic.GaussianMixture(3)):
        assert ">iterations</span>" in plain.fit(points)._repr_html_()


def test_functions_have_their_names_in_titles() -> None:
    def chebyshev(x: Any, m: Any) -> Any:
        return np.abs(x - m).max(axis=-1)

    assert repr(ic.KMeans(2, metric=chebyshev)) == "KMeans(metric=chebyshev, n_clusters=2)"
    assert "metric=&lt;lambda&gt;" in ic.KMeans(2, metric=lambda x, m: abs(x - m).sum(axis=-1))._repr_html_()


def test_one_segment_is_one(astronaut: NDArray[np.uint8]) -> None:
    assert "segments" not in repr(ic.superpixels(astronaut[::8, ::8], 4).merge(1))


def test_mixtures_without_a_fit_show_themselves() -> None:
    shown(ic.GaussianMixture.from_parameters([1.0], [[0.0]], [[[1.0]]]))


def test_names_are_escaped() -> None:
    parser = shown(ic.Palette.of([[1, 2, 3], [4, 5, 6]], HOSTILE, names=(HOSTILE, "")))
    assert any(HOSTILE in str(attributes.get("title")) for _, attributes in parser.seen)
    shown(FileResult(HOSTILE, "done", outputs=(HOSTILE,), palette=("#ff0000", "#00ff0080"), width=3, height=4))


def test_many_colors_are_cut_short() -> None:
    html = ic.Palette(np.zeros((65536, 3), np.uint8))._repr_html_()
    assert "65,280 more" in html
    assert len(html) < 80_000


def test_a_folder_run_shows_itself(tmp_path: Path, astronaut: NDArray[np.uint8]) -> None:
    for name in ("a.png", "b.png"):
        Image.fromarray(astronaut[::16, ::16]).save(tmp_path / name)
    with ic.process_folder(tmp_path, output_dir=tmp_path / "out", parameters={"n_colors": 4}) as run:
        assert "Run of 2 files" in run._repr_html_()
        results = list(run)
        assert "100%" in run._repr_html_()
        shown(run)
    for result in results:
        shown(result)


def test_values_that_cannot_be_drawn() -> None:
    assert curve([float("nan"), 1.0], ["red", "red"], "J") == ""
    assert "polyline" in curve([2.0, 2.0, float("inf")], ["red"] * 3, "J")
    assert "<b>1</b>" not in table([("<b>1</b>", 0.123456789)], ("a", "b"), 0)
    assert card("a", []) == card("a", [], "")
    assert swatches([]).count("<span") == 0


def test_long_histories_are_thinned() -> None:
    drawn = curve([1 / (i + 1) for i in range(10_001)], ["red"] * 10_001, "J")
    assert drawn.count("<circle") <= 202
    assert len(drawn) < 30_000


def test_nothing_of_a_notebook_is_loaded() -> None:
    code = "import sys, imgcluster as ic; ic.Palette([[1, 2, 3]])._repr_html_(); print('IPython' in sys.modules)"
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert done.stdout == "False\n"


def test_what_is_clear_is_seen_as_clear_on_any_page() -> None:
    assert "conic-gradient" not in swatches([(0, 0, 0), (255, 255, 255, 255)])
    page = swatches([(9, 0, 0, 0), (9, 0, 0, 128)])
    assert page.count("conic-gradient") == 2
    assert "linear-gradient(rgba(9,0,0,0)," in page
    pixels = np.zeros((4, 4, 4), np.uint8)
    pixels[:2] = (200, 0, 0, 255)
    (picture,) = re.findall("<img[^>]*>", ic.quantize(pixels, 3)._repr_html_())
    assert "conic-gradient" in picture
