//! `metaspace compare`.

use tests::http::Server;
use tests::program::WorkingFolder;

#[test]
fn results_share_the_ions_that_both_have() {
    let work = WorkingFolder::default();
    work.simulate("tissue", "--width 24 --height 20");
    work.run("annotate tissue/demo.imzML --quiet --no-coloc --out a")
        .succeeded();
    work.run("annotate tissue/demo.imzML --quiet --no-coloc --score msm --adduct +H --out b")
        .succeeded();
    let (a, b) = (work.ions("a"), work.ions("b"));
    let n = [
        a.intersection(&b).count(),
        a.difference(&b).count(),
        b.difference(&a).count(),
    ];
    assert!(n[0] > 5 && n[1] > 5, "{n:?}");

    let found = work.run("compare a b --out shared.csv --json").json();
    let count = |names: &[&str]| {
        let all = found["combinations"].as_array().unwrap();
        let of = all
            .iter()
            .find(|of| of["results"] == serde_json::json!(names));
        of.map_or(0, |of| of["nIons"].as_u64().unwrap())
    };
    let counts = [count(&["a", "b"]), count(&["a"]), count(&["b"])];
    assert_eq!(counts.map(|n| usize::try_from(n).unwrap()), n);
    let rows = String::from_utf8(work.read("shared.csv")).unwrap();
    let head = "ion,formula,adduct,mz,moleculeNames,fdr a,fdr b,score a,score b";
    assert_eq!(rows.lines().next(), Some(head));
    assert_eq!(rows.lines().count() - 1, n.iter().sum::<usize>());

    let text = work.run("compare a b").succeeded();
    assert!(
        text.contains(&format!("{:>8}  in all of a, b", n[0])),
        "{text}"
    );
    let server = Server::start(&work, "a b");
    let answer = server.json("/api/v1/shared?fdr=0.1");
    assert_eq!(answer["combinations"], found["combinations"]);
    assert_eq!(answer["ions"], found["ions"]);
}

#[test]
fn what_cannot_be_compared_is_refused() {
    let work = WorkingFolder::default();
    std::fs::create_dir(work.path("none")).unwrap();
    work.run("compare none").refused(2, &["2 values required"]);
    work.run("compare none none --fdr 3")
        .refused(1, &["--fdr: must lie between 0 and 1, not 3"]);
    work.run("compare none none")
        .refused(1, &["`none` is not a results folder"]);
}
