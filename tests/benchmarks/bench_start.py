"""Compare the start of ``imgcluster`` with that of a bare Python: modules imported and time, each as a process.

    python tests/benchmarks/bench_start.py FOLDER [--rounds 20]

FOLDER holds photos; the first of them is quantized. All commands run in turn, round after round, so that a busy moment
of the machine falls on all of them alike; a time is the least of the rounds, since other work only ever adds. The
output is Markdown.
"""

import argparse
import math
import shlex
import subprocess
import sys
import tempfile
from pathlib import Path

from _process import run
from _superpixel_scores import photo_files
from bench_quantize import show, shown, versions

BARE = "python -c pass"
COUNT = """
import runpy, sys
sys.argv = ["imgcluster", *sys.argv[1:]]
try:
    if len(sys.argv) > 1:
        runpy.run_module("imgcluster", run_name="__main__")
except SystemExit:
    pass
finally:
    print(len(sys.modules), file=sys.stderr)
"""


def main() -> None:
    """Print the table."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("folder", type=Path, help="a folder of photos")
    parser.add_argument("--rounds", type=int, default=20, metavar="N", help="rounds (default 20)")
    options = parser.parse_args()
    photos = photo_files(options.folder)
    if not photos:
        raise SystemExit(f"no photos in {options.folder}: give a folder of them")
    print(f"`python {shlex.join(map(shown, sys.argv))}`\n\n{versions()}\n", flush=True)
    with tempfile.TemporaryDirectory() as folder:
        target = str(Path(folder, "out.png"))
        quantize = ["quantize", str(photos[0]), "-k", "16", "-q", "-f", "-o", target]
        compare({"--help": ["--help"], "quantize --help": ["quantize", "--help"], "quantize": quantize}, options.rounds)


def compare(ways: dict[str, list[str]], rounds: int) -> None:
    """Print modules and least times of the ways to start, and their ratios to a Python that does nothing."""
    commands = {BARE: [sys.executable, "-c", "pass"]}
    commands |= {f"imgcluster {name}": [sys.executable, "-m", "imgcluster", *args] for name, args in ways.items()}
    counts = {BARE: modules([])} | {f"imgcluster {name}": modules(args) for name, args in ways.items()}
    least = dict.fromkeys(commands, math.inf)
    for _ in range(rounds):
        for name, command in commands.items():
            least[name] = min(least[name], run(command).wall)
    rows = [
        [f"`{name}`", str(counts[name]), f"{1000 * seconds:.0f} ms", f"{seconds / least[BARE]:.1f}"]
        for name, seconds in least.items()
    ]
    show(["", "modules", "time", f"times `{BARE}`"], rows)


def modules(arguments: list[str]) -> int:
    """Return how many modules a process has imported when it ends."""
    done = subprocess.run([sys.executable, "-c", COUNT, *arguments], capture_output=True, text=True, check=True)
    return int(done.stderr.splitlines()[-1])


if __name__ == "__main__":
    main()
