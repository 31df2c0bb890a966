"""The options of a run, over one picture or many, and the checks of their combinations."""

import os
import re
import sys
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field, fields
from pathlib import Path
from typing import Any, TypeVar

import click

from imgcluster.cli import _options as options
from imgcluster.cli._hints import check_names
from imgcluster.cli._places import check_places
from imgcluster.cli._targets import check_streams, check_targets
from imgcluster.files import STREAM
from imgcluster.tasks import ANNOTATIONS, EXTRAS, MASKS, NAME

AnyCommand = TypeVar("AnyCommand", bound=Callable[..., Any])


@dataclass(frozen=True, eq=False, repr=False)
class RunOptions:
    """What a run is asked for apart from its task."""

    output: str | None = None
    output_dir: str | None = None
    format: str | None = None
    force: bool = False
    resume: bool | None = None
    skip_if_larger: bool | None = None
    name: str | None = None
    in_place: bool = False
    backup: bool = False
    preserve: bool = False
    keep: bool = False
    strip: bool = False
    optimize: int = 1
    recursive: bool = False
    include: tuple[str, ...] = ()
    exclude: tuple[str, ...] = ()
    files_from: str | None = None
    dry_run: bool = False
    n_jobs: int | None = None
    n_threads: int | None = None
    executor: str | None = None
    max_pixels: int | None = None
    max_memory: int | None = None
    scratch: str | None = None
    timeout: float | None = None
    fail_fast: bool = False
    strict: bool = False
    manifest: str | None = None
    report: str | None = None
    as_json: bool = False
    extras: Mapping[str, str] = field(default_factory=dict)

    @classmethod
    def take(cls, parameters: dict[str, Any]) -> "RunOptions":
        """Take these options out of all options of a command."""
        names = [option.name for option in fields(cls) if option.name != "extras"]
        # an option that a command does not have keeps its default
        found = {name: parameters.pop(name) for name in names if name in parameters}
        given = {kind: parameters.pop(kind, None) for kind in (*EXTRAS, MASKS)}
        for kind, file in parameters.pop("annotations", None) or ():
            if given[kind] is not None:
                raise click.UsageError(f"--annotations {kind} is given twice; leave one out")
            given[kind] = file
        return cls(**found, extras={kind: value for kind, value in given.items() if value is not None})

    @property
    def searching(self) -> dict[str, Any]:
        """Return the options that select the files, as parameters of the library."""
        names = ("recursive", "include", "exclude", "files_from")
        return {name: getattr(self, name) for name in names}

    @property
    def placing(self) -> dict[str, Any]:
        """Return the options that say where pictures go and what goes with them, as parameters of the library."""
        names = ("force", "resume", "skip_if_larger", "name", "in_place", "backup", "preserve", "strip", "optimize")
        return {name: getattr(self, name) for name in names}

    def keeps(self, inputs: Sequence[str]) -> bool:
        """Check whether what was done is kept for the next run: folders may take long."""
        if self.resume is not None:
            return self.resume
        if self.recursive or self.files_from is not None:
            return True
        from imgcluster.batch import is_folder

        return any(source != STREAM and is_folder(source) for source in inputs)


def search_options(command: AnyCommand) -> AnyCommand:
    """Give a command the options that select the files."""
    choices = [
        click.option("-r", "--recursive", is_flag=True, help="Also search subfolders."),
        click.option(
            "--include", metavar="GLOB", multiple=True, help="Only files like this in folders; can be repeated."
        ),
        click.option(
            "--exclude", metavar="GLOB", multiple=True, help="Skip files and folders like this; can be repeated."
        ),
        click.option("--files-from", type=options.FILE, help="Also take the files listed in FILE; - is stdin."),
    ]
    return with_options(command, choices)


def output_options(command: AnyCommand) -> AnyCommand:
    """Give a command the options of its outputs."""
    choices = [
        click.option("-o", "--output", type=options.FILE, help="Output of a single input; - is stdout."),
        click.option("-d", "--output-dir", type=options.DIR_OR_URL, help="Folder of the outputs.  [default: outputs]"),
        click.option("--name", metavar="PATTERN", help="Names of outputs, such as '{stem}-{k}.png'."),
        options.format_option,
        click.option("-f", "--force", is_flag=True, help="Overwrite existing outputs."),
        click.option("--resume/--no-resume", default=None, help="Whether to record what is done for the next run."),
        click.option("--preserve", is_flag=True, help="Give outputs the time and mode of their inputs."),
        click.option("--keep", is_flag=True, help="Keep EXIF, XMP, DPI and text.  [default]"),
        click.option("--strip", is_flag=True, help="Leave out EXIF, XMP, DPI and text."),
    ]
    return with_options(command, choices)


def picture_options(command: AnyCommand) -> AnyCommand:
    """Give a command the options for the pictures of few colors that it writes."""
    choices = [
        click.option(
            "--skip-if-larger/--no-skip-if-larger",
            default=None,
            help="Keep originals that would grow.  [default: folders]",
        ),
        click.option(
            "--optimize",
            metavar="INT",
            type=options.whole_number("optimize", 0, 3),
            default=1,
            show_default=True,
            help="How much to try for small PNGs, 0 to 3.",
        ),
        click.option("--in-place", is_flag=True, help="Replace originals by smaller pictures."),
        click.option("--backup", is_flag=True, help="With --in-place: keep originals as NAME~."),
    ]
    return with_options(command, choices)


def run_options(command: AnyCommand) -> AnyCommand:
    """Give a command the options of a run."""
    choices = [
        search_options,
        click.option("-P", "--dry-run", is_flag=True, help="Print what would be done, but do nothing."),
        options.jobs_option,
        options.executor_option,
        click.option("--max-pixels", metavar="N", type=options.pixels, help="Reject larger pictures, such as 200M."),
        click.option(
            "--max-memory", metavar="SIZE", type=options.size, help="For all work.  [default: 1 GiB a picture]"
        ),
        click.option("--timeout", metavar="SECONDS", type=options.seconds, help="Seconds after which a file fails."),
        click.option("--fail-fast", is_flag=True, help="Start no new file after a failure."),
        click.option("--strict", is_flag=True, help="Also exit 1 after a skipped file or a loss."),
        click.option("--manifest", type=options.FILE, help="Also write a row per file: .jsonl, .csv."),
        click.option("--report", type=options.FILE, help="Also write a report on the run: .html."),
    ]
    return with_options(command, choices)


def with_options(command: AnyCommand, choices: Sequence[Callable[[Any], Any]]) -> AnyCommand:
    """Give a command options, in this order."""
    for choice in reversed(choices):
        command = choice(command)
    return command


def check_inputs(inputs: Sequence[str], wish: RunOptions, example: str) -> None:
    """Reject inputs that make no sense."""
    if not inputs and wish.files_from is None:
        raise click.UsageError(f"no input given; name a picture or a folder, as in: {example}")
    if "" in inputs:
        # of an unset variable: as a path it would be the current folder
        raise click.UsageError("an input has an empty name, ''; use . for the current folder")
    check_names(inputs, " ".join(word for word in example.split()[1:3] if word.isalpha()))
    if STREAM in inputs and wish.keeps(inputs):
        raise click.UsageError("- is a single picture on stdin; --files-from - reads a list of files from there")
    if wish.files_from == STREAM and sys.stdin is not None and sys.stdin.isatty():
        raise click.UsageError("--files-from - reads stdin, which is a terminal; pipe a list in or name a file")


def check_run(inputs: Sequence[str], wish: RunOptions, example: str, *, draws: bool = True) -> None:
    """Reject options that make no sense, before any file is read."""
    check_inputs(inputs, wish, example)
    check_places(inputs, vars(wish))
    _check_output(inputs, wish, draws)
    _check_extras(inputs, wish)
    if wish.n_jobs is not None and wish.n_threads is not None:
        raise click.UsageError("-j/--jobs and -t/--threads exclude each other; leave one out")
    options.check_executor(wish.executor, jobs=wish.n_jobs, threads=wish.n_threads, max_memory=wish.max_memory)
    for option, path, endings in (
        ("manifest", wish.manifest, (".jsonl", ".csv")),
        ("report", wish.report, (".html", ".htm")),
    ):
        if path is not None and Path(path).is_dir():
            raise click.UsageError(f"--{option} must name a file, got the folder {path!r}; choose another name")
        if path is not None and Path(path).suffix.lower() not in endings:
            allowed = " or ".join(endings)
            raise click.UsageError(f"--{option} must name a file in {allowed}, got {path!r}; try run{endings[0]}")


def _check_output(inputs: Sequence[str], wish: RunOptions, draws: bool) -> None:
    """Reject contradictory or impossible outputs."""
    if wish.output is not None and wish.output_dir is None and wish.keeps(inputs):
        why = "folders, -r, --files-from and --resume may mean many"
        raise click.UsageError(f"-o/--output is for single pictures; use -d for the outputs of this run ({why})")
    check_targets(inputs, wish.output, wish.output_dir, wish.format)
    check_streams(inputs, wish.output, wish.output_dir if draws else "-", as_json=wish.as_json)
    to_stdout = wish.output == STREAM or (STREAM in inputs and wish.output is None and wish.output_dir is None)
    if draws and to_stdout and len(inputs) > 1:
        raise click.UsageError("the picture of stdin goes to stdout, got other inputs beside it; use -d for all")


def _check_extras(inputs: Sequence[str], wish: RunOptions) -> None:
    """Reject files that cannot be written, and one file for two purposes."""
    seen = {} if wish.output is None else {"-o": wish.output}
    for option, value in wish.extras.items():
        if option == MASKS:
            if wish.keeps(inputs):
                raise click.UsageError("--soft-masks is for single pictures; name these, as in photos/*.jpg")
            continue
        # what stands before the file
        flag = f"--annotations {option}:" if option in ANNOTATIONS else f"--{option} "
        endings = EXTRAS[option]
        if value.startswith(".") and value.lower() in endings:
            continue
        named = flag.rstrip(" :")
        if Path(value).suffix.lower() not in endings or Path(value).is_dir():
            example = f"{flag}{option}{endings[0]}, or {flag}{endings[0]}"
            raise click.UsageError(f"{named} must name a file in {', '.join(endings)}, got {value!r}; try {example}")
        if wish.keeps(inputs):
            way_out = f"{flag}{endings[-1]} writes NAME-{option}{endings[-1]} beside each picture"
            raise click.UsageError(f"{named} must be an ending for a folder, got {value!r}; {way_out}")
        check_fields(named.removeprefix("--"), value)
        if len(inputs) > 1 and NAME not in value:
            way_out = f"write {NAME} for the name of each: {flag}'{NAME}-{option}{endings[0]}'"
            raise click.UsageError(f"{flag}{value} is one file for {len(inputs)} inputs; {way_out}")
        for other, taken in seen.items():
            if os.path.abspath(value) == os.path.abspath(taken):  # noqa: PTH100 (resolve() would follow links)
                raise click.UsageError(f"{other} and {named} name the same file {value!r}; give each its own")
        seen[named] = value


def check_fields(option: str, file: str) -> None:
    """Reject unknown fields in braces, such as a misspelled name."""
    for found in re.findall(r"\{[^{}]*\}", file):
        if found != NAME:
            raise click.UsageError(
                f"--{option} may hold {NAME} and no other field, got {found}; "
                f"write {NAME} where the input's name is to be"
            )


def check_format(wish: RunOptions, n_colors: int | None) -> None:
    """Reject an ending that names no format, and a picture that the format cannot hold; None is for segments."""
    from imgcluster.errors import ImageWriteError
    from imgcluster.picture import check_output

    named = wish.output not in (None, STREAM)
    way_out = "-o name.webp" if named else "--format webp"
    try:
        kind = check_output(str(wish.output) if named else f"x.{wish.format or 'png'}", None, n_colors)
    except ImageWriteError as error:
        raise click.UsageError(str(error)) from error
    except ValueError as error:
        raise click.UsageError(f"{error}: {way_out}") from error
    if n_colors is None and not kind.rgb:
        raise click.UsageError(
            f"a {kind.name} holds too few colors, got {wish.output or wish.format}; write .png, .webp or .tif"
        )
