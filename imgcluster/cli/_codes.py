"""The exit codes, in one table."""

import signal

DONE, FAILED, USAGE = 0, 1, 2
NOTHING_MATCHED = 3
BUSY = 75  # EX_TEMPFAIL of sysexits.h: try again later
SKIPPED = 98  # the output exists, or would not be smaller; as other quantizers say it
OUT_OF_REACH = 99  # all that failed is a quality or size that cannot be reached
INTERRUPTED = 128 + signal.SIGINT

CODES = {
    DONE: (
        "done",
        "every input is done, or skipped because its output exists (`-f` makes it anew); the last line counts what was "
        "skipped or ignored",
    ),
    FAILED: (
        "a file failed, or --strict found a loss",
        "at least one input failed, or `--strict` found something: a loss, a skipped or ignored file, an "
        "output not overwritten; or the disk is full, or a palette file or an environment variable has a wrong value. "
        "Nothing half-written remains",
    ),
    USAGE: ("wrong usage: nothing was done", "the command line is wrong; no picture was read"),
    NOTHING_MATCHED: ("no pictures were found", "no pictures in these folders or lists"),
    BUSY: (
        "another run is writing into the folder",
        "another run is writing into the folder of outputs; the message says which process",
    ),
    SKIPPED: (
        "skipped: -o exists, or would not be smaller",
        "of the only input nothing was written: the file of `-o` exists (`-f` overwrites it), or with "
        "`--skip-if-larger` would not be smaller (to stdout goes the original). With `--strict` an existing file is 1",
    ),
    OUT_OF_REACH: (
        "the target was not reached: nothing was written",
        "a quality or size was not reached, and nothing was written",
    ),
    INTERRUPTED: (
        "interrupted",
        "interrupted by Ctrl-C (143 by SIGTERM); what is done is done. The same command continues from there",
    ),
}
"""Every code: what the help says of it, and what the manual says."""


def epilog() -> str:
    """Return the table for the help."""
    rows = "".join(f"  {code:<5}{short}\n" for code, (short, _) in CODES.items())
    return f"\b\nExit codes:\n{rows}\n'imgcluster COMMAND --help' shows a command's options and examples.\n"
