"""The pinned requirements of development hold what pyproject.toml asks for, each with hashes."""

from __future__ import annotations

import re
import tomllib
from pathlib import Path

import pytest
from packaging.requirements import Requirement
from packaging.utils import canonicalize_name

REPOSITORY = Path(__file__).resolve().parents[2]
LOCK = REPOSITORY / ".ci" / "requirements.txt"

pytestmark = pytest.mark.skipif(not LOCK.exists(), reason="only in a checkout")


def entries() -> dict[str, list[str]]:
    """Return the pinned packages, each with its hashes."""
    found: dict[str, list[str]] = {}
    for entry in re.split(r"\n(?=\S)", LOCK.read_text("utf-8")):
        if not entry.startswith("#"):
            found[entry.split(" ")[0]] = re.findall(r"--hash=sha256:[0-9a-f]{64}", entry)
    return found


def test_every_package_is_pinned_and_hashed() -> None:
    for pinned, hashes in entries().items():
        assert re.fullmatch(r"[a-z0-9.-]+==[0-9][0-9a-z.+!-]*", pinned), pinned
        assert hashes, pinned
    assert "://" not in LOCK.read_text("utf-8")  # no host is named


def test_what_is_asked_for_is_there() -> None:
    project = tomllib.loads((REPOSITORY / "pyproject.toml").read_text("utf-8"))["project"]
    wanted = project["dependencies"] + [one for extra in project["optional-dependencies"].values() for one in extra]
    versions = dict(pinned.split("==") for pinned in entries())
    for text in wanted + (REPOSITORY / ".ci" / "requirements.in").read_text("utf-8").splitlines()[1:]:
        requirement = Requirement(text)
        name = canonicalize_name(requirement.name)
        if name != "imgcluster":
            assert requirement.specifier.contains(versions[name]), f"{text}: run .ci/lock"
