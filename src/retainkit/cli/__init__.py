"""How is it asked from a shell? The same verbs as commands.

In reading order:

- `entry`    the way in and the way out: errors become one sentence and an exit code.
- `commands` reports on an example and on a file, and the break-even of one customer.
- `questions` metrics, forecast, validate, workbook, decide.
- `reading`  the options that say how a file is read, and the reading.
- `serving`  the commands that serve: over HTTP, and to agents.
- `options`  the options that commands share, each declared once.
- `deliver`  a report handed over, with progress: terminal, JSON, HTML file.
- `messages` errors of the library in the words of the command line.
"""

from retainkit.cli.entry import main

__all__ = ["main"]
