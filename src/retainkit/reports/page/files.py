"""Where a report may be written, and its PDF by the print rules of the page."""

from __future__ import annotations

import os
import shutil
import subprocess
import tempfile
from pathlib import Path

from retainkit.errors import InputError

BROWSERS = (
    "chromium", "chromium-browser", "google-chrome", "google-chrome-stable", "chrome", "msedge",
    "microsoft-edge",
)  # fmt: skip
_QUIET = (
    "--headless", "--disable-gpu", "--disable-quic", "--no-first-run", "--disable-sync",
    "--disable-background-networking", "--disable-component-update", "--no-pdf-header-footer",
)  # fmt: skip
_PATIENCE = 120  # seconds; a page is printed in two or three


def check_path(path: str | Path, argument: str = "path") -> Path:
    """The path of a file that can be written.

    Raises `InputError` for a folder, or where the folder that would hold it is not there.
    """
    file = Path(path)
    if file.is_dir() or not file.parent.is_dir():
        rule = "must be a file in a folder that exists"
        raise InputError("missing-file", argument, str(path), rule, "Make the folder first.")
    return file


def find_browser() -> str:
    """The program of a browser that prints.

    Raises `InputError` where none is found.
    """
    found = next(filter(None, map(shutil.which, BROWSERS)), None)
    if found is None:
        rule = "needs Chromium, Chrome or Edge on the path, and none is there"
        way_out = "Install one (Debian: apt install chromium), or print the HTML page from your browser."
        raise InputError("missing-file", "pdf", "no browser", rule, way_out)
    return found


def print_pdf(html: str) -> bytes:
    """The page as PDF, printed by a browser without a window; the page's script runs, nothing is fetched.

    Raises `InputError` without such a browser, or where it fails.
    """
    browser = find_browser()
    with tempfile.TemporaryDirectory() as folder:
        page, made = Path(folder, "page.html"), Path(folder, "page.pdf")
        page.write_text(html, encoding="utf-8")
        # a sandbox cannot be made by root, as in a container; the page is ours and loads nothing
        own = ["--no-sandbox"] if hasattr(os, "geteuid") and os.geteuid() == 0 else []
        command = [
            browser,
            *_QUIET,
            *own,
            f"--user-data-dir={folder}/profile",
            f"--print-to-pdf={made}",
            page.as_uri(),
        ]
        try:
            subprocess.run(command, check=True, capture_output=True, timeout=_PATIENCE)
            return made.read_bytes()
        except (subprocess.SubprocessError, OSError) as error:
            rule = "must print the page, and it failed"
            way_out = "Print the HTML page from your browser."
            raise InputError("unreadable-source", "pdf", browser, rule, way_out) from error
