"""The names of METASPACE's client (the package metaspace2020), over results folders.

A script moves by changing its first lines: where it imports from, and which dataset it opens.

Differences from METASPACE's client:

- A dataset is a results folder. Its id is the path of the folder, its name that of the imzML. Of a
  server (``metaspace serve``) the id is the one that it gives.
- `DEFAULT_DATABASE` is the first molecule table of the run.
- ``fdr`` is continuous, not one of four levels; a limit takes what is at most as large.
- ``isotopeImages`` have no ``url``, and their ``minIntensity`` is 0, as that of any image that is not
  full.
- Nobody has submitted a results folder: it has no submitter, group or projects.

Examples
--------
>>> import metaspace as ms
>>> tissue = ms.simulate("tissue", width=24, height=18, progress=False)
>>> _ = ms.annotate(tissue.imzml, out="results", progress=False)
>>> from metaspace.client import SMInstance
>>> dataset = SMInstance().dataset(id="results")
>>> table = dataset.results(fdr=0.1)
>>> table.index.names
FrozenList(['formula', 'adduct'])
>>> formula, adduct = table.index[0]
>>> dataset.isotope_images(formula, adduct)[0].shape
(18, 24)
"""

from __future__ import annotations

import os
from collections.abc import Iterable, Sequence
from functools import cached_property
from pathlib import Path
from typing import TYPE_CHECKING, Any, Literal, Union

import numpy as np
from numpy.typing import NDArray

from metaspace._client_records import FILTERS, frame_of, is_wanted, records_of
from metaspace._client_values import IsotopeImages, Metadata, MolecularDB
from metaspace._missing import needed
from metaspace._results import Results
from metaspace._served import ResultsServer
from metaspace.errors import DatasetNotFound, OptionError, ResultsError
from metaspace.image_processing import clip_hotspots, colocalization, colocalization_matrix

if TYPE_CHECKING:
    from tempfile import TemporaryDirectory

    import pandas as pd

__all__ = [
    "DEFAULT_DATABASE",
    "DatasetNotFound",
    "IsotopeImages",
    "Metadata",
    "MolecularDB",
    "SMDataset",
    "SMInstance",
    "clip_hotspots",
    "colocalization",
    "colocalization_matrix",
]

#: METASPACE's default table; here it stands for the first molecule table of the run.
DEFAULT_DATABASE = ("HMDB", "v4")

#: Best partners of an ion that METASPACE keeps.
_N_PARTNERS = 100

#: What names a molecule table: its name, its place in the run from 1, or name and version.
Database = Union[int, str, "tuple[str, str]", None]


class SMDataset:
    """A results folder, asked as a dataset of METASPACE."""

    def __init__(self, results: Results) -> None:
        #: The results, with everything that METASPACE's client has no name for.
        self.local = results
        self._record = results.record
        # Where tables of a server are as long as somebody asks, and its id there.
        self._room: TemporaryDirectory[str] | None = None
        self._served_id: str | None = None

    def __repr__(self) -> str:
        return f"SMDataset({self.name} | ID: {self.id})"

    @property
    def id(self) -> str:
        """Where the results are."""
        return self._served_id or self.local.location

    @property
    def name(self) -> str:
        """The imzML file without its extension."""
        return self.local.name

    @property
    def s3dir(self) -> str:
        """The imzML that was annotated."""
        return str(self._record["dataset"]["imzml"])

    @property
    def status(self) -> str:
        """``"FINISHED"``: a results folder is complete, or not there."""
        return "FINISHED"

    @property
    def config(self) -> dict[str, Any]:
        """The settings, under METASPACE's headings."""
        settings = self._record["settings"]
        width = settings["peakWidth"]
        return {
            "database_ids": [db.id for db in self.database_details],
            "analysis_version": 1 if self._record["options"]["preset"] == "metaspace-v1" else 3,
            "isotope_generation": {
                "adducts": settings["adducts"],
                "charge": settings["charge"],
                "n_peaks": settings["nPeaks"],
                "neutral_losses": settings["neutralLosses"],
                "chem_mods": settings["chemMods"],
                "instrument": width.get("instrument"),
            },
            "fdr": {"decoy_sample_size": settings["decoys"]},
            "image_generation": {
                "ppm": settings["ppm"],
                "n_levels": settings["nLevels"],
                "min_px": settings["minPx"],
            },
        }

    @property
    def metadata(self) -> Metadata:
        """Polarity, analyzer, resolving power and size of a pixel in µm, as far as they are known."""
        width = self._record["settings"]["peakWidth"]
        size = self._record["dataset"]["pixel_size_um"]
        power = width.get("resolvingPowerAtMz200")
        analysis: dict[str, Any] = {"Polarity": self.polarity}
        if width.get("instrument") is not None:
            analysis["Analyzer"] = width["instrument"]
        if power is not None:
            analysis["Detector_Resolving_Power"] = {"mz": 200, "Resolving_Power": power}
        if size is not None:
            analysis["Pixel_Size"] = {"Xaxis": size[0], "Yaxis": size[1]}
        return Metadata({"Data_Type": "Imaging MS", "MS_Analysis": analysis})

    @property
    def adducts(self) -> list[str]:
        """The adducts that were searched."""
        return list(self._record["settings"]["adducts"])

    @property
    def polarity(self) -> str:
        """``"Positive"`` or ``"Negative"``."""
        return "Positive" if self._record["settings"]["charge"] > 0 else "Negative"

    @property
    def database_details(self) -> list[MolecularDB]:
        """The molecule tables."""
        return [
            MolecularDB(
                {
                    "id": place,
                    "name": table["name"],
                    "version": table["blake3"][:16],
                    "isPublic": False,
                    "archived": False,
                }
            )
            for place, table in enumerate(self._record["databases"], start=1)
        ]

    @property
    def databases(self) -> list[str]:
        """Names of the molecule tables."""
        return [db.name for db in self.database_details]

    @property
    def database(self) -> str:
        """Name of the first molecule table."""
        return self.databases[0]

    @property
    def submitter(self) -> None:
        """Nobody."""
        return None

    @property
    def group(self) -> None:
        """None."""
        return None

    @property
    def projects(self) -> list[Any]:
        """None."""
        return []

    @property
    def principal_investigator(self) -> None:
        """Nobody."""
        return None

    @property
    def image_size(self) -> dict[str, int]:
        """Width ``x`` and height ``y`` of an image, in pixels."""
        height, width = self.local.shape
        return {"x": width, "y": height}

    def annotations(
        self,
        fdr: float = 0.1,
        database: Database = DEFAULT_DATABASE,
        return_vals: Iterable[str] = ("sumFormula", "adduct"),
        **annotation_filter: Any,
    ) -> list[list[Any]]:
        """List annotations.

        Parameters
        ----------
        fdr : float
            Highest FDR.
        database : str, int or tuple
            Molecule table: its name, its place in the run from 1, or its name and version; `None` for
            all.
        return_vals : iterable of str
            METASPACE's fields, such as ``"sumFormula"``, ``"adduct"``, ``"mz"``, ``"msmScore"``.
        annotation_filter
            METASPACE's filters, such as ``sumFormula`` or ``mzFilter={"min": 700, "max": 800}``.

        Returns
        -------
        list of list
            From the largest MSM.
        """
        annotation_filter.setdefault("fdrLevel", fdr)
        wanted = list(return_vals)
        _, records = self._records(database, annotation_filter)
        return [[record[name] for name in wanted] for record in records]

    def results(
        self,
        database: Database = DEFAULT_DATABASE,
        fdr: float | None = None,
        coloc_with: str | None = None,
        include_chem_mods: bool = False,
        include_neutral_losses: bool = False,
        **annotation_filter: Any,
    ) -> pd.DataFrame:
        """Read annotations as a data frame.

        Parameters
        ----------
        database : str, int or tuple
            As in `annotations`.
        fdr : float
            Highest FDR.
        coloc_with : str
            An ion, such as ``"C42H82NO8P+K+"``: only it and the ions that lie where it lies, the most
            similar first. Needs `fdr`.
        include_chem_mods, include_neutral_losses : bool
            Take ions with modifications or losses too, and name them in the index.
        annotation_filter
            As in `annotations`.

        Returns
        -------
        DataFrame
            Empty if there is no such annotation.
        """
        pandas = needed("pandas", "SMDataset.results", "client")
        index = ["formula", "adduct"]
        if include_chem_mods:
            index.append("chemMod")
        else:
            annotation_filter["hasChemMod"] = False
        if include_neutral_losses:
            index.append("neutralLoss")
        else:
            annotation_filter["hasNeutralLoss"] = False
        if fdr:
            annotation_filter["fdrLevel"] = fdr
        _, records = self._records(database, annotation_filter)
        if coloc_with:
            if not fdr:
                raise OptionError("coloc_with: needs fdr, up to which ions are compared")
            records = self._partners(records, coloc_with, fdr)
        if not records:
            return pandas.DataFrame()
        left_out = {"chemMod", "neutralLoss"}.difference(index)
        return frame_of(records).set_index(index).drop(columns=list(left_out))

    def isotope_images(
        self,
        sf: str,
        adduct: str,
        only_first_isotope: bool = False,
        scale_intensity: bool | Literal["TIC"] | NDArray[Any] = True,
        hotspot_clipping: bool = False,
        neutral_loss: str = "",
        chem_mod: str = "",
        image_metadata: Sequence[Any] = (),
    ) -> IsotopeImages:
        """Read the isotopic images of an ion.

        Parameters
        ----------
        sf, adduct : str
            Formula and adduct as in the index of `results`.
        only_first_isotope : bool
            The first image only.
        scale_intensity : bool, "TIC" or ndarray
            `True` for intensities as measured, `False` for 0 to 1, ``"TIC"`` or an image to divide by.
        hotspot_clipping : bool
            Clip as `image_processing.clip_hotspots`.
        neutral_loss, chem_mod : str
            Loss and modification.
        image_metadata
            Not used; it saves METASPACE's client a request.

        Returns
        -------
        IsotopeImages
            Arrays of float32, shape (height, width), 0 where there is no signal or no spectrum.

        Raises
        ------
        LookupError
            There is no such annotation.
        """
        row = self._row_of.get((sf, adduct, chem_mod or "", neutral_loss or ""))
        if row is None:
            raise LookupError(f'Isotope image for "{sf}{chem_mod}{neutral_loss}{adduct}" not found')
        return self._images_of(row, only_first_isotope, scale_intensity, hotspot_clipping)

    def all_annotation_images(
        self,
        fdr: float = 0.1,
        database: Database = DEFAULT_DATABASE,
        only_first_isotope: bool = False,
        scale_intensity: bool | Literal["TIC"] | NDArray[Any] = True,
        hotspot_clipping: bool = False,
        **annotation_filter: Any,
    ) -> list[IsotopeImages]:
        """Read the isotopic images of all annotations; see `annotations` and `isotope_images`."""
        annotation_filter.setdefault("fdrLevel", fdr)
        rows, _ = self._records(database, annotation_filter)
        return [
            self._images_of(row, only_first_isotope, scale_intensity, hotspot_clipping)
            for row in rows
        ]

    def diagnostics(self, include_images: bool = True) -> list[dict[str, Any]]:
        """List what is known of the quality of the data: ``"TIC"`` and ``"IMZML_METADATA"``."""
        tic = self.tic_image()
        about = self._record["dataset"]
        found: list[dict[str, Any]] = [
            {
                "type": "TIC",
                "database": None,
                "data": {
                    "minTic": float(np.nanmin(tic)),
                    "maxTic": float(np.nanmax(tic)),
                    "sumTic": float(np.nansum(tic)),
                    "isFromMetadata": False,
                },
                "images": [{"key": "TIC", "format": "NPY", "image": tic}],
            },
            {
                "type": "IMZML_METADATA",
                "database": None,
                "data": {
                    "n_spectra": about["n_spectra"],
                    "min_mz": about["mz_range"] and about["mz_range"][0],
                    "max_mz": about["mz_range"] and about["mz_range"][1],
                },
                "images": [{"key": "MASK", "format": "NPY", "image": self.local.measured}],
            },
        ]
        if not include_images:
            for item in found:
                item["images"] = [
                    {"key": image["key"], "format": image["format"]} for image in item["images"]
                ]
        return found

    def diagnostic(
        self, type: str, database: Database = None, include_images: bool = True
    ) -> dict[str, Any]:
        """Find one of `diagnostics` by its type.

        Raises
        ------
        KeyError
            There is none.
        """
        for item in self.diagnostics(include_images):
            if item["type"] == type and database is None:
                return item
        raise KeyError(
            f"Could not find diagnostic item with type={type!r}, database={database!r}"
        )

    def tic_image(self) -> NDArray[np.float64]:
        """Total ion current; shape (height, width), NaN where there is no spectrum."""
        return self.local.tic

    # What the rows of the annotations are in METASPACE's fields.

    def _table_of(self, database: Database) -> str | None:
        """The molecule table that a name, a number, or a name and version stand for."""
        if database is None:
            return None
        if database == DEFAULT_DATABASE:
            return self.database
        details = self.database_details
        if isinstance(database, int):
            found = [db.name for db in details if db.id == database]
        elif isinstance(database, str):
            found = [db.name for db in details if db.name.lower() == database.lower()]
        else:
            name, version = (part.lower() for part in database)
            known = {name + between + version for between in ("", "-", "_", " ")}
            found = [db.name for db in details if db.name.lower() in known]
            found += [
                db.name for db in details if (db.name.lower(), db.version) == (name, version)
            ]
        if not found:
            tables = ", ".join(self.databases)
            raise ResultsError(f"no molecule table of this run is {database!r}\nhint: it has {tables}")
        return found[0]

    def _one_database(self, database: str | None) -> str:
        """The molecule table to take ions from: the only one, where none is named."""
        if database is None and len(self.databases) > 1:
            tables = ", ".join(self.databases)
            raise OptionError(f"database: there are several; name one of {tables}")
        return self._table_of(database) or self.database

    def _frame(self, database: str, fdr: float | None) -> tuple[list[int], pd.DataFrame]:
        """Rows of the annotations of a table, and `results` of them with all ions."""
        needed("pandas", "to_anndata", "anndata")
        rows, records = self._records(database, {} if fdr is None else {"fdrLevel": fdr})
        index = ["formula", "adduct", "chemMod", "neutralLoss"]
        return rows, frame_of(records).set_index(index)

    def _records(
        self, database: Database, filters: dict[str, Any]
    ) -> tuple[list[int], list[dict[str, Any]]]:
        """Annotations from the largest MSM: their rows, and METASPACE's fields of each."""
        unknown = set(filters).difference(FILTERS)
        if unknown:
            raise OptionError(
                f"filter: `{sorted(unknown)[0]}` is none that results have; they have "
                + ", ".join(FILTERS)
            )
        mz = filters.get("mzFilter") or {}
        rows = self.local._native.select(
            filters.get("fdrLevel"),
            self._table_of(filters.get("databaseId", database)),
            filters.get("compoundQuery"),
            mz_min=mz.get("min"),
            mz_max=mz.get("max"),
            order="-msm",
        )
        records = self._all_records
        rows = [row for row in rows if is_wanted(records[row], filters)]
        return rows, [records[row] for row in rows]

    @cached_property
    def _all_records(self) -> list[dict[str, Any]]:
        """METASPACE's fields of each annotation, by row."""
        # Modification, loss and adduct of each text that results have for all of them.
        settings = self._record["settings"]
        modifiers = {
            mod + loss + adduct: (mod, loss, adduct)
            for mod in ["", *settings["chemMods"]]
            for loss in ["", *settings["neutralLosses"]]
            for adduct in settings["adducts"]
        }
        return records_of(self.local.annotations, modifiers)

    @cached_property
    def _row_of(self) -> dict[tuple[str, str, str, str], int]:
        """Row of each ion: of several molecule tables, that of the largest MSM."""
        rows, records = self._records(None, {})
        names = [
            (record["sumFormula"], record["adduct"], record["chemMod"], record["neutralLoss"])
            for record in records
        ]
        return dict(zip(reversed(names), reversed(rows)))

    def _partners(
        self, records: list[dict[str, Any]], ion: str, fdr: float
    ) -> list[dict[str, Any]]:
        """An ion and its partners among annotations, the most similar first."""
        native = self.local._native
        name = native.rows_of("annotations", [native.find(ion)])["ion"][0]
        is_metaspace = str(self._record["options"]["preset"]).startswith("metaspace")
        found = native.partners(ion, fdr, None, is_metaspace, _N_PARTNERS, None)
        scores = {name: 1.0, **dict(zip(found["ion"], found["score"].tolist()))}
        chosen = [
            {**record, "colocalizationCoeff": scores[record["ion"]]}
            for record in records
            if record["ion"] in scores
        ]
        return sorted(chosen, key=lambda record: -record["colocalizationCoeff"])

    def _images_of(
        self,
        row: int,
        only_first_isotope: bool,
        scale_intensity: bool | Literal["TIC"] | NDArray[Any],
        hotspot_clipping: bool,
    ) -> IsotopeImages:
        record = self._all_records[row]
        metadata = record["isotopeImages"]
        if only_first_isotope:
            metadata = metadata[:1]
        divisor: NDArray[Any] | None = None
        if isinstance(scale_intensity, np.ndarray):
            divisor = scale_intensity
        elif scale_intensity == "TIC":
            divisor = self.tic_image()
        is_scaled = divisor is not None or scale_intensity is True
        images: list[Any] = []
        for isotope, about in enumerate(metadata):
            image = self.local._native.image(row, isotope)
            if image is not None and about["maxIntensity"] > 0:
                np.nan_to_num(image, copy=False)
                if not is_scaled:
                    image /= about["maxIntensity"]
            else:
                shape = self.local.shape
                image = np.zeros(shape, dtype=np.float32) if is_scaled else None
            if image is not None and divisor is not None:
                is_there = divisor > 0
                image = np.divide(image, divisor, where=is_there, out=np.zeros(divisor.shape))
            if image is not None and hotspot_clipping:
                image = clip_hotspots(image)
                if not is_scaled:
                    image /= np.max(image) or 1
            images.append(image)
        return IsotopeImages(
            images,
            record["sumFormula"],
            record["chemMod"],
            record["neutralLoss"],
            record["adduct"],
            [about["mz"] for about in metadata],
            [None for _ in metadata],
        )


class SMInstance:
    """Where results folders are, asked as a METASPACE server.

    Parameters
    ----------
    host : path or address
        The folder that has the results folders, by default the current folder; or the address of
        ``metaspace serve``, such as ``http://127.0.0.1:8787``, whose tables are fetched to a temporary
        folder when a dataset is opened.
    api_key : str
        The token of that server, if it wants one.
    verify_certificate, email, password, config_path
        What METASPACE's client logs in with; not used here, as nobody has to.
    """

    def __init__(
        self,
        host: str | None = None,
        verify_certificate: bool = True,
        email: str | None = None,
        password: str | None = None,
        api_key: str | None = None,
        config_path: str | None = None,
    ) -> None:
        is_server = host is not None and str(host).startswith(("http://", "https://"))
        self._server = ResultsServer(str(host), api_key) if is_server else None
        self._folder = Path("." if is_server else host or ".")

    def __repr__(self) -> str:
        return f"SMInstance({self._server.address if self._server else self._folder})"

    def login(
        self, email: str | None = None, password: str | None = None, api_key: str | None = None
    ) -> None:
        """Do nothing: nobody has to log in to a folder."""

    def logged_in(self) -> bool:
        """Whether results can be read: always."""
        return True

    def dataset(self, name: str | None = None, id: str | None = None) -> SMDataset:
        """Open a results folder.

        Parameters
        ----------
        name : str
            Name of the dataset, or of the folder.
        id : str
            Path of the results folder, here or in the folder that has them; or ``s3://BUCKET/KEY``.

        Raises
        ------
        DatasetNotFound
            There is none, or several have this name.
        """
        if self._server:
            return self._served(name, id)
        if id:
            beside = self._folder / id
            is_there = not str(id).startswith("s3://") and beside.is_dir()
            return SMDataset(Results(beside if is_there else id))
        if not name:
            raise OptionError("dataset: either name or id must be given")
        found = [dataset for dataset in self.datasets() if name in _names(dataset)]
        if len(found) != 1:
            ids = ", ".join(dataset.id for dataset in found)
            reason = f"{len(found)} have it: {ids}" if found else "none has it"
            raise DatasetNotFound(
                f"no single dataset in `{self._folder}` is called `{name}`: {reason}"
            )
        return found[0]

    def datasets(
        self, nameMask: str | None = None, idMask: str | list[str] | None = None, **filters: Any
    ) -> list[SMDataset]:
        """List the results folders whose names contain `nameMask`, or whose ids are given."""
        if filters:
            raise OptionError(f"filter: `{sorted(filters)[0]}` is none that a folder of results has")
        if self._server:
            wanted_ids = [idMask] if isinstance(idMask, str) else idMask
            return [
                self._fetched(self._server, row["id"])
                for row in self._server.datasets()
                if (not nameMask or nameMask in row["name"])
                and (not wanted_ids or row["id"] in wanted_ids)
            ]
        folders = sorted(path.parent for path in self._folder.glob("*/run.json"))
        found = [SMDataset(Results(folder)) for folder in folders]
        if nameMask:
            found = [dataset for dataset in found if nameMask in dataset.name]
        if idMask:
            ids = [idMask] if isinstance(idMask, str) else idMask
            wanted = {os.path.normpath(id_) for id_ in ids}
            found = [
                dataset
                for dataset in found
                if wanted.intersection({os.path.normpath(dataset.id), Path(dataset.id).name})
            ]
        return found

    def _served(self, name: str | None, id: str | None) -> SMDataset:
        """The dataset of a server that an id or a name means."""
        assert self._server is not None
        if not id and not name:
            raise OptionError("dataset: either name or id must be given")
        rows = self._server.datasets()
        found = [row["id"] for row in rows if (row["id"] == id if id else name in (row["id"], row["name"]))]
        if len(found) != 1:
            reason = f"{len(found)} have it: {', '.join(found)}" if found else "none has it"
            wanted = id or name
            raise DatasetNotFound(
                f"no single dataset at {self._server.address} is called `{wanted}`: {reason}"
            )
        return self._fetched(self._server, found[0])

    @staticmethod
    def _fetched(server: ResultsServer, id: str) -> SMDataset:
        room = server.fetch(id)
        dataset = SMDataset(Results(room.name))
        dataset._room, dataset._served_id = room, id
        return dataset

    def metadata(self, datasets: Iterable[SMDataset]) -> pd.DataFrame:
        """Flatten the metadata of datasets into a data frame, a row for each."""
        pandas = needed("pandas", "SMInstance.metadata", "client")
        listed = list(datasets)
        frame: pd.DataFrame = pandas.json_normalize([d.metadata.json for d in listed])
        frame.index = [dataset.name for dataset in listed]
        return frame

    def databases(self) -> list[MolecularDB]:
        """List the molecule tables of all results folders, each once."""
        found: dict[tuple[str, str], MolecularDB] = {}
        for dataset in self.datasets():
            for db in dataset.database_details:
                found.setdefault((db.name, db.version), db)
        return list(found.values())


def _names(dataset: SMDataset) -> set[str]:
    return {dataset.name, Path(dataset.id).name}
