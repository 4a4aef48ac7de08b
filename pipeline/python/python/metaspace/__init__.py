"""Which metabolites and lipids are in an imaging mass spectrometry dataset, where, and how sure.

Examples
--------
>>> import metaspace as ms
>>> tissue = ms.simulate("tissue", width=24, height=18, progress=False)
>>> results = ms.annotate(tissue.imzml, ppm="auto", out="results", progress=False)
>>> results.shape
(18, 24)
>>> len(results.select(fdr=0.1)) > 20
True
"""

from __future__ import annotations

from metaspace._annotate import annotate
from metaspace._dataset import Dataset, Spectrum
from metaspace._native import Table
from metaspace._native import version as _version
from metaspace._results import OpticalImage, Results, open
from metaspace._tools import Isotopes, Tissue, evaluate, isotopes, simulate
from metaspace.errors import (
    AnnotateError,
    ColocalizationError,
    FileError,
    ImzmlError,
    MetaspaceError,
    MoleculeTableError,
    OptionError,
    ReportError,
    ResultsError,
    ScoringModelError,
    SimulateError,
    StoreError,
    UnknownIonError,
)

__version__ = _version()

__all__ = [
    "AnnotateError",
    "ColocalizationError",
    "Dataset",
    "FileError",
    "ImzmlError",
    "Isotopes",
    "MetaspaceError",
    "MoleculeTableError",
    "OpticalImage",
    "OptionError",
    "ReportError",
    "Results",
    "ResultsError",
    "ScoringModelError",
    "SimulateError",
    "Spectrum",
    "StoreError",
    "Table",
    "Tissue",
    "UnknownIonError",
    "annotate",
    "evaluate",
    "isotopes",
    "open",
    "simulate",
]
