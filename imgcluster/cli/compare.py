"""``imgcluster compare``: how far a picture is from another."""

import json
from pathlib import Path
from typing import TYPE_CHECKING

import click

from imgcluster.cli import _options as options
from imgcluster.cli._codes import SKIPPED
from imgcluster.cli._command import Command
from imgcluster.cli._console import count_text, print_error, print_traceback, size_text, write_stdout
from imgcluster.files import STREAM
from imgcluster.wording import printable

if TYPE_CHECKING:
    from imgcluster.quantization import Comparison

_EPILOG = """\b
Examples:
  imgcluster compare photo.png outputs/photo-quantized.png
  imgcluster compare photo.png small.webp -o difference.png
  imgcluster compare photo.png small.webp --json
"""


@click.command("compare", cls=Command, epilog=_EPILOG)
@click.argument("a", type=click.Path(readable=False, allow_dash=True))
@click.argument("b", type=click.Path(readable=False, allow_dash=True))
@click.option("-o", "--output", type=options.FILE, help="Both side by side, with a heat map.")
@click.option("-f", "--force", is_flag=True, help="Overwrite an existing file.")
@options.limit_options
@options.json_option
@options.quiet_option
@options.verbose_option
@options.debug_option
@options.version_option
@click.pass_context
def command(
    ctx: click.Context,
    /,
    a: str,
    b: str,
    output: str | None,
    force: bool,
    as_json: bool,
    quiet: bool,
    verbose: bool,
) -> None:
    """Compare two pictures of the same size.

    The PSNR is that of RGB, the SSIM that of the luma, and delta E is CIEDE2000, of which about 1 is just noticeable.
    Pictures with transparent parts are compared on black and on white, and the figures are the means.
    """
    console = options.make_console(ctx, quiet, verbose)
    _check_usage(a, b, output)
    is_kept = output is not None and not force and Path(output).exists()
    from imgcluster.files import read_stdin
    from imgcluster.quantization import compare
    from imgcluster.tasks import reason_of

    try:
        with console.showing_warnings():
            found = compare(*(read_stdin() if path == STREAM else path for path in (a, b)))
            if output is not None and is_kept:
                console.say(f"{output}: skipped, it exists; -f overwrites it")
            elif output is not None:
                found.save(output)
                console.say(f"{a}, {b} -> {output}")
    except Exception as error:
        # which of both files it is must be said
        reason = reason_of(error, "").in_flags()
        print_error(reason)
        if console.debug:
            print_traceback()
        ctx.exit(1)
    text = json.dumps({"a": a, "b": b, **found.to_dict()}) if as_json else _table(a, b, found)
    write_stdout(f"{text}\n".encode(errors="backslashreplace"))
    ctx.exit(SKIPPED if is_kept else 0)


def _check_usage(a: str, b: str, output: str | None) -> None:
    """Reject arguments that make no sense, before a file is read."""
    if a == b == STREAM:
        raise click.UsageError("standard input is a single picture; name a file for the other")
    if output is None:
        return
    from imgcluster.errors import ImageWriteError
    from imgcluster.picture import check_output

    try:
        kind = check_output(output)
    except ImageWriteError as error:
        raise click.UsageError(str(error)) from error
    if not kind.rgb:
        raise click.UsageError(f"a {kind.name} holds too few colors, got {output}; write .png, .webp or .tif")
    if Path(output).is_dir():
        raise click.UsageError(f"-o/--output must name a file, got the folder {output!r}; try -o difference.png")
    if any(Path(output).exists() and Path(path).exists() and Path(output).samefile(path) for path in (a, b)):
        raise click.UsageError(f"-o/--output {output} is one of the pictures; choose another name")


def _table(a: str, b: str, found: "Comparison") -> str:
    """Write the figures for people."""
    sizes = ["-" if n is None else size_text(n) for n in found.n_bytes]
    share = ""
    if found.n_bytes[0] and found.n_bytes[1] is not None:
        share = f", {found.n_bytes[1] / found.n_bytes[0]:.0%}"
    on = f", on {' and '.join(found.grounds)}" if found.grounds else ""
    psnr = "identical" if found.identical else f"{found.psnr:.2f} dB"
    rows = [
        ("pictures", f"{printable(a)} and {printable(b)}, {found.width}x{found.height}{on}"),
        ("bytes", f"{sizes[0]} -> {sizes[1]}{share}"),
        ("colors", f"{count_text(found.n_colors[0], 'color')} -> {found.n_colors[1]:,}"),
        ("PSNR", psnr),
        ("SSIM", f"{found.ssim:.4f}"),
        ("delta E", f"mean {found.delta_e_mean:.2f}, 95 % below {found.delta_e_95:.2f}"),
    ]
    width = max(len(name) for name, _ in rows)
    return "\n".join(f"{name:<{width}}  {value}" for name, value in rows)
