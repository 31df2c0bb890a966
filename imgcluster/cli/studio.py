"""``imgcluster studio``: a page on this machine to try palettes and superpixels by hand."""

import click

from imgcluster.cli import _options as options
from imgcluster.cli._command import Command
from imgcluster.cli._console import Console, write_stdout

_EPILOG = """\b
Examples:
  imgcluster studio photo.jpg
  imgcluster studio photo.jpg --no-browser --port 8000
"""

# they would take the terminal that the server prints on
_TEXT_BROWSERS = {"elinks", "links", "lynx", "w3m", "www-browser"}


@click.command("studio", cls=Command, epilog=_EPILOG)
@click.argument("photo", required=False, type=click.Path(readable=False))
@click.option(
    "--port", metavar="INT", type=options.whole_number("port", 1, 65535), help="Port to use.  [default: a free one]"
)
@click.option("--no-browser", is_flag=True, help="Print the link and open nothing.")
@options.limit_options
@options.threads_option
@options.debug_option
@options.version_option
def command(photo: str | None, port: int | None, no_browser: bool, n_threads: int | None) -> None:
    """Try colors and segments of a PHOTO in the browser.

    A page on this machine shows the picture before and after while sliders move, with the command and the Python line
    that make the same file. Only the browser that opens the link first is let in, and nothing leaves the machine.
    Ctrl-C ends it.
    """
    from imgcluster.studio import Studio

    console = Console()
    try:
        studio = Studio(photo, port=port or 0, n_threads=n_threads)
    except OSError as error:
        reason = error.strerror or str(error)
        raise click.UsageError(f"cannot listen on port {port}: {reason}; leave out --port, or give another") from error
    with studio:
        try:
            if no_browser or not _opened(studio.link):
                write_stdout(f"{studio.link}\n".encode())
                console.say("open this link in a browser; Ctrl-C ends the studio")
            else:
                console.say("the studio is open in the browser; Ctrl-C ends it")
            studio.serve()
        except KeyboardInterrupt:
            console.say("the studio has ended")


def _opened(link: str) -> bool:
    """Open the link in a browser with windows, if there is one."""
    import webbrowser

    try:
        browser = webbrowser.get()
        return getattr(browser, "name", "") not in _TEXT_BROWSERS and browser.open(link)
    except webbrowser.Error:
        return False
