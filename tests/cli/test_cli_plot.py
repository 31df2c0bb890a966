"""``imgcluster plot``: which kinds take what, what is written and where, and one line for every mistake."""

import io
from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from click.testing import Result
from PIL import Image

from imgcluster import plotting

OF_PICTURES = ["objective", "palette", "cloud"]
OF_TABLES = ["objective", "steps", "optima", "distances", "mixture", "responsibilities"]


@pytest.fixture
def points(folder: Path) -> Path:
    """A table of 60 points in the plane, with names above."""
    rng = np.random.default_rng(0)
    X = np.concatenate([rng.normal(center, 0.3, (20, 2)) for center in ((0, 0), (2, 0), (1, 2))])
    path = folder / "points.csv"
    np.savetxt(path, X, delimiter=",", header="width,height", comments="")
    return path


@pytest.fixture
def drawn(monkeypatch: pytest.MonkeyPatch) -> dict[str, Any]:
    """Note which function of the library drew, and with what."""
    calls = {}

    def spy_on(name: Any) -> None:
        real = getattr(plotting, name)

        def spy(*args: Any, **options: Any) -> Any:
            calls[name] = args, options
            return real(*args, **options)

        monkeypatch.setattr(plotting, name, spy)

    for name in plotting.__all__:
        if name.startswith("plot_"):
            spy_on(name)
    return calls


def size_of(path: Any) -> tuple[str, int]:
    with Image.open(path) as image:
        image.load()
        return image.format, image.width  # type: ignore[return-value]


@pytest.mark.parametrize("kind", OF_PICTURES)
def test_kinds_of_a_picture(invoke: Callable[..., Result], photo: Path, drawn: dict[str, Any], kind: str) -> None:
    result = invoke("plot", kind, "photo.png", "-k", "5")
    assert result.exit_code == 0, result.stderr
    assert result.stderr.startswith(f"photo.png -> outputs/photo-{kind}.png  {kind}, K = 5, ")
    assert result.stderr.count("\n") == 1
    assert list(drawn) == [f"plot_{kind}"]
    assert size_of(f"outputs/photo-{kind}.png") == ("PNG", 1200)


@pytest.mark.parametrize("kind", OF_TABLES)
def test_kinds_of_a_table(invoke: Callable[..., Result], points: Path, drawn: dict[str, Any], kind: str) -> None:
    result = invoke("plot", kind, "points.csv", "--width", "640")
    assert result.exit_code == 0, result.stderr
    assert " K = 2, " in result.stderr
    assert list(drawn) == [f"plot_{kind}"]
    assert size_of(f"outputs/points-{kind}.png") == ("PNG", 640)


@pytest.mark.parametrize("kind", ["mixture", "responsibilities", "objective"])
def test_a_table_of_one_column(invoke: Callable[..., Result], folder: Path, kind: str) -> None:
    np.savetxt("line.txt", np.random.default_rng(0).normal(size=50))
    assert invoke("plot", kind, "line.txt").exit_code == 0
    assert size_of(f"outputs/line-{kind}.png") == ("PNG", 1200)


@pytest.mark.parametrize(
    ("method", "steps"),
    [("kmeans", {"assign", "refit"}), ("soft-kmeans", {"assign", "refit"}), ("gmm", {"expect", "maximize"})],
)
def test_the_method_is_fitted(
    invoke: Callable[..., Result], photo: Path, drawn: dict[str, Any], method: str, steps: set[str]
) -> None:
    assert invoke("plot", "objective", "photo.png", "-k", "3", "-m", method, "--seed", "4").exit_code == 0
    (model,), _ = drawn["plot_objective"]
    assert type(model).__name__.lower().replace("gaussianmixture", "gmm") == method.replace("-", "")
    assert model.random_state == 4
    assert set(model.history_.steps) >= steps


@pytest.mark.parametrize("method", ["kmeans", "soft-kmeans", "gmm"])
def test_where_it_starts(invoke: Callable[..., Result], points: Path, drawn: dict[str, Any], method: str) -> None:
    for options, init in (([], "k-means++"), (["--init", "random"], "random")):
        assert invoke("plot", "objective", "points.csv", "-m", method, *options, "-f").exit_code == 0
        assert drawn["plot_objective"][0][0].init == init
    done = invoke("plot", "objective", "points.csv", "-m", method, "--init", "maximin", "-f")
    assert done.exit_code == (2 if method == "gmm" else 0)


def test_the_centers_of_a_cloud_are_the_palette(
    invoke: Callable[..., Result], photo: Path, drawn: dict[str, Any]
) -> None:
    assert invoke("plot", "cloud", "photo.png", "-k", "7", "--space", "lab").exit_code == 0
    (pixels, centers), options = drawn["plot_cloud"]
    assert (pixels.shape, centers.shape, options["space"]) == ((16, 24, 3), (7, 3), "lab")


def test_optima_are_a_bad_one_and_the_best(invoke: Callable[..., Result], points: Path, drawn: dict[str, Any]) -> None:
    assert invoke("plot", "optima", "points.csv", "-k", "3").exit_code == 0
    (_, (bad, good)), _ = drawn["plot_optima"]
    assert bad.inertia_ > 1.5 * good.inertia_


@pytest.mark.parametrize(
    ("method", "end"), [("kmeans", "no change"), ("soft-kmeans", ": F = "), ("gmm", ": ln p(X) = ")]
)
def test_every_method_step_by_step(
    invoke: Callable[..., Result], points: Path, drawn: dict[str, Any], method: str, end: str
) -> None:
    result = invoke("plot", "steps", "points.csv", "-k", "3", "-m", method, "--seed", "2")
    assert result.exit_code == 0, result.stderr
    assert end in result.stderr
    _, options = drawn["plot_steps"]
    assert (options["method"], options["names"]) == (method, ("width", "height"))


def test_terminal_and_figure_say_the_same(
    invoke: Callable[..., Result], points: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    said = []
    monkeypatch.setattr(plotting, "save_plot", lambda figure, *_, **__: said.append(figure))
    invoke_steps = invoke("plot", "steps", "points.csv", "-k", "2", "-m", "gmm")
    assert said[-1].axes[-1].get_title().partition(" ")[2] + ", " in invoke_steps.stderr
    optima = invoke("plot", "optima", "points.csv", "-k", "3")
    assert said[-1].get_suptitle() + ", " in optima.stderr
    assert said[-1].axes[0].get_title().partition(", ")[2] in optima.stderr
    assert "20 starts: J from " in optima.stderr
    objective = invoke("plot", "objective", "points.csv")
    assert f"K = 2, {said[-1].get_ylabel()} = " in objective.stderr


def test_starts_that_all_agree(invoke: Callable[..., Result], points: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    said = []
    monkeypatch.setattr(plotting, "save_plot", lambda figure, *_, **__: said.append(figure))
    result = invoke("plot", "optima", "points.csv", "-k", "1")
    assert "20 starts: J = " in result.stderr
    assert ", all agree, " in result.stderr
    assert said[0].get_suptitle().endswith(", all agree")
    assert all(ax.get_title().endswith(", all agree") for ax in said[0].axes)


def test_axes_carry_the_names_of_the_columns_that_are_chosen(
    invoke: Callable[..., Result], folder: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    rows = [f"{kind},{i % 7},{i * i % 11},{i % 3}" for i, kind in enumerate("abcdefghij")]
    Path("pets.csv").write_text("\n".join(["name,weight,cost in $,legs", *rows]))
    said = []
    monkeypatch.setattr(plotting, "save_plot", lambda figure, *_, **__: said.append(figure))
    for kind in ("steps", "optima", "mixture", "responsibilities"):
        result = invoke("plot", kind, "pets.csv", "--columns", "cost in $,2", "--standardize")
        assert result.exit_code == 0, result.stderr
        plot = said[-1]
        found = (
            (plot.get_xlabel(), plot.get_ylabel())
            if hasattr(plot, "get_xlabel")
            else (plot.get_supxlabel(), plot.get_supylabel())
        )
        assert found == (r"cost in \$, standardized", "weight, standardized"), kind
    assert invoke("plot", "mixture", "pets.csv", "--columns", "legs").exit_code == 0
    assert (said[-1].get_xlabel(), said[-1].get_ylabel()) == ("legs", "density")
    wrong = invoke("plot", "mixture", "pets.csv", "--columns", "age")
    assert "pets.csv: there is no column 'age'; it has 4, counted from 1: name, weight, cost in $, legs" in wrong.stderr
    assert "not a table of numbers" in invoke("plot", "mixture", "pets.csv").stderr


def test_standardize(invoke: Callable[..., Result], points: Path, drawn: dict[str, Any]) -> None:
    assert invoke("plot", "steps", "points.csv", "--standardize").exit_code == 0
    (X, k), _ = drawn["plot_steps"]
    assert k == 2
    np.testing.assert_allclose([X.mean(axis=0), X.std(axis=0)], [[0, 0], [1, 1]], atol=1e-12)


@pytest.mark.parametrize(("ending", "head"), [("png", b"\x89PNG"), ("svg", b"<?xml"), ("pdf", b"%PDF")])
def test_ending_chooses_the_format(invoke: Callable[..., Result], points: Path, ending: str, head: bytes) -> None:
    assert invoke("plot", "mixture", "points.csv", "-o", f"figure.{ending}").exit_code == 0
    assert Path(f"figure.{ending}").read_bytes().startswith(head)


def test_existing_output_is_skipped_and_forced(invoke: Callable[..., Result], photo: Path) -> None:
    target = photo.parent / "outputs/photo-palette.png"
    target.parent.mkdir()
    target.write_text("mine")
    result = invoke("plot", "palette", "photo.png")
    assert result.exit_code == 0
    assert result.stderr == "photo.png: skipped, outputs/photo-palette.png exists; -f overwrites it\n"
    assert target.read_text() == "mine"
    assert invoke("plot", "palette", "photo.png", "-f").exit_code == 0
    assert size_of(target) == ("PNG", 1200)


def test_stdin_to_stdout(run: Callable[..., Any], photo: Path) -> None:
    process = run("plot", "palette", "-", "-k", "4", input=photo.read_bytes())
    assert process.returncode == 0, process.stderr
    assert size_of(io.BytesIO(process.stdout)) == ("PNG", 1200)
    assert process.stderr.startswith(b"stdin -> stdout  palette, K = 4, ")
    assert [path.name for path in photo.parent.iterdir()] == ["photo.png"]


def test_the_same_twice(invoke: Callable[..., Result], points: Path) -> None:
    for name in ("once.png", "again.png"):
        assert invoke("plot", "steps", "points.csv", "-k", "3", "-o", name).exit_code == 0
    assert Path("once.png").read_bytes() == Path("again.png").read_bytes()


@pytest.mark.parametrize(
    ("args", "text"),
    [
        ([], "Missing argument 'KIND'. Choose from: objective, palette, "),
        (["pie", "photo.png"], "'pie' is not one of 'objective', 'palette'"),
        (["palette"], "Missing argument 'INPUT'"),
        (["steps", "photo.png"], "steps is drawn from a table (.csv, .tsv, .txt, .dat), got 'photo.png'; name a table"),
        (["steps", "-"], "steps is drawn from a table"),
        (["cloud", "points.csv"], "cloud is drawn from a picture, got the table 'points.csv'; name a picture"),
        (["optima", "points.csv", "-m", "gmm"], "the method of optima must be kmeans, got 'gmm'"),
        (["responsibilities", "points.csv", "-m", "kmeans"], "must be gmm or soft-kmeans, got 'kmeans'"),
        (["palette", "photo.png", "--space", "lab"], "--space is for cloud, got it for palette; leave it out"),
        (["palette", "photo.png", "--standardize"], "--standardize is for tables, got the picture 'photo.png'"),
        (["steps", "points.csv", "--init", "random"], "--init is for objective, mixture, responsibilities, got"),
        (["objective", "points.csv", "-m", "gmm", "--init", "maximin"], "of gmm must be k-means++ or random, got"),
        (["palette", "photo.png", "--columns", "1"], "--columns is for tables, got the picture 'photo.png'"),
        (
            ["steps", "points.csv", "--columns", "1,,2"],
            "columns must be names or numbers with commas between, got",
        ),
        (["steps", "points.csv", "--columns", ""], "columns must be names or numbers"),
        (["palette", "photo.png", "-k", "0"], "n_clusters must be between 1 and 256, got 0"),
        (["palette", "photo.png", "--width", "5"], "width must be between 100 and 10000, got 5"),
        (["palette", "photo.png", "-o", "x.jpg"], "-o/--output must end in .png, .svg, .pdf, got 'x.jpg'"),
        (["palette", "photo.png", "-o", "x.png", "-d", "there"], "exclude each other"),
        (["palette", "photo.png", "-q", "-v"], "exclude each other"),
    ],
)
def test_wrong_usage_exits_before_any_work(
    invoke: Callable[..., Result], photo: Path, args: list[str], text: str
) -> None:
    result = invoke("plot", *args)
    assert result.exit_code == 2
    assert text in result.stderr
    assert result.stderr.count("\n") == 1
    assert [path.name for path in photo.parent.iterdir()] == ["photo.png"]


@pytest.mark.parametrize(
    ("content", "text"),
    [
        ("", "it holds no numbers; give a row for each point"),
        ("width,height\n", "it holds names but no numbers"),
        ("1,2\n3,four\n", "it is not a table of numbers: line 2 has 'four' in column 2"),
        ("1,2\n3\n", "it is not a table of numbers: line 2 has 1 column, not 2 as those before"),
        ("1,2,3\n4,5,6\n", "optima needs 2 columns, and it has 3 (1, 2, 3); name them: --columns 1,2\n"),
        ("1,2\nnan,3\n", "X contains NaN"),
        ("1,2\n", "n_clusters"),
        ("\x00\xff", "it is not text"),
    ],
)
def test_bad_table_is_one_line_and_writes_nothing(
    invoke: Callable[..., Result], folder: Path, content: str, text: str
) -> None:
    Path("bad.csv").write_bytes(content.encode("latin-1"))
    result = invoke("plot", "optima", "bad.csv")
    assert result.exit_code == 1
    assert result.stderr.startswith("imgcluster: error: bad.csv: ")
    assert text in result.stderr
    assert result.stderr.count("\n") == 1
    assert [path.name for path in folder.rglob("*")] == ["bad.csv"]


@pytest.mark.parametrize(
    ("args", "text"),
    [
        (["steps", "abc.csv"], "steps needs 2 columns, and it has 3 (a, b, c); name them: --columns a,b\n"),
        (
            ["steps", "abc.csv", "--columns", "c"],
            "steps needs 2 columns, and 1 of 3 (a, b, c) is chosen; name them: --columns c,a\n",
        ),
        (["mixture", "abc.csv"], "mixture needs 1 or 2 columns, and it has 3 (a, b, c); name them: --columns a,b\n"),
        (["distances", "one.csv"], "distances needs 2 columns, and it has 1 (x); give a table with more\n"),
        (["optima", "units.csv"], "and it has 3 (a in cm, b, c); name them: --columns 1,2\n"),
    ],
)
def test_columns_to_choose_are_named(invoke: Callable[..., Result], folder: Path, args: list[str], text: str) -> None:
    Path("abc.csv").write_text("a,b,c\n1,2,3\n3,4,5\n5,1,1\n")
    Path("units.csv").write_text("a in cm,b,c\n1,2,3\n3,4,5\n5,1,1\n")
    Path("one.csv").write_text("x\n1\n3\n5\n")
    result = invoke("plot", *args)
    assert result.exit_code == 1
    assert result.stderr.startswith(f"imgcluster: error: {args[1]}: ")
    assert result.stderr.endswith(text)
    assert result.stderr.count("\n") == 1


@pytest.mark.parametrize("name", ["missing.csv", "missing.png"])
def test_missing_input(invoke: Callable[..., Result], folder: Path, name: str) -> None:
    result = invoke("plot", "objective", name)
    assert result.exit_code == 1
    assert result.stderr.startswith(f"imgcluster: error: {name}: ")
    assert result.stderr.lower().count("no such file") == 1


def test_failed_writing_leaves_the_old_figure(
    invoke: Callable[..., Result], points: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    Path("figure.png").write_text("old")

    def fail(*_: Any, **__: Any) -> None:
        raise OSError(28, "No space left on device")

    monkeypatch.setattr("pathlib.Path.replace", fail)
    result = invoke("plot", "mixture", "points.csv", "-o", "figure.png", "-f")
    assert result.exit_code == 1
    assert "no space left" in result.stderr
    assert sorted(path.name for path in points.parent.iterdir()) == ["figure.png", "points.csv"]
    assert Path("figure.png").read_text() == "old"


def test_fewer_colors_than_clusters_are_reported(invoke: Callable[..., Result], photo: Path) -> None:
    Image.new("RGB", (4, 4), "white").save("white.png")
    result = invoke("plot", "objective", "white.png")
    assert result.exit_code == 0
    assert "only 1 distinct color, so n_clusters is 1 instead of 16" in result.stderr
    assert "objective, K = 1, " in result.stderr
    assert "palette, K = 1, " in invoke("plot", "palette", "white.png").stderr


def test_distances_are_compared(invoke: Callable[..., Result], points: Path, drawn: dict[str, Any]) -> None:
    result = invoke("plot", "distances", "points.csv", "-k", "3")
    assert result.exit_code == 0, result.stderr
    _, choice, k = drawn["plot_distances"][0]
    assert k == 3
    assert f"distances, K = 3, {choice.reason.rstrip('.')}, " in result.stderr
    assert invoke("plot", "distances", "points.csv", "-k", "1", "-f").exit_code == 1
