"""The lines that give the same bytes without the studio: for a shell, and for Python."""

from __future__ import annotations

import os
import re
import shlex
from collections.abc import Iterable, Mapping
from pathlib import Path
from typing import Any

_PLAIN = re.compile(r"[\x20-\x7e]*")  # what a terminal shows as it is
_ESCAPES = {"\n": "\\n", "'": "\\'", "\\": "\\\\"}
OPTIONS = {
    "n_colors": "colors",
    "n_segments": "segments",
    "method": "method",
    "color_space": "color-space",
    "effort": "effort",
    "dither": "dither",
    "dither_strength": "dither-strength",
    "lock": "lock",
    "palette": "palette",
    "compactness": "compactness",
    "merge": "merge",
    "style": "style",
    "format": "format",
}
"""The options of the parameters, as presets name them."""

_SHORT = {"colors": "-k", "segments": "-n", "method": "-m", "compactness": "-c"}


def quoted(text: str) -> str:
    """Quote a text for a shell: what cannot be printed, as a name of a file may hold it, is written in escapes."""
    if text.isprintable():
        return shlex.quote(text)
    parts = []
    for byte in os.fsencode(text):
        character = chr(byte)
        plain = character if _PLAIN.fullmatch(character) else f"\\x{byte:02x}"
        parts.append(_ESCAPES.get(character, plain))
    # a digit behind an escape would be taken for a part of it
    joined = re.sub(r"(\\x[0-9a-f]{2})(?=[0-9a-fA-F])", r"\1'$'", "".join(parts))
    return f"$'{joined}'"


def as_argument(path: str) -> str:
    """Return a path that no command takes for an option."""
    return f"./{path}" if path.startswith("-") else path


def command_line(words: Iterable[object]) -> str:
    """Return the line for a shell."""
    return " ".join(quoted(str(word)) for word in words)


def options(parameters: Mapping[str, Any]) -> list[str]:
    """Return parameters as options of a command."""
    words = []
    for name, value in parameters.items():
        option = OPTIONS[name]
        words += [_SHORT.get(option, f"--{option}"), str(value)]
    return words


def call(function: str, first: Iterable[object], parameters: Mapping[str, Any]) -> str:
    """Return the line for Python that calls a function."""
    arguments = [repr(value) for value in first] + [f"{name}={value!r}" for name, value in parameters.items()]
    return f"{function}({', '.join(arguments)})"


def run_call(task: str, picture: str, parameters: Mapping[str, Any], output: str, **more: Any) -> str:
    """Return the line for Python that does what a command does, metadata and frames included."""
    given = {"parameters": dict(parameters), "output": output, **more}
    return f"list({call('ic.process_folder', [picture, task], given)})"


def output_name(picture: str, ending: str) -> str:
    """Return the name of a file made from a picture; braces would stand for the name of the input."""
    stem = Path(picture).stem.replace("{", "(").replace("}", ")")
    return f"{stem or 'picture'}{ending}"
