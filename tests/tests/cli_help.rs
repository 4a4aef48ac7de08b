//! What each command says of itself, and what the commands of a first day say when all is well.

use tests::program::WorkingFolder;

/// Every command, as `metaspace --help` lists them, and those below them.
fn commands(work: &WorkingFolder, before: &str) -> Vec<String> {
    let help = work.run(&format!("{before} --help")).succeeded();
    let Some((_, list)) = help.split_once("Commands:\n") else {
        return Vec::new();
    };
    let of_line = |line: &str| line.split_whitespace().next().map(str::to_owned);
    let lines = list.lines().take_while(|line| !line.trim().is_empty());
    // What is told of a command may go on in further lines, which begin further right.
    let names = lines.filter(|line| line.starts_with("  ") && !line.starts_with("   "));
    names
        .filter_map(of_line)
        .filter(|name| name != "help")
        .map(|name| format!("{before} {name}").trim().to_owned())
        .collect()
}

#[test]
fn each_command_has_the_help_that_is_on_record() {
    let work = WorkingFolder::default();
    let mut left = commands(&work, "");
    assert!(left.len() > 10, "{left:?}");
    work.run("--help").matches_snapshot();
    while let Some(command) = left.pop() {
        work.run(&format!("{command} --help"))
            .exited(0)
            .matches_snapshot();
        left.extend(commands(&work, &command));
    }
}

#[test]
fn an_annotation_and_what_follows_it_say_what_they_did() {
    let work = WorkingFolder::default();
    for line in [
        "simulate --preset demo --out tissue",
        "info tissue/demo.imzML",
        "annotate tissue/demo.imzML --threads 1 --out results",
        "coloc results",
        "evaluate results --truth tissue/truth.parquet",
        "report results",
        "images results --fdr 0.011 --out pictures",
    ] {
        work.run(line).exited(0).matches_snapshot();
    }
}
