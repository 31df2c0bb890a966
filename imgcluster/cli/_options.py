"""Options that several commands share, and the numbers they take."""

import csv
import re
from collections.abc import Callable
from typing import TYPE_CHECKING, Any, TypeVar

import click

from imgcluster import __version__
from imgcluster.cli._console import Console
from imgcluster.files import is_url

if TYPE_CHECKING:
    from click.shell_completion import CompletionItem

AnyCommand = TypeVar("AnyCommand", bound=Callable[..., Any])
DEBUG_KEY = "imgcluster.debug"


def whole_number(parameter: str, low: int, high: int | None = None) -> Callable[[str], int]:
    """Return the type of a whole number between limits, rejected in the words of the library's parameter."""
    limits = f"at least {low}" if high is None else f"between {low} and {high}"

    def parse(value: str) -> int:
        try:
            number = int(value)
        except ValueError:
            raise click.BadParameter(f"{parameter} must be a whole number, {limits}, got {value!r}") from None
        if number < low or (high is not None and number > high):
            raise click.BadParameter(f"{parameter} must be {limits}, got {number}")
        return number

    return parse


def number(parameter: str) -> Callable[[str], float]:
    """Return the type of a finite number not below 0, rejected in the words of the library's parameter."""

    def parse(value: str) -> float:
        try:
            parsed = float(value)
        except ValueError:
            raise click.BadParameter(f"{parameter} must be a number, at least 0, got {value!r}") from None
        if not 0 <= parsed < float("inf"):
            raise click.BadParameter(f"{parameter} must be finite and at least 0, got {value}")
        return parsed

    return parse


def share(parameter: str) -> Callable[[str], float]:
    """Return the type of a number from 0 to 1, rejected in the words of the library's parameter."""

    def parse(value: str) -> float:
        parsed = number(parameter)(value)
        if parsed > 1:
            raise click.BadParameter(f"{parameter} must be between 0 and 1, got {value}")
        return parsed

    return parse


def color(value: str) -> str:
    """Check a color, which is left as it is written."""
    from imgcluster.picture import rgb_of

    try:
        rgb_of(value)
    except ValueError as error:
        raise click.BadParameter(str(error)) from None
    return value


def any_number(parameter: str) -> Callable[[str], float]:
    """Return the type of any number, NaN and negative ones, too."""

    def parse(value: str) -> float:
        try:
            return float(value)
        except ValueError:
            raise click.BadParameter(f"{parameter} must be a number, such as -9999 or nan, got {value!r}") from None

    return parse


def ranges(parameter: str) -> Callable[[str], tuple[Any, ...]]:
    """Return the type of a range, or of several, one a channel: 0:4095, or 0:1,0:3000."""

    def parse(value: str) -> tuple[Any, ...]:
        try:
            pairs = tuple(tuple(map(float, pair.split(":"))) for pair in value.split(","))
        except ValueError:
            pairs = ()
        if not pairs or any(len(pair) != 2 or not pair[0] < pair[1] for pair in pairs):
            raise click.BadParameter(f"{parameter} must rise, such as 0:4095, or 0:1,0:3000 by channel, got {value!r}")
        return pairs[0] if len(pairs) == 1 else pairs

    return parse


def columns(value: str) -> tuple[str, ...]:
    """Return the columns of a table, separated by commas; quotes hold a name with commas together."""
    found = tuple(name.strip() for name in next(csv.reader([value], skipinitialspace=True), []))
    if not all(found) or not found:
        raise click.BadParameter(f"columns must be names or numbers with commas between, got {value!r}")
    return found


def named_file(value: str) -> tuple[str, str]:
    """Parse a name and a file: height=dem.tif."""
    name, mark, path = value.partition("=")
    if not (name and mark and path):
        raise click.BadParameter(f"it must be a name and a file, such as height=dem.tif, got {value!r}")
    return name, path


def annotation(value: str) -> tuple[str, str]:
    """Parse a format of annotations, and perhaps a file: coco, or coco:cat.json."""
    from imgcluster.tasks import ANNOTATIONS

    name, mark, path = value.partition(":")
    if name not in ANNOTATIONS or (mark and not path):
        allowed = ", ".join(ANNOTATIONS)
        raise click.BadParameter(f"it must be one of {allowed}, or one with a file, such as coco:a.json, got {value!r}")
    return name, path or ANNOTATIONS[name][0]


def percentiles(value: str) -> tuple[float, ...]:
    """Parse percentiles: 5,50,95."""
    try:
        found = tuple(map(float, value.split(",")))
    except ValueError:
        found = ()
    if not found or not all(0 <= percent <= 100 for percent in found):
        raise click.BadParameter(f"percentiles must be between 0 and 100, such as 5,50,95, got {value!r}")
    return found


def size(value: str) -> int:
    """Parse a size in bytes: 300000, 500M, 2G, 1.5GB, 512MiB."""
    found = re.fullmatch(r"(\d+(?:\.\d*)?|\.\d+)\s*(?:([kmgt])(i?)b?|b)?", value.strip().lower())
    n_bytes = float(found[1]) * (1024 if found[3] else 1000) ** (" kmgt".index(found[2] or " ")) if found else 0
    if not 1 <= n_bytes < 2**63:
        raise click.BadParameter(f"a size must be a number with a unit or none, such as 500M or 2G, got {value!r}")
    return int(n_bytes)


def pixels(value: str) -> int:
    """Parse a number of pixels: 50000000, 200M, 1.5G."""
    found = re.fullmatch(r"(\d+(?:\.\d*)?|\.\d+)\s*([kmg])?p?", value.strip().lower())
    number = float(found[1]) * 1000 ** " kmg".index(found[2] or " ") if found else 0
    if not 1 <= number < 2**63:
        raise click.BadParameter(f"max_pixels must be a number of at least 1, such as 200M, got {value!r}")
    return int(number)


def seconds(value: str) -> float:
    """Parse a time in seconds, more than 0."""
    try:
        parsed = float(value)
    except ValueError:
        parsed = 0.0
    if not 0 < parsed < float("inf"):
        raise click.BadParameter(f"a time must be a number of seconds above 0, got {value!r}")
    return parsed


def scheduler(value: str) -> str:
    """Check the address of a scheduler."""
    from imgcluster.batch import DaskWorkers

    try:
        return DaskWorkers(value).address
    except ValueError as error:
        raise click.BadParameter(str(error)) from None


class _Name(click.types.StringParamType):
    """The name of a file or folder, which a shell can complete."""

    def __init__(self, name: str, *, takes_urls: bool = False) -> None:
        self.name, self._takes_urls = name, takes_urls

    def convert(self, value: Any, param: click.Parameter | None, ctx: click.Context | None) -> str:
        """Reject a URL: only inputs and folders of outputs may be elsewhere."""
        text = super().convert(value, param, ctx)
        if not self._takes_urls and is_url(text):
            self.fail(f"it must be on this machine, got {text}; copy it there or from there", param, ctx)
        return text

    def shell_complete(self, ctx: click.Context, param: click.Parameter, incomplete: str) -> "list[CompletionItem]":
        """Leave the completion of file names to the shell."""
        from click.shell_completion import CompletionItem

        return [CompletionItem(incomplete, type=self.name)]


FILE, DIR, DIR_OR_URL = _Name("file"), _Name("dir"), _Name("dir", takes_urls=True)


class _Format(click.types.StringParamType):
    """The name of a file format, by an ending of its files; the library has the only list of them."""

    name = "format"

    def convert(self, value: Any, param: click.Parameter | None, ctx: click.Context | None) -> str:
        """Check that a picture can be written in the format."""
        from imgcluster.picture import WRITABLE_ENDINGS

        name = super().convert(value, param, ctx).removeprefix(".").lower()
        if f".{name}" not in WRITABLE_ENDINGS:
            allowed = ", ".join(ending.removeprefix(".") for ending in WRITABLE_ENDINGS)
            self.fail(f"it must be one of {allowed}, got {value!r}", param, ctx)
        return name

    def shell_complete(self, ctx: click.Context, param: click.Parameter, incomplete: str) -> "list[CompletionItem]":
        """Complete the endings."""
        from click.shell_completion import CompletionItem

        from imgcluster.picture import WRITABLE_ENDINGS

        names = (ending.removeprefix(".") for ending in WRITABLE_ENDINGS)
        return [CompletionItem(name) for name in names if name.startswith(incomplete)]


format_option = click.option(
    "--format", metavar="FORMAT", type=_Format(), help="Format without -o FILE, such as webp.  [default: png]"
)


def _remember_debug(ctx: click.Context, _param: click.Parameter, value: bool) -> None:
    """Record that tracebacks are wanted where the group and every command find it."""
    if value:
        ctx.meta[DEBUG_KEY] = True


debug_option = click.option(
    "--debug",
    is_flag=True,
    expose_value=False,
    is_eager=True,
    callback=_remember_debug,
    help="Show the traceback of an error.",
)
version_option = click.version_option(__version__, prog_name="imgcluster", help="Show the version and exit.")
colors_option = click.option(
    "-k",
    "--colors",
    "n_colors",
    metavar="INT",
    type=whole_number("n_colors", 1, 65536),
    default=256,
    show_default=True,
    help="Colors of the palette.",
)
seed_option = click.option(
    "--seed",
    "random_state",
    metavar="INT",
    type=whole_number("random_state", 0),
    default=0,
    show_default=True,
    help="Seed of the random choices.",
)
threads_option = click.option(
    "-t",
    "--threads",
    "n_threads",
    metavar="INT",
    type=whole_number("n_threads", 1),
    help="Threads to use; the result is the same.",
)
jobs_option = click.option(
    "-j",
    "--jobs",
    "n_jobs",
    metavar="INT",
    type=whole_number("n_jobs", 1),
    help="Files processed at once.  [default: all cores]",
)
executor_option = click.option(
    "--executor",
    metavar="ADDRESS",
    type=scheduler,
    help="Work on a Dask scheduler: dask://HOST:PORT.",
)
color_space_option = click.option(
    "--color-space",
    type=click.Choice(["rgb", "oklab", "lab", "linear"]),
    default="rgb",
    show_default=True,
    help="Where distances are measured.",
)
effort_option = click.option(
    "--effort",
    type=click.Choice(["default", "fast", "best"]),
    default="default",
    show_default=True,
    help="Time to spend.",
)
json_option = click.option("--json", "as_json", is_flag=True, help="Print JSON on stdout.")
quiet_option = click.option("-q", "--quiet", is_flag=True, help="Print only errors.")
verbose_option = click.option("-v", "--verbose", is_flag=True, help="Print more about each file.")


def limit_options(command: AnyCommand) -> AnyCommand:
    """Give a command that reads pictures in this process the limits of their size, which hold until it ends."""

    def hold(ctx: click.Context, param: click.Parameter, value: int | None) -> None:
        if value is not None:
            from imgcluster.picture import limits

            ctx.with_resource(limits(**{str(param.name): value}))

    for flag, metavar, type, help in (
        ("--max-memory", "SIZE", size, "For a picture.  [default: 1 GiB]"),
        ("--max-pixels", "N", pixels, "Reject larger pictures, such as 200M."),
    ):
        command = click.option(flag, metavar=metavar, type=type, help=help, expose_value=False, callback=hold)(command)
    return command


def check_executor(executor: str | None, **here: object) -> None:
    """Reject options for workers of this machine when they are given together with a scheduler."""
    for option, value in here.items():
        if executor is not None and value is not None:
            flag = f"--{option.replace('_', '-')}"
            raise click.UsageError(f"{flag} is for work on this machine, got it with --executor; leave one out")


def make_console(ctx: click.Context, quiet: bool, verbose: bool) -> Console:
    """Return the console that -q, -v and --debug ask for."""
    if quiet and verbose:
        raise click.UsageError("-q/--quiet and -v/--verbose exclude each other; leave one out", ctx)
    return Console(quiet=quiet, verbose=verbose, debug=bool(ctx.meta.get(DEBUG_KEY)))
