"""``imgcluster completion``: the script that lets a shell complete commands, options and files."""

import click

from imgcluster.cli import _options as options
from imgcluster.cli._command import Command
from imgcluster.cli._console import write_stdout

_PROGRAM = "imgcluster"
_VARIABLE = "_IMGCLUSTER_COMPLETE"

_EPILOG = """\b
Examples:
  eval "$(imgcluster completion bash)"       in ~/.bashrc
  eval "$(imgcluster completion zsh)"        in ~/.zshrc
  imgcluster completion fish | source        in config.fish
"""


@click.command("completion", cls=Command, epilog=_EPILOG)
@click.argument("shell", type=click.Choice(["bash", "zsh", "fish"]))
@options.debug_option
@options.version_option
@click.pass_context
def command(ctx: click.Context, /, shell: str) -> None:
    """Print the script for shell completion."""
    from click.shell_completion import get_completion_class

    kind = get_completion_class(shell)
    if kind is None:
        raise click.UsageError(f"no completion for {shell}; there is one for bash, zsh, fish")
    completion = kind(ctx.find_root().command, {}, _PROGRAM, _VARIABLE)
    # not its source(): that starts a bash to see whether it is new enough
    write_stdout(f"{completion.source_template % completion.source_vars()}\n".encode())
