"""Presets for folders: what is set on the page, as options of a command in imgcluster.toml in the current folder."""

from __future__ import annotations

import json
import re
import tomllib
from collections.abc import Mapping
from pathlib import Path
from typing import Any

from imgcluster.errors import ImageReadError
from imgcluster.files import read_errors, replacing
from imgcluster.studio._commands import OPTIONS, command_line

_FILE = "imgcluster.toml"
_NAME = re.compile(r"[A-Za-z][A-Za-z0-9_-]{0,39}")


def save_preset(command: str, name: str, parameters: Mapping[str, Any], *, replace: bool) -> str:
    """Add a preset to the file, and return the line that applies it to a folder.

    Raises
    ------
    ValueError
        If the name is not one, or is taken and not to be replaced.
    ImageReadError, ImageWriteError
        If the file is not TOML, cannot be read, or cannot be written.
    """
    if not _NAME.fullmatch(name):
        raise ValueError(f"the name of a preset must be letters, digits, - and _, such as web, got {name!r}")
    path = Path(_FILE)
    with read_errors(_FILE):
        text = path.read_text(encoding="utf-8") if path.exists() else ""
    before, odd = (
        _read(text),
        f"{_FILE} holds presets in a form that is not understood here; add [presets.{name}] by hand",
    )
    presets = before.get("presets", {})
    if not isinstance(presets, dict):
        raise ValueError(odd)
    table = {OPTIONS[key]: value for key, value in parameters.items()}
    if name in presets:
        if not replace:
            raise ValueError(f"there is a preset {name} in {_FILE}; choose another name, or replace it")
        text = re.sub(rf"^\[presets\.{name}\][^\S\n]*\n(?:(?!\[).*\n?)*", "", text, flags=re.M)
    rows = "".join(f"{key} = {json.dumps(value)}\n" for key, value in table.items())
    text = f"{text.rstrip()}\n\n[presets.{name}]\n{rows}".lstrip()
    if _read(text) != {**before, "presets": {**presets, name: table}}:
        raise ValueError(odd)
    with replacing(path) as stream:
        stream.write(text.encode())
    return command_line(["imgcluster", command, "FOLDER", "-r", "-d", "outputs", "--preset", name])


def _read(text: str) -> dict[str, Any]:
    try:
        return tomllib.loads(text)
    except ValueError as error:
        raise ImageReadError(_FILE, str(error), "correct the file") from error
