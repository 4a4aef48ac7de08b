"""Prints how far claimed FDR holds on simulated tissues, and what entrapment says of real data."""

import csv
import json
import os
import subprocess
import sys
import tempfile
from collections import defaultdict
from pathlib import Path

TISSUES = Path("tests/data/calibration.tsv")

MODEL = "data/models/metaspace-ml-animal-v2.2023-12-14.cbm"

# Tissues of compounds that tables know a part of. The program was developed with other seeds: 77, 501
# to 508, 901 and 902.
PRESETS = ["orbitrap-brain", "tof-kidney", "fticr-spheroid"]
TABLES = {
    "HMDB": "data/molecules/HMDB-v4_metaspace.tsv",
    "CoreMetabolome": "data/molecules/CoreMetabolome-v3_metaspace.tsv",
    "LIPID MAPS": "data/molecules/lipidmaps_metaspace.tsv",
}
DOSES = [0, 60, 240]
MANY, MANY_SEED = 300, 1901
FEW, FEW_SEEDS = [1, 10, 20, 50], range(1501, 1509)

# Real datasets that are searched without an option but the table, and what their file does not say.
REAL = {"kidney_342px": [], "spheroid_8px": ["--polarity", "positive"]}
REAL_TABLES = ["HMDB", "CoreMetabolome"]

KIDNEY = "data/kidney_342px"
KIDNEY_TABLE = "data/molecules/CoreMetabolome-v3_metaspace.tsv"
KIDNEY_OPTIONS = ["--ppm", "5", "--resolving-power", "50000", "--adduct", "-H", "--adduct", "+Cl"]


class Program:
    """The program, with a pattern cache of its own."""

    def __init__(self, path, folder):
        self.path = path
        self.environment = {**os.environ, "METASPACE_CACHE": str(Path(folder) / "cache")}

    def run(self, *arguments):
        """Runs it; it must succeed."""
        line = [self.path, *map(str, arguments)]
        finished = subprocess.run(line, env=self.environment, capture_output=True, text=True)
        if finished.returncode != 0:
            sys.exit(f"{' '.join(line)}: exit code {finished.returncode}\n{finished.stderr}")
        return finished.stdout


def scores(shared):
    """Options of each score, by its name."""
    found = {"MSM": ["--score", "msm"]}
    if shared:
        found["model"] = ["--preset", "metaspace-v3", "--scoring-model", Path(shared) / MODEL]
    found["adaptive"] = ["--score", "adaptive"]
    return found


def sums_row(name, claimed, counts):
    """Ions, true ones, and FDP and sensitivity in per cent."""
    n, true = counts["nIons"], counts["nTrue"] + counts["nWeak"]
    false = counts["nIsobars"] + counts["nWrong"]
    strict, lenient = (100 * value / max(n, 1) for value in (false, counts["nWrong"]))
    print_row(name, f"{100 * claimed:g} %", n, true, f"{strict:.1f}", f"{lenient:.1f}")


def add(sums, report):
    """Adds the levels of a report to sums by claimed FDR."""
    for level in report["levels"]:
        for name in ("nIons", "nTrue", "nWeak", "nIsobars", "nWrong"):
            sums[level["claimedFdr"]][name] += level[name]


def print_unknown(program, folder, shared):
    """Tissues with compounds of no table, searched with their own table and with others."""
    print("\nCompounds of no table beside 300 molecules, no option but the table:\n")
    print_row("made from; searched with; compounds", "claimed", "ions", "true", "strict", "lenient")
    print_row("---", *["--:"] * 5)
    for source, path in TABLES.items():
        for dose in DOSES:
            sums = {name: defaultdict(lambda: defaultdict(int)) for name in TABLES}
            for preset in PRESETS:
                where = Path(folder) / "unknown"
                program.run("simulate", "--quiet", "--force", "--out", where, "--preset", preset,
                            "--seed", MANY_SEED, "--width", 60, "--height", 50, "--molecules", MANY,
                            "--unknown", dose, "--database", Path(shared) / path)
                for name, table in TABLES.items():
                    options = ["--database", Path(shared) / table]
                    report = evaluate(program, where / f"{preset}.imzML", options,
                                      where / "results", where / "truth.parquet")
                    add(sums[name], report["truth"])
            for name, levels in sums.items():
                for claimed in (0.05, 0.1, 0.2):
                    label = f"{source}; {name}; {dose}" if claimed == 0.05 else ""
                    sums_row(label, claimed, levels[claimed])


def print_half(program, folder, shared):
    """Tissues searched with every second molecule of the table that they were made from."""
    print("\nSearched with half of the molecules of their table, three tissues of 300 molecules each:\n")
    print_row("table; compounds of no table", "claimed", "ions", "true", "strict", "lenient")
    print_row("---", *["--:"] * 5)
    for name, path in TABLES.items():
        head, *rows = (Path(shared) / path).read_text(encoding="utf-8").splitlines()
        half = Path(folder) / "half.tsv"
        half.write_text("\n".join([head, *rows[::2]]) + "\n", encoding="utf-8")
        for dose in DOSES[:2]:
            sums = defaultdict(lambda: defaultdict(int))
            for preset in PRESETS:
                where = Path(folder) / "halved"
                program.run("simulate", "--quiet", "--force", "--out", where, "--preset", preset,
                            "--seed", MANY_SEED, "--width", 60, "--height", 50, "--molecules", MANY,
                            "--unknown", dose, "--database", Path(shared) / path)
                report = evaluate(program, where / f"{preset}.imzML", ["--database", half],
                                  where / "results", where / "truth.parquet")
                add(sums, report["truth"])
            for claimed in (0.05, 0.1, 0.2):
                sums_row(f"{name}; {dose}" if claimed == 0.05 else "", claimed, sums[claimed])


def print_bench(program, folder, shared):
    """The benchmark's dense tissue, searched with a table that it was not made from."""
    print("\nPreset bench, HMDB:\n")
    print_row("", "claimed", "ions", "true", "strict", "lenient")
    print_row("---", *["--:"] * 5)
    where, sums = Path(folder) / "bench", defaultdict(lambda: defaultdict(int))
    program.run("simulate", "--quiet", "--out", where, "--preset", "bench")
    report = evaluate(program, where / "bench.imzML", ["--database", Path(shared) / TABLES["HMDB"]],
                      where / "results", where / "truth.parquet")
    add(sums, report["truth"])
    for claimed in (0.05, 0.1, 0.2):
        sums_row("", claimed, sums[claimed])


def print_real(program, folder, shared):
    """Real datasets without options: annotations, and bounds of the false ones by entrapment."""
    print("\nReal datasets, no option but the table:\n")
    print_row("dataset; table", "claimed", "annotations", "own ions beside entrapment",
              "entrapment ions", "FDP at least", "FDP at most (95 %)")
    print_row("---", *["--:"] * 6)
    for dataset, needed in REAL.items():
        imzml = next((Path(shared) / "data" / dataset).glob("*.imzML"))
        for table in REAL_TABLES:
            out = Path(folder) / dataset
            options = [*needed, "--database", Path(shared) / TABLES[table]]
            program.run("annotate", imzml, "--out", out, "--quiet", "--force", "--no-coloc",
                        *options)
            run = json.loads((out / "run.json").read_text(encoding="utf-8"))
            alone = dict(map(tuple, run["counts"]["annotations_at_fdr"]))
            entrapped = evaluate(program, imzml, [*options, "--entrapment", "1"], out)
            print_entrapment(f"{dataset}; {table}", alone, entrapped)


def print_entrapment(name, alone, report):
    """Levels of a search with entrapment, beside the annotations without."""
    for number, level in enumerate(report["entrapment"]["levels"]):
        claimed = level["claimedFdr"]
        print_row("" if number else name, f"{100 * claimed:g}", alone[claimed], level["nIons"],
                  level["nEntrapment"], f"{100 * level['lowerBound']['value']:.1f}",
                  f"{100 * level['combined']:.1f} ({100 * level['combinedUpper']:.1f})")


def print_few(program, folder, shared):
    """Tissues of few molecules beside 40 compounds of no table."""
    print("\nFew molecules beside 40 compounds of no table, CoreMetabolome, eight tissues each:\n")
    print_row("molecules", "claimed", "ions", "true", "strict", "lenient")
    print_row("---", *["--:"] * 5)
    table = Path(shared) / TABLES["CoreMetabolome"]
    for n_molecules in FEW:
        sums = defaultdict(lambda: defaultdict(int))
        for seed in FEW_SEEDS:
            preset, where = PRESETS[seed % 2], Path(folder) / "few"
            program.run("simulate", "--quiet", "--force", "--out", where, "--preset", preset,
                        "--seed", seed, "--width", 40, "--height", 30, "--unknown", 40,
                        "--molecules", n_molecules, "--database", table)
            report = evaluate(program, where / f"{preset}.imzML", ["--database", table],
                              where / "results", where / "truth.parquet")
            add(sums, report["truth"])
        for claimed in (0.05, 0.1, 0.2):
            sums_row(n_molecules if claimed == 0.05 else "", claimed, sums[claimed])


def evaluate(program, imzml, options, out, truth=None):
    """Annotates a dataset and says what `metaspace evaluate` says of the results."""
    line = ["annotate", imzml, "--out", out, "--quiet", "--force", "--no-coloc", *options]
    program.run(*line)
    return json.loads(program.run("evaluate", out, "--json", *(["--truth", truth] if truth else [])))


def share(found):
    """A share with its bounds, in per cent."""
    value, lower, upper = (100 * found[name] for name in ("value", "lower", "upper"))
    return f"{value:.1f} ({lower:.1f} to {upper:.1f})"


def print_row(*cells):
    print("| " + " | ".join(map(str, cells)) + " |")


def cell(level):
    """Ions annotated up to a claimed FDR, true ones, FDP strict / lenient, and sensitivity."""
    return (
        f"{level['nIons']}, {level['nTrue']} true; {share(level['fdpStrict'])} / "
        f"{share(level['fdpLenient'])}; {100 * level['sensitivity']['value']:.0f}"
    )


def print_tissues(program, folder, shared):
    """Every tissue and score by claimed FDR; then all tissues together."""
    claims = ["5 %", "10 %", "20 %", "50 %"]
    print_row("tissue", "score", *claims, "AUC", "list")
    print_row("---", "---", *["---"] * 4, "--:", "--:")
    sums = defaultdict(lambda: defaultdict(int))
    with TISSUES.open(encoding="utf-8") as lines:
        tissues = list(csv.DictReader(lines, delimiter="\t"))
    for tissue in tissues:
        preset, seed = tissue["preset"], tissue["seed"]
        where = Path(folder) / f"{preset}-{seed}"
        program.run("simulate", "--quiet", "--out", where, "--preset", preset, "--seed", seed,
                    "--width", tissue["width"], "--height", tissue["height"])
        for name, options in scores(shared).items():
            report = evaluate(program, where / f"{preset}.imzML", ["--ppm", tissue["ppm"], *options],
                              where / "results", where / "truth.parquet")["truth"]
            longest = report["longestList"]["nIons"]
            sums[name]["list"] += longest
            for level in report["levels"]:
                for count in ("nIons", "nTrue", "nWeak", "nIsobars", "nWrong"):
                    sums[name][count, level["claimedFdr"]] += level[count]
            print_row(f"{preset} {seed}" if name == "MSM" else "", name,
                      *map(cell, report["levels"]), f"{report['rocAuc']:.3f}", longest)
    print(f"\nAll {len(tissues)} together:\n")
    print_row("score", "claimed", "ions", "true", "weak", "isobars", "wrong", "strict FDP",
              "lenient FDP", "list")
    print_row("---", *["--:"] * 9)
    for name, counts in sums.items():
        levels = sorted(key[1] for key in counts if key[0] == "nIons")
        for claimed in levels:
            n_ions, n_wrong = counts["nIons", claimed], counts["nWrong", claimed]
            n_isobars, n_weak = counts["nIsobars", claimed], counts["nWeak", claimed]
            is_first = claimed == levels[0]
            print_row(name if is_first else "", f"{100 * claimed:g} %", n_ions,
                      counts["nTrue", claimed], n_weak, n_isobars, n_wrong,
                      f"{100 * (n_wrong + n_isobars) / n_ions:.1f}", f"{100 * n_wrong / n_ions:.1f}",
                      counts["list"] if is_first else "")


def print_kidney(program, folder, shared):
    """A real dataset: annotations, and bounds of the false among them by entrapment."""
    imzml = next((Path(shared) / KIDNEY).glob("*.imzML"))
    options = ["--database", Path(shared) / KIDNEY_TABLE, *KIDNEY_OPTIONS]
    out = Path(folder) / "kidney"
    print("\nkidney_342px:\n")
    print_row("score", "claimed", "annotations", "own ions beside entrapment", "entrapment ions",
              "FDP at least", "FDP at most (95 %)")
    print_row("---", *["--:"] * 6)
    for name, of_score in scores(shared).items():
        program.run("annotate", imzml, "--out", out, "--quiet", "--force", "--no-coloc", *options,
                    *of_score)
        run = json.loads((out / "run.json").read_text(encoding="utf-8"))
        alone = dict(map(tuple, run["counts"]["annotations_at_fdr"]))
        report = evaluate(program, imzml, [*options, *of_score, "--entrapment", "1"], out)
        print_entrapment(name, alone, report)


def main():
    path, shared = sys.argv[1:]
    with tempfile.TemporaryDirectory() as folder:
        program = Program(path, folder)
        print_tissues(program, folder, shared)
        if shared:
            print_unknown(program, folder, shared)
            print_half(program, folder, shared)
            print_few(program, folder, shared)
            print_bench(program, folder, shared)
            print_real(program, folder, shared)
            print_kidney(program, folder, shared)


main()
