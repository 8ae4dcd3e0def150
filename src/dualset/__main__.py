"""``python -m dualset``: the same command line as ``dualset``."""

from dualset.cli import main

if __name__ == "__main__":
    main()
