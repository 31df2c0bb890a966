"""Compare ``imgcluster quantize`` with its peers: quality and time in Python, then as whole processes on a large photo.

    python tests/benchmarks/bench_quantize.py FOLDER [--colors 16 64 256] [--pictures N] [--starts 10] [--megapixels 12]

FOLDER holds photos. Every method runs in turn, round after round, so that a busy moment of the machine falls on all of
them alike; times are medians. MSE is the mean over pixels of the squared RGB distance, summed over the channels, of the
saved 8-bit picture. The output is Markdown.
"""

import argparse
import math
import os
import platform
import shlex
import statistics
import subprocess
import sys
import tempfile
import time
from importlib import metadata
from pathlib import Path

import numpy as np
from _mosaic import mosaic
from _peers import PNGQUANT, Pixels, Quantizer, best_of_starts, mse, quantizers
from _process import Cost, run
from PIL import Image
from threadpoolctl import threadpool_limits

import imgcluster
from imgcluster import kernels

SUFFIXES = {".png", ".jpg", ".jpeg", ".webp", ".tif", ".tiff", ".bmp"}
ROUNDING = 0.25  # what 8-bit palettes may cost against the unrounded yardstick, in MSE
SLOW = 4.0  # seconds: a method that took longer on a picture is not run on it again
PEER = "scikit-learn KMeans"
FLOOR = """
import sys
from PIL import Image
source, indices, palette, target = sys.argv[1:]
with Image.open(source) as photo:
    photo.convert("RGB")
    size = photo.size
with open(indices, "rb") as file:
    picture = Image.frombytes("P", size, file.read())
with open(palette, "rb") as file:
    picture.putpalette(file.read())
picture.save(target, compress_level=6)
"""


def main() -> None:
    """Run the benchmarks that the command line asks for."""
    options = parse()
    if kernels.backend() != "native":
        raise SystemExit("the native kernels are not there: install a C compiler, then the package again")
    pictures = sorted(path for path in options.folder.iterdir() if path.suffix.lower() in SUFFIXES)
    if not pictures:
        raise SystemExit(f"no pictures in {options.folder}: give a folder of photos")
    print(f"`python {shlex.join(map(shown, sys.argv))}`\n\n{versions()}\n", flush=True)
    with threadpool_limits(1):
        for n_colors in options.colors if options.pictures != 0 else []:
            compare_in_python(pictures[: options.pictures], n_colors, options)
    if options.megapixels:
        compare_processes(pictures, options)


def parse() -> argparse.Namespace:
    """Read the command line."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("folder", type=Path, help="a folder of photos")
    parser.add_argument("--colors", type=int, nargs="+", default=[16, 64, 256], metavar="K")
    parser.add_argument("--pictures", type=int, metavar="N", help="the first N pictures only; 0 skips this part")
    parser.add_argument("--repeats", type=int, default=3, metavar="N", help="rounds (default 3)")
    parser.add_argument("--starts", type=int, default=0, metavar="N", help="also the best of N converged starts (slow)")
    parser.add_argument("--megapixels", type=float, default=12, metavar="M", help="whole processes; 0 skips this part")
    return parser.parse_args()


# --- in Python, one thread ------------------------------------------------------------------------------------------


def compare_in_python(paths: list[Path], n_colors: int, options: argparse.Namespace) -> None:
    """Print the table of one number of colors: geometric means over the pictures."""
    methods = quantizers()
    errors: dict[str, list[float]] = {name: [] for name in methods}
    seconds: dict[str, list[float]] = {name: [] for name in methods}
    yardstick: list[float] = []
    for path in paths:
        with Image.open(path) as picture:
            pixels = np.asarray(picture.convert("RGB"))
        for name, (error, median) in race(methods, pixels, n_colors, options.repeats).items():
            errors[name].append(error)
            seconds[name].append(median)
        if options.starts:
            yardstick.append(best_of_starts(pixels, n_colors, options.starts))

    print(f"**K = {n_colors}**, {len(paths)} pictures, one thread each, geometric means\n")
    header = ["", "MSE", f"MSE / {PEER}", "time", "times faster", "time / default"]
    columns = [*header, f"(MSE - {ROUNDING}) / best of {options.starts}", "worst"] if options.starts else header
    rows = []
    for name in methods:
        row = [
            name,
            f"{mean(errors[name]):.2f}",
            f"{mean(errors[name]) / mean(errors[PEER]):.3f}",
            f"{mean(seconds[name]) * 1000:.1f} ms",
            f"{mean(seconds[PEER]) / mean(seconds[name]):.1f}",
            f"{mean(seconds[name]) / mean(seconds['imgcluster default']):.2f}",
        ]
        if options.starts:
            ratios = [(error - ROUNDING) / best for error, best in zip(errors[name], yardstick, strict=True)]
            row += [f"{mean(ratios):.4f}", f"{max(ratios):.4f}"]
        rows.append(row)
    show(columns, rows)


def race(methods: dict[str, Quantizer], pixels: Pixels, n_colors: int, repeats: int) -> dict[str, tuple[float, float]]:
    """Return MSE and median seconds of each method on one picture, the methods run in turn."""
    times: dict[str, list[float]] = {name: [] for name in methods}
    errors = {}
    for _ in range(repeats):
        for name, quantizer in methods.items():
            if max(times[name], default=0) < SLOW:
                start = time.perf_counter()
                result = quantizer(pixels, n_colors)
                times[name].append(time.perf_counter() - start)
                errors[name] = mse(pixels, result)
    return {name: (errors[name], statistics.median(times[name])) for name in methods}


# --- whole processes ------------------------------------------------------------------------------------------------


def compare_processes(pictures: list[Path], options: argparse.Namespace) -> None:
    """Print the table of whole processes: a large JPEG to a PNG of 256 colors."""
    with tempfile.TemporaryDirectory() as folder:
        photo, same = Path(folder, "photo.jpg"), Path(folder, "photo.png")
        mosaic(pictures, options.megapixels).save(photo, quality=92)
        with Image.open(photo) as decoded:
            pixels = np.asarray(decoded.convert("RGB"))
        Image.fromarray(pixels).save(same)  # pngquant reads no JPEG: the same pixels as PNG
        commands = whole_processes(photo, same)
        costs: dict[str, list[Cost]] = {name: [] for name in commands}
        for _ in range(max(options.repeats, 3)):
            for name, (command, _) in commands.items():
                costs[name].append(run(command))
        print(f"**Whole processes**, {pixels.shape[1]} x {pixels.shape[0]} JPEG to a PNG of 256 colors, medians\n")
        rows = [process_row(name, costs, pixels, commands[name][1]) for name in commands]
    show(["", "time", "times the floor", "times ours", "processor time", "peak memory", "bytes", "MSE"], rows)


def whole_processes(photo: Path, same: Path) -> dict[str, tuple[list[str], Path]]:
    """Return each command with the file that it writes; the floor encodes what our own command has found."""
    folder = photo.parent
    ours, theirs, floor = folder / "ours.png", folder / "pngquant.png", folder / "floor.png"
    quantize = [sys.executable, "-P", "-m", "imgcluster", "quantize", str(photo), "-k", "256", "-o", str(ours), "-f"]
    run(quantize)
    with Image.open(ours) as ready:
        (folder / "indices").write_bytes(ready.tobytes())
        (folder / "palette").write_bytes(bytes(ready.getpalette() or []))
    ready_made = [str(photo), str(folder / "indices"), str(folder / "palette"), str(floor)]
    commands = {
        "imgcluster quantize -k 256": (quantize, ours),
        "floor: decode, encode a ready picture": ([sys.executable, "-c", FLOOR, *ready_made], floor),
    }
    if PNGQUANT:
        command = [PNGQUANT, "--nofs", "256", "--force", "--output", str(theirs), str(same)]
        commands["pngquant --nofs 256 (from PNG)"] = (command, theirs)
    return commands


def process_row(name: str, costs: dict[str, list[Cost]], pixels: Pixels, output: Path) -> list[str]:
    """Return one row of the table of whole processes."""
    wall = {key: statistics.median(cost.wall for cost in runs) for key, runs in costs.items()}
    first, floor = list(costs)[:2]
    with Image.open(output) as picture:
        error = mse(pixels, np.asarray(picture.convert("RGB")))
    return [
        name,
        f"{wall[name]:.2f} s",
        f"{wall[name] / wall[floor]:.2f}",
        f"{wall[name] / wall[first]:.2f}",
        f"{statistics.median(cost.cpu for cost in costs[name]):.2f} s",
        f"{max(cost.peak for cost in costs[name]):.0f} MB",
        f"{output.stat().st_size:,}",
        f"{error:.2f}",
    ]


# --- printing -------------------------------------------------------------------------------------------------------


def mean(values: list[float]) -> float:
    """Return the geometric mean; NaN when a value is not positive, as of a lossless picture."""
    return statistics.geometric_mean(values) if min(values) > 0 else math.nan


def show(columns: list[str], rows: list[list[str]]) -> None:
    """Print a Markdown table."""
    print("|" + "|".join(f" {column} " for column in columns) + "|")
    print("|---" + "|--:" * (len(columns) - 1) + "|")
    for row in rows:
        print("|" + "|".join(f" {value} " for value in row) + "|")
    print(flush=True)


def shown(argument: str) -> str:
    """Return an argument of the command line, a folder elsewhere by its name alone."""
    return Path(argument).name if Path(argument).is_absolute() else argument


def versions() -> str:
    """Return the machine and the versions of everything that takes part."""
    packages = ", ".join(f"{name} {metadata.version(name)}" for name in ("numpy", "pillow", "scikit-learn"))
    number = subprocess.run([PNGQUANT, "--version"], capture_output=True, text=True).stdout if PNGQUANT else "absent"
    return (
        f"imgcluster {imgcluster.__version__} ({kernels.isa()}), {packages}, pngquant {number.split()[0]}, "
        f"Python {platform.python_version()}, {processor()}, {os.cpu_count()} cores"
    )


def processor() -> str:
    """Return the processor's name."""
    try:
        lines = Path("/proc/cpuinfo").read_text(encoding="utf-8").splitlines()
    except OSError:
        return platform.machine()
    return next((line.partition(": ")[2] for line in lines if line.startswith("model name")), platform.machine())


if __name__ == "__main__":
    main()
