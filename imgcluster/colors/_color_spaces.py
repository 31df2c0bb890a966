"""The color spaces in which palettes can be searched: one module and one line each."""

from __future__ import annotations

from imgcluster.colors._cielab import CIELAB
from imgcluster.colors._color_space import ColorSpace
from imgcluster.colors._linear import LINEAR
from imgcluster.colors._oklab import OKLAB
from imgcluster.colors._rgb import RGB

COLOR_SPACES: dict[str, ColorSpace] = {space.name: space for space in (RGB, OKLAB, CIELAB, LINEAR)}
