"""Every code block of README and the docs is run, in order, page by page.

``python`` blocks with prompts are compared with the output they show; without prompts they have to run.
In shell blocks the ``retainkit`` commands are run, and compared where a ``console`` block shows output;
the few other commands that a page may show are those that the build itself runs.
"""

from __future__ import annotations

import doctest
import re
import shlex
import sys
from pathlib import Path
from typing import Any, NamedTuple

import pytest

ROOT = Path(__file__).parents[2]
PAGES = [p for p in [ROOT / "README.md", *sorted((ROOT / "docs").rglob("*.md"))] if "_build" not in p.parts]
OPTIONS = doctest.ELLIPSIS | doctest.NORMALIZE_WHITESPACE
NOT_CODE = {"", "text", "toml", "json", "mermaid", "html"}
SHELLS = {"console", "sh", "bash", "powershell"}
SETTING_UP = re.compile(  # what make and .ci/run do, in the words of a page
    r"(make|git clone|cd|pip install|(python3?|py) -m (venv|pip)|\.venv[/\\](bin|Scripts)[/\\]|\.ci/run)\b"
)


class Block(NamedTuple):
    """A fenced block, the line it begins in, and its language."""

    line: int
    language: str
    text: str


def blocks(page: str, first_line: int = 0) -> list[Block]:
    """The fenced blocks of a page, those inside of directives too."""
    found: list[Block] = []
    fence, language, start, text = "", "", 0, list[str]()
    for number, line in enumerate(page.splitlines(), first_line):
        mark = re.match(r"\s*(`{3,}|~{3,})\s*(.*)", line)
        if not fence and mark:
            fence, language, start, text = mark[1], mark[2].strip(), number + 1, []
        elif fence and line.strip() == fence:
            inner = "\n".join(text) + "\n"
            found += blocks(inner, start) if language.startswith("{") else [Block(start, language, inner)]
            fence = ""
        elif fence:
            text.append(line)
    return found


def run_python(block: Block, names: dict[str, Any], page: Path) -> None:
    if ">>>" not in block.text:
        exec(compile("\n" * block.line + block.text, str(page), "exec"), names)
        return
    test = doctest.DocTestParser().get_doctest(block.text, names, page.name, str(page), block.line)
    said: list[str] = []
    doctest.DocTestRunner(optionflags=OPTIONS, verbose=False).run(test, out=said.append, clear_globs=False)
    names.update(test.globs)  # the test works on its own copy
    if said:
        pytest.fail("".join(said), pytrace=False)


def run_shell(block: Block, page: Path, capsys: pytest.CaptureFixture[str]) -> None:
    prompt = r"^\$ " if block.language == "console" else r"^(?=\S)"
    for session in re.split(prompt, block.text, flags=re.MULTILINE)[1:]:
        command, _, shown = session.partition("\n")
        if SETTING_UP.match(command) or command.startswith("#"):
            continue
        assert command.startswith("retainkit "), f"{page.name}:{block.line}: nothing runs `{command}`"
        printed = output_of(command, capsys)
        if shown.strip() and not doctest.OutputChecker().check_output(shown, printed, OPTIONS):
            pytest.fail(f"{page.name}: `{command}` printed\n{printed}\ninstead of\n{shown}", pytrace=False)


def output_of(command: str, capsys: pytest.CaptureFixture[str]) -> str:
    """What a retainkit command prints, run in this process."""
    from retainkit.cli import main

    capsys.readouterr()
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(sys, "argv", shlex.split(command))
        with pytest.raises(SystemExit) as ending:
            sys.exit(main())
    printed, complaint = capsys.readouterr()
    assert ending.value.code in (0, None), complaint
    return printed


@pytest.mark.slow
@pytest.mark.parametrize("page", PAGES, ids=lambda p: p.relative_to(ROOT).as_posix())
def test_the_code_of_the_page_runs(
    page: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.chdir(tmp_path)  # pages may write files
    for name, value in {"COLUMNS": "100", "NO_COLOR": "1", "TERM": "dumb"}.items():
        monkeypatch.setenv(name, value)
    names: dict[str, Any] = {"__name__": "__main__"}
    for block in blocks(page.read_text(encoding="utf-8")):
        if block.language in ("python", "pycon"):
            run_python(block, names, page)
        elif block.language in SHELLS:
            run_shell(block, page, capsys)
        else:
            assert block.language in NOT_CODE, f"{page.name}:{block.line}: nothing runs {block.language!r}"


def test_a_wrong_output_is_found() -> None:
    block = blocks("text\n```python\n>>> 1 + 1\n3\n```\n")[0]
    with pytest.raises(pytest.fail.Exception, match="Expected"):
        run_python(block, {}, Path("page.md"))


def test_code_in_a_directive_is_found_and_a_directive_is_no_code() -> None:
    page = "```{toctree}\na\n```\n````{note}\n```python\nx = 1\n```\n````\n```text\nno\n```\n"
    assert blocks(page) == [Block(5, "python", "x = 1\n"), Block(9, "text", "no\n")]


def test_names_live_on_from_block_to_block() -> None:
    names: dict[str, Any] = {}
    for block in blocks("```python\n>>> a = 1\n```\n```python\nb = a + 1\n```\n"):
        run_python(block, names, Path("page.md"))
    assert names["b"] == 2


def test_a_command_that_nothing_runs_is_found(capsys: pytest.CaptureFixture[str]) -> None:
    block = blocks("```console\n$ make demo\n$ curl example.org\n```\n")[0]
    with pytest.raises(AssertionError, match=r"nothing runs `curl example\.org`"):
        run_shell(block, Path("page.md"), capsys)
