"""Presets: named sets of options of a command, kept in imgcluster.toml or pyproject.toml."""

from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Any

import click

from imgcluster.cli._hints import alike
from imgcluster.wording import system_text

_FILE = "imgcluster.toml"
_PROJECT = "pyproject.toml"
_NO_PRESET = {"preset", "debug", "version", "help"}


def preset_option(command: Any) -> Any:
    """Give a command the option that takes its other options from a file."""
    return click.option(
        "--preset",
        metavar="NAME",
        is_eager=True,
        expose_value=False,
        callback=_use,
        shell_complete=lambda *_: sorted(_named_quietly()),
        help="Options from imgcluster.toml, pyproject.toml.",
    )(command)


def _use(ctx: click.Context, _param: click.Parameter, name: str | None) -> None:
    """Use the options of a preset as defaults: the command line takes precedence."""
    if name is None:
        return
    file, presets = _find()
    if name not in presets:
        there = f"there are {', '.join(sorted(presets))}" if presets else "it has none"
        raise click.UsageError(f"no preset {name!r} in {file}; {there}", ctx)
    table = presets[name]
    if not isinstance(table, dict):
        raise click.UsageError(f"{file}: the preset {name} must be a table of options, got {table!r}; {_example(file)}")
    parameters = {
        flag.removeprefix("--"): parameter
        for parameter in ctx.command.get_params(ctx)
        if isinstance(parameter, click.Option)
        for flag in parameter.opts
        if flag.startswith("--") and flag.removeprefix("--") not in _NO_PRESET
    }
    defaults: dict[str, Any] = {}
    for key, value in table.items():
        if key not in parameters:
            if _is_of_another(ctx, key):
                # one preset may serve several commands
                continue
            raise click.UsageError(f"{file}: {name}.{key} is not an option; {_meant(key, parameters)}", ctx)
        parameter = parameters[key]
        defaults[str(parameter.name)] = _checked(ctx, parameter, value, f"{file}: {name}.{key}")
    # --web may have been there before
    ctx.default_map = {**(ctx.default_map or {}), **defaults}


def _is_of_another(ctx: click.Context, key: str) -> bool:
    """Check whether an option belongs to another command that takes presets."""
    waiting = [ctx.find_root().command]
    while waiting:
        command = waiting.pop()
        if isinstance(command, click.Group):
            waiting += filter(None, (command.get_command(ctx, name) for name in command.list_commands(ctx)))
        flags = {flag for parameter in command.params for flag in parameter.opts}
        if {"--preset", f"--{key}"} <= flags and key not in _NO_PRESET:
            return True
    return False


def _meant(key: str, parameters: Mapping[str, click.Option]) -> str:
    """Suggest the option that may be meant: the long name of a short one, those of a similar name, or all."""
    names = [name for name, option in parameters.items() if f"-{key}" in option.opts]
    names = names or alike(key, parameters)
    return f"did you mean {' or '.join(names)}?" if names else f"there are {', '.join(sorted(parameters))}"


def _checked(ctx: click.Context, option: click.Option, value: Any, where: str) -> Any:
    """Return a value as the command line would give it, or reject it, naming the file and the key."""
    if option.is_flag:
        if not isinstance(value, bool):
            raise click.UsageError(f"{where} must be true or false, got {value!r}; write it without quotes", ctx)
        return value
    values = value if isinstance(value, list) and option.multiple else [value]
    for one in values:
        if isinstance(one, bool) or not isinstance(one, str | int | float):
            kind = "a text, a number or a list of them" if option.multiple else "a text or a number"
            raise click.UsageError(f"{where} must be {kind}, got {value!r}; see '{ctx.command_path} --help'", ctx)
    texts = [str(one) for one in values]
    try:
        option.type_cast_value(ctx, texts if option.multiple else texts[0])
    except click.BadParameter as error:
        raise click.UsageError(f"{where}: {error.message.removesuffix('.')}; correct the file", ctx) from error
    return texts if option.multiple else texts[0]


def _find() -> tuple[Path, dict[str, Any]]:
    """Return the nearest file with presets, in this folder or above it, and what it holds."""
    for file in _files():
        content = _read(file)
        tables = content if file.name == _FILE else _table(content.get("tool"), "imgcluster")
        if file.name == _FILE or tables:
            return _shortest(file), _table(tables, "presets")
    way_out = f"write one: {_example(Path(_FILE))}"
    raise click.UsageError(f"no {_FILE} here or above, and no {_PROJECT} with [tool.imgcluster]; {way_out}")


def _files() -> Iterator[Path]:
    """Yield the files that may hold presets, the nearest first."""
    here = Path.cwd()
    for folder in (here, *here.parents):
        for name in (_FILE, _PROJECT):
            if (folder / name).is_file():
                yield folder / name


def _read(file: Path) -> dict[str, Any]:
    """Read a TOML file."""
    import tomllib

    try:
        return tomllib.loads(file.read_text(encoding="utf-8"))
    except (OSError, ValueError) as error:
        raise click.UsageError(f"cannot read {_shortest(file)}: {system_text(error)}; correct the file") from error


def _table(content: Any, key: str) -> dict[str, Any]:
    """Return a table inside a table, or an empty one if it is missing."""
    found = content.get(key) if isinstance(content, Mapping) else None
    return found if isinstance(found, dict) else {}


def _named_quietly() -> list[str]:
    """List the presets for shell completion, which must not print messages."""
    try:
        return list(_find()[1])
    except click.UsageError:
        return []


def _shortest(file: Path) -> Path:
    """Shorten the name of a file: without the folder if it is the current one."""
    return Path(file.name) if file.parent == Path.cwd() else file


def _example(file: Path) -> str:
    """Show how a preset is written."""
    prefix = "presets" if file.name == _FILE else "tool.imgcluster.presets"
    return f"[{prefix}.web] and below it colors = 64"
