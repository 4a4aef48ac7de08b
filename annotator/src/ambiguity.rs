//! What else an annotation may be: isomers and isobars.

use std::collections::HashMap;

use ms_core::tolerance::Ppm;

use crate::indices::{IonIdx, TableIdx};
use crate::ranking::Annotation;

/// What stands beside an annotation.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct Ambiguity {
    /// Places, in the list of annotations, of those of the same ion from other formulas or modifiers.
    pub isomers: Vec<usize>,
    /// Places of those of other ions whose first m/z windows overlap.
    pub isobars: Vec<usize>,
    /// The isobar of the best score, if that is better than its own: of annotations that explain the
    /// same peak the strongest has none.
    pub stronger: Option<usize>,
}

/// Isomers and isobars among the annotations of the same table, those of FDR 1 left out. `first_mz` has the m/z of the first
/// theoretical peak of each annotation.
pub fn ambiguities(annotations: &[Annotation], first_mz: &[f64], ppm: Ppm) -> Vec<Ambiguity> {
    let is_found = |i: usize| annotations[i].fdr < 1.0;
    let mut found = vec![Ambiguity::default(); annotations.len()];
    let mut by_ion: HashMap<(TableIdx, IonIdx), Vec<usize>> = HashMap::new();
    for (i, annotation) in annotations.iter().enumerate() {
        by_ion
            .entry((annotation.table, annotation.ion))
            .or_default()
            .push(i);
    }
    for (i, annotation) in annotations.iter().enumerate() {
        let same = by_ion
            .get(&(annotation.table, annotation.ion))
            .into_iter()
            .flatten();
        found[i].isomers = same.copied().filter(|&j| j != i && is_found(j)).collect();
    }
    let mut order: Vec<usize> = (0..annotations.len()).collect();
    order.sort_by(|&a, &b| first_mz[a].total_cmp(&first_mz[b]).then(a.cmp(&b)));
    for (rank, &i) in order.iter().enumerate() {
        let high = ppm.window(first_mz[i]).high;
        for &j in order[rank + 1..]
            .iter()
            .take_while(|&&j| ppm.window(first_mz[j]).low <= high)
        {
            let (a, b) = (annotations[i], annotations[j]);
            if a.ion != b.ion && a.table == b.table {
                found[i].isobars.extend(is_found(j).then_some(j));
                found[j].isobars.extend(is_found(i).then_some(i));
            }
        }
    }
    for (ambiguity, annotation) in found.iter_mut().zip(annotations) {
        ambiguity.isobars.sort_unstable();
        let by_score = |&&a: &&usize, &&b: &&usize| {
            annotations[a]
                .score
                .total_cmp(&annotations[b].score)
                .then(b.cmp(&a))
        };
        let best = ambiguity.isobars.iter().max_by(by_score).copied();
        ambiguity.stronger = best.filter(|&i| annotations[i].score > annotation.score);
    }
    found
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::indices::{FormulaIdx, ModifierIdx};

    #[test]
    fn same_ion_is_isomer_and_near_mz_is_isobar() {
        let annotation = |ion, modifier, score| Annotation {
            table: TableIdx(0),
            formula: FormulaIdx(0),
            modifier: ModifierIdx(modifier),
            ion: IonIdx(ion),
            msm: 0.5,
            score,
            fdr: 0.1,
            pep: 0.1,
        };
        let annotations = [
            annotation(1, 0, 0.5),
            annotation(1, 1, 0.5),
            annotation(2, 0, 0.4),
            annotation(3, 0, 0.9),
        ];
        let found = ambiguities(&annotations, &[500.0, 500.0, 500.002, 500.01], Ppm(3.0));
        assert_eq!(found[0].isomers, [1]);
        assert_eq!(found[0].isobars, [2]);
        assert_eq!(found[2].isobars, [0, 1]);
        assert!(found[3].isobars.is_empty() && found[3].isomers.is_empty());
        let stronger: Vec<Option<usize>> = found.iter().map(|beside| beside.stronger).collect();
        assert_eq!(
            stronger,
            [None, None, Some(0), None],
            "the best, and of equals the first"
        );
    }
}
