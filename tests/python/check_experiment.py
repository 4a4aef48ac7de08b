"""Computes anew what experiments found, by scipy, statsmodels and limma; prints OK.

    check_experiment.py FOLDER    has sim/ and the experiments moderated, blocked, welch, wilcoxon,
                                  missing, and the rows of terms.csv and annotated.csv
"""

import json
import subprocess
import sys
from pathlib import Path

import numpy as np
import polars as pl
from scipy import stats
from statsmodels.stats.multitest import multipletests
from statsmodels.stats.weightstats import CompareMeans, DescrStatsW

MASK = (1 << 64) - 1


def mix(state):
    z = (state + 0x9E3779B97F4A7C15) & MASK
    z = ((z ^ (z >> 30)) * 0xBF58476D1CE4E5B9) & MASK
    z = ((z ^ (z >> 27)) * 0x94D049BB133111EB) & MASK
    return z ^ (z >> 31)


def drawn(seed, draw, key, n):
    state = (mix(seed) + draw) & MASK
    state = (mix(state) + key) & MASK
    return (mix(state) * n) >> 64


def same(found, expected, what, tolerance=1e-8):
    found = np.array(found, dtype=float)
    expected = np.array(expected, dtype=float)
    assert found.shape == expected.shape, (what, found.shape, expected.shape)
    assert (np.isnan(found) == np.isnan(expected)).all(), what
    worst = np.nanmax(np.abs(found - expected) / np.maximum(1, np.abs(expected)))
    assert worst < tolerance, (what, worst)
    return len(found)


def read(folder):
    matrix = pl.read_parquet(folder / "matrix.parquet")
    samples = pl.read_parquet(folder / "samples.parquet")
    ions = pl.read_parquet(folder / "ions.parquet")
    contrasts = pl.read_parquet(folder / "contrasts.parquet")
    n = ions.height
    logs = matrix["log2"].to_numpy().astype(float).reshape(samples.height, n)
    assert (matrix["ion"].to_list()[:n]) == ions["ion"].to_list() == contrasts["ion"].to_list()
    return matrix, samples, ions, contrasts, logs


def check_matrix(folder):
    """Amounts from the images of the results, factors by TIC, and logarithms."""
    matrix, samples, ions, _, logs = read(folder)
    n = ions.height
    mean = matrix["mean"].to_numpy().astype(float).reshape(-1, n)
    n_from_images = 0
    for number, sample in enumerate(samples.iter_rows(named=True)):
        results = folder.parent / sample["results"]
        pixels = pl.read_parquet(results / "pixels.parquet")
        same([sample["meanTic"]], [pixels["tic"].mean()], "TIC")
        images = pl.read_parquet(results / "ion_images.parquet").filter(pl.col("isotope") == 0)
        stored = {row["ionFormula"]: row["intensities"] for row in images.iter_rows(named=True)}
        rows = matrix.filter(pl.col("sample") == sample["sample"])
        for row, formula in zip(rows.iter_rows(named=True), ions["ionFormula"]):
            assert row["isMeasured"] == (row["origin"] != "missing")
            if row["origin"] != "images":
                assert not row["isAnnotated"]
                continue
            dense = np.zeros(pixels.height)
            dense[: len(stored[formula])] = stored[formula]
            same(
                [row["mean"], row["median"], row["share"]],
                [dense.mean(), np.median(dense), (dense > 0).mean()],
                "amounts",
            )
            n_from_images += 1
    assert n_from_images > 500
    tic = samples["meanTic"].to_numpy()
    factors = tic / stats.gmean(tic)
    same(samples["factor"], factors, "factors")
    normalized = mean / factors[:, None]
    least = np.nanmin(np.where(normalized > 0, normalized, np.nan), axis=0)
    expected = np.log2(np.where(normalized == 0, least / 2, normalized))
    same(logs.ravel(), expected.ravel(), "logarithms")


def groups(samples, logs, ion):
    condition = samples["condition"].to_numpy()
    first, second = (logs[condition == name, ion] for name in ("treated", "control"))
    return first, second


def check_welch(folder):
    _, samples, _, contrasts, logs = read(folder)
    rows = []
    for ion in range(logs.shape[1]):
        first, second = groups(samples, logs, ion)
        found = stats.ttest_ind(first, second, equal_var=False)
        compared = CompareMeans(DescrStatsW(first), DescrStatsW(second))
        low, high = compared.tconfint_diff(usevar="unequal")
        rows.append((first.mean() - second.mean(), low, high, found.statistic, found.df, found.pvalue))
    columns = ["log2FoldChange", "low", "high", "statistic", "df", "p"]
    for name, expected in zip(columns, zip(*rows)):
        same(contrasts[name], expected, name)
    q = multipletests(contrasts["p"], method="fdr_bh")[1]
    return same(contrasts["q"], q, "q")


def check_wilcoxon(folder):
    _, samples, _, contrasts, logs = read(folder)
    found = [stats.mannwhitneyu(*groups(samples, logs, ion)) for ion in range(logs.shape[1])]
    same(contrasts["statistic"], [one.statistic for one in found], "U")
    same(contrasts["p"], [one.pvalue for one in found], "p of U")
    same(contrasts["q"], stats.false_discovery_control(contrasts["p"]), "q of U")


def check_limma(folder, block):
    _, samples, ions, contrasts, logs = read(folder)
    # Missing throughout, or without signal: limma has no word for it.
    known = ~np.isnan(logs).all(axis=0)
    names = [f"ion{number}" for number in np.flatnonzero(known)]
    table = pl.DataFrame({"sample": samples["sample"]}).hstack(
        pl.DataFrame({name: logs[:, int(name[3:])] for name in names})
    )
    table.fill_nan(None).write_csv(folder / "logs.csv", null_value="NA", float_precision=17)
    columns = [json.loads(text) for text in samples["columns"]]
    pl.DataFrame(
        {
            "sample": samples["sample"],
            "condition": samples["condition"],
            "block": [of["batch"] for of in columns],
        }
    ).write_csv(folder / "limma-samples.csv")
    script = Path(__file__).with_name("limma.R")
    arguments = ["logs.csv", "limma-samples.csv", "block" if block else "none", "limma.csv"]
    subprocess.run(["Rscript", str(script), *arguments], cwd=folder, check=True)
    limma = pl.read_csv(folder / "limma.csv", null_values=["NA"], infer_schema_length=None)
    found = contrasts.filter(pl.Series(known))
    pairs = [
        ("log2FoldChange", "difference"), ("statistic", "t"), ("p", "p"), ("q", "q"), ("df", "df"),
        ("low", "low"), ("high", "high"),
    ]
    for ours, theirs in pairs:
        same(found[ours], limma[theirs].cast(pl.Float64), f"limma {theirs}")
    record = json.loads((folder / "experiment.json").read_text())["contrasts"][0]
    same([record["priorVariance"]], [float(limma["prior_variance"][0])], "prior variance")
    prior = float(limma["prior_df"][0])
    same([record["priorDf"] or np.inf], [prior], "prior df") if np.isfinite(prior) else None
    return found.height


def check_over_representation(folder):
    """METASPACE's rule, of the annotations of one dataset against the built-in table."""
    found = pl.read_csv(folder / "annotated.csv")
    rows = pl.read_parquet(folder / "sim/results/control-1/annotations.parquet").filter(
        ~pl.col("isEntrapment")
    )
    classes, ions = {}, {}
    with open(folder / "table.tsv") as file:
        next(file)
        for line in file:
            name, of = line.rstrip("\n").split("\t")[1::2]
            classes[name] = of
    for row in rows.iter_rows(named=True):
        ion = ions.setdefault(row["ion"], [row["isotopeMz"][0], row["fdr"], set()])
        ion[1] = min(ion[1], row["fdr"])
        ion[2] |= set(zip(row["moleculeIds"], row["moleculeNames"]))
    ordered = sorted(ions.items(), key=lambda item: (item[1][0], item[0]))
    terms = sorted(set(classes.values()))
    members = {term: {name for name in classes if classes[name] == term} for term in terms}
    rows = {term: [] for term in terms}
    for draw in range(100):
        hits = set()
        for key, (_, (_, fdr, molecules)) in enumerate(ordered):
            molecules = sorted(molecules)
            molecule = molecules[drawn(42, draw, key, len(molecules))][1]
            if fdr <= 0.1:
                hits.add(molecule)
        for term in terms:
            k, n = len(hits & members[term]), len(hits)
            of, all_ = len(members[term]), len(classes)
            p = stats.fisher_exact([[k, n - k], [of - k, all_ - n - of + k]], alternative="greater")
            rows[term].append((k, n * of / all_, k / (n * of / all_), p.pvalue))
    n_checked = 0
    for row in found.iter_rows(named=True):
        term = row["term"].removeprefix("class: ")
        if term in rows and row["term"].startswith("class: "):
            expected = np.median(np.array(rows[term]), axis=0)
            same([row[name] for name in ("observed", "expected", "effect", "p")], expected, term)
            n_checked += 1
    assert n_checked > 10, n_checked


def check_ranked(folder):
    """Kolmogorov and Smirnov, of the molecules of a class against all others."""
    _, _, ions, contrasts, _ = read(folder)
    found = pl.read_parquet(folder / "enrichment.parquet").filter(pl.col("kind") == "ranked")
    statistics = contrasts["statistic"].to_list()
    formulas = ions["formula"].to_list()
    rows, n_checked = list(ions.iter_rows(named=True)), 0
    for row in found.filter(pl.col("term").str.starts_with("class: ")).head(8).iter_rows(named=True):
        values = []
        for draw in range(100):
            of = {}
            for number, ion in enumerate(rows):
                names = list(zip(ion["moleculeNames"], ion["moleculeClasses"]))
                name = names[drawn(42, draw, formulas.index(ion["formula"]), len(names))]
                if statistics[number] is not None:
                    of.setdefault(name, []).append(statistics[number])
            is_member = [f"class: {kind}" == row["term"] for _, kind in of]
            mean = np.array([np.mean(each) for each in of.values()])
            inside, outside = mean[is_member], mean[np.logical_not(is_member)]
            if len(inside) == 0:
                values.append((0, 0.0, 1.0))
                continue
            test = stats.ks_2samp(inside, outside, method="exact")
            values.append((len(inside), -test.statistic_sign * test.statistic, test.pvalue))
        expected = np.median(np.array(values), axis=0)
        same([row[name] for name in ("observed", "effect", "p")], expected, row["term"])
        n_checked += 1
    assert n_checked == 8, n_checked


def main():
    folder = Path(sys.argv[1])
    check_matrix(folder / "moderated")
    n_ions = check_welch(folder / "welch")
    check_wilcoxon(folder / "wilcoxon")
    assert check_limma(folder / "moderated", block=False) == n_ions
    assert check_limma(folder / "blocked", block=True) == n_ions
    missing = pl.read_parquet(folder / "missing/matrix.parquet")
    assert missing["mean"].null_count() > 0
    check_limma(folder / "missing", block=False)
    check_over_representation(folder)
    check_ranked(folder / "moderated")
    print("OK")


main()
