"""``imgcluster info``: which kernels run, on which instruction set and versions."""

import json
import platform

import click

from imgcluster import __version__
from imgcluster.cli._command import Command
from imgcluster.cli._console import write_stdout
from imgcluster.cli._options import debug_option, json_option


@click.command("info", cls=Command, epilog="Include its output when you report a problem.")
@json_option
@debug_option
def command(as_json: bool) -> None:
    """Show the kernels in use, threads and versions."""
    facts = _facts()
    if as_json:
        text = json.dumps(facts)
    else:
        width = max(map(len, facts))
        text = "\n".join(f"{name:<{width}}  {value}" for name, value in facts.items())
        if facts["kernels"] == "reference":
            text += "\n\nThe NumPy kernels are slow; install a C compiler and reinstall imgcluster."
    write_stdout(f"{text}\n".encode())


def _facts() -> dict[str, str | int]:
    """Collect what the command prints."""
    from importlib.metadata import version

    from imgcluster import kernels
    from imgcluster.threads import default_threads

    return {
        "version": __version__,
        "kernels": kernels.backend(),
        "isa": kernels.isa(),
        "threads": default_threads(),
        "python": platform.python_version(),
        "numpy": version("numpy"),
        "pillow": version("pillow"),
    }
