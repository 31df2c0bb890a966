"""Options of ``quantize`` that say what a picture is to reach, and the one word for the web."""

from collections.abc import Callable
from typing import Any

import click

from imgcluster.cli._options import number, size, whole_number

WEB = {"color_space": "oklab", "dither": "auto", "lossy": 15.0, "skip_if_larger": True, "name": "{name}.png"}
"""The options that --web stands for."""


def n_colors(value: str) -> int | str:
    """Parse a number of colors, or auto."""
    return value if value == "auto" else whole_number("n_colors", 1, 65536)(value)


def quality(value: str) -> tuple[int, int]:
    """Parse a range of qualities as pngquant takes it: MIN-MAX, MAX, MIN- or -MAX."""
    low, dash, high = value.strip().partition("-")
    try:
        ends = (int(low or 0), int(high or 100)) if dash else (0, int(low))
    except ValueError:
        ends = (-1, -1)
    if not all(0 <= end <= 100 for end in ends):
        raise click.BadParameter(f"quality must be MIN-MAX with numbers in 0..100, such as 65-80, got {value!r}")
    if ends[0] > ends[1]:
        raise click.BadParameter(f"quality must be MIN-MAX, got {value}; write {ends[1]}-{ends[0]}")
    return ends


def _use_web(ctx: click.Context, _param: click.Parameter, value: bool) -> None:
    """Take the options of --web as defaults: the command line takes precedence."""
    if value:
        ctx.default_map = {**WEB, **(ctx.default_map or {})}


def place_web(ctx: click.Context, parameters: dict[str, Any]) -> None:
    """Let the names of --web give way to options that say where pictures go or what they are."""
    if ctx.get_parameter_source("name") is click.core.ParameterSource.DEFAULT_MAP and parameters["name"] == WEB["name"]:
        if parameters["output"] or parameters["in_place"]:
            parameters["name"] = None
        elif parameters["format"]:
            parameters["name"], parameters["format"] = f"{{name}}.{parameters['format']}", None


def target_options(command: Any) -> Any:
    """Give a command the options that say what to reach."""
    for option in reversed(_OPTIONS):
        command = option(command)
    return command


_OPTIONS: tuple[Callable[[Any], Any], ...] = (
    click.option(
        "-k",
        "--colors",
        "n_colors",
        metavar="INT|auto",
        type=n_colors,
        default=256,
        show_default=True,
        help="Colors of the palette.",
    ),
    click.option("--quality", metavar="MIN-MAX", type=quality, help="Fewest colors for MAX; exit 99 below MIN."),
    click.option("--target-psnr", metavar="DB", type=number("target_psnr"), help="Fewest colors that reach it."),
    click.option("--max-bytes", metavar="SIZE", type=size, help="The most that a file may have, such as 50k."),
    click.option(
        "--web",
        is_flag=True,
        expose_value=False,
        is_eager=True,
        callback=_use_web,
        help="For web pages: small, dithered where smooth.",
    ),
)
