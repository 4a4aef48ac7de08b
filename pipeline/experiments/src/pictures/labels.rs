//! Names beside points, none over another.

use super::frame::Frame;

/// Width of a letter and height of a line of small text.
const LETTER: f64 = 5.6;
const LINE: f64 = 11.0;

/// From the middle of a point to its name, and half of a point's side.
const GAP: f64 = 6.0;
const POINT: f64 = 4.0;

/// Where a name stands.
#[derive(Debug, Clone, Copy, PartialEq)]
pub(crate) struct Label {
    /// Where it begins, or ends if `is_end`.
    pub(crate) x: f64,
    /// Its base line.
    pub(crate) y: f64,
    /// Whether it ends there.
    pub(crate) is_end: bool,
}

/// Left, top, right and bottom.
type Area = [f64; 4];

/// Places for names of points, given by column and row, the first first: at the right, at the left, or
/// a line above or below; nothing where all of these are taken. No name leaves the frame.
pub(crate) fn place(frame: &Frame, points: &[(f64, f64)], names: &[String]) -> Vec<Option<Label>> {
    let mut taken: Vec<Area> = points
        .iter()
        .map(|(x, y)| [x - POINT, y - POINT, x + POINT, y + POINT])
        .collect();
    let (left, top) = frame.origin;
    let within = [left, top, left + frame.size.0, top + frame.size.1];
    let mut place_one = |&(x, y): &(f64, f64), name: &String| {
        let width = LETTER * name.chars().count() as f64;
        let sides = [(0.0, false), (0.0, true)];
        let lines = [-LINE, LINE].map(|line| [(line, false), (line, true)]);
        let options = sides.into_iter().chain(lines.into_iter().flatten());
        for (line, is_end) in options {
            let from = if is_end { x - GAP - width } else { x + GAP };
            let middle = y + line;
            let area = [from, middle - LINE / 2.0, from + width, middle + LINE / 2.0];
            if holds(within, area) && !taken.iter().any(|other| overlap(*other, area)) {
                taken.push(area);
                return Some(Label {
                    x: if is_end { x - GAP } else { x + GAP },
                    y: middle + LINE / 3.0,
                    is_end,
                });
            }
        }
        None
    };
    let both = points.iter().zip(names);
    both.map(|(point, name)| place_one(point, name)).collect()
}

fn overlap(a: Area, b: Area) -> bool {
    a[0] < b[2] && b[0] < a[2] && a[1] < b[3] && b[1] < a[3]
}

fn holds(outer: Area, inner: Area) -> bool {
    outer[0] <= inner[0] && outer[1] <= inner[1] && inner[2] <= outer[2] && inner[3] <= outer[3]
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn no_name_lies_over_another_or_leaves_the_frame() {
        let frame = Frame::around((0.0, 0.0), (200.0, 100.0), &[(0.0, 0.0)]);
        let names = [
            "one name".to_owned(),
            "other".to_owned(),
            "third".to_owned(),
        ];
        let points = [(100.0, 50.0), (102.0, 51.0), (196.0, 50.0)];
        let placed = place(&frame, &points, &names);
        let label = |x: f64, y: f64, is_end| {
            Some(Label {
                x,
                y: y + LINE / 3.0,
                is_end,
            })
        };
        assert_eq!(placed[0], label(106.0, 50.0, false));
        // The right is taken by the first name.
        assert_eq!(placed[1], label(96.0, 51.0, true));
        assert_eq!(placed[2], label(190.0, 50.0, true));
        let crowd = vec![(100.0, 50.0); 9];
        let names = vec!["a name".to_owned(); 9];
        assert_eq!(place(&frame, &crowd, &names).iter().flatten().count(), 6);
    }
}
