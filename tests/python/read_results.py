"""Reads a results folder with polars and checks what its tables promise; prints OK."""

import json
import sys
from pathlib import Path

import polars as pl

TEXTS = pl.List(pl.String)
DOUBLES = pl.List(pl.Float64)
SINGLES = pl.List(pl.Float32)

SCHEMAS = {
    "annotations": {
        "database": pl.String,
        "formula": pl.String,
        "adduct": pl.String,
        "ion": pl.String,
        "ionFormula": pl.String,
        "mz": pl.Float64,
        "msm": pl.Float64,
        "score": pl.Float64,
        "fdr": pl.Float64,
        "pep": pl.Float64,
        "rhoSpatial": pl.Float64,
        "rhoSpectral": pl.Float64,
        "rhoChaos": pl.Float64,
        "mzErrAbs": pl.Float64,
        "mzErrRel": pl.Float64,
        "mzErrPpm": pl.Float64,
        "nPixels": pl.UInt32,
        "minIntensity": pl.Float64,
        "maxIntensity": pl.Float64,
        "totalIntensity": pl.Float64,
        "moleculeNames": TEXTS,
        "moleculeIds": TEXTS,
        "moleculeClasses": TEXTS,
        "isomers": TEXTS,
        "isobars": TEXTS,
        "isobarScores": pl.List(pl.Float64),
        "strongerIsobar": pl.String,
        "isEntrapment": pl.Boolean,
        "isMatrix": pl.Boolean,
        "matrixIon": pl.String,
        "offSample": pl.Float64,
        "isotopeMz": DOUBLES,
        "isotopeIntensity": SINGLES,
        "isotopeTotalIntensity": DOUBLES,
        "isotopeMaxIntensity": SINGLES,
        "isotopeMzMean": DOUBLES,
        "isotopeMzStddev": DOUBLES,
    },
    "candidates": {
        "database": pl.String,
        "formula": pl.String,
        "targetAdduct": pl.String,
        "adduct": pl.String,
        "ionFormula": pl.String,
        "isTarget": pl.Boolean,
        "draw": pl.UInt16,
        "isRecombined": pl.Boolean,
        "msm": pl.Float64,
        "score": pl.Float64,
        "doubt": pl.Float64,
        "isEntrapment": pl.Boolean,
        "fragmentOf": pl.String,
    },
    "ion_images": {
        "ionFormula": pl.String,
        "isotope": pl.UInt8,
        "pixels": pl.List(pl.UInt32),
        "intensities": SINGLES,
    },
    "ion_metrics": {
        "ionFormula": pl.String,
        "mz": pl.Float64,
        "isTarget": pl.Boolean,
        "nPixels": pl.UInt32,
        "rhoSpatial": pl.Float64,
        "rhoSpectral": pl.Float64,
        "rhoChaos": pl.Float64,
        "msm": pl.Float64,
        "mzErrAbs": pl.Float64,
        "mzErrRel": pl.Float64,
        "parentRatio": pl.Float64,
        "parentCorrelation": pl.Float64,
        "isotopeMz": DOUBLES,
        "isotopeIntensity": SINGLES,
        "isotopeTotalIntensity": DOUBLES,
        "isotopeMinIntensity": SINGLES,
        "isotopeMaxIntensity": SINGLES,
        "isotopeMzMean": DOUBLES,
        "isotopeMzStddev": DOUBLES,
    },
    "mean_spectrum": {
        "mz": pl.Float64,
        "intensity": pl.Float64,
        "nPeaks": pl.UInt64,
    },
    "colocalization": {
        "measure": pl.String,
        "fdrLevel": pl.Float64,
        "ion": pl.String,
        "rank": pl.UInt32,
        "otherIon": pl.String,
        "score": pl.Float32,
    },
    "sample_ions": {
        "fdrLevel": pl.Float64,
        "ion": pl.String,
        "cohesion": pl.Float64,
        "ions": pl.List(pl.String),
    },
    "pixels": {
        "pixel": pl.UInt32,
        "x": pl.UInt32,
        "y": pl.UInt32,
        "imzmlX": pl.UInt32,
        "imzmlY": pl.UInt32,
        "imzmlZ": pl.UInt32,
        "tic": pl.Float64,
        "rms": pl.Float64,
        "nPeaks": pl.UInt32,
        "isTissue": pl.Boolean,
    },
}

# Columns in which a value may be absent.
NULLABLE = {
    "annotations": {"strongerIsobar", "offSample"},
    "candidates": {"draw", "doubt", "fragmentOf"},
    "pixels": {"isTissue"},
    "ion_metrics": {
        "rhoChaos",
        "parentRatio",
        "parentCorrelation",
        "mzErrAbs",
        "mzErrRel",
        "isotopeMz",
        "isotopeIntensity",
        "isotopeTotalIntensity",
        "isotopeMinIntensity",
        "isotopeMaxIntensity",
        "isotopeMzMean",
        "isotopeMzStddev",
    },
}


def read_tables(folder):
    tables = {}
    names = sorted(path.stem for path in folder.glob("*.parquet"))
    assert names == sorted(SCHEMAS), names
    for name, schema in SCHEMAS.items():
        table = pl.read_parquet(folder / f"{name}.parquet")
        assert dict(table.schema) == schema, f"{name}: {dict(table.schema)}"
        assert list(table.columns) == list(schema), f"{name}: {table.columns}"
        for column in set(schema) - NULLABLE.get(name, set()):
            assert table[column].null_count() == 0, f"{name}.{column} has nulls"
        tables[name] = table
    return tables


def check_annotations(annotations, record):
    counts = record["counts"]
    assert annotations.height == counts["n_annotations"], annotations.height
    assert not annotations.select("database", "formula", "adduct").is_duplicated().any()
    for level, count in counts["annotations_at_fdr"]:
        assert (annotations["fdr"] <= level).sum() == count, level
    assert ((annotations["msm"] > 0) & (annotations["msm"] <= 1)).all()
    assert ((annotations["fdr"] > 0) & (annotations["fdr"] < 1)).all()
    product = annotations["rhoSpatial"] * annotations["rhoSpectral"] * annotations["rhoChaos"]
    assert ((product - annotations["msm"]).abs() < 1e-9).all()
    n_peaks = record["settings"]["nPeaks"]
    for column in (name for name in annotations.columns if name.startswith("isotope")):
        assert (annotations[column].list.len() == n_peaks).all(), column


def check_csv(annotations, folder):
    csv = pl.read_csv(folder / "annotations.csv", infer_schema_length=None)
    assert csv.height == annotations.height
    texts = ["database", "formula", "ion"]
    assert csv.select(pl.col(texts).cast(pl.String)).equals(annotations.select(texts))
    for adduct, stored in zip(csv["adduct"], annotations["adduct"]):
        # A spreadsheet takes +H for a sum.
        assert adduct == (stored if stored.startswith("[") else f"M{stored}")
    for column in ["mz", "msm", "score", "fdr", "totalIntensity", "mzErrPpm"]:
        assert csv[column].cast(pl.Float64).equals(annotations[column]), column


def check_pixels(pixels, record):
    dataset = record["dataset"]
    assert pixels.height == dataset["n_pixels"]
    assert pixels["pixel"].to_list() == list(range(pixels.height))
    places = (pixels["y"].cast(pl.UInt64) * dataset["width"] + pixels["x"]).to_list()
    assert places == sorted(set(places)), "pixels are in raster order"
    assert (pixels["x"] < dataset["width"]).all() and (pixels["y"] < dataset["height"]).all()
    assert pixels["nPeaks"].sum() == dataset["n_peaks"]


def check_spectrum(spectrum, pixels, record):
    """The mean spectrum has all peaks and the whole ion current, in the order of m/z."""
    assert spectrum["mz"].is_sorted()
    assert spectrum["nPeaks"].sum() == record["dataset"]["n_peaks"]
    mean = pixels["tic"].sum() / pixels.height
    assert abs(spectrum["intensity"].sum() - mean) <= 1e-9 * mean
    assert ((pixels["rms"] * pixels["nPeaks"]) >= pixels["tic"] * (1 - 1e-12)).all()


def check_images(images, annotations, pixels, record):
    n_peaks = record["settings"]["nPeaks"]
    assert images.height == n_peaks * record["counts"]["n_imaged_ions"]
    assert images["pixels"].list.len().sum() == record["counts"]["n_image_pixels"]
    assert images["pixels"].list.len().equals(images["intensities"].list.len())
    of_annotations = annotations.select("ionFormula").unique().join(images, on="ionFormula")
    isotopes = of_annotations.group_by("ionFormula").agg(pl.col("isotope").sort())
    assert isotopes.height == annotations["ionFormula"].n_unique()
    assert all(list(found) == list(range(n_peaks)) for found in isotopes["isotope"])

    for numbers, intensities in images.select("pixels", "intensities").iter_rows():
        assert all(a < b for a, b in zip(numbers, numbers[1:])), "pixels ascend"
        assert not numbers or numbers[-1] < pixels.height
        assert all(intensity > 0 for intensity in intensities)

    first = images.filter(pl.col("isotope") == 0).select(
        "ionFormula",
        pl.col("intensities").list.eval(pl.element().cast(pl.Float64)).list.sum().alias("sum"),
        pl.col("intensities").list.max().cast(pl.Float64).alias("max"),
        pl.col("pixels").list.len().alias("n"),
    )
    joined = annotations.join(first, on="ionFormula", how="left")
    assert joined.height == annotations.height and joined["sum"].null_count() == 0
    error = (joined["sum"] - joined["totalIntensity"]).abs()
    assert (error <= 1e-4 * joined["totalIntensity"]).all(), error.max()
    assert ((joined["max"] - joined["maxIntensity"]).abs() <= 1e-4 * joined["maxIntensity"]).all()
    assert (joined["n"] == joined["nPixels"]).all()


def check_metrics(metrics, annotations, record):
    assert metrics.height == record["counts"]["n_evaluated"]
    assert metrics["mz"].is_sorted()
    assert not metrics["ionFormula"].is_duplicated().any()
    has_details = metrics["isotopeMz"].is_not_null()
    assert has_details.equals(metrics["msm"] > 0), "details stand beside MSM above 0"
    joined = annotations.join(metrics, on="ionFormula", suffix="OfIon")
    assert joined.height == annotations.height
    assert joined["msm"].equals(joined["msmOfIon"], check_names=False)
    assert joined["isTarget"].all()


def fdr_of(targets, decoys, decoys_per_target, recombined, recombined_per_target):
    """FDR of each score of targets, which have (score, doubt):
    (max((D + 1) / n, (R + 1) / m) + doubts) / T, then the minimum from the worst upward."""
    fdr = {}
    lowest = float("inf")
    for score in sorted({score for score, _ in targets}):
        as_good = [doubt for target, doubt in targets if target >= score]
        by_chance = (sum(decoy >= score for decoy in decoys) + 1) / decoys_per_target
        if recombined_per_target:
            n_recombined = sum(decoy >= score for decoy in recombined)
            by_chance = max(by_chance, (n_recombined + 1) / recombined_per_target)
        lowest = min(lowest, (by_chance + sum(as_good)) / len(as_good))
        fdr[score] = min(lowest, 1)
    return fdr


def check_fdr(candidates, annotations, record):
    settings = record["settings"]
    assert settings["neutralLosses"] == []
    # Adducts that only add can be had by every molecule, and so can their decoys.
    assert all(adduct.startswith("+") for adduct in settings["adducts"])
    decoys_per_target = settings["decoys"]
    recombined_per_target = dict(record["decoys"]["recombined_for_each"])
    for (database,), of_table in candidates.group_by("database"):
        chosen = of_table.filter(pl.col("score") > 0)
        targets = chosen.filter("isTarget")
        recombined = chosen.filter("isRecombined")
        decoys = chosen.filter(~pl.col("isTarget") & ~pl.col("isRecombined"))
        assert targets["draw"].null_count() == targets.height
        assert (decoys["draw"] < decoys_per_target).all()
        fdr = fdr_of(
            list(targets.select("score", "doubt").iter_rows()),
            decoys["score"].to_list(),
            decoys_per_target,
            recombined["score"].to_list(),
            recombined_per_target[database],
        )
        expected = {
            (row["formula"], row["adduct"]): fdr[row["score"]]
            for row in targets.iter_rows(named=True)
        }
        expected = {ion: value for ion, value in expected.items() if value < 1}
        found = annotations.filter(pl.col("database") == database)
        found = {(f, a): value for f, a, value in found.select("formula", "adduct", "fdr").iter_rows()}
        assert found.keys() == expected.keys(), found.keys() ^ expected.keys()
        for ion, value in expected.items():
            assert abs(found[ion] - value) <= 1e-9 * value, (ion, found[ion], value)


def main():
    folder = Path(sys.argv[1])
    record = json.loads((folder / "run.json").read_text(encoding="utf-8"))
    tables = read_tables(folder)
    annotations = tables["annotations"]
    check_annotations(annotations, record)
    check_csv(annotations, folder)
    check_pixels(tables["pixels"], record)
    check_spectrum(tables["mean_spectrum"], tables["pixels"], record)
    check_images(tables["ion_images"], annotations, tables["pixels"], record)
    check_metrics(tables["ion_metrics"], annotations, record)
    check_fdr(tables["candidates"], annotations, record)
    print("OK")


if __name__ == "__main__":
    main()
