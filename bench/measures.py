"""How well measures order pairs of ions by whether they are of one co-localization group, on simulated
tissues. See docs/algorithm/colocalization.md.

measures.py PROGRAM FOLDER [SEEDS]
"""

import subprocess
import sys
from pathlib import Path

import numpy as np
import polars as pl

PRESETS = ("orbitrap-brain", "tof-kidney", "fticr-spheroid")
MEASURES = (
    "median_thresholded_cosine cosine tfidf_cosine pearson spearman smooth_pearson ssim jaccard nmi"
).split()


def run(*words):
    subprocess.run([str(word) for word in words], check=True, stdout=subprocess.DEVNULL)


def prepare(program, folder, preset, seed):
    """A simulated and annotated tissue; what is there is kept."""
    tissue, results = folder / f"{preset}-{seed}", folder / f"{preset}-{seed}-results"
    if not tissue.is_dir():
        run(program, "simulate", "--preset", preset, "--seed", seed, "--out", tissue)
    if not results.is_dir():
        imzml = tissue / f"{preset}.imzML"
        run(program, "annotate", imzml, "--quiet", "--no-coloc", "--out", results)
    return tissue, results


def groups(tissue):
    """Group of each ion formula that is in the tissue and in one group alone."""
    truth = pl.read_parquet(tissue / "truth.parquet")
    truth = truth.filter((pl.col("origin") == "molecule") & (pl.col("nPixelsDetected") > 0))
    grouped = truth.group_by("ionFormula").agg(pl.col("group").unique())
    grouped = grouped.filter(pl.col("group").list.len() == 1)
    return dict(zip(grouped["ionFormula"], grouped["group"].list.first()))


def scores(program, tissue, results):
    """Matrix of each measure over ions of known groups, each formula once; their groups."""
    group = groups(tissue)
    names = pl.read_parquet(results / "annotations.parquet", columns=["ion", "ionFormula"]).unique()
    formula = dict(zip(names["ion"], names["ionFormula"]))
    matrices = {}
    for measure in MEASURES:
        file = results / f"{measure}.parquet"
        run(program, "coloc", results, "--fdr", 0.5, "--measure", measure, "--matrix", file)
        table = pl.read_parquet(file)
        first = {}
        for row, ion in enumerate(table["ion"]):
            if formula[ion] in group:
                first.setdefault(formula[ion], row)
        rows = list(first.values())
        matrices[measure] = np.array(table["scores"].to_list())[np.ix_(rows, rows)]
    return matrices, np.array([group[name] for name in first])


def combined(matrices):
    """Measures and what can be made of them."""
    default, rank = matrices["median_thresholded_cosine"], matrices["spearman"]
    structure, pearson, tfidf = matrices["ssim"], matrices["pearson"], matrices["tfidf_cosine"]
    return matrices | {
        "mean of default, spearman": (default + rank) / 2,
        "mean of default, ssim": (default + structure) / 2,
        "mean of default, spearman, ssim": (default + rank + structure) / 3,
        "mean of default, pearson": (default + pearson) / 2,
        "mean of tfidf_cosine, pearson": (tfidf + pearson) / 2,
    }


def quality(matrix, group):
    """Mean over ions: AUC of the others by group, and average precision."""
    aucs, precisions = [], []
    for ion in range(len(group)):
        others = np.arange(len(group)) != ion
        same, score = group[others] == group[ion], matrix[ion, others]
        if same.all() or not same.any():
            continue
        inside, outside = score[same][:, None], score[~same][None, :]
        aucs.append((inside > outside).mean() + (inside == outside).mean() / 2)
        found = same[np.argsort(-score, kind="stable")]
        hits = np.cumsum(found)[found]
        precisions.append((hits / (np.flatnonzero(found) + 1)).mean())
    return np.mean(aucs), np.mean(precisions)


def main(program, folder, n_seeds=2):
    results = {}
    for seed in range(1, int(n_seeds) + 1):
        for preset in PRESETS:
            tissue, annotated = prepare(program, Path(folder), preset, seed)
            matrices, group = scores(program, tissue, annotated)
            for name, matrix in combined(matrices).items():
                results.setdefault(name, []).append(quality(matrix, group))
    default = np.array(results["median_thresholded_cosine"])
    n = len(default)
    print(f"{n} tissues{'':28} AUC  precision  better than the default in")
    for name, found in sorted(results.items(), key=lambda item: -np.mean(item[1], axis=0)[1]):
        found = np.array(found)
        auc, precision = found.mean(axis=0)
        better = (found[:, 1] > default[:, 1]).sum()
        print(f"{name:<34} {auc:.3f}      {precision:.3f}  {better} of {n}")


main(*sys.argv[1:])
