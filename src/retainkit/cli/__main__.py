"""``python -m retainkit.cli``: the command line where no script is on the path."""

import sys

from retainkit.cli.entry import main

sys.exit(main())
