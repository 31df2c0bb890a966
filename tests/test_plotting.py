"""Plots: what is in the figures (colors, panels, data), and that drawing leaves nothing behind."""

import inspect
import io
import pickle
import re
import subprocess
import sys
from dataclasses import replace
from pathlib import Path
from types import SimpleNamespace
from typing import Any, cast

import matplotlib
import numpy as np
import pytest
from matplotlib.axes import Axes
from matplotlib.collections import LineCollection
from matplotlib.colors import to_rgba
from matplotlib.contour import QuadContourSet
from matplotlib.figure import Figure
from matplotlib.patches import Ellipse
from numpy.typing import NDArray
from PIL import Image

from imgcluster import plotting
from imgcluster.cluster import Choice, GaussianMixture, KMeans, MetricChoice, SoftKMeans, choose_metric
from imgcluster.errors import ImageWriteError
from imgcluster.palette import Palette
from imgcluster.plotting._canvas import BLUE, RED
from imgcluster.plotting._planes import voronoi_edges


@pytest.fixture
def plane(rng: np.random.Generator) -> NDArray[np.float64]:
    """Three groups of 60 points in the plane."""
    return np.concatenate([rng.normal(c, 0.5, (60, 2)) for c in ((0, 0), (4, 0), (2, 3))])


@pytest.fixture
def line(rng: np.random.Generator) -> NDArray[np.float64]:
    """Two groups of 100 points on a line."""
    return np.concatenate([rng.normal(0, 1, 100), rng.normal(6, 0.5, 100)])[:, None]


def saved(plot: Any, **options: Any) -> bytes:
    stream = io.BytesIO()
    plotting.save_plot(plot, stream, **options)
    return stream.getvalue()


def segments(ax: Axes) -> tuple[NDArray[np.float64], NDArray[np.float64]]:
    (lines,) = [c for c in ax.collections if isinstance(c, LineCollection)]
    return np.array(lines.get_segments()), lines.get_colors()


@pytest.mark.parametrize("name", plotting.__all__)
def test_every_function_is_documented(name: str) -> None:
    doc = inspect.getdoc(getattr(plotting, name))
    assert doc.partition("\n")[0].endswith(".")
    assert ">>>" in doc
    listed = re.findall(r"^(\w+) :", doc.partition("Parameters\n---")[2].partition("\n\n")[0], re.MULTILINE)
    assert listed == list(inspect.signature(getattr(plotting, name)).parameters)


def test_nothing_is_left_behind() -> None:
    code = """
import sys, matplotlib
# to read the backend would import pyplot
before = {name: matplotlib.rcParams[name] for name in matplotlib.rcParams if name != "backend"}
import numpy as np
from imgcluster import GaussianMixture, KMeans, plotting
X = np.random.default_rng(0).normal(size=(50, 2))
plotting.save_plot(plotting.plot_objective(KMeans(3, random_state=0).fit(X)), "a.png")
plotting.save_plot(plotting.plot_mixture(X, GaussianMixture(2, random_state=0).fit(X)), "b.svg")
plotting.save_plot(plotting.plot_steps(X, 3), "c.pdf")
plotting.save_plot(plotting.plot_cloud(np.zeros((2, 2, 3), np.uint8)), "d.png")
assert "matplotlib.pyplot" not in sys.modules
assert {name: matplotlib.rcParams[name] for name in before} == before
"""
    subprocess.run([sys.executable, "-c", code], check=True)


@pytest.fixture(autouse=True)
def in_a_folder_of_its_own(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(tmp_path)


class TestObjective:
    @pytest.mark.parametrize("model", [KMeans(3, n_swaps=0, random_state=0), SoftKMeans(3, random_state=0)])
    def test_blue_leads_to_assignments_and_red_to_refits(self, plane: NDArray[np.float64], model: Any) -> None:
        history = model.fit(plane).history_
        ax = plotting.plot_objective(model)
        lines, colors = segments(ax)
        assert lines[:, 1, 1].tolist() == history.objective[1:].tolist()
        expected = [to_rgba(BLUE if step == "assign" else RED) for step in history.steps[1:]]
        assert [tuple(color) for color in colors] == expected

    def test_markers_lie_on_the_values_of_their_steps(self, plane: NDArray[np.float64]) -> None:
        history = KMeans(3, n_swaps=0, random_state=0).fit(plane).history_
        blue, red = plotting.plot_objective(SimpleNamespace(history_=history)).lines
        assert (blue.get_color(), red.get_color()) == (BLUE, RED)
        assert blue.get_ydata().tolist() == history.objective[::2].tolist()
        assert red.get_ydata().tolist() == history.objective[1::2].tolist()
        assert red.get_xdata().tolist() == list(range(1, len(red.get_xdata()) + 1))

    def test_a_mixture_shows_its_steps_and_log_likelihood(self, plane: NDArray[np.float64]) -> None:
        ax = plotting.plot_objective(GaussianMixture(3, random_state=0).fit(plane))
        assert [line.get_label() for line in ax.lines[:2]] == ["E-step", "M-step"]
        assert ax.get_ylabel() == "log-likelihood"

    def test_other_steps_have_a_marker_of_their_own(self) -> None:
        history = SimpleNamespace(objective=np.array([3.0, 2.0, 1.5]), steps=("assign", "refit", "swap"))
        ax = plotting.plot_objective(SimpleNamespace(history_=history))
        assert ax.lines[2].get_label() == "swap"
        assert len({line.get_marker() for line in ax.lines}) == 3

    def test_the_shortest_history(self) -> None:
        ax = plotting.plot_objective(KMeans(1, init=[[1.0]]).fit([[1.0]]))
        assert saved(ax)


class TestSteps:
    START = ((0.0, 3.0), (4.0, 3.0))

    def test_panels_follow_k_means(self, plane: NDArray[np.float64]) -> None:
        figure = plotting.plot_steps(plane, self.START, n_panels=5)
        titles = [ax.get_title() for ax in figure.axes]
        assert titles == ["(a) start", "(b) assign 1", "(c) refit 1", "(d) assign 2", "(e) refit 2"]
        after = [KMeans(2, init=self.START, max_iter=t, tol=0).fit(plane).cluster_centers_ for t in (1, 2)]
        for ax, centers in zip(figure.axes, [self.START, self.START, after[0], after[0], after[1]], strict=True):
            np.testing.assert_allclose(ax.collections[-1].get_offsets(), centers)

    def test_points_are_gray_and_then_in_the_color_of_the_nearest(self, plane: NDArray[np.float64]) -> None:
        start, assigned = plotting.plot_steps(plane, self.START, n_panels=2).axes
        assert len(np.unique(start.collections[0].get_facecolors(), axis=0)) == 1
        nearest = ((plane[:, None] - np.array(self.START)) ** 2).sum(axis=2).argmin(axis=1)
        shown = assigned.collections[0].get_facecolors()[:, :3]
        np.testing.assert_allclose(shown, plotting.cluster_colors(2)[nearest])

    def test_two_centers_are_parted_by_their_bisector(self, plane: NDArray[np.float64]) -> None:
        ax = plotting.plot_steps(plane, self.START, n_panels=2).axes[1]
        lines, _ = segments(ax)
        np.testing.assert_allclose(lines[0][:, 0], 2.0)  # halfway between 0 and 4
        assert ax.get_aspect() == 1

    def test_it_ends_when_nothing_changes(self, plane: NDArray[np.float64]) -> None:
        figure = plotting.plot_steps(plane, [[0.0, 0.0], [4.0, 0.0], [2.0, 3.0]], n_panels=20)
        assert figure.axes[-1].get_title() == "(d) assign 2: no change"

    def test_a_number_draws_points_as_centers(self, plane: NDArray[np.float64]) -> None:
        centers = plotting.plot_steps(plane, 3, n_panels=1, random_state=5).axes[0].collections[-1].get_offsets()
        assert {tuple(c) for c in np.asarray(centers)} <= {tuple(x) for x in plane}
        again = plotting.plot_steps(plane, 3, n_panels=1, random_state=5).axes[0].collections[-1].get_offsets()
        assert (centers == again).all()

    def test_axes_given_are_used(self, plane: NDArray[np.float64]) -> None:
        figure = Figure()
        axes = figure.subplots(2, 2)
        assert plotting.plot_steps(plane, 2, n_panels=3, axes=axes) is figure
        assert [bool(ax.collections) for ax in axes.flat] == [True, True, True, False]
        with pytest.raises(ValueError, match="axes must hold at least 3 axes, got 1"):
            plotting.plot_steps(plane, 2, n_panels=3, axes=[axes[0, 0]])

    def test_units_that_differ_much_do_not_leave_a_strip(self, plane: NDArray[np.float64]) -> None:
        figure = plotting.plot_steps(plane * [1, 1000], 2, n_panels=1)
        assert figure.axes[0].get_aspect() == "auto"

    @pytest.mark.parametrize("X", [[[1.0, 2.0]], [[1.0, 2.0]] * 5])
    def test_a_single_place(self, X: list[list[float]]) -> None:
        assert saved(plotting.plot_steps(X, 1))

    def test_what_does_not_lie_in_the_plane_is_rejected(self, plane: NDArray[np.float64]) -> None:
        with pytest.raises(ValueError, match=r"X must have shape \(n_samples, 2\), got \(3, 3\)"):
            plotting.plot_steps(np.eye(3), 2)
        with pytest.raises(ValueError, match=r"init must have shape \(k, 2\), got \(1, 3\)"):
            plotting.plot_steps(plane, [[1.0, 2.0, 3.0]])
        with pytest.raises(ValueError, match="n_panels must be between 1 and 26, got 0"):
            plotting.plot_steps(plane, 2, n_panels=0)


class TestSoftSteps:
    START = ((0.0, 3.0), (4.0, 3.0))

    @staticmethod
    def titles(figure: Figure) -> list[str]:
        return [ax.get_title().partition(":")[0] for ax in figure.axes]

    def test_panels_of_em(self, plane: NDArray[np.float64]) -> None:
        figure = plotting.plot_steps(plane, self.START, method="gmm")
        assert self.titles(figure)[:3] == ["(a) start", "(b) E-step 1", "(c) M-step 1"]
        assert all(re.match(r"\([d-i]\) iteration \d+", title) for title in self.titles(figure)[3:])
        numbers = [int(title.split()[-1]) for title in self.titles(figure)[3:]]
        assert numbers == sorted(set(numbers))
        values = [float(ax.get_title().rpartition("=")[2]) for ax in figure.axes[1:]]
        assert values == sorted(values)

    def test_the_first_half_steps_of_em_are_their_formulas(self, plane: NDArray[np.float64]) -> None:
        start, expected, maximized = plotting.plot_steps(plane, self.START, method="gmm", n_panels=3).axes
        covariance = np.diag(plane.var(axis=0) / 2)
        inverse = np.linalg.inv(covariance)
        differences = plane[:, None] - np.array(self.START)
        terms = np.exp(-0.5 * np.einsum("nki,ij,nkj->nk", differences, inverse, differences))
        shares = terms / terms.sum(axis=1, keepdims=True)
        shown = expected.collections[0].get_facecolors()[:, :3]
        np.testing.assert_allclose(shown, shares @ plotting.cluster_colors(2), atol=1e-12)
        densities = (terms / (2 * np.pi * np.sqrt(np.linalg.det(covariance)))).mean(axis=1)
        assert expected.get_title() == f"(b) E-step 1: ln p(X) = {np.log(densities).sum():.1f}"
        means = shares.T @ plane / shares.sum(axis=0)[:, None]
        np.testing.assert_allclose(maximized.collections[-1].get_offsets(), means)
        assert len(np.unique(start.collections[0].get_facecolors(), axis=0)) == 1
        # a circle around each mean, one deviation wide along the axes
        (one, _) = [patch for patch in start.patches if isinstance(patch, Ellipse)]
        np.testing.assert_allclose(sorted([one.width, one.height]), 2 * np.sqrt(np.sort(np.diag(covariance))))

    def test_panels_of_soft_k_means(self, plane: NDArray[np.float64]) -> None:
        figure = plotting.plot_steps(plane, self.START, method="soft-kmeans")
        assert self.titles(figure)[:3] == ["(a) start", "(b) assign 1", "(c) refit 1"]
        model = SoftKMeans(2, init=self.START, keep_path=True).fit(plane)
        (circle, _) = [patch for patch in figure.axes[0].patches if isinstance(patch, Ellipse)]
        assert circle.width == pytest.approx(2 * np.sqrt(1 / (2 * model.beta_)))
        np.testing.assert_allclose(figure.axes[-1].collections[-1].get_offsets(), model.cluster_centers_)
        assert figure.axes[-1].get_title().endswith(f"F = {model.history_.path[-2].objective:#.5g}")

    @pytest.mark.parametrize("method", ["kmeans", "soft-kmeans", "gmm"])
    @pytest.mark.parametrize("scale", [[1.0, 1.0], [1e4, 1e-4]])
    def test_any_units_and_few_panels(self, plane: NDArray[np.float64], method: str, scale: list[float]) -> None:
        for n_panels in (1, 2, 4):
            figure = plotting.plot_steps(plane * scale, 2, method=method, n_panels=n_panels)
            assert len(figure.axes) == n_panels
        assert saved(figure)

    @pytest.mark.parametrize("method", ["soft-kmeans", "gmm"])
    def test_a_single_cluster(self, plane: NDArray[np.float64], method: str) -> None:
        assert saved(plotting.plot_steps(plane, 1, method=method))

    def test_another_method_is_rejected(self, plane: NDArray[np.float64]) -> None:
        with pytest.raises(ValueError, match="method must be one of kmeans, soft-kmeans, gmm, got 'em'"):
            plotting.plot_steps(plane, 2, method="em")


class TestNames:
    def test_a_figure_is_named_once_and_given_axes_each(self, plane: NDArray[np.float64]) -> None:
        figure = plotting.plot_steps(plane, 2, n_panels=3, names=["a", "b"])
        assert (figure.get_supxlabel(), figure.get_supylabel()) == ("a", "b")
        axes = Figure().subplots(1, 3)
        plotting.plot_steps(plane, 2, n_panels=2, names=["a", "b"], axes=axes)
        assert [(ax.get_xlabel(), ax.get_ylabel()) for ax in axes] == [("a", "b"), ("a", "b"), ("", "")]

    def test_names_of_a_data_frame(self, plane: NDArray[np.float64], line: NDArray[np.float64]) -> None:
        pandas = pytest.importorskip("pandas")
        table = pandas.DataFrame(plane, columns=["width", "height"])
        model = GaussianMixture(2, random_state=0).fit(table)
        for ax in (
            plotting.plot_mixture(table, model),
            plotting.plot_responsibilities(table, model.predict_proba(table)),
        ):
            assert (ax.get_xlabel(), ax.get_ylabel()) == ("width", "height")
        fits = [KMeans(2, random_state=0).fit(table)] * 2
        assert plotting.plot_optima(table, fits).get_supxlabel() == "width"
        ax = plotting.plot_responsibilities(line, np.ones((200, 1)), names=["time"])
        assert (ax.get_xlabel(), ax.get_ylabel()) == ("time", "responsibility")

    def test_too_few_are_rejected(self, plane: NDArray[np.float64]) -> None:
        with pytest.raises(ValueError, match=r"names must be 2, one for each feature, got \['a'\]"):
            plotting.plot_steps(plane, 2, names=["a"])


def test_voronoi_edges_are_where_two_centers_are_nearest(rng: np.random.Generator) -> None:
    centers = rng.uniform(0, 1, (9, 2))
    edges = voronoi_edges(centers, [0, 0], [1, 1])
    assert len(edges) >= 9
    for first, last in edges:
        middle = (first + last) / 2
        for point in (first, middle, last):
            distances = np.sort(np.hypot(*(centers - point).T))
            assert distances[1] - distances[0] < 1e-9
    # and every change of the nearest center along a line crosses one of them
    walk = np.stack([np.linspace(0, 1, 2001), np.full(2001, 0.37)], axis=1)
    nearest = ((walk[:, None] - centers) ** 2).sum(axis=2).argmin(axis=1)
    crossings = [e for e in edges if (e[0, 1] - 0.37) * (e[1, 1] - 0.37) < 0]
    places = [e[0, 0] + (0.37 - e[0, 1]) / (e[1, 1] - e[0, 1]) * (e[1, 0] - e[0, 0]) for e in crossings]
    assert np.count_nonzero(np.diff(nearest)) == sum(0 < x < 1 for x in places)


def test_voronoi_edges_of_one_and_of_equal_centers() -> None:
    assert voronoi_edges([[0.5, 0.5]], [0, 0], [1, 1]) == []
    assert voronoi_edges([[0.5, 0.5], [0.5, 0.5]], [0, 0], [1, 1]) == []
    assert len(voronoi_edges([[0, 0], [1, 0], [2, 0]], [0, 0], [2, 1])) == 2


class TestOptima:
    def test_each_fit_with_its_objective(self) -> None:
        X = np.array([[0.0, 0.0], [0.0, 1.0], [4.0, 0.0], [4.0, 1.0]])
        fits = [KMeans(2, init=start).fit(X) for start in ([[2.0, 0.0], [2.0, 1.0]], [[0.0, 0.5], [4.0, 0.5]])]
        figure = plotting.plot_optima(X, fits)
        assert [ax.get_title() for ax in figure.axes] == ["J = 16, 16.0 times the best", "J = 1, the best"]
        for ax, fit in zip(figure.axes, fits, strict=True):
            np.testing.assert_allclose(ax.collections[-1].get_offsets(), fit.cluster_centers_)

    def test_a_little_above_is_said_in_per_cent(self) -> None:
        fits = [
            SimpleNamespace(
                history_=SimpleNamespace(objective=[j]), cluster_centers_=np.zeros((1, 2)), labels_=np.zeros(2, int)
            )
            for j in (1.25, 1.0)
        ]
        assert plotting.plot_optima(np.eye(2), fits).axes[0].get_title() == "J = 1.25, 25.0 % above the best"

    def test_fits_that_agree_but_for_rounding_say_so(self, plane: NDArray[np.float64]) -> None:
        fits = [KMeans(3, n_init=5, random_state=seed).fit(plane) for seed in (0, 1)]
        titles = [ax.get_title() for ax in plotting.plot_optima(plane, fits).axes]
        assert titles == [f"J = {fits[0].inertia_:.4g}, all agree"] * 2

    def test_no_fit_is_rejected(self, plane: NDArray[np.float64]) -> None:
        with pytest.raises(ValueError, match="at least one fitted KMeans"):
            plotting.plot_optima(plane, [])


class TestMixture:
    @pytest.mark.parametrize("covariance_type", ["full", "tied", "diag", "spherical", "identity"])
    def test_ellipses_lie_at_one_and_two_deviations(self, plane: NDArray[np.float64], covariance_type: str) -> None:
        model = GaussianMixture(3, covariance_type=covariance_type, random_state=0).fit(plane)
        ax = plotting.plot_mixture(plane, model)
        ellipses = [patch for patch in ax.patches if isinstance(patch, Ellipse)]
        assert len(ellipses) == 6
        total = {"full": None, "tied": None, "diag": None, "spherical": None, "identity": np.eye(2)}[covariance_type]
        for i, ellipse in enumerate(ellipses):
            k, sigma = divmod(i, 2)
            outline = ellipse.get_patch_transform().transform(ellipse.get_path().vertices) - model.means_[k]
            covariance = self.covariance(model, k) if total is None else total
            # vertices of the Bezier curves that lie on the ellipse
            on_it = outline[:-1:3]
            squared = np.einsum("nd,de,ne->n", on_it, np.linalg.inv(covariance), on_it)
            np.testing.assert_allclose(squared, (sigma + 1) ** 2, rtol=1e-6)

    @staticmethod
    def covariance(model: Any, k: int) -> Any:
        if model.covariance_type == "tied":
            return model.covariances_
        if model.covariance_type == "full":
            return model.covariances_[k]
        return np.eye(2) * model.covariances_[k]

    def test_contours_are_those_of_the_density(self, plane: NDArray[np.float64]) -> None:
        model = GaussianMixture(3, random_state=0).fit(plane)
        ax = plotting.plot_mixture(plane, model)
        (contours,) = [c for c in ax.collections if isinstance(c, QuadContourSet)]
        peaks = model.score_samples(model.means_).max()
        for level, path in zip(contours.levels, contours.get_paths(), strict=True):
            points = path.vertices[path.codes != path.CLOSEPOLY]
            log_density = model.score_samples(points) - peaks
            assert abs(np.median(log_density) - np.log(level)) < 0.1
        assert ax.get_aspect() == 1

    def test_on_a_line_components_add_up_to_the_density(self, line: NDArray[np.float64]) -> None:
        model = GaussianMixture(2, random_state=0).fit(line)
        ax = plotting.plot_mixture(line, model)
        first, second, total = (curve.get_ydata() for curve in ax.lines)
        x = ax.lines[0].get_xdata()
        np.testing.assert_allclose(first + second, total)
        np.testing.assert_allclose(total, np.exp(model.score_samples(x[:, None])), rtol=1e-9)
        assert abs(np.trapezoid(total, x) - 1) < 0.01
        assert sum(bar.get_height() * bar.get_width() for bar in ax.patches) == pytest.approx(1)

    def test_legend_stands_beside_the_data(self, plane: NDArray[np.float64], caplog: Any) -> None:
        ax = plotting.plot_mixture(plane, GaussianMixture(3, random_state=0).fit(plane))
        ax.figure.draw_without_rendering()
        box = ax.get_legend().get_window_extent()
        assert not caplog.records
        assert box.x0 >= ax.get_window_extent().x1
        assert box.x1 <= ax.figure.bbox.x1

    def test_three_features_are_rejected(self, rng: np.random.Generator) -> None:
        X = rng.normal(size=(20, 3))
        with pytest.raises(ValueError, match=r"\(n_samples, 2\), got \(20, 3\); choose the columns"):
            plotting.plot_mixture(X, GaussianMixture(1).fit(X))


class TestResponsibilities:
    def test_colors_are_mixed_by_responsibility(self) -> None:
        shares = np.array([[1.0, 0.0, 0.0], [0.2, 0.5, 0.3], [0.0, 0.5, 0.5]])
        ax = plotting.plot_responsibilities([[0.0, 0.0], [1.0, 1.0], [2.0, 0.0]], shares)
        shown = ax.collections[0].get_facecolors()[:, :3]
        np.testing.assert_allclose(shown, shares @ plotting.cluster_colors(3))
        assert [text.get_text() for text in ax.get_legend().get_texts()] == ["k = 1", "k = 2", "k = 3"]

    def test_on_a_line_they_are_heights_too(self, line: NDArray[np.float64]) -> None:
        shares = GaussianMixture(2, random_state=0).fit(line).predict_proba(line)
        ax = plotting.plot_responsibilities(line, shares)
        for k, dots in enumerate(ax.lines):
            np.testing.assert_array_equal(dots.get_ydata(), shares[:, k])

    @pytest.mark.parametrize(
        ("shares", "text"),
        [
            ([[1.0, 0.0]], "a row for each of the 2 points, got 1"),
            ([[0.5, 0.4], [1.0, 0.0]], "add up to 1 in each row"),
            ([[1.5, -0.5], [1.0, 0.0]], "must not be negative"),
        ],
    )
    def test_what_are_not_responsibilities_is_rejected(self, shares: list[list[float]], text: str) -> None:
        with pytest.raises(ValueError, match=text):
            plotting.plot_responsibilities([[0.0, 0.0], [1.0, 1.0]], shares)


class TestCloud:
    PIXELS = np.random.default_rng(0).integers(0, 256, (40, 50, 3), dtype=np.uint8)

    def test_points_are_the_colors_and_have_them(self) -> None:
        ax = plotting.plot_cloud(self.PIXELS)
        ax.figure.draw_without_rendering()  # which brings the colors into the order of depth
        x, y, z = ax.collections[0]._offsets3d
        colors = np.unique(self.PIXELS.reshape(-1, 3), axis=0)
        points = np.stack([x, y, z], axis=1)
        assert (np.unique(points, axis=0) == colors).all()
        shown = ax.collections[0].get_facecolors()[:, :3] * 255
        np.testing.assert_array_equal(np.unique(shown.round(6), axis=0), colors)

    def test_lab_is_that_of_scikit_image(self) -> None:
        from skimage.color import rgb2lab

        centers = np.array([[255.0, 255.0, 255.0], [200.0, 30.0, 60.0]])
        ax = plotting.plot_cloud(self.PIXELS, centers, space="lab")
        a, b, lightness = ax.collections[1]._offsets3d
        np.testing.assert_allclose(np.stack([lightness, a, b], axis=1), rgb2lab(centers / 255))
        assert (ax.get_xlabel(), ax.get_ylabel(), ax.get_zlabel()) == ("a*", "b*", "L*")

    def test_many_colors_are_thinned_by_weight(self) -> None:
        pixels = np.concatenate([np.full((3000, 3), 7, np.uint8), self.PIXELS.reshape(-1, 3)])
        shown = np.stack(plotting.plot_cloud(pixels, n_points=50).collections[0]._offsets3d, axis=1)
        assert shown.shape == (50, 3)
        assert [7, 7, 7] in shown.tolist()
        again = np.stack(plotting.plot_cloud(pixels, n_points=50).collections[0]._offsets3d, axis=1)
        assert (shown == again).all()

    def test_one_color(self) -> None:
        black = np.zeros((2, 2, 3), np.uint8)
        for space in ("rgb", "lab"):
            assert saved(plotting.plot_cloud(black, [[0, 0, 0]], space=space))

    def test_wrong_input_is_rejected(self) -> None:
        with pytest.raises(ValueError, match="projection '3d'"):
            plotting.plot_cloud(self.PIXELS, ax=Figure().add_subplot())
        with pytest.raises(ValueError, match="space must be one of rgb, lab, got 'hsv'"):
            plotting.plot_cloud(self.PIXELS, space="hsv")
        with pytest.raises(ValueError, match=r"centers must have shape \(k, 3\)"):
            plotting.plot_cloud(self.PIXELS, [[1, 2]])
        with pytest.raises(TypeError, match="pixels must be uint8"):
            plotting.plot_cloud(self.PIXELS / 255)


class TestPalette:
    def test_swatches_have_the_colors_and_the_strip_the_shares(self) -> None:
        palette = [[10, 20, 30], [255, 0, 0], [0, 0, 255]]
        ax = plotting.plot_palette(palette, [[0, 0, 0, 0, 0, 1, 1, 1, 1, 2]])
        swatches, strip = ax.patches[:3], ax.patches[3:]
        for patches in (swatches, strip):
            np.testing.assert_allclose([p.get_facecolor()[:3] for p in patches], np.array(palette) / 255)
        widths = np.array([p.get_width() for p in strip])
        np.testing.assert_allclose(widths / widths.sum(), [0.5, 0.4, 0.1])
        assert [t.get_text() for t in ax.texts] == ["#0a141e\n50.0 %", "#ff0000\n40.0 %", "#0000ff\n10.0 %"]

    @pytest.mark.parametrize("k", [1, 8, 9, 64, 65, 256])
    def test_every_size_fits(self, k: int, rng: np.random.Generator) -> None:
        ax = plotting.plot_palette(rng.integers(0, 256, (k, 3)), np.arange(k))
        assert len(ax.patches) == 2 * k
        assert len(ax.texts) == (k if k <= 64 else 0)
        assert saved(ax, width=400)

    @pytest.mark.parametrize("indices", [[2], [-1], [0.5], []])
    def test_wrong_indices_are_rejected(self, indices: list[Any]) -> None:
        with pytest.raises(ValueError, match="indices must be whole numbers between 0 and 1"):
            plotting.plot_palette([[0, 0, 0], [1, 1, 1]], indices)


class TestChoice:
    CHOICE = Choice((2, 3, 5), np.array([9.0, 4.0, 3.5]), "elbow", 3, "the sharpest bend")

    def test_the_chosen_number_is_marked(self) -> None:
        ax = plotting.plot_choice(self.CHOICE)
        curve, _, mark = ax.lines
        assert (curve.get_xdata().tolist(), curve.get_ydata().tolist()) == ([2, 3, 5], [9.0, 4.0, 3.5])
        assert (mark.get_xdata().tolist(), mark.get_ydata().tolist()) == ([3], [4.0])
        assert ax.get_legend().get_texts()[0].get_text() == "K = 3"
        assert ax.get_title(loc="left") == "the sharpest bend"

    def test_other_choices_are_rejected(self) -> None:
        of_metrics = MetricChoice(("cosine",), np.array([0.7]), "agreement", "cosine", "It agrees best.")
        with pytest.raises(
            TypeError, match=r"takes a Choice, .*, got MetricChoice; use plot_distances\(X, choice, n_c"
        ):
            plotting.plot_choice(cast("Any", of_metrics))
        with pytest.raises(TypeError, match=r"got list; pass what choose_k returns"):
            plotting.plot_choice(cast("Any", [2, 3]))

    @pytest.mark.parametrize(("criterion", "label"), [("bic", "BIC"), ("psnr", "PSNR in dB"), ("new", "new")])
    def test_the_axis_is_named(self, criterion: str, label: str) -> None:
        choice = replace(self.CHOICE, criterion=criterion)
        assert plotting.plot_choice(choice).get_ylabel() == label

    def test_the_gap_has_its_errors(self) -> None:
        choice = replace(self.CHOICE, criterion="gap", errors=np.array([0.5, 0.25, 1.0]))
        lines, _ = segments(plotting.plot_choice(choice))
        np.testing.assert_allclose(np.diff(lines[:, :, 1])[:, 0] / 2, [0.5, 0.25, 1.0])

    def test_an_infinite_value_leaves_a_gap(self) -> None:
        choice = replace(self.CHOICE, values=np.array([9.0, np.inf, 3.0]))
        assert saved(plotting.plot_choice(choice))


def test_axes_given_are_drawn_in_and_returned(plane: NDArray[np.float64], line: NDArray[np.float64]) -> None:
    figure = Figure()
    axes = figure.subplots(2, 3)
    model, mixture = KMeans(2, random_state=0).fit(plane), GaussianMixture(2, random_state=0).fit(plane)
    drawn = [
        plotting.plot_objective(model, ax=axes[0, 0]),
        plotting.plot_mixture(plane, mixture, ax=axes[0, 1]),
        plotting.plot_responsibilities(plane, mixture.predict_proba(plane), ax=axes[0, 2]),
        plotting.plot_palette([[1, 2, 3]], ax=axes[1, 0]),
        plotting.plot_choice(TestChoice.CHOICE, ax=axes[1, 1]),
        plotting.plot_mixture(line, GaussianMixture(2, random_state=0).fit(line), ax=axes[1, 2]),
    ]
    assert drawn == list(axes.flat)
    assert len(figure.axes) == 6


class TestColors:
    def test_the_first_24_differ(self) -> None:
        colors = plotting.cluster_colors(24)
        assert len(np.unique(colors.round(3), axis=0)) == 24
        assert ((colors >= 0) & (colors <= 1)).all()
        assert plotting.cluster_colors(30).shape == (30, 3)

    def test_the_first_eight_differ_for_the_color_blind(self) -> None:
        # dichromats see what is left after projecting to a plane (Vienot, Brettel, Mollon 1999, linear RGB)
        protan = np.array([[0.11238, 0.88762, 0.0], [0.11238, 0.88762, 0.0], [0.00401, -0.00401, 1.0]])
        deutan = np.array([[0.29275, 0.70725, 0.0], [0.29275, 0.70725, 0.0], [-0.02234, 0.02234, 1.0]])
        from skimage.color import rgb2lab

        for matrix in (np.eye(3), protan, deutan):
            seen = np.clip(plotting.cluster_colors(8) ** 2.2 @ matrix.T, 0, 1) ** (1 / 2.2)
            lab = rgb2lab(seen)
            distances = np.sqrt(((lab[:, None] - lab) ** 2).sum(axis=2))
            # 2.3 is a just noticeable difference
            assert distances[np.triu_indices(8, 1)].min() > 8
            assert distances[:4, :4][np.triu_indices(4, 1)].min() > 14

    def test_none_is_rejected(self) -> None:
        with pytest.raises(ValueError, match="n_clusters must be at least 1, got 0"):
            plotting.cluster_colors(0)


class TestSave:
    @pytest.mark.parametrize("width", [100, 333, 1200, 1999])
    def test_a_png_is_as_wide_as_asked(self, width: int) -> None:
        with Image.open(io.BytesIO(saved(plotting.plot_palette([[1, 2, 3]]), width=width))) as image:
            image.load()
            assert (image.format, image.width) == ("PNG", width)

    def test_the_ending_chooses_the_format(self, tmp_path: Path) -> None:
        figure = plotting.plot_palette([[1, 2, 3]]).figure
        for ending, head in ((".png", b"\x89PNG"), (".PDF", b"%PDF"), (".svg", b"<?xml")):
            plotting.save_plot(figure, tmp_path / f"plot{ending}")
            assert (tmp_path / f"plot{ending}").read_bytes().startswith(head)

    @pytest.mark.parametrize(("name", "text"), [("plot", "no extension"), ("plot.jpg", "unknown extension")])
    def test_other_endings_are_rejected(self, name: str, text: str, tmp_path: Path) -> None:
        with pytest.raises(ImageWriteError, match=rf"{text}.*use one of \.png, \.svg, \.pdf"):
            plotting.save_plot(plotting.plot_palette([[1, 2, 3]]), tmp_path / name)

    def test_a_failure_leaves_the_old_file(self, tmp_path: Path) -> None:
        target = tmp_path / "plot.png"
        target.write_text("old")

        class Broken(Axes):
            def draw(self, renderer: Any) -> None:
                raise RuntimeError("in the middle")

        figure = Figure()
        figure.add_axes(Broken(figure, (0, 0, 1, 1)))
        with pytest.raises(RuntimeError):
            plotting.save_plot(figure, target)
        assert [(path.name, path.read_text()) for path in tmp_path.iterdir()] == [("plot.png", "old")]
        with pytest.raises(ImageWriteError, match="the folder does not exist"):
            plotting.save_plot(plotting.plot_palette([[1, 2, 3]]), tmp_path / "missing" / "plot.png")

    def test_a_plot_in_a_subfigure_is_saved_with_the_whole(self) -> None:
        figure = Figure(figsize=(4, 2))
        left, _ = figure.subfigures(1, 2)
        ax = plotting.plot_palette([[1, 2, 3]], ax=left.add_subplot())
        with Image.open(io.BytesIO(saved(ax, width=400))) as image:
            assert image.size == (400, 200)


def test_the_user_style_is_respected() -> None:
    with matplotlib.rc_context({"font.size": 20}):
        ax = plotting.plot_choice(TestChoice.CHOICE)
    assert ax.xaxis.label.get_size() == 20


def test_a_notebook_draws_what_is_returned(plane: NDArray[np.float64]) -> None:
    model = KMeans(3, random_state=0).fit(plane)
    for plot in (
        plotting.plot_objective(model),
        plotting.plot_steps(plane, 3),
        plotting.plot_optima(plane, [model, model]),
        plotting.plot_palette([[1, 2, 3]]),
        plotting.plot_cloud(np.arange(192).reshape(8, 8, 3).astype(np.uint8)),
    ):
        with Image.open(io.BytesIO(plot._repr_png_())) as image:  # type: ignore[union-attr]
            assert image.format == "PNG"
        assert Image.open(io.BytesIO(pickle.loads(pickle.dumps(plot))._repr_png_())).size == image.size
    # axes of the caller are drawn by whoever made them
    assert not hasattr(plotting.plot_objective(model, ax=Figure().add_subplot()), "_repr_png_")


def test_each_metric_has_a_panel(rng: np.random.Generator) -> None:
    angles = np.repeat([0.5, 1.1], 100) + rng.normal(scale=0.05, size=200)
    X = rng.uniform(1, 9, (200, 1)) * np.stack([np.cos(angles), np.sin(angles)], axis=1)
    choice = choose_metric(X, 2, n_splits=5)
    figure = plotting.plot_distances(X, choice, 2)
    assert [ax.get_title().partition(":")[0] for ax in figure.axes] == list(choice.metrics)
    red = [ax.title.get_color() == RED for ax in figure.axes]
    assert red == [metric == choice.recommended == "cosine" for metric in choice.metrics]
    assert figure.get_suptitle().replace("\n", " ") == choice.reason
    crosses = figure.axes[2].collections[-1].get_offsets()
    assert np.linalg.norm(crosses, axis=1).min() > 2  # among their points
    places = Figure().subplots(1, 4)
    plotting.plot_distances(X, choice, 2, axes=places)
    assert places[0].figure.get_suptitle() == ""


def test_a_palette_is_drawn_as_it_is() -> None:
    ax = plotting.plot_palette(Palette.of([[255, 0, 0, 128], [0, 255, 0, 255]]))
    assert [text.get_text() for text in ax.texts] == ["#ff000080", "#00ff00ff"]
    assert ax.patches[0].get_facecolor() == to_rgba("#ff000080")
    assert plotting.plot_palette(Palette.of([[255, 0, 0]])).texts[0].get_text() == "#ff0000"
    with pytest.raises(ValueError, match=r"palette must have shape \(k, 3\), RGB or RGBA in 0..255, got \(1, 2\)"):
        plotting.plot_palette([[1, 2]])


@pytest.mark.parametrize("shared", [{"sharex": True, "sharey": True}, {"sharey": True}, {}])
def test_axes_that_share_their_limits_show_all_points(shared: dict[str, bool], rng: np.random.Generator) -> None:
    X = rng.normal(scale=(4, 1), size=(80, 2))
    figure = Figure(figsize=(8, 3))
    axes = figure.subplots(1, 2, **shared)
    plotting.plot_responsibilities(X, np.ones((80, 1)), ax=axes[0])
    plotting.plot_mixture(X, GaussianMixture(2, random_state=0).fit(X), ax=axes[1])
    figure.canvas.draw()
    for ax in axes:
        low, high = np.transpose([ax.get_xlim(), ax.get_ylim()])
        assert (low <= X.min(axis=0)).all()
        assert (high >= X.max(axis=0)).all()


@pytest.mark.parametrize(
    ("objective", "said"),
    [(56.3491, "0.1 %"), (56.3302, "0.031 %"), (56.31301, "0.000018 %"), (60.0, "6.5 %")],
)
def test_a_start_that_is_hardly_above_the_best_is_not_said_to_be_even(objective: float, said: str) -> None:
    assert plotting.standing(objective, [objective, 56.313]) == f"{said} above the best"
