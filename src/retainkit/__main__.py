"""``python -m retainkit``: the command line where no script is on the path."""

import sys

from retainkit.cli.entry import main

if __name__ == "__main__":
    sys.exit(main())
