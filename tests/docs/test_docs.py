"""The documents agree with the code: generated parts are up to date, links lead somewhere, the README is short."""

import re
import runpy
from pathlib import Path
from typing import Any

import pytest

REPOSITORY = Path(__file__).resolve().parents[2]
GENERATED: dict[str, Any] = runpy.run_path(str(Path(__file__).with_name("generated.py")))
WRITE = "run python tests/docs/generated.py"

PAGES = sorted(
    path
    for folder in ("", "examples", "imgcluster/**", "tests/**")
    for path in REPOSITORY.glob(f"{folder}/*.md".lstrip("/"))
    if not any(part.startswith(".") for part in path.relative_to(REPOSITORY).parts)
)
CODE = re.compile(r"^```.*?^```$|`[^`\n]*`", re.DOTALL | re.MULTILINE)

# in "Where a change goes", on branches that are not merged yet; strict: a path that has come must be taken out


def name_of(path: Path) -> str:
    return str(path.relative_to(REPOSITORY))


def read(path: Path) -> str:
    return path.read_text(encoding="utf-8")


def anchors(text: str) -> set[str]:
    """Return what the headings of a page are called in links, as GitHub has it."""
    titles = re.findall(r"^#+ (.*)$", CODE.sub(lambda found: found[0] if found[0][:3] != "```" else "", text), re.M)
    return {re.sub(r"[^\w\- ]", "", title.lower()).replace(" ", "-") for title in titles}


@pytest.mark.parametrize("path", GENERATED["DOCUMENTS"], ids=name_of)
def test_generated_parts_are_up_to_date(path: Path) -> None:
    assert GENERATED["renewed"](read(path)) == read(path), WRITE


def test_every_part_stands_in_a_document_once() -> None:
    found = [match["name"] for path in GENERATED["DOCUMENTS"] for match in GENERATED["PART"].finditer(read(path))]
    assert sorted(found) == sorted(GENERATED["parts"]())


def test_the_manual_has_every_option() -> None:
    text = read(GENERATED["MANUAL"])
    for path, ctx in GENERATED["commands"]().items():
        part = text.partition(f"<!-- help of {path}: ")[2].partition("<!-- end -->")[0]
        flags = [flag for parameter in ctx.command.get_params(ctx) for flag in parameter.opts if flag.startswith("-")]
        assert [flag for flag in flags if flag not in part] == []


def test_the_drawing_has_the_rooms_of_the_layers() -> None:
    drawn = re.findall(r"^ *(\d*)  (\w+) ", GENERATED["rooms"](), re.M)
    layers = [set(layer) for layer in GENERATED["layers"]()]
    assert sum(bool(number) for number, _ in drawn) == len(layers)
    assert {room for _, room in drawn} == set.union(*layers)


@pytest.mark.parametrize("path", PAGES, ids=name_of)
def test_every_local_link_leads_somewhere(path: Path) -> None:
    for link in re.findall(r"\]\(([^)\s]+)\)", CODE.sub("", read(path))):
        target, _, anchor = link.partition("#")
        if "://" in target:
            continue
        page = path.parent / target if target else path
        assert page.exists(), link
        assert not anchor or anchor in anchors(read(page)), link


def paths_of_changes() -> list[str]:
    """Return the paths that the table of CONTRIBUTING names."""
    text = read(GENERATED["CONTRIBUTING"])
    section = text.partition("## Where a change goes")[2].partition("\n## ")[0]
    return sorted(set(re.findall(r"`(imgcluster/[\w./]*)`", section)))


@pytest.mark.parametrize(
    "path",
    paths_of_changes(),
)
def test_every_change_goes_where_there_is_a_room(path: str) -> None:
    assert (REPOSITORY / path).exists()


def test_the_readme_is_short() -> None:
    assert len(read(REPOSITORY / "README.md").splitlines()) <= 230


def test_the_manuals_are_not_installed() -> None:
    project = read(REPOSITORY / "pyproject.toml")
    assert "include-package-data = false" in project
    assert ".md" not in project.partition("[tool.setuptools.package-data]")[2].partition("[[")[0]
