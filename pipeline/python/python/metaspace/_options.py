"""Options of a call, as the native module takes them."""

from __future__ import annotations

import json
import os
from collections.abc import Iterable, Mapping
from typing import Union

from typing import TypeAlias

#: A file or folder.
PathLike: TypeAlias = Union[str, "os.PathLike[str]"]

#: Some texts or paths, or one of them.
OneOrMore: TypeAlias = Union[PathLike, Iterable[PathLike], None]


def as_list(values: OneOrMore) -> list[str]:
    """One value, or several, as a list of texts."""
    if values is None:
        return []
    if isinstance(values, (str, os.PathLike)):
        return [os.fspath(values)]
    return [os.fspath(value) for value in values]


def as_json(options: Mapping[str, object]) -> str:
    """Options that are given, under the names of a settings file."""
    given = {}
    for name, value in options.items():
        is_empty = isinstance(value, list) and not value
        if value is None or value is False or is_empty:
            continue
        if isinstance(value, os.PathLike):
            value = os.fspath(value)
        given[name.replace("_", "-")] = value
    return json.dumps(given, default=_plain)


def _plain(value: object) -> object:
    """A number of NumPy as one of Python."""
    item = getattr(value, "item", None)
    if item is None:
        raise TypeError(f"{value!r} is no value of an option")
    return item()
