//! What is promised of a store, on every kind of store there is.

#![expect(
    clippy::unwrap_used,
    clippy::cast_possible_truncation,
    reason = "tests"
)]

use std::io::Write;
use std::sync::atomic::{AtomicUsize, Ordering};

use metaspace_storage::{Location, ObjectRanges, Store};
use ms_core::bytes::RangeRead;
use tests::program::WorkingFolder;
use tests::server::{SECRET_KEY, Server};

/// Longer than what is written in one request.
const LARGE: usize = (33 << 20) + 17;

fn pattern(length: usize) -> Vec<u8> {
    (0..length).map(|i| (i * 31 % 251) as u8).collect()
}

/// The suite. `honours_conditions` says whether writes on condition are.
fn check(store: &Store, honours_conditions: bool) {
    objects_are_read_as_they_were_written(store);
    large_objects_are_read_in_ranges(store);
    objects_grow_from_their_beginning_to_their_end(store);
    what_is_not_there_is_told(store);
    keys_that_lead_elsewhere_are_refused(store);
    lists_are_in_order(store);
    one_of_many_claims_wins(store, honours_conditions);
}

fn objects_are_read_as_they_were_written(store: &Store) {
    for (key, bytes) in [
        ("a", &b"x"[..]),
        ("deep/er/my key (1)", b"y"),
        ("empty", b""),
    ] {
        store.put(key, bytes.to_vec()).unwrap();
        assert_eq!(&store.get(key).unwrap()[..], bytes);
        assert_eq!(store.length(key).unwrap(), bytes.len() as u64);
    }
    store.put("a", "another").unwrap();
    assert_eq!(&store.get("a").unwrap()[..], b"another");
}

fn large_objects_are_read_in_ranges(store: &Store) {
    let bytes = pattern(LARGE);
    store.put("large", bytes.clone()).unwrap();
    assert_eq!(store.length("large").unwrap(), LARGE as u64);
    let ranges = [
        0..10,
        5..6,
        LARGE as u64 - 3..LARGE as u64,
        1_000..9_000_000,
        7..7,
    ];
    let wanted: Vec<_> = ranges
        .iter()
        .map(|range| ("large".to_owned(), range.clone()))
        .collect();
    for (range, found) in ranges.iter().zip(store.read_all(&wanted).unwrap()) {
        assert_eq!(found[..], bytes[range.start as usize..range.end as usize]);
    }
    let mut filled = vec![0; 9_000_000];
    store.read_into(&wanted[..2], &mut filled[..11]).unwrap();
    assert_eq!(filled[..11], [&bytes[..10], &bytes[5..6]].concat());
    store
        .read_into(&wanted[2..4], &mut filled[..8_999_003])
        .unwrap();
    assert_eq!(filled[..3], bytes[LARGE - 3..]);
    assert_eq!(filled[3..8_999_003], bytes[1_000..9_000_000]);
    let beyond = LARGE as u64 - 1..LARGE as u64 + 1;
    assert!(store.read("large", beyond.clone()).is_err());
    let beyond = [("large".to_owned(), beyond)];
    assert!(store.read_into(&beyond, &mut filled[..2]).is_err());
    assert!(store.read_into(&wanted[..1], &mut filled[..9]).is_err());
    let missing = [("none".to_owned(), 0..10)];
    let error = store.read_into(&missing, &mut filled[..10]).unwrap_err();
    assert!(error.is_missing(), "{error}");
    let source = ObjectRanges::open(store, "large").unwrap();
    let mut out = vec![0; 8_000_000];
    source.read_at(3_000_001, &mut out).unwrap();
    assert_eq!(out, bytes[3_000_001..11_000_001]);
    let file = tempfile::NamedTempFile::new().unwrap();
    std::fs::write(file.path(), &bytes).unwrap();
    store.put_file("from file", file.path()).unwrap();
    assert_eq!(store.get("from file").unwrap(), bytes);
}

fn objects_grow_from_their_beginning_to_their_end(store: &Store) {
    for length in [0, 5, 16 << 20, LARGE] {
        let bytes = pattern(length);
        let mut object = store.writer("grown").unwrap();
        // Pieces of any length, across the bounds of parts.
        bytes
            .chunks(1_000_003)
            .for_each(|piece| object.write_all(piece).unwrap());
        object.finish().unwrap();
        assert!(store.get("grown").unwrap() == bytes, "{length}");
    }
    // Of what is not finished, nothing is there.
    for length in [5, LARGE] {
        let mut object = store.writer("unfinished").unwrap();
        object.write_all(&pattern(length)).unwrap();
        drop(object);
        assert!(!store.has("unfinished").unwrap());
    }
    assert!(store.writer("../a").is_err());
    // Objects that share their memory are not taken for each other.
    store.put("first", pattern(LARGE)).unwrap();
    store.put("second", vec![7; 100]).unwrap();
    let objects = ObjectRanges::open_all(store, ["first".into(), "second".into()]).unwrap();
    let mut out = [0; 50];
    objects[0].read_at(0, &mut out).unwrap();
    assert_eq!(out[..], pattern(50));
    objects[1].read_at(50, &mut out).unwrap();
    assert_eq!(out, [7; 50]);
    assert!(ObjectRanges::open_all(store, ["first".into(), "nothing".into()]).is_err());
}

fn what_is_not_there_is_told(store: &Store) {
    assert!(store.get("nothing").unwrap_err().is_missing());
    assert!(store.read("nothing", 0..1).unwrap_err().is_missing());
    assert!(store.find("nothing").unwrap().is_none());
    assert!(!store.has("nothing").unwrap());
    store.delete("nothing").unwrap();
    store.put("something", "x").unwrap();
    store.delete("something").unwrap();
    assert!(!store.has("something").unwrap());
    store.put("one", "x").unwrap();
    store.delete_all(&["one".into(), "two".into()]).unwrap();
    assert!(!store.has("one").unwrap());
}

fn keys_that_lead_elsewhere_are_refused(store: &Store) {
    for key in ["../a", "a/../../b", "/a", "a//b", "", "."] {
        assert!(
            store.get(key).is_err() && store.put(key, "x").is_err(),
            "{key:?}"
        );
    }
}

fn lists_are_in_order(store: &Store) {
    for key in ["list/b", "list/a", "list/c/d", "listless"] {
        store.put(key, "x").unwrap();
    }
    assert_eq!(
        store.list("list/").unwrap(),
        ["list/a", "list/b", "list/c/d"]
    );
    assert_eq!(store.list("list/b").unwrap(), ["list/b"]);
    assert!(store.list("none/").unwrap().is_empty());
}

fn one_of_many_claims_wins(store: &Store, honours_conditions: bool) {
    let n_won = AtomicUsize::new(0);
    std::thread::scope(|scope| {
        for i in 0..16 {
            let n_won = &n_won;
            scope.spawn(move || {
                if store.put_if_absent("claim", format!("{i}")).unwrap() {
                    n_won.fetch_add(1, Ordering::Relaxed);
                }
            });
        }
    });
    let n_won = n_won.into_inner();
    assert_eq!(store.heeds_conditions("probe").unwrap(), honours_conditions);
    assert!(!store.has("probe").unwrap());
    assert!(
        if honours_conditions {
            n_won == 1
        } else {
            n_won >= 1
        },
        "{n_won} of 16 claims won"
    );
}

/// S3 at a server, as the environment of this process names it: tests of one process share it.
fn store_at(server: &Server, bucket: &str) -> Store {
    let pairs = [
        ("aws_endpoint_url", server.endpoint.as_str()),
        ("aws_access_key_id", tests::server::ACCESS_KEY),
        ("aws_secret_access_key", SECRET_KEY),
    ];
    let location = Location::parse(&format!("s3://{bucket}/folder")).unwrap();
    Store::open_with(&location, &pairs).unwrap()
}

#[test]
fn a_folder_is_a_store() {
    let folder = tempfile::tempdir().unwrap();
    check(
        &Store::open(&Location::Path(folder.path().join("my store"))).unwrap(),
        true,
    );
}

#[test]
fn memory_is_a_store() {
    check(&Store::memory(), true);
}

#[test]
fn s3_is_a_store() {
    let server = Server::s3();
    check(&store_at(&server, "lab"), true);
}

#[test]
fn s3_without_conditions_is_a_store() {
    let server = Server::s3_without_conditions();
    std::fs::create_dir(server.folder().join("lab")).unwrap();
    check(&store_at(&server, "lab"), false);
}

#[test]
fn secrets_are_not_shown() {
    let server = Server::s3();
    let pairs = [
        ("aws_endpoint_url", server.endpoint.as_str()),
        ("aws_access_key_id", "nobody"),
        ("aws_secret_access_key", SECRET_KEY),
    ];
    let location = Location::parse("s3://lab/folder").unwrap();
    let store = Store::open_with(&location, &pairs).unwrap();
    let error = store.put("x", "y").unwrap_err();
    let shown = format!("{store:?} {error} {error:?}");
    assert!(
        shown.contains("s3://lab/folder/x") && !shown.contains(SECRET_KEY),
        "{shown}"
    );
    let work = WorkingFolder::default();
    let mut command = work.command("annotate s3://lab/x.imzML");
    command
        .env("AWS_ENDPOINT_URL", &server.endpoint)
        .env("AWS_ACCESS_KEY_ID", "nobody");
    let output = command
        .env("AWS_SECRET_ACCESS_KEY", SECRET_KEY)
        .output()
        .unwrap();
    assert_eq!(output.status.code(), Some(1));
    assert!(!String::from_utf8_lossy(&output.stderr).contains(SECRET_KEY));
}
