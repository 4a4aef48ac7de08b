"""The crates, as the Python files of this package call them."""

from typing import Any, final

import numpy as np
from numpy.typing import NDArray

from metaspace._options import PathLike
from metaspace._progress import Callback, Note

__all__ = [
    "annotate",
    "Dataset",
    "annotate_options",
    "main",
    "Results",
    "Table",
    "colocalization_matrix",
    "evaluate",
    "isotopes",
    "simulate",
    "version",
]

def version() -> str: ...
def main(arguments: list[str]) -> int: ...
def annotate_options() -> str: ...
def annotate(
    source: PathLike,
    is_peaks: bool,
    options: str,
    progress: Callback | None = None,
    note: Note | None = None,
) -> str: ...
def isotopes(
    formula: str,
    adduct: str | None = None,
    instrument: str | None = None,
    resolving_power: float | None = None,
    isocalc_sigma: float | None = None,
    polarity: str | None = None,
    charge: int | None = None,
    n_peaks: int | None = None,
    preset: str | None = None,
) -> tuple[str, int, NDArray[np.float64], NDArray[np.float64]]: ...
def simulate(
    out: PathLike,
    preset: str,
    seed: int | None = None,
    width: int | None = None,
    height: int | None = None,
    molecules: int | None = None,
    unknown: int | None = None,
    shift: float | None = None,
    database: PathLike | None = None,
    force: bool = False,
    threads: int | None = None,
    progress: Callback | None = None,
) -> tuple[str, str]: ...
def evaluate(results: PathLike, truth: PathLike | None = None) -> str: ...
def colocalization_matrix(images: NDArray[np.float32]) -> NDArray[np.float32]: ...
@final
class Table:
    """Rows and columns in Arrow's memory layout."""

    @property
    def column_names(self) -> list[str]: ...
    @property
    def num_rows(self) -> int: ...
    def __len__(self) -> int: ...
    def __getitem__(self, name: str, /) -> Any: ...
    def to_dict(self) -> dict[str, Any]: ...
    def __arrow_c_schema__(self) -> Any: ...
    def __arrow_c_stream__(self, requested_schema: object = None) -> Any: ...

@final
class Dataset:
    def __new__(cls, imzml: PathLike, options: str) -> Dataset: ...
    @property
    def imzml(self) -> str: ...
    @property
    def ibd(self) -> str: ...
    @property
    def shape(self) -> tuple[int, int]: ...
    @property
    def n_pixels(self) -> int: ...
    @property
    def n_spectra(self) -> int: ...
    @property
    def polarity(self) -> str | None: ...
    @property
    def pixel_size(self) -> tuple[float, float] | None: ...
    @property
    def is_profile(self) -> bool: ...
    def pixels(self) -> NDArray[np.uint32]: ...
    def measured(self) -> NDArray[np.bool_]: ...
    def spectrum(self, x: int, y: int) -> tuple[NDArray[np.float64], NDArray[np.float32]]: ...
    def mean_spectrum(
        self,
    ) -> tuple[NDArray[np.float64], NDArray[np.float64], NDArray[np.uint64]]: ...
    def images(
        self,
        mzs: list[float],
        ppm: float,
        threads: int | None = None,
        progress: Callback | None = None,
    ) -> NDArray[np.float32]: ...

@final
class Results:
    def __new__(cls, location: PathLike) -> Results: ...
    @property
    def location(self) -> str: ...
    @property
    def folder(self) -> str: ...
    @property
    def record(self) -> str: ...
    @property
    def shape(self) -> tuple[int, int]: ...
    @property
    def n_isotopes(self) -> int: ...
    def table(self, name: str) -> Table: ...
    def select(
        self,
        fdr: float | None = None,
        database: str | None = None,
        text: str | None = None,
        adduct: str | None = None,
        molecule_class: str | None = None,
        mz_min: float | None = None,
        mz_max: float | None = None,
        msm_min: float | None = None,
        on_sample: bool = False,
        order: str | None = None,
    ) -> list[int]: ...
    def rows_of(self, name: str, rows: list[int]) -> Table: ...
    def find(self, text: str) -> int: ...
    def image(self, row: int, isotope: int) -> NDArray[np.float32] | None: ...
    def images(self, rows: list[int], isotope: int) -> NDArray[np.float32]: ...
    def matrix(self, rows: list[int]) -> NDArray[np.float64]: ...
    def tic(self) -> NDArray[np.float64]: ...
    def measured(self) -> NDArray[np.bool_]: ...
    def regions(self) -> dict[str, NDArray[np.bool_]]: ...
    def partners(
        self,
        ion: str,
        fdr: float,
        measure: str | None = None,
        is_metaspace: bool = False,
        n_best: int | None = None,
        min_score: float | None = None,
        normalize: str = "none",
    ) -> Table: ...
    def pair_scores(
        self,
        fdr: float,
        measure: str | None = None,
        is_metaspace: bool = False,
        normalize: str = "none",
    ) -> tuple[list[str], NDArray[np.float32]]: ...
    def figure(
        self,
        out: PathLike,
        ions: list[str] = ...,
        fdr: float | None = None,
        n_best: int | None = None,
        composite: bool = False,
        one_scale: bool = False,
        columns: int | None = None,
        width_mm: float | None = None,
        dpi: float | None = None,
        title: str | None = None,
        colormap: str | None = None,
        scale: str | None = None,
        hotspot: float | None = None,
        normalize: str = "none",
        pixel_size: float | None = None,
        regions: list[str] = ...,
        spectrum: bool = False,
        optical: str | None = None,
        opacity: float | None = None,
        force: bool = False,
    ) -> tuple[list[str], tuple[float, float]]: ...
    def optical(self) -> tuple[str, NDArray[np.uint8], list[list[float]]] | None: ...
    def centered_optical(self) -> tuple[NDArray[np.uint8], int] | None: ...
    def place_optical(
        self,
        picture: PathLike | None = None,
        placement: list[float] | None = None,
        points: list[tuple[list[float], list[float]]] | None = None,
    ) -> None: ...
    def report(
        self,
        out: PathLike | None = None,
        fdr: float | None = None,
        max_rows: int | None = None,
        best: int | None = None,
        ion: list[str] = ...,
        pixel_size: float | None = None,
        progress: Callback | None = None,
    ) -> str: ...
