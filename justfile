# What CI runs: format, lints, tests, docs, and the first command of the README
check:
    .ci/run

# Sets up what the tests need, then runs them; arguments go to cargo test
test *arguments:
    tests/run {{arguments}}

# Simulates a small tissue and annotates it
demo *arguments:
    cargo run --release --bin metaspace -- demo {{arguments}}

# Runs the benches; arguments go to cargo bench
bench *arguments:
    cargo bench --workspace {{arguments}}

# Annotates a large simulated dataset with an empty and a warm pattern cache; takes a molecule table
bench-macro *table:
    bench/macro.sh {{table}}

# Prints how far claimed FDR holds on simulated tissues
calibration:
    bench/calibration.sh

# Compares annotating that dataset with merely reading it with pyimzML
bench-peer:
    bench/peer.sh

# Annotates simulated datasets of growing size, in memory, in scratch and as tasks
bench-scale *arguments:
    bench/scale.sh {{arguments}}

# Compares all pairs of ion images with numpy's matrix product of the same shape
bench-coloc *arguments:
    bench/coloc.sh {{arguments}}

# Measures the report and the server, and checks what they answer; takes the memory that it may use
bench-serve *memory:
    bench/serve.sh {{memory}}

# Builds what is handed out: the static program, completions, manual pages, checksums, list of parts
release *folder:
    deploy/release {{folder}}
