"""Reads kept peaks with polars and DuckDB and checks what the format promises; prints OK."""

import json
import sys
from pathlib import Path

import duckdb
import polars as pl

folder = Path(sys.argv[1])
path = folder / "peaks.parquet"
record = json.loads((folder / "run.json").read_text())
pixels = pl.read_parquet(folder / "pixels.parquet")

peaks = pl.read_parquet(path)
assert peaks.schema == {"mz": pl.Float64, "intensity": pl.Float32, "pixel": pl.UInt32}, peaks.schema
assert peaks.null_count().sum_horizontal().item() == 0
assert peaks["mz"].is_sorted()
assert peaks["intensity"].min() > 0
assert len(peaks) == record["dataset"]["n_peaks"]
assert [peaks["mz"].min(), peaks["mz"].max()] == record["dataset"]["mz_range"]

# The pixels are those of the table beside it, with its counts and ion currents.
of_pixel = peaks.group_by("pixel").agg(
    pl.len().alias("n"), pl.col("intensity").cast(pl.Float64).sum().alias("tic")
)
joined = pixels.join(of_pixel, on="pixel", how="left").fill_null(0)
assert (joined["nPeaks"] == joined["n"]).all()
assert ((joined["tic"] - joined["tic_right"]).abs() <= 1e-9 * joined["tic"]).all()

# A window, found by both without the rest: statistics of row groups ascend and do not overlap.
low, high = (float(peaks["mz"][len(peaks) // 2]) * factor for factor in (1 - 3e-6, 1 + 3e-6))
expected = peaks.filter(pl.col("mz").is_between(low, high))
assert 0 < len(expected) < len(peaks)
lazily = pl.scan_parquet(path).filter(pl.col("mz").is_between(low, high)).collect()
assert lazily.equals(expected)
with duckdb.connect() as database:
    rows = database.execute(
        f"SELECT mz, intensity, pixel FROM '{path}' WHERE mz BETWEEN ? AND ? ORDER BY mz", [low, high]
    ).fetchall()
    assert [row[0] for row in rows] == expected["mz"].to_list()
    assert sorted(rows) == sorted(expected.rows())
    groups = database.execute(
        "SELECT stats_min_value::DOUBLE, stats_max_value::DOUBLE, compression, encodings"
        f" FROM parquet_metadata('{path}') WHERE path_in_schema = 'mz' ORDER BY row_group_id"
    ).fetchall()
assert len(groups) > 1
assert all(group[0] <= group[1] for group in groups)
assert all(before[1] <= after[0] for before, after in zip(groups, groups[1:]))
assert {group[2] for group in groups} == {"UNCOMPRESSED"}
assert sum(group[0] <= high and group[1] >= low for group in groups) <= 2

print("OK")
