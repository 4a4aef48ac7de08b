"""Times `metaspace experiment run` on results that are made from one annotated dataset.

    bench/experiments.py PROGRAM IMZML FOLDER [N ...]

Each dataset is the first with the images of its 1,000 best ions, its intensities by a factor of the
dataset and one of the ion, normal in their logarithms; in every second dataset each tenth ion is
twice as intense. Prints CPU and wall seconds, peak memory and what was claimed, and fails if less than
nine in ten of the ions that differ are claimed.
"""

import shutil
import sys
from pathlib import Path

import duckdb
import measure
import numpy as np

N_IONS = 1000
"""Ions of a dataset."""
ADDUCTS = ("+H", "+Na", "+K", "+NH4", "-H2O+H")
"""What the first dataset is searched with."""
CHANGED = 10
"""One ion in so many differs."""
SPREAD = 0.25
"""Standard deviation of factors, in natural logarithms."""
SEED = 20
NUMBERS = (10, 50, 100)
"""Datasets, unless others are asked for."""

program, imzml, folder, *numbers = sys.argv[1:]
folder = Path(folder)
numbers = [int(number) for number in numbers] or list(NUMBERS)


def write(path, query, source):
    """Writes rows with the metadata of the table that they come from."""
    metadata = ", ".join(
        f"'{key}': '{value}'"
        for key, value in duckdb.sql(
            f"SELECT decode(key), decode(value) FROM parquet_kv_metadata('{source}')"
            " WHERE decode(key) LIKE 'metaspace.%'"
        ).fetchall()
    )
    duckdb.sql(
        f"COPY ({query}) TO '{path}' (FORMAT parquet, COMPRESSION zstd, COMPRESSION_LEVEL 1,"
        f" ROW_GROUP_SIZE 2048, KV_METADATA {{{metadata}}})"
    )


def first():
    """The dataset that others are made from, annotated once."""
    results = folder / "first"
    if not results.is_dir():
        command = [program, "annotate", imzml, "--out", str(results), "--no-coloc", "--quiet"]
        # More ions are wanted than this table has in the tissue.
        command += ["--preset", "metaspace-v3"]
        command += [f"--adduct={adduct}" for adduct in ADDUCTS]
        measure.run(command)
    return results


def make(number, results):
    """A results folder of the dataset of this number, unless it is there."""
    made = folder / f"d{number:03}"
    if (made / "run.json").is_file():
        return made
    made.mkdir(exist_ok=True)
    for name in ("pixels.parquet", "candidates.parquet", "mean_spectrum.parquet"):
        shutil.copy(results / name, made / name)
    random = np.random.default_rng([SEED, number])
    of_dataset = random.normal(0, SPREAD)
    factors = np.exp(of_dataset + random.normal(0, SPREAD, N_IONS))
    if number % 2:
        factors[::CHANGED] *= 2
    # Rows of annotations stand in the order of their scores.
    annotations, images = results / "annotations.parquet", results / "ion_images.parquet"
    best = (
        "SELECT ionFormula, row_number() OVER (ORDER BY min(file_row_number)) - 1 AS place FROM"
        f" read_parquet('{annotations}', file_row_number = true) GROUP BY ionFormula"
        f" QUALIFY place < {N_IONS}"
    )
    duckdb.sql(f"CREATE OR REPLACE TEMP TABLE best AS {best}")
    duckdb.sql("CREATE OR REPLACE TEMP TABLE factors (place BIGINT, factor DOUBLE)")
    duckdb.executemany("INSERT INTO factors VALUES (?, ?)", list(enumerate(factors.tolist())))
    write(
        made / "annotations.parquet",
        f"SELECT * EXCLUDE (file_row_number) REPLACE (0.05::DOUBLE AS fdr) FROM"
        f" read_parquet('{annotations}', file_row_number = true) SEMI JOIN best USING (ionFormula)"
        " ORDER BY file_row_number",
        annotations,
    )
    write(
        made / "ion_images.parquet",
        "SELECT ionFormula, isotope, pixels, list_transform(intensities, lambda i: (i * factor)::FLOAT)"
        " AS intensities FROM (SELECT *, row_number() OVER () AS n FROM"
        f" read_parquet('{images}')) JOIN best USING (ionFormula) JOIN factors USING (place)"
        " WHERE isotope = 0 ORDER BY n",
        images,
    )
    shutil.copy(results / "run.json", made / "run.json")
    return made


def main():
    folder.mkdir(parents=True, exist_ok=True)
    results = first()
    all_made = [make(number, results) for number in range(max(numbers))]
    print("datasets\tions\tCPU s\twall s\tpeak MB\tclaimed\tCPU s a dataset")
    for number in numbers:
        table = folder / f"of-{number}.tsv"
        rows = [f"{made.name}\t{'treated' if n % 2 else 'control'}" for n, made in
                enumerate(all_made[:number])]
        table.write_text("\n".join(["results\tcondition", *rows]) + "\n")
        out = folder / f"of-{number}"
        cost, _ = measure.run(
            [program, "experiment", "run", str(table), "--out", str(out), "--force", "--quiet"]
        )
        n_ions, n_claimed = duckdb.sql(
            f"SELECT count(*), count(*) FILTER (q <= 0.1) FROM '{out}/contrasts.parquet'"
        ).fetchall()[0]
        print(f"{number}\t{n_ions}\t{cost.cpu:.1f}\t{cost.wall:.1f}\t{cost.memory:.0f}"
              f"\t{n_claimed}\t{cost.cpu / number:.2f}", flush=True)
        if n_claimed < 0.9 * n_ions / CHANGED:
            sys.exit(f"{n_claimed} of {n_ions} ions are claimed, where one in {CHANGED} differs")


main()
