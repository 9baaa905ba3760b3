"""`python -m bando` is the command `bando`."""

import sys

from bando.cli import main

if __name__ == "__main__":
    sys.exit(main())
