"""Colors of a picture: as a cloud in RGB or Lab space, and as a palette."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, Protocol

import numpy as np
from numpy.typing import ArrayLike, NDArray

from imgcluster.cluster import check_array
from imgcluster.colors import Histogram
from imgcluster.parameters import check_choice, check_int, check_random_state
from imgcluster.plotting._canvas import GRAY, INK, one_axes
from imgcluster.types import Float64Array, FloatArray, RandomState, UInt8Array

if TYPE_CHECKING:
    from matplotlib.axes import Axes

SPACES = ("rgb", "lab")
_COLUMNS = 8  # swatches in a row
_MOST_LABELS = 64


class Colors(Protocol):
    """What has colors, such as a `Palette`."""

    @property
    def colors(self) -> UInt8Array:
        """Return RGB or RGBA, (k, 3) or (k, 4)."""
        ...


def plot_cloud(
    pixels: UInt8Array,
    centers: ArrayLike | None = None,
    *,
    space: str = "rgb",
    n_points: int = 4000,
    random_state: RandomState = 0,
    ax: Axes | None = None,
) -> Axes:
    """Draw the colors of a picture as points of RGB or CIELAB space, with cluster centers among them.

    Parameters
    ----------
    pixels : ndarray of shape (..., 3), uint8
        sRGB, as `read_image` gives it.
    centers : array-like of shape (k, 3), optional
        Centers or palette in RGB, 0..255, such as `Quantized.palette`.
    space : {"rgb", "lab"}, default "rgb"
        The axes: red, green and blue in 0..255, or a*, b* and L* of CIELAB (D65).
    n_points : int, default 4000
        At most so many distinct colors are shown, drawn without replacement by their numbers of pixels [1]_.
    random_state : int, numpy Generator or None
        Seed of the draw.
    ax : matplotlib Axes with projection "3d", optional

    Returns
    -------
    matplotlib Axes3D

    Raises
    ------
    TypeError, ValueError
        If pixels are not uint8 of three channels, centers do not have shape (k, 3), or ax is flat.

    References
    ----------
    .. [1] P. S. Efraimidis, P. G. Spirakis, "Weighted random sampling with a reservoir", Information Processing
       Letters 97:181-185, 2006, doi:10.1016/j.ipl.2005.11.003.

    Examples
    --------
    >>> import imgcluster as ic
    >>> from imgcluster.plotting import plot_cloud
    >>> pixels = ic.read_image("examples/coffee.jpg")
    >>> ax = plot_cloud(pixels, ic.quantize(pixels, 8).palette, space="lab")
    >>> ax.get_xlabel(), ax.get_ylabel(), ax.get_zlabel()
    ('a*', 'b*', 'L*')
    """
    check_choice("space", space, SPACES)
    check_int("n_points", n_points, 1)
    if ax is not None and not hasattr(ax, "set_zlim"):
        raise ValueError("ax must have the projection '3d'; make it by figure.add_subplot(projection='3d')")
    colors = _draw_colors(Histogram.from_pixels(pixels), n_points, check_random_state(random_state))
    ax = one_axes(ax, (6.4, 6.0), projection="3d")
    cube: Any = ax  # matplotlib's stubs know no Axes3D
    # in the order of depth the cloud would cover the centers inside it
    cube.computed_zorder = False
    cube.scatter(*_coordinates(colors, space), c=colors / 255, s=7, alpha=0.6, linewidths=0, depthshade=False, zorder=1)
    if centers is not None:
        marks = _check_centers(centers)
        looks = {"s": 110, "marker": "o", "linewidths": 1.6, "edgecolors": INK, "depthshade": False, "zorder": 3}
        cube.scatter(*_coordinates(marks, space), c=np.clip(marks, 0, 255) / 255, **looks)
    _box(cube, space)
    return ax


def plot_palette(palette: Colors | ArrayLike, indices: ArrayLike | None = None, *, ax: Axes | None = None) -> Axes:
    r"""Draw the colors of a palette as swatches, with the share of the picture that each of them covers.

    Parameters
    ----------
    palette : Palette, or array-like of shape (k, 3) or (k, 4)
        sRGB, 0..255, with or without alpha.
    indices : array-like of int, optional
        The palette entry of each pixel, such as `Quantized.indices`; from these the shares are counted.
    ax : matplotlib Axes, optional

    Returns
    -------
    matplotlib Axes

    Raises
    ------
    ValueError
        If the palette does not have shape (k, 3) or (k, 4), or an index is not one of its entries.

    Notes
    -----
    Up to 64 swatches are labeled with their color in hexadecimal and their share; a strip above them shows the shares
    as lengths.

    Examples
    --------
    >>> from imgcluster.plotting import plot_palette
    >>> ax = plot_palette([[255, 0, 0], [0, 0, 128]], [[0, 0, 0, 1]])
    >>> [text.get_text() for text in ax.texts]
    ['#ff0000\n75.0 %', '#000080\n25.0 %']
    """
    colors = np.clip(np.rint(_check_centers(_colors_of(palette), "palette", (3, 4))), 0, 255).astype(np.uint8)
    shares = None if indices is None else _shares(np.asarray(indices), len(colors))
    labeled = len(colors) <= _MOST_LABELS
    columns = min(len(colors), _COLUMNS if labeled else 2 * _COLUMNS)
    rows = -(-len(colors) // columns)
    strip = 0.0 if shares is None else 0.5
    ax = one_axes(ax, (6.4, (0.95 if labeled else 0.4) * rows + strip))
    _draw_swatches(ax, colors, columns, shares, labeled=labeled)
    if shares is not None:
        # in the proportion of its inches to those of a row
        strip /= 0.95 if labeled else 0.4
        edges = columns * np.concatenate([[0.0], np.cumsum(shares)])
        ax.bar(edges[:-1], 0.7 * strip, np.diff(edges), -strip, align="edge", color=colors / 255, linewidth=0)
    ax.set_xlim(0, columns)
    ax.set_ylim(rows, -strip)
    ax.set_axis_off()
    return ax


def _draw_swatches(ax: Axes, colors: UInt8Array, columns: int, shares: Float64Array | None, *, labeled: bool) -> None:
    """Draw a grid of swatches from the top left, each with its labels below."""
    gap, tall = (0.06, 0.58) if labeled else (0.0, 1.0)
    numbers = np.arange(len(colors))
    left, top = numbers % columns + gap / 2, numbers // columns
    # a thin rim shows white on white
    rim = {"edgecolor": GRAY, "linewidth": 0.5} if labeled else {"linewidth": 0}
    ax.bar(left, tall, 1 - gap, top, align="edge", color=colors / 255, **rim)
    for n, color in enumerate(colors.tolist() if labeled else []):
        text = "#" + "".join(f"{value:02x}" for value in color)
        if shares is not None:
            text += f"\n{100 * shares[n]:.1f} %"
        ax.text(n % columns + 0.5, top[n] + tall + 0.03, text, fontsize=7.5, color=INK, ha="center", va="top")


def _shares(indices: NDArray[Any], n_colors: int) -> Float64Array:
    """Count the pixels of each color: fractions that add up to 1."""
    if indices.size == 0 or indices.dtype.kind not in "iu" or indices.min() < 0 or indices.max() >= n_colors:
        raise ValueError(
            f"indices must be whole numbers between 0 and {n_colors - 1}, entries of the palette, got "
            f"{f'{indices.min()} to {indices.max()}' if indices.size else 'none'} of dtype {indices.dtype}"
        )
    return np.bincount(indices.ravel(), minlength=n_colors) / indices.size


def _draw_colors(histogram: Histogram, n_points: int, rng: np.random.Generator) -> Float64Array:
    """Draw distinct colors by their counts, without replacement: the smallest of exponential times over weights."""
    colors = histogram.colors.astype(np.float64)
    if len(colors) <= n_points:
        return colors
    times = rng.exponential(size=len(colors)) / histogram.counts
    return colors[np.argpartition(times, n_points)[:n_points]]


def _colors_of(palette: Colors | ArrayLike) -> ArrayLike:
    """Return the colors of a `Palette`, or what is given."""
    given: Any = palette
    colors: ArrayLike = getattr(given, "colors", given)
    return colors


def _check_centers(centers: ArrayLike, name: str = "centers", n_channels: tuple[int, ...] = (3,)) -> FloatArray:
    colors = check_array(centers, name)
    if colors.shape[1] not in n_channels:
        said = "RGB or RGBA" if 4 in n_channels else "RGB"
        raise ValueError(f"{name} must have shape (k, 3), {said} in 0..255, got {colors.shape}")
    return colors


def _coordinates(colors: FloatArray, space: str) -> FloatArray:
    """Return the three coordinates of colors in the order of the axes."""
    if space == "rgb":
        return colors.T
    from skimage.color import rgb2lab

    lightness, a, b = rgb2lab(np.clip(colors, 0, 255) / 255).T
    return np.stack([a, b, lightness])


def _box(ax: Any, space: str) -> None:
    """Name the axes, and give a unit the same length on all of them."""
    from matplotlib.ticker import MaxNLocator

    if space == "rgb":
        ax.set(xlim=(0, 255), ylim=(0, 255), zlim=(0, 255), xlabel="red", ylabel="green", zlabel="blue")
        for axis in (ax.xaxis, ax.yaxis, ax.zaxis):
            axis.set_ticks([0, 64, 128, 192, 255])
    else:
        ax.set(zlim=(0, 100), xlabel="a*", ylabel="b*", zlabel="L*")
        for axis in (ax.xaxis, ax.yaxis):
            axis.set_major_locator(MaxNLocator(5))
    spans = [high - low for low, high in (ax.get_xlim(), ax.get_ylim(), ax.get_zlim())]
    ax.set_box_aspect(spans, zoom=0.92)
    ax.tick_params(labelsize=8, pad=1)
    ax.zaxis.labelpad = 6  # the numbers of this axis are upright and wide
