"""The command line of this process: ``imgcluster``, and ``python -m imgcluster``."""

from __future__ import annotations

import sys
from typing import NoReturn


def main() -> NoReturn:
    """Run the command line; a file of it that cannot be loaded is reported in one line, too."""
    try:
        from imgcluster.cli import main as run
    except (ImportError, OSError) as error:
        # what words other errors may be what cannot be loaded
        said = " ".join(str(getattr(error, "strerror", None) or error).split())
        way_out = "check the disk, or install it again"
        sys.exit(f"imgcluster: error: cannot load a library of this installation: {said}; {way_out}")
    run()


if __name__ == "__main__":
    main()
