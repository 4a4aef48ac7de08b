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
    found = {"MSM": []}
    if shared:
        found["model"] = ["--preset", "metaspace-v3", "--scoring-model", Path(shared) / MODEL]
    found["adaptive"] = ["--score", "adaptive"]
    return found


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
        for level in report["entrapment"]["levels"]:
            claimed = level["claimedFdr"]
            is_first = claimed == report["entrapment"]["levels"][0]["claimedFdr"]
            print_row(name if is_first else "", f"{100 * claimed:g}", alone[claimed],
                      level["nIons"], level["nEntrapment"],
                      f"{100 * level['lowerBound']['value']:.1f}",
                      f"{100 * level['combined']:.1f} ({100 * level['combinedUpper']:.1f})")


def main():
    path, shared = sys.argv[1:]
    with tempfile.TemporaryDirectory() as folder:
        program = Program(path, folder)
        print_tissues(program, folder, shared)
        if shared:
            print_kidney(program, folder, shared)


main()
