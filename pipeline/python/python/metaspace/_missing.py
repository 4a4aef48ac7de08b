"""Packages that only some calls need."""

from __future__ import annotations

from importlib import import_module
from types import ModuleType


def needed(package: str, what: str, extra: str) -> ModuleType:
    """Import a package that a call needs, or say how to install it.

    Raises
    ------
    ImportError
        It is not installed.
    """
    try:
        return import_module(package)
    except ModuleNotFoundError as error:
        name = package.partition(".")[0]
        if (error.name or "").partition(".")[0] != name:
            raise
        raise ImportError(
            f"{what} needs the package {name}: pip install 'metaspace[{extra}]', "
            f"or pip install {name}",
            name=name,
        ) from error
