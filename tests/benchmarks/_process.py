"""Run one command and measure it as a whole process: wall time, processor time, peak resident memory.

The measuring happens in a small process of its own (``python _process.py COMMAND...``): Linux counts the memory of the
process that starts a program into the program's peak, and a benchmark that holds pictures and scikit-learn is large.
"""

import json
import os
import subprocess
import sys
import tempfile
import time
from dataclasses import dataclass


@dataclass(frozen=True)
class Cost:
    """What one run of a command took."""

    wall: float  # seconds
    cpu: float  # seconds, user and system, all threads
    peak: float  # MB resident (10^6 bytes)


def run(command: list[str]) -> Cost:
    """Run a command quietly in its own process and return what it took; stop with its stderr when it fails."""
    launched = subprocess.run([sys.executable, "-I", "-S", __file__, *command], stdout=subprocess.PIPE, check=True)
    outcome = json.loads(launched.stdout)
    if outcome.pop("status"):
        raise SystemExit(f"failed: {' '.join(command)}")
    return Cost(**outcome)


def _measure(command: list[str]) -> dict[str, float]:
    with tempfile.TemporaryFile() as said:
        start = time.perf_counter()
        child = subprocess.Popen(command, stdin=subprocess.DEVNULL, stdout=subprocess.DEVNULL, stderr=said)
        _, status, usage = os.wait4(child.pid, 0)
        wall = time.perf_counter() - start
        said.seek(0)
        sys.stderr.write(said.read().decode(errors="replace") if status else "")
    kilobyte = 1 if sys.platform == "darwin" else 1024  # Linux counts ru_maxrss in kilobytes, macOS in bytes
    cpu = usage.ru_utime + usage.ru_stime
    return {"status": status, "wall": wall, "cpu": cpu, "peak": usage.ru_maxrss * kilobyte / 1e6}


if __name__ == "__main__":
    print(json.dumps(_measure(sys.argv[1:])))
