//! Wrong input: the exit code, what is said of the file and of the way out, and that nothing is left.

#![expect(clippy::unwrap_used, reason = "tests")]

use std::fs::{self, Permissions};
use std::os::unix::fs::PermissionsExt;

use tests::imzml::{Files, Form, Peaks, write};
use tests::model::Model;
use tests::program::WorkingFolder;

/// A small tissue, a table, and files that are wrong each in its way.
fn work() -> WorkingFolder {
    let work = WorkingFolder::default();
    work.simulate("tissue", "--width 8 --height 6");
    work.write("few.tsv", "id\tname\tformula\n1\tPA 40:6\tC43H73O8P\n");
    work
}

/// The tissue's files under a name, changed.
fn copy(work: &WorkingFolder, name: &str, change: impl FnOnce(&mut String, &mut Vec<u8>)) {
    let mut xml = String::from_utf8(work.read("tissue/demo.imzML")).unwrap();
    let mut ibd = work.read("tissue/demo.ibd");
    change(&mut xml, &mut ibd);
    work.write(&format!("{name}.imzML"), xml);
    work.write(&format!("{name}.ibd"), ibd);
}

/// Makes sure that a line is refused and leaves nothing.
#[track_caller]
fn refuse(work: &WorkingFolder, line: &str, code: i32, parts: &[&str]) {
    let before = work.names(".");
    work.run(line).refused(code, parts);
    assert_eq!(work.names("."), before, "{line}");
}

/// Lines, and what is said of each.
#[track_caller]
fn refuse_all(work: &WorkingFolder, code: i32, cases: &[(&str, &[&str])]) {
    for (arguments, parts) in cases {
        let line = format!("annotate tissue/demo.imzML --database few.tsv {arguments}");
        refuse(work, &line, code, parts);
    }
}

#[test]
fn a_dataset_that_is_not_there() {
    let work = work();
    work.write("empty.imzML", "");
    work.write("empty.ibd", "");
    fs::copy(work.path("tissue/demo.imzML"), work.path("lonely.imzML")).unwrap();
    let cases: [(&str, &[&str]); 5] = [
        (
            "missing.imzML",
            &["cannot open `missing.imzML`", "No such file"],
        ),
        (
            "tissue",
            &[
                "`tissue` is a folder",
                "name the imzML file in it: tissue/demo.imzML",
            ],
        ),
        (
            "empty.imzML",
            &["not an imzML file: it is empty: `empty.imzML`"],
        ),
        (
            "lonely.imzML",
            &["no ibd beside `lonely.imzML`", "hint: ", "--ibd FILE"],
        ),
        (
            "tissue/demo.ibd",
            &[
                "`tissue/demo.ibd` is an ibd",
                "name its imzML file: tissue/demo.imzML",
            ],
        ),
    ];
    for (file, parts) in cases {
        refuse(&work, &format!("annotate {file}"), 1, parts);
        refuse(&work, &format!("info {file}"), 1, parts);
    }
    let line = "annotate tissue/demo.imzML --ibd nowhere.ibd";
    refuse(&work, line, 1, &["cannot open `nowhere.ibd`"]);
}

#[test]
fn files_that_do_not_fit_together() {
    let work = work();
    copy(&work, "short", |_, ibd| ibd.truncate(1_000));
    copy(&work, "other", |_, ibd| ibd[..16].fill(7));
    copy(&work, "flipped", |_, ibd| *ibd.last_mut().unwrap() ^= 1);
    copy(&work, "torn", |xml, _| xml.truncate(xml.len() / 2));
    refuse(
        &work,
        "annotate short.imzML",
        1,
        &["ibd file is 1000 bytes", "spectrum 1", "short.ibd`"],
    );
    refuse(
        &work,
        "annotate other.imzML",
        1,
        &["UUID is ", "`other.imzML`", "other.ibd`"],
    );
    refuse(&work, "annotate torn.imzML", 1, &["`torn.imzML`"]);
    let parts = ["SHA-1 of ", "flipped.ibd` is ", "`flipped.imzML` says "];
    refuse(&work, "annotate flipped.imzML --verify", 1, &parts);
    refuse(&work, "info flipped.imzML --verify", 1, &parts);
}

#[test]
fn a_peak_that_is_no_number_is_found_while_reading() {
    let work = work();
    // The last value of the ibd is an intensity.
    copy(&work, "infinite", |_, ibd| {
        let end = ibd.len();
        ibd[end - 4..].copy_from_slice(&f32::INFINITY.to_le_bytes());
    });
    refuse(
        &work,
        "annotate infinite.imzML",
        1,
        &["intensity array of spectrum", "infinite.ibd`"],
    );
}

#[test]
fn peaks_are_picked_from_profile_spectra_unless_they_are_said_to_be_peaks() {
    let work = work();
    let mzs: Vec<f64> = (0..400).map(|i| 200.0 + f64::from(i) * 0.001).collect();
    let height = |mz: &f64| 1_000.0 * (-((mz - 200.2) / 0.02).powi(2)).exp() + 1.0;
    let intensities: Vec<f64> = mzs.iter().map(height).collect();
    let spectra = [(1, 1, 1), (2, 1, 1)].map(|at| Peaks {
        at,
        mzs: mzs.clone(),
        intensities: intensities.clone(),
    });
    let files = write(
        Form {
            is_continuous: true,
            ..Form::default()
        },
        &spectra,
    );
    work.write("profile.imzML", files.xml);
    work.write("profile.ibd", files.ibd);
    let line = "annotate profile.imzML --database few.tsv --polarity positive";
    let picked = work.run(line);
    assert!(
        picked
            .stderr
            .contains("spectra: profile, as their values show"),
        "{}",
        picked.stderr
    );
    picked.succeeded();
    work.run(&format!("{line} --assume-centroid --force"))
        .succeeded();
    let info = work.run("info profile.imzML").succeeded();
    assert!(info.contains("2, profile"), "{info}");
}

#[test]
fn a_polarity_that_neither_file_nor_data_show_is_asked_for() {
    let work = work();
    let mut files = Files::sample();
    files.xml = files.xml.replace("MS:1000130", "MS:1000499");
    work.write("signless.imzML", files.xml);
    work.write("signless.ibd", files.ibd);
    let line = "annotate signless.imzML --database few.tsv";
    let parts = [
        "`signless.imzML` does not say its polarity",
        "hint: add --polarity positive or",
    ];
    refuse(&work, line, 1, &parts);
    work.run(&format!("{line} --polarity positive --quiet"))
        .succeeded();
}

#[test]
fn values_that_make_no_sense() {
    refuse_all(
        &work(),
        1,
        &[
            (
                "--adduct H",
                &["--adduct", "modifier `H` must begin with + or -, as in +H"],
            ),
            ("--adduct +Xx", &["--adduct", "unknown element `Xx`"]),
            (
                "--adduct +H --adduct +H",
                &["--adduct: `+H` is given twice"],
            ),
            ("--neutral-loss H2O", &["--neutral-loss", "as in +H, -H2O"]),
            ("--chem-mod O", &["--chem-mod", "must begin with + or -"]),
            ("--ppm 0", &["ppm must be above 0 and at most 1000, not 0"]),
            ("--ppm=-3", &["ppm must be above 0", "not -3"]),
            ("--ppm nan", &["ppm must be above 0", "not NaN"]),
            (
                "--preset v9",
                &[
                    "--preset: must be one of default, metaspace-v1, metaspace-v3",
                    "`v9`",
                ],
            ),
            (
                "--instrument maldi",
                &[
                    "tof, orbitrap, fticr, or the name of a model",
                    "not `maldi`",
                ],
            ),
            (
                "--polarity sideways",
                &["--polarity: must be positive or negative, not `sideways`"],
            ),
            ("--charge 0", &["charge must lie between", "not 0"]),
            (
                "--charge -2 --polarity positive",
                &["--charge: -2 does not fit positive polarity"],
            ),
            (
                "--n-peaks 1",
                &["n-peaks must be between 2 and 16, as one peak has no pattern, not 1"],
            ),
            ("--min-px 0", &["min-px must be at least 1"]),
            (
                "--decoys many",
                &["--decoys: must be a number or all, not `many`"],
            ),
            ("--decoys 0", &["decoys must be at least 1, or all"]),
            ("--fdr 2", &["--fdr: must lie between 0 and 1, not 2"]),
            (
                "--memory 1MB",
                &["--memory: must be at least 128MiB, not `1MB`"],
            ),
            (
                "--memory lots",
                &["--memory: must be a size such as 512MiB, not `lots`"],
            ),
            ("--threads 0", &["--threads: must be at least 1"]),
            ("--isocalc-sigma 0", &["--isocalc-sigma: must be above 0"]),
            ("--resolving-power 0", &["resolving-power must be between"]),
            (
                "--z 3",
                &["no spectra at z = 3 in `tissue/demo.imzML`, whose planes are [1]"],
            ),
        ],
    );
}

#[test]
fn a_command_line_that_cannot_be_read() {
    let work = work();
    refuse_all(
        &work,
        2,
        &[
            ("--ppm abc", &["invalid value 'abc' for '--ppm <PPM>'"]),
            ("--nope", &["unexpected argument '--nope'", "--help"]),
            (
                "--resolving-power 1 --isocalc-sigma 1",
                &["cannot be used with '--isocalc-sigma"],
            ),
            ("--out", &["a value is required for '--out <DIR>'"]),
            ("--seed -1", &["'-1'"]),
        ],
    );
    refuse(&work, "annotate", 2, &["<IMZML>"]);
    let several = "annotate tissue/demo.imzML second.imzML --out one";
    refuse(&work, several, 1, &["--out: is for one dataset"]);
    refuse(
        &work,
        "frobnicate",
        2,
        &["unrecognized subcommand 'frobnicate'"],
    );
    refuse(&work, "", 2, &["Usage: metaspace"]);
}

#[test]
fn molecule_tables_that_cannot_be_used() {
    let work = work();
    work.write("columns.csv", "id,name\n1,Glucose\n");
    work.write(
        "rows.csv",
        "id,name,formula\n1,Glucose,C6(H12\n2,Unknown,??\n",
    );
    work.write("nothing.tsv", "");
    work.write("header.tsv", "id\tname\tformula\n");
    let cases: [(&str, &[&str]); 5] = [
        (
            "columns.csv",
            &["`columns` has no column `formula`; its columns are id, name"],
        ),
        (
            "rows.csv",
            &[
                "`rows` has no usable row; the first of 2 wrong ones is line 2",
                "C6(H12",
            ],
        ),
        ("nothing.tsv", &["`nothing`"]),
        ("header.tsv", &["`header`", "there are no rows"]),
        ("absent.tsv", &["cannot read `absent.tsv`", "No such file"]),
    ];
    for (table, parts) in cases {
        let line = format!("annotate tissue/demo.imzML --database few.tsv --database {table}");
        refuse(&work, &line, 1, parts);
    }
}

#[test]
fn scoring_models_that_cannot_be_used() {
    let work = work();
    let whole = Model::default().bytes();
    work.write("tiny.cbm", &whole);
    work.write("cut.cbm", &whole[..whole.len() - 100]);
    let mut torn = whole[..whole.len() - 100].to_vec();
    let stated = u32::try_from(torn.len() - 8).unwrap();
    torn[4..8].copy_from_slice(&stated.to_le_bytes());
    work.write("torn.cbm", torn);
    let mut model = Model::default();
    model.features[0].0 = "loudness";
    work.write("unknown.cbm", model.bytes());
    let cut = format!(
        "the file is {} bytes but its header says {}",
        whole.len() - 100,
        whole.len()
    );
    let refused = |file: &'static str| format!("error: cannot use scoring model `{file}`");
    for (file, part) in [
        ("cut.cbm", &cut[..]),
        ("torn.cbm", "but the model ends at byte "),
        (
            "unknown.cbm",
            "the model needs the feature `loudness`, which is not computed",
        ),
        (
            "few.tsv",
            "not a CatBoost model: it begins with `id\\tn` instead of `CBM1`",
        ),
    ] {
        let line = format!("annotate tissue/demo.imzML --scoring-model {file}");
        refuse(&work, &line, 1, &[&refused(file), "because: ", part]);
    }
    refuse_all(
        &work,
        1,
        &[
            (
                "--scoring-model none.cbm",
                &["cannot read `none.cbm`", "No such file"],
            ),
            (
                "--scoring-model tiny.cbm --preset metaspace-v1",
                &["--scoring-model: preset metaspace-v1 ranks by MSM alone; use metaspace-v3"],
            ),
        ],
    );
}

#[test]
fn what_exists_is_not_overwritten() {
    let work = work();
    fs::create_dir(work.path("thesis")).unwrap();
    work.write("thesis/chapter.tex", "…");
    refuse_all(
        &work,
        1,
        &[
            (
                "--out thesis",
                &["`thesis` exists already", "hint: --force"],
            ),
            (
                "--out thesis --force",
                &["`thesis` is not a results folder", "does not overwrite it"],
            ),
            ("--out .", &["`.` exists already"]),
            ("--out few.tsv", &["`few.tsv`", "Not a directory"]),
            ("--out few.tsv --force", &["`few.tsv`", "Not a directory"]),
            ("--out few.tsv/below", &["`few.tsv`"]),
        ],
    );
    assert_eq!(work.names("thesis"), ["chapter.tex"]);
}

#[test]
fn a_folder_that_cannot_be_written_to() {
    let work = work();
    let locked = work.path("locked");
    fs::create_dir(&locked).unwrap();
    fs::set_permissions(&locked, Permissions::from_mode(0o555)).unwrap();
    // Permissions do not bind the superuser, but even they cannot write among the processes.
    let is_superuser = fs::create_dir(locked.join("probe")).is_ok();
    let folder = if is_superuser { "/proc" } else { "locked" };
    let line = format!("annotate tissue/demo.imzML --database few.tsv --out {folder}/results");
    refuse(
        &work,
        &line,
        1,
        &[
            "cannot write `",
            &format!("{folder}/.results.lock`"),
            "because: ",
        ],
    );
    fs::set_permissions(&locked, Permissions::from_mode(0o755)).unwrap();
}

#[test]
fn a_folder_that_another_run_left_half_replaced_does_not_stop_the_next() {
    let work = work();
    let line = "annotate tissue/demo.imzML --database few.tsv --quiet --out results --force";
    work.run(line).succeeded();
    // A run that is killed after it has renamed its folder leaves the one it replaced.
    fs::create_dir(work.path(".results.old")).unwrap();
    work.write(".results.old/run.json", "{}");
    work.run(line).succeeded();
    assert_eq!(work.names("."), ["few.tsv", "results", "tissue"]);
}

#[test]
fn a_failure_is_told_even_when_quiet_or_as_json() {
    let work = work();
    for option in ["--quiet", "--json"] {
        let line = format!("annotate missing.imzML {option}");
        refuse(&work, &line, 1, &["error: cannot open `missing.imzML`"]);
    }
}
