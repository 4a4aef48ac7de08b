//! What the data show of themselves, on real data.

use tests::program::WorkingFolder;

use super::shared::path;

#[test]
fn a_tof_that_the_file_does_not_name_is_seen() {
    let work = WorkingFolder::default();
    let kidney = path("data/kidney_342px/kidney_full_top1500_450-1000.imzML");
    let line = format!(
        "annotate {} --no-coloc --quiet --out kidney",
        kidney.display()
    );
    work.run(&line).succeeded();
    let record = work.json("kidney/run.json");
    let settings = &record["settings"];
    assert_eq!(settings["peakWidth"]["instrument"], "tof");
    let power = settings["peakWidth"]["resolvingPowerAtMz200"]
        .as_f64()
        .unwrap();
    assert!((40_000.0..=55_000.0).contains(&power), "{power}");
    let ppm = settings["ppm"].as_f64().unwrap();
    assert!((4.0..=8.0).contains(&ppm), "{ppm}");
    let rows = work.annotations("kidney");
    let best: Vec<&String> = rows.iter().take(10).map(|row| &row["ion"]).collect();
    // PI 38:4 and PE 38:4 are known to be there.
    for ion in ["C47H83O13P-H-", "C43H78NO8P-H-"] {
        assert!(best.contains(&&ion.to_owned()), "{ion}: {best:?}");
    }
    let found = record["counts"]["annotations_at_fdr"][1][1]
        .as_u64()
        .unwrap();
    assert!(found >= 60, "{found}");
}
