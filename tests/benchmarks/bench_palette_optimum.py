"""Compare palettes with the best of ten converged starts, and with other ways to a palette by k-means.

    python tests/benchmarks/bench_palette_optimum.py FOLDER [--colors 32 64] [--pictures N] [--starts 10] [--no-online]

FOLDER holds pictures. The error is the mean squared RGB distance, summed over the channels, of the picture in 8 bits:
all palettes are rounded, and pixels take their nearest entry. Starts are k-means++ on all distinct colors, in float64,
run until nothing changes. K must be powers of 2 for the methods that double. The output is Markdown; where a ratio is
below 1 the palette of this package has the lower error.
"""

import argparse
import platform
from pathlib import Path

import numpy as np
from _palette_peers import converged, doubled_in_batches, doubled_online, wu
from _peers import mse, ours
from numpy.typing import NDArray
from PIL import Image

from imgcluster.cluster import OctreePoints, initial_centers
from imgcluster.colors import RGB, Histogram, SpaceColors
from imgcluster.kernels import isa

SUFFIXES = {".png", ".jpg", ".jpeg"}
COLUMNS = ["best of starts", "Wu + Lloyd", "incremental batch", "incremental online"]


def main() -> None:
    """Run it."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("folder", type=Path, help="a folder of pictures")
    parser.add_argument("--colors", type=int, nargs="+", default=[32, 64, 128, 256], metavar="K")
    parser.add_argument("--pictures", type=int, metavar="N", help="the first N pictures only")
    parser.add_argument("--starts", type=int, default=10, metavar="N", help="converged starts (default 10)")
    parser.add_argument("--no-online", action="store_true", help="leave out the method that takes pixels one by one")
    options = parser.parse_args()
    paths = sorted(path for path in options.folder.iterdir() if path.suffix.lower() in SUFFIXES)[: options.pictures]
    print(f"{isa()} kernels, numpy {np.__version__}, Python {platform.python_version()}\n")
    print("| picture | K | " + " | ".join(f"{e} / {c}" for e in ("default", "best") for c in COLUMNS) + " |")
    print("|---|--:|" + "--:|" * 2 * len(COLUMNS), flush=True)
    rows = [row for path in paths for row in rows_of(path, options)]
    for what, reduced in (("mean", np.nanmean), ("largest", np.nanmax)):
        print(line(what, "", reduced(np.array(rows), axis=0)))


def rows_of(path: Path, options: argparse.Namespace) -> list[NDArray[np.float64]]:
    """Print a row for each number of colors of one picture, and return the ratios."""
    with Image.open(path) as file:
        pixels = np.asarray(file.convert("RGB"))
    points = OctreePoints(*SpaceColors(Histogram.from_pixels(pixels), RGB).points(8))
    most, rows = max(options.colors), []
    batch = {len(centers): error(points, centers) for centers in doubled_in_batches(points, most)}
    online = {} if options.no_online else {len(c): error(points, c) for c in doubled_online(pixels, most)}
    for k in options.colors:
        starts = (
            initial_centers(points, k, "k-means++", np.random.default_rng(1000 + s)) for s in range(options.starts)
        )
        peers = np.array(
            [
                min(error(points, converged(points, start)) for start in starts),
                error(points, converged(points, wu(points, k))),
                batch.get(k, np.nan),
                online.get(k, np.nan),
            ]
        )
        rows.append(np.concatenate([mse(pixels, ours(pixels, k, effort=e)) / peers for e in ("default", "best")]))
        print(line(path.stem, str(k), rows[-1]), flush=True)
    return rows


def error(points: OctreePoints, centers: NDArray[np.float64]) -> float:
    """Return the mean squared error of centers that are rounded to 8 bits."""
    return points.assign(np.rint(centers).clip(0, 255)).objective / float(points.weights.sum())


def line(name: str, k: str, ratios: NDArray[np.float64]) -> str:
    """Return a row of the table."""
    return f"| {name} | {k} | " + " | ".join(f"{ratio:.4f}" for ratio in ratios) + " |"


if __name__ == "__main__":
    main()
