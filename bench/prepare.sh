# Sourced by the benches: builds the program and simulates the dataset, once.
cd "$(dirname "${BASH_SOURCE[0]}")/.."
cargo build --release --quiet --bin metaspace
program=${CARGO_TARGET_DIR:-target}/release/metaspace
imzml=bench/data/bench.imzML
if [ ! -f "$imzml" ]; then
    "$program" simulate --preset bench --out bench/data
fi
