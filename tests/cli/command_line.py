"""The command line as people use it: the same words, output and exit code, run within the test."""

import io
import logging
import os
import sys
from collections.abc import Iterator
from contextlib import contextmanager, redirect_stderr, redirect_stdout
from subprocess import CompletedProcess

import pytest
import structlog

from bot.cli import main


def hoctap(*words: str, typed: str = "", **variables: str) -> CompletedProcess[str]:
    """What came of ``hoctap`` with these *words*, what is *typed*, and no other HOCTAP_ *variables*.

    A process of its own would say the same, after a second of imports; test_start has a few.
    """
    said, wrong = io.StringIO(), io.StringIO()
    with pytest.MonkeyPatch.context() as patch, logs_as_they_were():
        for name in [each for each in os.environ if each.startswith("HOCTAP_")]:
            patch.delenv(name)
        for name, value in variables.items():
            patch.setenv(name, value)
        patch.setattr(sys, "argv", ["hoctap", *words])
        patch.setattr(sys, "stdin", io.StringIO(typed))
        patch.setattr("getpass.getpass", lambda _: sys.stdin.readline().rstrip("\n"))
        with redirect_stdout(said), redirect_stderr(wrong):
            try:
                main()
                code: str | int | None = 0
            except SystemExit as ended:
                code = ended.code
    return CompletedProcess(words, int(code or 0), said.getvalue(), wrong.getvalue())


@contextmanager
def logs_as_they_were() -> Iterator[None]:
    """What a command does to the logs of its process ends with it."""
    root, configured = logging.getLogger(), structlog.get_config()
    handlers, level = root.handlers[:], root.level
    yield
    root.handlers[:] = handlers
    root.setLevel(level)
    structlog.configure(**configured)
