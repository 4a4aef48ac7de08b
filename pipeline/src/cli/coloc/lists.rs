//! What `metaspace coloc` prints.

use std::path::Path;

use coloc::cluster::Cluster;
use coloc::markers::Marker;
use coloc::measures::Measure;
use coloc::segment::Segmentation;
use metaspace_explore::coloc::{Colocated, Comparison, PartnerList, RegionRow};
use metaspace_results::FoundIon;
use metaspace_results::text::percent;
use serde_json::{Value, json};

use crate::cli::coloc::ColocArgs;
use crate::cli::output::Output;

/// Ions named of a cluster.
const N_NAMED: usize = 6;

/// Markers shown of a segment.
const N_MARKERS: usize = 5;

/// Letters of the column of molecules.
const NAME: usize = 30;

/// Letters of the first of a pair.
const PAIR: usize = 44;

pub(super) fn nothing(folder: &Path, fdr: f64) -> Output {
    let text = format!(
        "no ion is annotated at FDR {} in {}\nhint: --fdr 0.5 compares more ions\n",
        percent(fdr),
        folder.display()
    );
    Output {
        text,
        json: json!({ "nIons": 0, "fdr": fdr }),
    }
}

/// What people call an ion: its first molecule and how many others, `–` where it has no name.
fn molecules(ion: &FoundIon) -> String {
    first_name(&ion.molecule_names)
}

fn first_name(names: &[String]) -> String {
    match names {
        [] => "–".into(),
        [one] => one.clone(),
        [first, rest @ ..] => format!("{first} and {} more", rest.len()),
    }
}

/// The name of an ion with its formula behind it.
fn named(ion: &FoundIon) -> String {
    match ion.molecule_names.first() {
        Some(name) => format!("{name} ({})", ion.ion),
        None => ion.ion.clone(),
    }
}

fn head(args: &ColocArgs, found: &Colocated) -> Value {
    json!(Comparison::new(found, args.compare.measure, args.list.fdr))
}

/// An object with more members.
fn with(mut object: Value, members: Value) -> Value {
    if let (Some(object), Value::Object(members)) = (object.as_object_mut(), members) {
        object.extend(members);
    }
    object
}

pub(super) fn partners(
    args: &ColocArgs,
    found: &Colocated,
    ion: usize,
    list: &PartnerList,
) -> Output {
    let this = &found.ions[ion];
    let measure = args.compare.measure;
    let mut text = format!(
        "{}  {}  FDR {:.1} %\n",
        molecules(this),
        this.ion,
        this.fdr * 100.0
    );
    if !list.has_signal {
        text.push_str("its image has no signal above the background: nothing lies with it\n");
    } else if list.partners.is_empty() {
        text.push_str(&format!(
            "none of {} other ions at FDR {} has a {measure} of {} or more with it\n",
            found.ions.len() - 1,
            percent(args.list.fdr),
            args.list.min_score
        ));
    } else {
        text.push_str(&format!(
            "\n{measure:<10}\n{:>6} {:>7}  {:<NAME$}  ion\n",
            "score", "FDR", "molecules"
        ));
    }
    for partner in &list.partners {
        text.push_str(&format!(
            "{:>6.3} {:>5.1} %  {:<NAME$}  {}\n",
            partner.score,
            partner.fdr * 100.0,
            first_name(&partner.molecule_names),
            partner.ion
        ));
    }
    Output {
        text,
        json: json!(list),
    }
}

pub(super) fn pairs(args: &ColocArgs, found: &Colocated, pairs: &[(f32, usize, usize)]) -> Output {
    let n = found.ions.len();
    let measure = args.compare.measure;
    let mut text = format!("{n} ions at FDR {}, {measure}\n", percent(args.list.fdr));
    if n < 2 {
        text.push_str("one ion alone has no partners\nhint: --fdr 0.5 compares more ions\n");
    } else if pairs.is_empty() {
        text.push_str(&format!(
            "no pair has a score of {} or more\n",
            args.list.min_score
        ));
    } else {
        text.push_str(&format!("\n{:>6} {:<PAIR$}  {}\n", "score", "ion", "and"));
    }
    for &(score, a, b) in pairs {
        let (one, other) = (named(&found.ions[a]), named(&found.ions[b]));
        text.push_str(&format!("{score:>6.3} {one:<PAIR$}  {other}\n"));
    }
    let row = |&(score, a, b): &(f32, usize, usize)| {
        let (one, other) = (&found.ions[a], &found.ions[b]);
        json!({
            "ion": one.ion,
            "moleculeNames": one.molecule_names,
            "otherIon": other.ion,
            "otherMoleculeNames": other.molecule_names,
            "score": score,
        })
    };
    let rows: Vec<Value> = pairs.iter().map(row).collect();
    Output {
        text,
        json: with(head(args, found), json!({ "pairs": rows })),
    }
}

pub(super) fn written(found: &Colocated, measure: Measure, path: &Path) -> Output {
    let n = found.ions.len();
    let text = format!("{measure} of {n} × {n} ions\nwritten: {}\n", path.display());
    Output {
        text,
        json: json!({ "measure": measure.name(), "nIons": n, "matrix": path }),
    }
}

pub(super) fn clusters(args: &ColocArgs, found: &Colocated, clusters: &[Cluster]) -> Output {
    let measure = args.compare.measure;
    let n_alone = clusters
        .iter()
        .filter(|cluster| cluster.ions.len() == 1)
        .count();
    let mut text = format!(
        "{} ions, {measure}: {} groups, {n_alone} alone\n\n{:>5} {:>9}  representative and others\n",
        found.ions.len(),
        clusters.len() - n_alone,
        "ions",
        "cohesion"
    );
    let shown = |cluster: &&Cluster| cluster.ions.len() > 1;
    for cluster in clusters.iter().filter(shown).take(args.list.n_best) {
        let some = cluster.ions.iter().take(N_NAMED);
        let names: Vec<String> = some.map(|&ion| named(&found.ions[ion])).collect();
        let more = if cluster.ions.len() > N_NAMED {
            ", …"
        } else {
            ""
        };
        text.push_str(&format!(
            "{:>5} {:>9.3}  {}{more}\n",
            cluster.ions.len(),
            cluster.cohesion,
            names.join(", ")
        ));
    }
    text.push_str(&file_line(args));
    let rows: Vec<Value> = clusters
        .iter()
        .map(|cluster| {
            let ions: Vec<&FoundIon> = cluster.ions.iter().map(|&ion| &found.ions[ion]).collect();
            let names: Vec<&str> = ions.iter().map(|ion| ion.ion.as_str()).collect();
            let molecules: Vec<&[String]> =
                ions.iter().map(|ion| &ion.molecule_names[..]).collect();
            json!({
                "representative": names[0],
                "cohesion": cluster.cohesion,
                "ions": names,
                "moleculeNames": molecules,
            })
        })
        .collect();
    Output {
        text,
        json: with(
            head(args, found),
            json!({ "clusters": rows, "out": args.group.out }),
        ),
    }
}

fn file_line(args: &ColocArgs) -> String {
    args.group.out.as_ref().map_or(String::new(), |out| {
        format!("\nwritten: {}\n", out.display())
    })
}

fn marker_line(found: &Colocated, marker: &Marker) -> String {
    let fold = marker
        .log2_fold_change
        .map_or("–".into(), |fold| format!("{fold:+.2}"));
    let ion = &found.ions[marker.ion];
    format!(
        "{:>6.3} {fold:>7} {:<NAME$}  {}\n",
        marker.auc,
        molecules(ion),
        ion.ion
    )
}

fn region_rows(found: &Colocated, regions: &[(String, Vec<Marker>)]) -> Vec<RegionRow> {
    let row = |(name, markers): &(String, Vec<Marker>)| RegionRow::new(found, name, markers);
    regions.iter().map(row).collect()
}

pub(super) fn markers(
    args: &ColocArgs,
    found: &Colocated,
    regions: &[(String, Vec<Marker>)],
) -> Output {
    let mut text = String::new();
    for (name, markers) in regions {
        text.push_str(&format!(
            "region {name}\n{:>6} {:>7} {:<NAME$}  ion\n",
            "AUC", "log2 FC", "molecules"
        ));
        for marker in markers.iter().take(args.list.n_best) {
            text.push_str(&marker_line(found, marker));
        }
        text.push('\n');
    }
    text.push_str(
        "no p-values: neighbouring pixels are alike, and tests take them for independent\n",
    );
    text.push_str(&file_line(args));
    let members = json!({ "regions": region_rows(found, regions), "out": args.group.out });
    Output {
        text,
        json: with(head(args, found), members),
    }
}

pub(super) fn segments(
    args: &ColocArgs,
    found: &Colocated,
    segmentation: &Segmentation,
    regions: &[(String, Vec<Marker>)],
) -> Output {
    let n = segmentation.sizes.len();
    let of = |segment: usize| {
        let labels = segmentation.labels.iter().zip(&segmentation.confidence);
        let sum: f64 = labels
            .filter(|(l, _)| **l == segment)
            .map(|(_, c)| f64::from(*c))
            .sum();
        sum / segmentation.sizes[segment] as f64
    };
    let explained: f64 = segmentation.explained.iter().sum();
    let mut text = format!(
        "{} pixels, {} ions: {n} segments in {} components that explain {:.0} % of the variance\n",
        segmentation.labels.len(),
        found.ions.len(),
        segmentation.explained.len(),
        explained * 100.0
    );
    for (segment, &size) in segmentation.sizes.iter().enumerate() {
        text.push_str(&format!(
            "\nsegment {}: {size} pixels, mean confidence {:.2}\n",
            segment + 1,
            of(segment)
        ));
        for marker in regions
            .get(segment)
            .iter()
            .flat_map(|(_, list)| list.iter().take(N_MARKERS))
        {
            text.push_str(&marker_line(found, marker));
        }
    }
    text.push_str(&file_line(args));
    let confidence: Vec<f64> = (0..n).map(of).collect();
    let members = json!({
        "sizes": segmentation.sizes,
        "confidence": confidence,
        "explained": segmentation.explained,
        "bic": segmentation.tried,
        "regions": region_rows(found, regions),
        "out": args.group.out,
    });
    Output {
        text,
        json: with(head(args, found), members),
    }
}
