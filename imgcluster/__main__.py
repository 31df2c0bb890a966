"""Run the command line as ``python -m imgcluster``."""

from imgcluster.cli import main

if __name__ == "__main__":
    main()
