"""The name of CSS that is most like a color."""

from __future__ import annotations

import numpy as np

from imgcluster.colors import COLOR_SPACES
from imgcluster.types import UInt8Array

_SAME = {"aqua": "cyan", "fuchsia": "magenta"}  # two names of one color


def color_names(colors: UInt8Array) -> tuple[str, ...]:
    """Return the named color of CSS nearest to each color in CIELAB.

    Parameters
    ----------
    colors : ndarray of shape (k, 3) or (k, 4), uint8
        sRGB; the names are those of the colors without alpha, "transparent" if it is 0.

    Returns
    -------
    tuple of str

    References
    ----------
    .. [1] CSS Color Module Level 4, named colors, https://www.w3.org/TR/css-color-4/#named-colors

    Examples
    --------
    >>> import numpy as np
    >>> from imgcluster.palette import color_names
    >>> color_names(np.array([[250, 0, 10], [20, 24, 110]], np.uint8))
    ('red', 'midnightblue')
    """
    from PIL import ImageColor

    # "grey" is "gray" in other words
    known = {name: ImageColor.getrgb(name)[:3] for name in ImageColor.colormap if "grey" not in name}
    names = [name for name in known if name not in _SAME]
    # in OKLab a dark brown is nearer to midnightblue than to black
    encode = COLOR_SPACES["lab"].encode
    named = encode(np.array([known[name] for name in names], np.uint8)).astype(np.float64)
    points = encode(np.ascontiguousarray(colors[:, :3])).astype(np.float64)
    found = [names[int(((named - point) ** 2).sum(axis=1).argmin())] for point in points]
    if colors.shape[1] == 4:
        found = ["transparent" if not alpha else name for name, alpha in zip(found, colors[:, 3], strict=True)]
    return tuple(found)
