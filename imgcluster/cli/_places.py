"""Contradictions among the options for names and places of outputs, which are declared here."""

import os
from collections.abc import Mapping, Sequence
from typing import Any

import click

from imgcluster.files import STREAM, is_url

_FLAGS = {
    "output": "-o/--output",
    "output_dir": "-d/--output-dir",
    "format": "--format",
    "name": "--name",
    "in_place": "--in-place",
    "resume": "--resume",
    "keep": "--keep",
    "strip": "--strip",
}

EXCLUDING = (
    ("keep", "strip", "one keeps metadata, the other leaves it out"),
    ("name", "output", "-o names a single output"),
    ("name", "format", "the ending of the pattern says the format"),
    ("in_place", "output", "pictures go where their originals are"),
    ("in_place", "output_dir", "pictures go where their originals are"),
    ("in_place", "name", "pictures have the names of their originals"),
    ("in_place", "format", "pictures keep the format of their originals"),
    ("in_place", "resume", "nothing is recorded beside originals"),
)
"""Pairs of options that exclude each other, and why."""


def check_places(inputs: Sequence[str], given: Mapping[str, Any]) -> None:
    """Reject options that contradict each other, and originals that cannot be replaced, before any file is read."""
    for one, other, why in EXCLUDING:
        if given[one] and given[other]:
            raise click.UsageError(f"{_FLAGS[one]} and {_FLAGS[other]} exclude each other: {why}; leave one out")
    if given["backup"] and not given["in_place"]:
        raise click.UsageError("--backup is for --in-place, which alone replaces originals; add it or leave both out")
    what = "--in-place" if given["in_place"] else "--preserve" if given["preserve"] else ""
    if what and any(map(is_url, inputs)):
        raise click.UsageError(f"{what} is for files of this machine, got a URL; leave it out")
    if given["name"] is not None:
        from imgcluster.batch import check_pattern

        try:
            check_pattern(given["name"])
        except ValueError as error:
            raise click.UsageError(f"--{error}") from error
    if given["in_place"]:
        _check_replaceable(inputs, given)


def _check_replaceable(inputs: Sequence[str], given: Mapping[str, Any]) -> None:
    """Reject inputs that --in-place cannot replace."""
    if STREAM in inputs:
        raise click.UsageError("--in-place cannot replace standard input; leave it out, and the picture goes to stdout")
    if given["extras"]:
        raise click.UsageError(
            "--in-place and --soft-masks exclude each other: masks go beside pictures; leave one out"
        )
    from imgcluster.picture import format_of_ending

    for path in inputs:
        format = format_of_ending(os.path.splitext(path)[1])  # noqa: PTH122
        if format is not None and format.write is None:
            way_out = "--name '{stem}.png' -d FOLDER writes a PNG"
            raise click.UsageError(
                f"--in-place cannot replace {path}: {format.title} holds no palette; {way_out}, or leave it out"
            )
