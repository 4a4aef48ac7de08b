"""Annotations in the fields and columns of METASPACE's client."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import numpy as np

from metaspace._native import Table

if TYPE_CHECKING:
    import pandas as pd

#: Filters of annotations that are known, and what they compare with.
FILTERS = (
    "adduct",
    "chemMod",
    "compoundQuery",
    "databaseId",
    "fdrLevel",
    "hasChemMod",
    "hasHiddenAdduct",
    "hasNeutralLoss",
    "ion",
    "mzFilter",
    "neutralLoss",
    "offSample",
    "sumFormula",
)


def records_of(
    table: Table, modifiers: dict[str, tuple[str, str, str]]
) -> list[dict[str, Any]]:
    columns = table.to_dict()
    records = []
    for row in range(len(table)):
        text = columns["adduct"][row]
        # The adduct of a table's own ion, or one with a charge of its own, is a text for itself.
        mod, loss, adduct = modifiers.get(text, ("", "", text))
        off_sample = float(columns["offSample"][row])
        is_known = not np.isnan(off_sample)
        names, ids = columns["moleculeNames"][row], columns["moleculeIds"][row]
        isotopes = zip(
            columns["isotopeMz"][row].tolist(),
            columns["isotopeMaxIntensity"][row].tolist(),
            columns["isotopeTotalIntensity"][row].tolist(),
        )
        records.append(
            {
                "sumFormula": columns["formula"][row],
                "neutralLoss": loss,
                "chemMod": mod,
                "adduct": adduct,
                "ionFormula": columns["ionFormula"][row],
                "ion": columns["ion"][row],
                "mz": float(columns["mz"][row]),
                "msmScore": float(columns["msm"][row]),
                "rhoSpatial": float(columns["rhoSpatial"][row]),
                "rhoSpectral": float(columns["rhoSpectral"][row]),
                "rhoChaos": float(columns["rhoChaos"][row]),
                "fdrLevel": float(columns["fdr"][row]),
                "offSample": off_sample > 0.5 if is_known else None,
                "offSampleProb": off_sample if is_known else None,
                "possibleCompounds": [
                    {"name": name, "information": [{"url": None, "databaseId": id_}]}
                    for name, id_ in zip(names, ids)
                ],
                "isotopeImages": [
                    {
                        "mz": mz,
                        "url": None,
                        "minIntensity": 0.0,
                        "maxIntensity": largest,
                        "totalIntensity": total,
                    }
                    for mz, largest, total in isotopes
                    if mz > 0
                ],
                "isomers": columns["isomers"][row],
                "isobars": columns["isobars"][row],
                "colocalizationCoeff": None,
            }
        )
    return records


def is_wanted(record: dict[str, Any], filters: dict[str, Any]) -> bool:
    """Whether an annotation passes the filters that compare a field with a value."""
    for name in ("sumFormula", "adduct", "neutralLoss", "chemMod", "ion", "offSample"):
        wanted = filters.get(name)
        if wanted is None:
            continue
        allowed = wanted if isinstance(wanted, (list, tuple, set)) else [wanted]
        if record[name] not in allowed:
            return False
    for name, field in (("hasChemMod", "chemMod"), ("hasNeutralLoss", "neutralLoss")):
        if filters.get(name) is not None and bool(record[field]) != filters[name]:
            return False
    return True


def frame_of(records: list[dict[str, Any]]) -> pd.DataFrame:
    """METASPACE's columns, in its order."""
    import pandas as pd

    columns: dict[str, list[Any]] = {
        "formula": [record["sumFormula"] for record in records],
        "neutralLoss": [record["neutralLoss"] for record in records],
        "chemMod": [record["chemMod"] for record in records],
    }
    for name, field in (
        ("adduct", "adduct"),
        ("ionFormula", "ionFormula"),
        ("ion", "ion"),
        ("mz", "mz"),
        ("msm", "msmScore"),
        ("rhoSpatial", "rhoSpatial"),
        ("rhoSpectral", "rhoSpectral"),
        ("moc", "rhoChaos"),
        ("fdr", "fdrLevel"),
        ("offSample", "offSample"),
        ("isotopeImages", "isotopeImages"),
        ("colocCoeff", "colocalizationCoeff"),
    ):
        columns[name] = [record[field] for record in records]
    compounds = [record["possibleCompounds"] for record in records]
    columns["moleculeNames"] = [[item["name"] for item in items] for items in compounds]
    columns["moleculeIds"] = [
        [item["information"][0]["databaseId"] for item in items] for items in compounds
    ]
    columns["intensity"] = [record["isotopeImages"][0]["maxIntensity"] for record in records]
    columns["isomers"] = [record["isomers"] for record in records]
    columns["isobars"] = [record["isobars"] for record in records]
    return pd.DataFrame(columns)
