"""Every name that a package offers is there when it is asked for."""

import importlib
import pkgutil
import subprocess
import sys

import pytest

import imgcluster

PACKAGES = ["imgcluster", *(m.name for m in pkgutil.walk_packages(imgcluster.__path__, "imgcluster.") if m.ispkg)]


@pytest.mark.parametrize("name", PACKAGES)
def test_every_name_of_a_door_leads_somewhere(name: str) -> None:
    package = importlib.import_module(name)
    names = getattr(package, "__all__", ())
    assert len(set(names)) == len(names)
    for other in names:
        assert getattr(package, other) is not None
    with pytest.raises(AttributeError, match="nothing_of_that_name"):
        _ = package.nothing_of_that_name


def test_a_door_offers_its_names_in_a_new_process() -> None:
    """Whatever the other tests have imported before."""
    lines = [f"from {name} import *" for name in PACKAGES if hasattr(importlib.import_module(name), "__all__")]
    done = subprocess.run([sys.executable, "-c", "\n".join(lines)], capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stderr
