"""The command line: ``imgcluster COMMAND``, one thin module per command, each imported when it is used.

At their top, this module and the commands import only click; NumPy and Pillow are imported when work starts.
"""

import os
import signal
import sys
from collections.abc import Sequence
from contextlib import suppress
from importlib import import_module
from pathlib import Path
from types import FrameType
from typing import Any, NoReturn

import click

from imgcluster.cli._codes import INTERRUPTED, USAGE, epilog
from imgcluster.cli._console import describe, print_error, print_traceback, stdout_error
from imgcluster.cli._hints import alike, no_such_option
from imgcluster.cli._options import DEBUG_KEY, debug_option, version_option
from imgcluster.wording import is_of_loading

_COMMANDS = (
    "quantize",
    "palette",
    "superpixels",
    "segment",
    "choose-k",
    "compare",
    "plot",
    "studio",
    "info",
    "completion",
)


class LazyGroup(click.Group):
    """A group that imports a command when it is needed, and reports every error in one line."""

    def list_commands(self, ctx: click.Context) -> list[str]:
        """List the commands in the order of their use."""
        return list(_COMMANDS)

    def get_command(self, ctx: click.Context, cmd_name: str) -> click.Command | None:
        """Import the module of the command, or return None when there is no such command."""
        if cmd_name not in _COMMANDS:
            return None
        command: click.Command = import_module(f"imgcluster.cli.{cmd_name.replace('-', '_')}").command
        return command

    def resolve_command(
        self, ctx: click.Context, args: list[str]
    ) -> tuple[str | None, click.Command | None, list[str]]:
        """Find the command, and suggest the right one to a user who left it out or mistyped it."""
        name = args[0]
        if name in _COMMANDS or name.startswith("-"):
            return super().resolve_command(ctx, args)
        if Path(name).suffix or Path(name).exists():
            raise click.UsageError(f"no such command {name!r}; did you mean 'imgcluster quantize {name}'?", ctx)
        if near := alike(name, _COMMANDS):
            raise click.UsageError(f"no such command {name!r}; did you mean {' or '.join(near)}?", ctx)
        raise click.UsageError(f"no such command {name!r}; there are {', '.join(_COMMANDS)} and --help", ctx)

    def invoke(self, ctx: click.Context) -> Any:
        """Run the command; an error it did not handle becomes one line, or a traceback with ``--debug``."""
        try:
            return super().invoke(ctx)
        except (click.ClickException, click.Abort, click.exceptions.Exit):
            raise
        except Exception as error:
            if not isinstance(error, BrokenPipeError):
                print_error(_in_one_line(error))
            if ctx.meta.get(DEBUG_KEY):
                print_traceback()
            ctx.exit(_silence_stdout())

    def main(  # type: ignore[override]  # click's overloads know of modes that this group does not have
        self, args: Sequence[str] | None = None, prog_name: str | None = None, **extra: Any
    ) -> NoReturn:
        """Run and exit with one of the codes."""
        extra["standalone_mode"] = False
        try:
            sys.exit(super().main(args, prog_name or "imgcluster", **extra))
        except click.UsageError as error:
            print_error(_usage_in_one_line(error, sys.argv[1:] if args is None else args))
            sys.exit(USAGE)
        except click.Abort:
            print_error("interrupted")
            sys.exit(INTERRUPTED)
        except OSError as error:
            # help and version of the group are printed while parsing, before any command is invoked
            if not isinstance(error, BrokenPipeError):
                print_error(_in_one_line(error))
            sys.exit(_silence_stdout())


def _in_one_line(error: Exception) -> str:
    """Report an error that does not concern a single input."""
    if isinstance(error, OSError) and error.strerror and not error.filename and not is_of_loading(error):
        # what is read and written by name has its own errors
        return str(stdout_error(error.strerror))
    return describe(error)


def _usage_in_one_line(error: click.UsageError, args: Sequence[str]) -> str:
    """Report what is wrong with the command line, and where to read more unless the message shows a way out."""
    if isinstance(error, click.NoSuchOption) and error.ctx is not None and error.ctx.parent is None:
        return (
            f"No such option {error.option_name!r} here; put it behind a command: imgcluster quantize photo.jpg -k 16"
        )
    if isinstance(error, click.NoSuchOption):
        return no_such_option(error)
    message = " ".join(error.format_message().split()).removesuffix(".")
    if "; " in message or message.endswith("?"):
        return message
    if error.ctx is not None and error.ctx.parent is not None:
        names = error.ctx.command_path.split(" ")[1:]
    else:
        names = [name for name in args if name in _COMMANDS][:1]
    return f"{message}; see '{' '.join(['imgcluster', *names])} --help'"


def _silence_stdout() -> int:
    """Point stdout at nothing, so that Python's flush at exit cannot fail on it once more, and return 1."""
    # a closed stdout, or that of a test, has no descriptor and nothing to flush
    with suppress(OSError, ValueError, AttributeError):
        os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())
    return 1


def _stop(number: int, _frame: FrameType | None) -> NoReturn:
    """Exit by an exception, so that temporary files are removed on the way."""
    sys.exit(128 + number)


@click.group(
    cls=LazyGroup,
    invoke_without_command=True,
    context_settings={"help_option_names": ["-h", "--help"]},
    epilog=epilog(),
)
@version_option
@debug_option
@click.pass_context
def app(ctx: click.Context) -> None:
    """Turn photos into palette images and segments."""
    if ctx.invoked_subcommand is None:
        click.echo(ctx.get_help(), err=True)
        ctx.exit(2)


def main() -> NoReturn:
    """Run the command line of this process."""
    for name in ("SIGTERM", "SIGHUP"):
        number = getattr(signal, name, None)
        if number is not None and signal.getsignal(number) is signal.SIG_DFL:
            signal.signal(number, _stop)
    app.main()
