"""Lazy imports of subpackages: each public name is imported from its module when it is first used.

A single picture then costs only the imports that it needs, not those for folders, mixtures or superpixels.
"""

from __future__ import annotations

import sys
from collections.abc import Callable, Mapping
from importlib import import_module


def door(room: str, homes: Mapping[str, tuple[str, ...]]) -> Callable[[str], object]:
    """Return the ``__getattr__`` of a subpackage ("room").

    Parameters
    ----------
    room : str
        Its ``__name__``.
    homes : mapping of str to tuple of str
        The public names of each of its modules, by the name of the module in it.
    """
    home_of = {name: home for home, names in homes.items() for name in names}

    def __getattr__(name: str) -> object:
        if name not in home_of:
            raise AttributeError(f"module {room!r} has no attribute {name!r}")
        value = getattr(import_module(f"{room}.{home_of[name]}"), name)
        # looked up only once
        setattr(sys.modules[room], name, value)
        return value

    return __getattr__
