"""Runs over folders: their options, and what cannot be meant by them."""

import sys
from collections.abc import Callable, Sequence
from dataclasses import dataclass, fields
from pathlib import Path
from typing import Any, TypeVar

import click

from imgcluster.cli import _options as options
from imgcluster.cli._targets import STREAM
from imgcluster.files import is_url

_MANY = 16
"""More pictures than that are worth the start of worker processes."""

AnyCommand = TypeVar("AnyCommand", bound=Callable[..., Any])


@dataclass(frozen=True)
class FolderOptions:
    """What a run over folders is asked for; any of it makes a run one over folders."""

    recursive: bool = False
    include: tuple[str, ...] = ()
    exclude: tuple[str, ...] = ()
    files_from: str | None = None
    dry_run: bool = False
    n_jobs: int | None = None
    executor: str | None = None
    max_memory: int | None = None
    timeout: float | None = None
    fail_fast: bool = False
    strict: bool = False
    manifest: str | None = None
    report: str | None = None

    @classmethod
    def take(cls, parameters: dict[str, Any]) -> "FolderOptions":
        """Take these options out of all options of a command."""
        return cls(**{option.name: parameters.pop(option.name) for option in fields(cls)})

    @property
    def searching(self) -> dict[str, Any]:
        """Return what says which files are meant, as parameters of the library."""
        names = ("recursive", "include", "exclude", "files_from")
        return {name: getattr(self, name) for name in names}


def search_options(command: AnyCommand) -> AnyCommand:
    """Give a command the options that say which files are meant."""
    choices = [
        click.option("-r", "--recursive", is_flag=True, help="Look into subfolders, too."),
        click.option("--include", metavar="GLOB", multiple=True, help="Only such files of folders; again for more."),
        click.option("--exclude", metavar="GLOB", multiple=True, help="No such files and folders; again for more."),
        click.option("--files-from", type=options.FILE, help="Also take the files listed in FILE; - is stdin."),
    ]
    for choice in reversed(choices):
        command = choice(command)
    return command


def folder_options(command: AnyCommand) -> AnyCommand:
    """Give a command the options of a run over folders."""
    choices = [
        search_options,
        click.option("-P", "--dry-run", is_flag=True, help="Print what would be done, and do nothing."),
        options.jobs_option,
        options.executor_option,
        click.option("--max-memory", metavar="SIZE", type=options.size, help="For all workers, such as 2G."),
        click.option("--timeout", metavar="SECONDS", type=options.seconds, help="A file that takes longer fails."),
        click.option("--fail-fast", is_flag=True, help="Begin no new file after a failure."),
        click.option("--strict", is_flag=True, help="Exit 1 after a skipped file or a loss, too."),
        click.option("--manifest", type=options.FILE, help="Also write a row a file: .jsonl, .csv."),
        click.option("--report", type=options.FILE, help="Also write a page about the run: .html."),
    ]
    for choice in reversed(choices):
        command = choice(command)
    return command


def is_folder_run(inputs: Sequence[str], folder: FolderOptions, output_dir: str | None, *, wants_one: bool) -> bool:
    """Tell whether a run is one over folders; many pictures are, unless something is wanted that is for single ones."""
    if folder != FolderOptions() or is_url(output_dir or ""):
        return True
    if any(is_url(source) or Path(source).is_dir() for source in inputs):
        return True
    return len(inputs) > _MANY and not wants_one and STREAM not in inputs


def check_inputs(inputs: Sequence[str], folder: FolderOptions, example: str) -> None:
    """Refuse inputs that cannot be meant."""
    if not inputs and folder.files_from is None:
        raise click.UsageError(f"no input given; name a folder, as in: {example}")
    if STREAM in inputs:
        raise click.UsageError("- is a single picture on stdin; --files-from - reads a list of files from there")
    if folder.files_from == STREAM and sys.stdin is not None and sys.stdin.isatty():
        raise click.UsageError("--files-from - reads stdin, which is a terminal; pipe a list in or name a file")


def check_folder(
    inputs: Sequence[str],
    folder: FolderOptions,
    output_dir: str | None,
    n_threads: int | None,
    **alone: str | None,
) -> None:
    """Refuse what cannot be meant; `alone` are the options for single pictures, as they were given."""
    check_inputs(inputs, folder, "imgcluster quantize photos -r")
    if output_dir == "":
        raise click.UsageError("-d/--output-dir must name a folder, got ''; use -d . for the current one")
    for option, value in alone.items():
        if value is not None:
            flag = f"--{option.replace('_', '-')}"
            why = "folders, URLs, -r and more than 16 pictures make a run over folders"
            raise click.UsageError(f"{flag} is for single pictures; use -d for the outputs of this run ({why})")
    if folder.n_jobs is not None and n_threads is not None:
        raise click.UsageError("-j/--jobs and -t/--threads exclude each other for a folder; leave -t out")
    options.check_executor(folder.executor, jobs=folder.n_jobs, threads=n_threads, max_memory=folder.max_memory)
    for option, path, endings in (
        ("manifest", folder.manifest, (".jsonl", ".csv")),
        ("report", folder.report, (".html", ".htm")),
    ):
        if path is not None and Path(path).is_dir():
            raise click.UsageError(f"--{option} must name a file, got the folder {path!r}; choose another name")
        if path is not None and Path(path).suffix.lower() not in endings:
            allowed = " or ".join(endings)
            raise click.UsageError(f"--{option} must name a file in {allowed}, got {path!r}; try run{endings[0]}")
