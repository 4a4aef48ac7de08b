//! What `metaspace coloc` prints.

use std::path::Path;

use coloc::cluster::Cluster;
use coloc::markers::Marker;
use coloc::measures::Measure;
use coloc::segment::Segmentation;
use metaspace_explore::coloc::{Colocated, Comparison, PartnerList, RegionRow};
use metaspace_results::FoundIon;
use serde_json::{Value, json};

use crate::cli::coloc::ColocArgs;
use crate::cli::output::Output;

/// Ions named of a cluster.
const N_NAMED: usize = 6;

/// Markers shown of a segment.
const N_MARKERS: usize = 5;

pub(super) fn nothing(folder: &Path, fdr: f64) -> Output {
    let text = format!(
        "no ion is annotated at FDR {} % in {}\nhint: --fdr 0.5 compares more ions\n",
        fdr * 100.0,
        folder.display()
    );
    Output {
        text,
        json: json!({ "nIons": 0, "fdr": fdr }),
    }
}

fn molecules(ion: &FoundIon) -> String {
    first_name(&ion.molecule_names)
}

fn first_name(names: &[String]) -> String {
    match names {
        [] => String::new(),
        [one] => one.clone(),
        [first, rest @ ..] => format!("{first} and {} more", rest.len()),
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
        "{}  FDR {:.1} %  {}\n",
        this.ion,
        this.fdr * 100.0,
        molecules(this)
    );
    if !list.has_signal {
        text.push_str("its image has no signal above the background: nothing lies with it\n");
    } else if list.partners.is_empty() {
        text.push_str(&format!(
            "none of {} other ions at FDR {} % has a {measure} of {} or more with it\n",
            found.ions.len() - 1,
            args.list.fdr * 100.0,
            args.list.min_score
        ));
    } else {
        text.push_str(&format!(
            "\n{measure:<10}\n{:>6} {:<28} {:>7}  molecules\n",
            "score", "ion", "FDR"
        ));
    }
    for partner in &list.partners {
        text.push_str(&format!(
            "{:>6.3} {:<28} {:>5.1} %  {}\n",
            partner.score,
            partner.ion,
            partner.fdr * 100.0,
            first_name(&partner.molecule_names)
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
    let mut text = format!("{n} ions at FDR {} %, {measure}\n", args.list.fdr * 100.0);
    if n < 2 {
        text.push_str("one ion alone has no partners\nhint: --fdr 0.5 compares more ions\n");
    } else if pairs.is_empty() {
        text.push_str(&format!(
            "no pair has a score of {} or more\n",
            args.list.min_score
        ));
    } else {
        text.push_str(&format!("\n{:>6} {:<28} {}\n", "score", "ion", "and"));
    }
    let name = |ion: usize| found.ions[ion].ion.as_str();
    for &(score, a, b) in pairs {
        text.push_str(&format!("{score:>6.3} {:<28} {}\n", name(a), name(b)));
    }
    let rows: Vec<Value> = pairs
        .iter()
        .map(|&(score, a, b)| json!({ "ion": name(a), "otherIon": name(b), "score": score }))
        .collect();
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
    let name = |ion: usize| found.ions[ion].ion.as_str();
    let measure = args.compare.measure;
    let n_alone = clusters
        .iter()
        .filter(|cluster| cluster.ions.len() == 1)
        .count();
    let mut text = format!(
        "{} ions, {measure}: {} groups, {n_alone} ions alone\n\n{:>5} {:>9}  representative and others\n",
        found.ions.len(),
        clusters.len() - n_alone,
        "ions",
        "cohesion"
    );
    let shown = |cluster: &&Cluster| cluster.ions.len() > 1;
    for cluster in clusters.iter().filter(shown).take(args.list.n_best) {
        let named: Vec<&str> = cluster
            .ions
            .iter()
            .take(N_NAMED)
            .map(|&ion| name(ion))
            .collect();
        let more = if cluster.ions.len() > N_NAMED {
            ", …"
        } else {
            ""
        };
        text.push_str(&format!(
            "{:>5} {:>9.3}  {}{more}\n",
            cluster.ions.len(),
            cluster.cohesion,
            named.join(", ")
        ));
    }
    text.push_str(&file_line(args));
    let rows: Vec<Value> = clusters
        .iter()
        .map(|cluster| {
            let ions: Vec<&str> = cluster.ions.iter().map(|&ion| name(ion)).collect();
            json!({ "representative": ions[0], "cohesion": cluster.cohesion, "ions": ions })
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
        "{:>6.3} {fold:>7} {:<28} {}\n",
        marker.auc,
        ion.ion,
        molecules(ion)
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
            "region {name}\n{:>6} {:>7} ion\n",
            "AUC", "log2 FC"
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
