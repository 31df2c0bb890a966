"""The color spaces in which palettes can be searched: one module and one line each."""

from __future__ import annotations

from imgcluster.colors._color_space import ColorSpace
from imgcluster.colors._rgb import RGB

# OKLAB is left out until a mapping measures distances in it, too
COLOR_SPACES: dict[str, ColorSpace] = {space.name: space for space in (RGB,)}
