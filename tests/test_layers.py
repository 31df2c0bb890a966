"""Imports run only downwards, rooms have the names of the field, and the top of the repository stays tidy.

Everything is read from the source by AST: no module is imported, so a broken one cannot hide a broken layer.
"""

import ast
from collections.abc import Iterable, Iterator
from graphlib import TopologicalSorter
from pathlib import Path

import pytest

REPOSITORY = Path(__file__).resolve().parents[1]
PACKAGE = REPOSITORY / "imgcluster"

# Top to bottom, one row a layer: a room may import any row below its own, and nothing beside or above it.
LAYERS = (
    {"cli"},
    {"report", "studio"},
    {"batch"},
    {"tasks"},
    {"quantization", "superpixel"},
    {"segmentation"},
    {"palette", "plotting"},
    {"metrics", "colors", "picture"},
    {"cluster"},
    {"kernels"},
    {"files", "threads"},
    {"parameters"},
    {"doors", "facts"},
    {"cards", "errors", "types", "warning", "wording"},
)
DEPTH = {room: depth for depth, layer in enumerate(LAYERS) for room in layer}
MOST_ENTRIES = 28  # at the top of the package: as many as a reader takes in at once

# Rooms that must stay useful without the rest: what they may import of ours, and the packages they must not know.
FOUNDATION = {"cards", "doors", "errors", "facts", "parameters", "threads", "types", "warning", "wording"}
ONLY = {"cluster": {"kernels"} | FOUNDATION, "kernels": FOUNDATION}
FOREIGN = {
    "cli": {"numpy", "PIL", "skimage", "matplotlib"},
    "cluster": {"PIL", "skimage", "matplotlib"},
    "kernels": {"PIL", "skimage", "matplotlib"},
}
# 0.9 s and 0.5 s, or of an extra: only inside the functions that use them
SLOW_TO_IMPORT = {"matplotlib", "skimage", "scipy", "sklearn", "fsspec", "distributed", "rasterio", "pyogrio"}
ALONE = {"fsspec": "files"}  # packages that one room knows, and no other
NEVER_IMPORTED = {"sklearn", "cv2", "pytest"}
SPOKEN_TO = {"cluster/_base.py": {"sklearn"}}  # which asks for its tags, and so is there
NAMELESS = {"utils", "util", "helpers", "helper", "core", "common", "misc"}

TOP_LEVEL = {
    "imgcluster",
    "tests",
    "examples",
    "outputs",
    "pyproject.toml",
    "README.md",
    "LICENSE",
    "CHANGELOG.md",
    "SECURITY.md",
    "CONTRIBUTING.md",
}
BUILT = {"build", "dist", "imgcluster.egg-info", "__pycache__"}  # left by pip and Python, ignored by git

MODULES = sorted(PACKAGE.rglob("*.py"))
ROOMS = [path for path in MODULES if path.parent != PACKAGE or not path.stem.startswith("__")]


def dotted(path: Path) -> tuple[str, ...]:
    """Return the module's name below the package: cluster/_kmeans.py is ("cluster", "_kmeans")."""
    parts = path.relative_to(PACKAGE).with_suffix("").parts
    return parts[:-1] if parts[-1] == "__init__" else parts


# the stub stands for the compiled module
KNOWN = {dotted(path) for path in [*MODULES, *PACKAGE.rglob("*.pyi")]}


def room_of(module: tuple[str, ...]) -> str:
    """Return the room of a module."""
    return module[0]


def home_of(module: tuple[str, ...]) -> tuple[str, ...]:
    """Return the package that a module is private to: the one that it lies in."""
    private = [i for i, part in enumerate(module) if part.startswith("_")]
    return module[: private[0]] if private else module


def name_of(path: Path) -> str:
    return str(path.relative_to(PACKAGE))


def imports(nodes: Iterable[ast.AST], package: tuple[str, ...]) -> Iterator[tuple[str, ...]]:
    """Yield every imported module by its dotted parts, the relative ones resolved from ``package``."""
    for node in nodes:
        if isinstance(node, ast.Import):
            for alias in node.names:
                yield tuple(alias.name.split("."))
        elif isinstance(node, ast.ImportFrom):
            base = package[: len(package) - node.level + 1] if node.level else ()
            base += tuple(node.module.split(".")) if node.module else ()
            for alias in node.names:
                yield (*base, alias.name)


def imported(path: Path, *, top_only: bool = False) -> Iterator[tuple[str, ...]]:
    """Yield what a file of the package imports, anywhere in it or at its top level alone."""
    tree = ast.parse(path.read_text(encoding="utf-8"))
    package = ("imgcluster", *path.relative_to(PACKAGE).parent.parts)
    return imports(tree.body if top_only else ast.walk(tree), package)


def modules_of_ours(path: Path) -> Iterator[tuple[str, ...]]:
    """Yield the modules of the package that a file imports; the bare package is ()."""
    for parts in imported(path):
        if parts[0] == "imgcluster" and parts != ("imgcluster", "__version__"):
            name = parts[1:]
            while name and name not in KNOWN:
                name = name[:-1]
            yield name


@pytest.mark.parametrize("path", ROOMS, ids=name_of)
def test_every_room_stands_in_the_drawing(path: Path) -> None:
    assert room_of(dotted(path)) in DEPTH, "give the new room a row in LAYERS"


@pytest.mark.parametrize("path", ROOMS, ids=name_of)
def test_imports_run_downwards(path: Path) -> None:
    room = room_of(dotted(path))
    for module in modules_of_ours(path):
        assert module, "import a name from its own module, not from the package"
        other = room_of(module)
        if other != room:
            assert DEPTH[room] < DEPTH[other], f"{room} must not import {other}"
            assert other in ONLY.get(room, DEPTH), f"{room} must stay useful without {other}"


@pytest.mark.parametrize("path", ROOMS, ids=name_of)
def test_nobody_enters_another_room_but_by_its_door(path: Path) -> None:
    package = path.relative_to(PACKAGE).parent.parts
    for module in modules_of_ours(path):
        home = home_of(module)
        assert home == module or package[: len(home)] == home, f"{'.'.join(module)} is private to {'.'.join(home)}"


def test_no_room_has_the_name_of_a_public_function() -> None:
    tree = ast.parse((PACKAGE / "__init__.py").read_text(encoding="utf-8"))
    (names,) = (
        ast.literal_eval(node.value)
        for node in tree.body
        if isinstance(node, ast.Assign) and any(isinstance(t, ast.Name) and t.id == "__all__" for t in node.targets)
    )
    assert not set(names) & DEPTH.keys()


def test_the_package_can_be_taken_in_at_a_glance() -> None:
    entries = [path.name for path in PACKAGE.iterdir() if path.name != "__pycache__"]
    assert len(entries) <= MOST_ENTRIES


@pytest.mark.parametrize("room", sorted(DEPTH))
def test_every_room_says_in_a_line_what_it_is_for(room: str) -> None:
    path = PACKAGE / room / "__init__.py" if (PACKAGE / room).is_dir() else PACKAGE / f"{room}.py"
    assert ast.get_docstring(ast.parse(path.read_text(encoding="utf-8")))


@pytest.mark.parametrize("path", [p for p in MODULES if p.name == "__init__.py"], ids=name_of)
def test_what_a_door_opens_is_what_type_checkers_see(path: Path) -> None:
    tree = ast.parse(path.read_text(encoding="utf-8"))
    calls = [node for node in ast.walk(tree) if isinstance(node, ast.Call) and getattr(node.func, "id", "") == "door"]
    if not calls:
        return
    room = ".".join(("imgcluster", *dotted(path)))
    homes = {f"{room}.{home}": set(names) for home, names in ast.literal_eval(calls[0].args[1]).items()}
    (guarded,) = (n for n in tree.body if isinstance(n, ast.If) and ast.unparse(n.test) == "TYPE_CHECKING")
    seen: dict[str, set[str]] = {}
    for node in guarded.body:
        if isinstance(node, ast.ImportFrom) and node.module:
            seen.setdefault(node.module, set()).update(alias.name for alias in node.names)
    assert homes == seen


def test_no_cycles() -> None:
    graph = {dotted(path): {m for m in modules_of_ours(path) if m != dotted(path)} for path in ROOMS}
    assert list(TopologicalSorter(graph).static_order())


@pytest.mark.parametrize("path", ROOMS, ids=name_of)
def test_rooms_do_not_know_foreign_packages(path: Path) -> None:
    packages = {parts[0] for parts in imported(path)} - SPOKEN_TO.get(name_of(path), set())
    assert not packages & (FOREIGN.get(room_of(dotted(path)), set()) | NEVER_IMPORTED)
    assert not {package for package in packages if ALONE.get(package, room_of(dotted(path))) != room_of(dotted(path))}


@pytest.mark.parametrize("path", MODULES, ids=name_of)
def test_slow_packages_are_imported_where_they_are_used(path: Path) -> None:
    assert not {parts[0] for parts in imported(path, top_only=True)} & SLOW_TO_IMPORT


@pytest.mark.parametrize("path", MODULES, ids=name_of)
def test_every_module_is_named_in_the_words_of_the_field(path: Path) -> None:
    assert not {part.strip("_") for part in dotted(path)} & NAMELESS


def test_the_top_level_stays_tidy() -> None:
    found = {path.name for path in REPOSITORY.iterdir() if not path.name.startswith(".")}
    assert found - BUILT <= TOP_LEVEL


def test_every_form_of_import_is_seen() -> None:
    source = """
import imgcluster.quantization
from .. import cli
from ..errors import KernelError
from ._base import check
def late():
    from imgcluster import report
"""
    assert set(imports(ast.walk(ast.parse(source)), ("imgcluster", "cluster"))) == {
        ("imgcluster", "quantization"),
        ("imgcluster", "cli"),
        ("imgcluster", "errors", "KernelError"),
        ("imgcluster", "cluster", "_base", "check"),
        ("imgcluster", "report"),
    }
