"""Progress, as a callback or as a bar on stderr."""

from __future__ import annotations

import logging
import sys
import time
from collections.abc import Callable
from typing import TextIO, TypeAlias, Union

#: Called with the name of a stage, its steps done, and its steps in all.
Callback: TypeAlias = Callable[[str, int, int], object]

#: A callback; `True` for a bar; `False` for nothing; `None` for a bar if stderr is a terminal.
Progress: TypeAlias = Union[Callback, bool, None]

#: Called with a line of text.
Note: TypeAlias = Callable[[str], object]

_LOGGER = logging.getLogger("metaspace")
_WIDTH = 40


class Bar:
    """A bar for each stage, and a line with its time when it has ended."""

    def __init__(self, file: TextIO) -> None:
        self._file = file
        self._stage: str | None = None
        self._started = 0.0
        self._shown = ""

    def __call__(self, stage: str, done: int, total: int) -> None:
        if stage != self._stage:
            self.close()
            self._stage, self._started = stage, time.monotonic()
        share = done / total if total else 0.0
        bar = "#" * int(_WIDTH * share)
        self._show(f"{stage:<18} [{bar:<{_WIDTH}}] {share:4.0%}")

    def note(self, text: str) -> None:
        """Show a line that stays."""
        self._clear()
        print(text, file=self._file, flush=True)

    def close(self) -> None:
        """End the stage that is shown."""
        if self._stage is not None:
            self._clear()
            seconds = time.monotonic() - self._started
            print(f"{self._stage:<18} {seconds:7.2f} s", file=self._file, flush=True)
        self._stage = None

    def _show(self, text: str) -> None:
        if text != self._shown:
            print(f"\r{text}", end="", file=self._file, flush=True)
            self._shown = text

    def _clear(self) -> None:
        if self._shown:
            print("\r" + " " * len(self._shown) + "\r", end="", file=self._file, flush=True)
            self._shown = ""


class Shown:
    """What a call is told its progress by, until it has ended."""

    def __init__(self, progress: Progress) -> None:
        self._bar: Bar | None = None
        if progress is True or (progress is None and sys.stderr.isatty()):
            self._bar = Bar(sys.stderr)
        self._callback = None if isinstance(progress, bool) else progress

    @property
    def callback(self) -> Callback | None:
        return self._bar or self._callback

    @property
    def note(self) -> Note:
        return self._bar.note if self._bar else _LOGGER.info

    def __enter__(self) -> Shown:
        return self

    def __exit__(self, *_: object) -> None:
        if self._bar:
            self._bar.close()
