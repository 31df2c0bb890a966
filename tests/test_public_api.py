"""The public face: what it is, that it is documented, that its examples run, and that it costs nothing to import."""

import ast
import doctest
import inspect
import pkgutil
import re
import shutil
import subprocess
import sys
from importlib import import_module, metadata
from pathlib import Path

import pytest

import imgcluster

EXAMPLES = Path(__file__).resolve().parents[1] / "examples"
PACKAGE = Path(imgcluster.__file__).parent
MODULES = [
    info.name
    for info in pkgutil.walk_packages([str(PACKAGE)], "imgcluster.")
    if not info.name.endswith(("__main__", "_native"))
]


def documented(obj: object) -> str:
    return inspect.cleandoc(obj.__doc__ or "")


def section(doc: str, title: str) -> str:
    """Return the body of a numpydoc section, empty when there is none."""
    found = re.search(rf"^{title}\n-+\n(.*?)(?=^\S[^\n]*\n-{{3,}}\n|\Z)", doc, re.DOTALL | re.MULTILINE)
    return found.group(1) if found else ""


def public_members(name: str) -> list[tuple[str, object]]:
    """Return a public object and, of a class, the public methods and properties that it or a base of ours defines."""
    obj = getattr(imgcluster, name)
    members = [(name, obj)]
    if inspect.isclass(obj):
        members += [
            (f"{name}.{attribute}", value)
            for base in obj.__mro__
            if base.__module__.startswith("imgcluster.")
            for attribute, value in vars(base).items()
            if not attribute.startswith("_") and (callable(value) or isinstance(value, property | classmethod))
        ]
    return members


def run_python(code: str) -> str:
    command = [sys.executable, "-c", code]
    return subprocess.run(command, capture_output=True, text=True, check=True).stdout


def test_all_is_sorted_and_complete() -> None:
    assert imgcluster.__all__ == sorted(set(imgcluster.__all__))
    assert set(imgcluster.__all__) == set(imgcluster._HOME)
    assert {name for name in dir(imgcluster) if not name.startswith("_")} == {
        *imgcluster.__all__,
        *imgcluster._MODULES,
        "errors",
    }


def test_type_checkers_see_the_same_names() -> None:
    tree = ast.parse((PACKAGE / "__init__.py").read_text(encoding="utf-8"))
    guarded = [node for node in tree.body if isinstance(node, ast.If)]
    seen = {alias.name: node.module for guard in guarded for node in guard.body for alias in node.names}  # type: ignore[attr-defined]
    assert seen == imgcluster._HOME | dict.fromkeys(imgcluster._MODULES, "imgcluster")


def test_unknown_names_are_attribute_errors() -> None:
    with pytest.raises(AttributeError, match="no attribute 'kmeans'"):
        imgcluster.kmeans  # noqa: B018


@pytest.mark.parametrize("first", imgcluster.__all__)
def test_a_name_keeps_its_meaning_after_its_module_is_imported(first: str) -> None:
    home = imgcluster._HOME[first]
    code = f"import imgcluster, {home}; print(type(imgcluster.{first}).__name__, imgcluster.{first}.__module__)"
    kind, module = run_python(code).split()
    assert kind in {"type", "function"}
    assert module == home or module.startswith(home + ".")


@pytest.mark.parametrize("name", imgcluster.__all__)
def test_every_public_thing_is_documented(name: str) -> None:
    for full_name, obj in public_members(name):
        first_line = documented(obj).partition("\n")[0]
        assert first_line.endswith("."), f"{full_name}: one imperative sentence on the first line"


@pytest.mark.parametrize("name", imgcluster.__all__)
def test_the_docstring_lists_the_parameters_as_they_are(name: str) -> None:
    obj = getattr(imgcluster, name)
    doc = documented(obj)
    listed = re.findall(r"^(\w+(?:, \w+)*) :", section(doc, "Parameters") or section(doc, "Attributes"), re.MULTILINE)
    names = [word for line in listed for word in line.split(", ")]
    assert names == [word for word in inspect.signature(obj).parameters if word != "self"]
    if inspect.isfunction(obj) and inspect.signature(obj).return_annotation not in (None, "None"):
        assert section(doc, "Returns")


@pytest.mark.parametrize("name", imgcluster.__all__)
def test_every_public_thing_has_an_example(name: str) -> None:
    assert ">>>" in section(documented(getattr(imgcluster, name)), "Examples")


@pytest.mark.parametrize("module", MODULES)
def test_the_examples_run(module: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    shutil.copytree(EXAMPLES, tmp_path / "examples")
    monkeypatch.chdir(tmp_path)  # examples read examples/coffee.jpg and write where they stand
    outcome = doctest.testmod(import_module(module), optionflags=doctest.ELLIPSIS | doctest.NORMALIZE_WHITESPACE)
    assert outcome.failed == 0


@pytest.mark.parametrize("module", ["imgcluster", "imgcluster.cli"])
def test_import_is_cheap(module: str) -> None:
    heavy = "numpy PIL skimage matplotlib scipy"
    code = f"import sys, {module}; print(*[m for m in {heavy.split()} if m in sys.modules])"
    assert run_python(code).split() == []


def test_the_version_is_the_installed_one() -> None:
    try:
        installed = metadata.version("imgcluster")
    except metadata.PackageNotFoundError:
        pytest.skip("imgcluster is imported from its checkout, not installed")
    assert imgcluster.__version__ == installed
