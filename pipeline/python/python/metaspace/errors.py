"""What can go wrong, as exceptions.

The text of each is that which the command ``metaspace`` prints behind ``error:``, with its causes and
its hint on lines of their own.
"""

from __future__ import annotations


class MetaspaceError(Exception):
    """Anything that goes wrong in this package."""


class FileError(MetaspaceError, OSError):
    """A file cannot be opened, read or written."""


class StoreError(MetaspaceError, OSError):
    """S3, or another store, cannot be used."""


class OptionError(MetaspaceError, ValueError):
    """An option has a value that makes no sense."""


class ImzmlError(MetaspaceError, ValueError):
    """A dataset is wrong: its imzML, its ibd, or how they fit together."""


class MoleculeTableError(MetaspaceError, ValueError):
    """A molecule table is wrong."""


class ScoringModelError(MetaspaceError, ValueError):
    """A scoring model cannot be used."""


class AnnotateError(MetaspaceError):
    """A dataset was not annotated."""


class SimulateError(MetaspaceError):
    """A tissue was not simulated."""


class ResultsError(MetaspaceError):
    """A results folder is none, is damaged, or is there already."""


class UnknownIonError(MetaspaceError, LookupError):
    """No annotated ion has this name."""


class ColocalizationError(MetaspaceError, ValueError):
    """Images or regions cannot be compared."""


class ReportError(MetaspaceError):
    """A report was not written."""


class DatasetNotFound(MetaspaceError, LookupError):
    """No results folder has this name (`metaspace.client`)."""
