"""The color spaces that palettes can be searched in: a module and a line each."""

from __future__ import annotations

from imgcluster.colors._color_space import ColorSpace
from imgcluster.colors._rgb import RGB

# OKLAB waits for a mapping that measures distances in it, too
COLOR_SPACES: dict[str, ColorSpace] = {space.name: space for space in (RGB,)}
