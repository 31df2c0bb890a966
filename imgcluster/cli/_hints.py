"""Ways out for a command line that is nearly right: options of other tools, sister options, and names of files."""

import re
from collections.abc import Callable, Iterable, Sequence
from pathlib import Path

import click

_ALIKE = 0.8  # below it, --quality would be taken for --quiet

SISTERS = {
    ("superpixels", "-k"): "-n/--segments",
    ("superpixels", "--colors"): "-n/--segments",
    ("superpixels", "--clusters"): "-n/--segments",
    ("segment", "-n"): "-k/--clusters",
    ("segment", "--colors"): "-k/--clusters",
    ("segment", "--segments"): "-k/--clusters",
    ("quantize", "-n"): "-k/--colors",
    ("quantize", "--segments"): "-k/--colors",
    ("quantize", "--clusters"): "-k/--colors",
    ("quantize", "-c"): "-k/--colors",
    ("choose-k", "-k"): "--ks",
    ("choose-k", "--colors"): "--ks",
    ("build", "-n"): "-k/--colors",
}
"""Options that a sister command has, and what they are called here."""


def _speed(value: str) -> list[str]:
    """Translate pngquant's speed: 1 is the slowest, 11 the fastest."""
    if not value.isdigit() or not 1 <= int(value) <= 11:
        raise click.UsageError(f"--speed is between 1 and 11, got {value!r}; here it is --effort best, default or fast")
    return ["--effort", "best" if int(value) < 3 else "fast" if int(value) > 7 else "default"]


def _floyd(value: str) -> list[str]:
    """Translate pngquant's dithering, with a strength or none."""
    return ["--dither", "floyd-steinberg", *(["--dither-strength", value] if value else [])]


TRANSLATED: dict[str, tuple[bool, Callable[[str], list[str]]]] = {
    "--speed": (True, _speed),
    "--nofs": (False, lambda _: ["--dither", "none"]),
    "--fs": (False, _floyd),
    "--floyd": (False, _floyd),
    "--ordered": (False, lambda _: ["--dither", "ordered"]),
    "--map": (True, lambda value: ["--palette", value]),
}
"""Options of pngquant that have a meaning here: whether a value follows, and what they become."""


def _ext(value: str) -> str:
    example = f"--name '{{stem}}{value or '-fs8.png'}'"
    if value == ".png":
        return f"--ext is not an option here; use --in-place to replace originals, or {example} -d FOLDER"
    return f"--ext is not an option here; use {example}, and -d for the folder"


FOREIGN: dict[str, Callable[[str], str]] = {
    "--ext": _ext,
    "--posterize": lambda _: "--posterize is not an option here; use -k for fewer colors",
    "--ncolors": lambda _: "--ncolors is not an option here; use -k/--colors",
}
"""Options of other tools that have no meaning here, and what to use instead."""


def translated(args: Sequence[str], flags: Iterable[str], ctx: click.Context) -> list[str]:
    """Return the arguments with options of pngquant in ours; `flags` are those of the command."""
    known, found, waiting = set(flags), list[str](), list(args)
    while waiting:
        arg = waiting.pop(0)
        if arg == "--":
            return [*found, arg, *waiting]
        flag, is_joined, value = arg.partition("=")
        if arg.startswith("-") and arg not in ("-", *known) and Path(arg).is_file():
            raise click.UsageError(f"{arg} is a file whose name begins like an option; write ./{arg}", ctx)
        if flag in known or not flag.startswith("--"):
            found.append(arg)
        elif flag in FOREIGN:
            raise click.UsageError(FOREIGN[flag](value if is_joined else (waiting or [""])[0]), ctx)
        elif flag in TRANSLATED:
            takes_value, translate = TRANSLATED[flag]
            if takes_value and not is_joined:
                if not waiting:
                    raise click.UsageError(f"{flag} needs a value; see '{ctx.command_path} --help'", ctx)
                value = waiting.pop(0)
            ours = translate(value)
            if ours[0] not in known:
                raise click.UsageError(f"{flag} is not an option of {ctx.info_name}; leave it out", ctx)
            found += ours
        else:
            found.append(arg)
    return found


def no_such_option(error: click.NoSuchOption) -> str:
    """Return what to say of an unknown option: a file of that name, the name here, one that is alike, or the help."""
    name, ctx = error.option_name, error.ctx
    path = " ".join(["imgcluster", *(ctx.command_path.split(" ")[1:] if ctx is not None else ())])
    sister = SISTERS.get((ctx.info_name or "", name)) if ctx is not None else None
    if sister is not None:
        return f"no such option {name} for {path}; use {sister}"
    near = alike(name, _flags_of(ctx))
    hint = f"did you mean {' or '.join(near)}?" if near else f"see '{path} --help'"
    return f"no such option {name}; {hint}"


def alike(name: str, names: Iterable[str]) -> list[str]:
    """Return the names that are alike, the most similar first."""
    from difflib import get_close_matches

    return get_close_matches(name, list(names), n=2, cutoff=_ALIKE)


def check_names(inputs: Sequence[str], command: str) -> None:
    """Reject inputs that are no files but numbers, patterns without a match, or parts of a name with a space."""
    missing = [path for path in inputs if path != "-" and "://" not in path and not Path(path).exists()]
    option = next((path for path in missing if path.startswith("-")), None)
    if option is not None:  # else it would have been parsed as one
        raise click.UsageError(f"{option} is not a file, and after -- everything is a file; write options before it")
    for path in missing:
        if path.isdigit():
            flag = "-n" if command == "superpixels" else "-k"
            others = " ".join(other for other in inputs if other != path) or "photo.jpg"
            raise click.UsageError(
                f"{path} is not a file; is it a number: imgcluster {command} {others} {flag} {path}?"
            )
        if (whole := _with_spaces(inputs, path)) is not None:
            raise click.UsageError(f"no file {path}; a name with spaces needs quotes: '{whole}'")
        if re.search(r"[*?]|\[[^\]]+\]", path):
            raise click.UsageError(f"no file matches {path}; check the folder and the ending, or name the folder")


def _with_spaces(inputs: Sequence[str], first: str) -> str | None:
    """Return the file whose name these inputs are the parts of, from a given one on or around it."""
    at = list(inputs).index(first)
    for start in range(at, -1, -1):
        for end in range(max(at, start + 1) + 1, len(inputs) + 1):
            whole = " ".join(inputs[start:end])
            if end - start > 1 and Path(whole).exists():
                return whole
    return None


def _flags_of(ctx: click.Context | None) -> list[str]:
    """Return the options of a command."""
    if ctx is None:
        return []
    return [flag for parameter in ctx.command.get_params(ctx) for flag in (*parameter.opts, *parameter.secondary_opts)]
