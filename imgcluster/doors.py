"""Doors of rooms that open as far as is needed: each name is imported from its module when it is first asked for.

A single picture then pays for the modules that it goes through, and not for those of folders, mixtures or superpixels.
"""

from __future__ import annotations

import sys
from collections.abc import Callable, Mapping
from importlib import import_module


def door(room: str, homes: Mapping[str, tuple[str, ...]]) -> Callable[[str], object]:
    """Return the ``__getattr__`` of a room.

    Parameters
    ----------
    room : str
        Its ``__name__``.
    homes : mapping of str to tuple of str
        The public names of each of its modules, by the name of the module below the room.
    """
    home_of = {name: home for home, names in homes.items() for name in names}

    def __getattr__(name: str) -> object:
        if name not in home_of:
            raise AttributeError(f"module {room!r} has no attribute {name!r}")
        value = getattr(import_module(f"{room}.{home_of[name]}"), name)
        # asked for once
        setattr(sys.modules[room], name, value)
        return value

    return __getattr__
