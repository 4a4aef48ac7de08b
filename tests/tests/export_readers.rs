//! What `metaspace export` writes is read by the programs it is for.

use tests::picture::png;
use tests::program::{WorkingFolder, run_python_of};

/// Names the Python that has `notebooks/requirements.txt`.
const PYTHON: &str = "METASPACE_NOTEBOOK_PYTHON";

/// Two regions, one with a border that lies between pixels.
const REGIONS: &str = r#"{"type": "FeatureCollection", "features": [
    {"type": "Feature", "properties": {"name": "left"}, "geometry": {"type": "Polygon",
     "coordinates": [[[2, 2], [20, 2], [20, 30], [2, 30], [2, 2]]]}},
    {"type": "Feature", "properties": {"name": "right"}, "geometry": {"type": "Polygon",
     "coordinates": [[[24.2, 3.1], [44, 3.1], [44, 33], [24.2, 33]]]}}]}"#;

#[test]
fn exports_have_the_values_of_the_tables_for_anndata_spatialdata_scanpy_and_squidpy() {
    let work = WorkingFolder::default();
    work.simulate("tissue", "--preset demo");
    work.run("annotate tissue/demo.imzML --quiet --no-coloc --out results")
        .succeeded();
    work.write("results/regions.geojson", REGIONS);
    let half = |x: u32, _: u32| if x < 60 { [200, 30, 40] } else { [20, 60, 220] };
    work.write("he.png", png(120, 80, half));
    work.run("optical results he.png --place 0.3,0.02,-0.01,0.25,4,3")
        .succeeded();
    for targets in [
        "--matrix ions.csv",
        "--matrix ions.parquet",
        "--matrix means.csv --region results/regions.geojson",
        "--matrix normalized.csv --normalize median",
        "--anndata a.zarr --spatialdata s.zarr --region results/regions.geojson",
    ] {
        work.run(&format!("export results {targets} --quiet"))
            .succeeded();
    }
    run_python_of(PYTHON, "read_exports.py", &work.path(""));
}
