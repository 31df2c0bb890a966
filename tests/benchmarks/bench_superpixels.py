"""Compare ``imgcluster.superpixels`` with its peers: quality and time, growth, memory, and what a second thread brings.

    python tests/benchmarks/bench_superpixels.py FOLDER [--segments 100 200 400 800] [--pictures N] [--megapixels 12]

FOLDER holds photos, NAME.jpg or another kind, and beside them NAME.npz with an array ``segmentations`` (annotators,
height, width) of what people drew, as in BSDS500; a photo without is only timed. Scores are means over the annotators,
then over the photos. All methods run on one thread and in turn, round after round, so that a busy moment of the machine
falls on all of them alike; a time is the least of the rounds, and tables show geometric means over the photos.
scikit-image runs with compactness 12 and sigma 1, OpenCV on blurred CIELAB as it recommends, which its times include.
Peers that miss the number of segments asked for are asked for another, so that all have about as many. The output is
Markdown.
"""

import argparse
import math
import os
import platform
import shlex
import sys
import tempfile
import time
from importlib import metadata
from pathlib import Path
from statistics import fmean, geometric_mean

import numpy as np
from _mosaic import mosaic
from _process import run
from _superpixel_peers import SCIKIT_IMAGE, Labels, Pixels, Segmenter, own_segmenters, segmenters
from _superpixel_scores import Photo, photo_files, photos, scores
from bench_quantize import processor, show, shown
from threadpoolctl import threadpool_limits

import imgcluster
from imgcluster import kernels

SLOW = 2.0  # seconds: a method that took longer on a picture is not run on it again
SAMPLES = 5  # about as many photos show what number a method has to be asked for
LARGE_SEGMENTS = 2000
SIZES = (0.15, 0.75, 3.0)  # megapixels, below the largest
COUNTS = (100, 400, 1600, 6400)
COUNTS_SIZE = 3.0  # megapixels
PEERS = Path(__file__).with_name("_superpixel_peers.py")


def main() -> None:
    """Run the benchmarks that the command line asks for."""
    options = parse()
    if kernels.backend() != "native":
        raise SystemExit("the native kernels are not there: install a C compiler, then the package again")
    paths = photo_files(options.folder)
    if not paths:
        raise SystemExit(f"no photos in {options.folder}: give a folder of them")
    print(f"`python {shlex.join(map(shown, sys.argv))}`\n\n{versions()}\n", flush=True)
    with threadpool_limits(1):
        for n_segments in options.segments if options.pictures != 0 else []:
            compare_quality(list(photos(paths[: options.pictures])), n_segments, options.rounds)
        if options.megapixels:
            sizes = [*(size for size in SIZES if size < options.megapixels), options.megapixels]
            compare_sizes(paths, sizes, options.rounds)
            compare_counts(paths, min(COUNTS_SIZE, options.megapixels), options.rounds)
            largest = np.asarray(mosaic(paths, options.megapixels))
            compare_memory(largest)
            compare_threads(largest, options.rounds)


def parse() -> argparse.Namespace:
    """Read the command line."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("folder", type=Path, help="a folder of photos")
    parser.add_argument("--segments", type=int, nargs="+", default=[100, 200, 400, 800], metavar="K")
    parser.add_argument("--pictures", type=int, metavar="N", help="the first N photos only; 0 skips this part")
    parser.add_argument("--rounds", type=int, default=3, metavar="N", help="rounds (default 3)")
    parser.add_argument("--megapixels", type=float, default=12, metavar="M", help="largest mosaic; 0 skips this part")
    parser.add_argument("--quick", action="store_true", help="5 photos, 400 segments, 3 megapixels, one round")
    options = parser.parse_args()
    if options.quick:
        options.segments, options.pictures, options.megapixels, options.rounds = [400], 5, 3.0, 1
    return options


# --- quality and time -----------------------------------------------------------------------------------------------


def compare_quality(chosen: list[Photo], n_segments: int, rounds: int) -> None:
    """Print the table of one number of segments."""
    methods = segmenters()
    samples = chosen[:: max(len(chosen) // SAMPLES, 1)]
    asked = {name: number_to_ask(segmenter, samples, n_segments) for name, segmenter in methods.items()}
    found: dict[str, list[dict[str, float]]] = {name: [] for name in methods}
    seconds: dict[str, list[float]] = {name: [] for name in methods}
    for photo in chosen:
        for name, (labels, least) in race(methods, photo.pixels, asked, rounds).items():
            found[name].append(scores(labels, photo))
            seconds[name].append(least)

    n_truths = sum(bool(photo.truths) for photo in chosen)
    print(f"**K = {n_segments}**, {len(chosen)} photos, {n_truths} of them with drawn contours, one thread each\n")
    peer = geometric_mean(seconds[SCIKIT_IMAGE])
    rows = []
    for name in methods:
        quality = [f"{average(found[name], key):.4f}" for key in ("Rec", "UE", "ASA")]
        quality += [f"{average(found[name], key):.3f}" for key in ("EV", "CO")]
        counts = [f"{average(found[name], key):.0f}" for key in ("segments", "pieces")]
        connected = f"{average(found[name], 'connected'):.0%}"
        own = geometric_mean(seconds[name])
        rows.append([name, *quality, *counts, connected, f"{own * 1000:.2f} ms", f"{peer / own:.1f}"])
    timed = ["connected", "time", "times faster than scikit-image"]
    show(["", "Rec", "UE", "ASA", "EV", "CO", "segments", "pieces", *timed], rows)


def average(found: list[dict[str, float]], key: str) -> float:
    """Return the mean of a score over the photos that have it."""
    values = [one[key] for one in found if key in one]
    return fmean(values) if values else math.nan


def number_to_ask(segmenter: Segmenter, samples: list[Photo], n_segments: int) -> int:
    """Return the number to ask a method for so that it makes about n_segments, from a few trials."""
    asked, nearest = n_segments, (math.inf, n_segments)
    for _ in range(4):
        made = fmean(len(np.unique(segmenter(photo.pixels, asked))) for photo in samples)
        nearest = min(nearest, (abs(made - n_segments), asked))
        if abs(made - n_segments) <= 0.01 * n_segments:
            break
        asked = max(round(asked * n_segments / made), 1)
    return nearest[1]


def race(
    methods: dict[str, Segmenter], pixels: Pixels, asked: dict[str, int], rounds: int
) -> dict[str, tuple[Labels, float]]:
    """Return the labels and the least seconds of each method on one picture, the methods run in turn."""
    labels: dict[str, Labels] = {}
    least = dict.fromkeys(methods, math.inf)
    for turn in range(rounds):
        for name, segmenter in methods.items():
            if turn == 0 or least[name] < SLOW:
                start = time.perf_counter()
                labels[name] = segmenter(pixels, asked[name])
                least[name] = min(least[name], time.perf_counter() - start)
    return {name: (labels[name], least[name]) for name in methods}


# --- growth ---------------------------------------------------------------------------------------------------------


def compare_sizes(paths: list[Path], sizes: list[float], rounds: int) -> None:
    """Print how the time grows with the picture."""
    timed = []
    for size in sizes:
        pixels = np.asarray(mosaic(paths, size))
        timed.append(least_seconds(pixels, LARGE_SEGMENTS, rounds))
    print(f"**Growth with the picture**, mosaics of the photos, K = {LARGE_SEGMENTS}, one thread each\n")
    rows = []
    for name in timed[0]:
        times = [shown_time(one[name]) for one in timed]
        ratio = timed[-1][SCIKIT_IMAGE] / timed[-1][name]
        rows.append([name, *times, f"{timed[-1][name] / sizes[-1] * 1000:.1f} ns", f"{ratio:.1f}"])
    last = f"times faster than scikit-image at {sizes[-1]:g} MP"
    show(["", *(f"{size:g} MP" for size in sizes), f"a pixel at {sizes[-1]:g} MP", last], rows)


def compare_counts(paths: list[Path], megapixels: float, rounds: int) -> None:
    """Print how the time grows with the number of segments."""
    pixels = np.asarray(mosaic(paths, megapixels))
    timed = [least_seconds(pixels, n_segments, rounds) for n_segments in COUNTS]
    print(f"**Growth with K**, a mosaic of {megapixels:g} megapixels, one thread each\n")
    rows = []
    for name in timed[0]:
        times = [one[name] for one in timed]
        rows.append([name, *map(shown_time, times), f"{times[-1] / times[0]:.2f}", f"{max(times) / min(times):.2f}"])
    show(["", *(f"K = {count}" for count in COUNTS), "last / first", "slowest / fastest"], rows)


def least_seconds(pixels: Pixels, n_segments: int, rounds: int) -> dict[str, float]:
    """Return the least time of each method on one picture."""
    methods = segmenters()
    outcome = race(methods, pixels, dict.fromkeys(methods, n_segments), rounds)
    return {name: least for name, (_, least) in outcome.items()}


def shown_time(seconds: float) -> str:
    """Return a time in milliseconds, or in seconds when it is long."""
    return f"{seconds * 1000:.1f} ms" if seconds < 1 else f"{seconds:.2f} s"


# --- memory and threads ---------------------------------------------------------------------------------------------


def compare_memory(pixels: Pixels) -> None:
    """Print the peak memory of each method above that of the decoded picture, from processes of their own."""
    size = pixels.shape[0] * pixels.shape[1]
    rows = []
    with tempfile.TemporaryDirectory() as folder:
        picture = Path(folder, "mosaic.npy")
        np.save(picture, pixels)
        for name in segmenters():
            command = [sys.executable, str(PEERS), str(picture), name]
            idle, working = run([*command, "0"]).peak, run([*command, str(LARGE_SEGMENTS)]).peak
            rows.append([name, f"{(working - idle) * 1e6 / size:.1f}"])
    print(f"**Peak memory** above the decoded picture, {size / 1e6:.1f} megapixels, K = {LARGE_SEGMENTS}, one thread\n")
    show(["", "bytes a pixel"], rows)


def compare_threads(pixels: Pixels, rounds: int) -> None:
    """Print how much faster two threads are, and whether they give the same labels."""
    methods = {
        f"{name}, {n_threads}": segmenter
        for n_threads in (1, 2)
        for name, segmenter in own_segmenters(n_threads).items()
    }
    outcome = race(methods, pixels, dict.fromkeys(methods, LARGE_SEGMENTS), max(rounds, 2))
    size = pixels.shape[0] * pixels.shape[1] / 1e6
    print(f"**Two threads**, {size:.1f} megapixels, K = {LARGE_SEGMENTS}\n")
    rows = []
    for name in own_segmenters():
        (labels, one), (again, two) = outcome[f"{name}, 1"], outcome[f"{name}, 2"]
        same = "yes" if np.array_equal(labels, again) else "NO"
        rows.append([name, shown_time(one), shown_time(two), f"{one / two:.2f}", same])
    show(["", "one thread", "two threads", "times faster", "same labels"], rows)


def versions() -> str:
    """Return the machine and the versions of everything that takes part."""
    names = ("numpy", "scikit-image", "opencv-contrib-python-headless", "opencv-contrib-python")
    installed = {dist.metadata["Name"].lower(): dist.version for dist in metadata.distributions()}
    packages = ", ".join(f"{name} {installed[name]}" for name in names if name in installed)
    return (
        f"imgcluster {imgcluster.__version__} ({kernels.isa()}), {packages}, Python {platform.python_version()}, "
        f"{processor()}, {os.cpu_count()} cores"
    )


if __name__ == "__main__":
    main()
