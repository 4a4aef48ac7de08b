//! What else an annotation may be: isomers and isobars.

use std::collections::HashMap;

use ms_core::tolerance::Ppm;

use crate::ranking::Annotation;

/// What stands beside an annotation.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct Ambiguity {
    /// Places, in the list of annotations, of those of the same ion from other formulas or modifiers.
    pub isomers: Vec<usize>,
    /// Places of those of other ions whose first m/z windows overlap.
    pub isobars: Vec<usize>,
}

/// Isomers and isobars among the annotations of the same table. `first_mz` has the m/z of the first
/// theoretical peak of each annotation.
pub fn ambiguities(annotations: &[Annotation], first_mz: &[f64], ppm: Ppm) -> Vec<Ambiguity> {
    let mut found = vec![Ambiguity::default(); annotations.len()];
    let mut by_ion: HashMap<(u16, u32), Vec<usize>> = HashMap::new();
    for (i, annotation) in annotations.iter().enumerate() {
        by_ion.entry((annotation.table, annotation.ion)).or_default().push(i);
    }
    for (i, annotation) in annotations.iter().enumerate() {
        let same = by_ion.get(&(annotation.table, annotation.ion)).into_iter().flatten();
        found[i].isomers = same.copied().filter(|&j| j != i).collect();
    }
    let mut order: Vec<usize> = (0..annotations.len()).collect();
    order.sort_by(|&a, &b| first_mz[a].total_cmp(&first_mz[b]).then(a.cmp(&b)));
    for (rank, &i) in order.iter().enumerate() {
        let high = ppm.window(first_mz[i]).high;
        for &j in order[rank + 1..].iter().take_while(|&&j| ppm.window(first_mz[j]).low <= high) {
            let (a, b) = (annotations[i], annotations[j]);
            if a.ion != b.ion && a.table == b.table {
                found[i].isobars.push(j);
                found[j].isobars.push(i);
            }
        }
    }
    for ambiguity in &mut found {
        ambiguity.isobars.sort_unstable();
    }
    found
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn same_ion_is_isomer_and_near_mz_is_isobar() {
        let annotation = |ion, modifier| Annotation {
            table: 0,
            formula: 0,
            modifier,
            ion,
            msm: 0.5,
            score: 0.5,
            fdr: 0.1,
        };
        let annotations = [annotation(1, 0), annotation(1, 1), annotation(2, 0), annotation(3, 0)];
        let found = ambiguities(&annotations, &[500.0, 500.0, 500.002, 500.01], Ppm(3.0));
        assert_eq!(found[0].isomers, [1]);
        assert_eq!(found[0].isobars, [2]);
        assert_eq!(found[2].isobars, [0, 1]);
        assert!(found[3].isobars.is_empty() && found[3].isomers.is_empty());
    }
}
