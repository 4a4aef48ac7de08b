//! A writer of CatBoost model files, which can also write what is wrong.

#![expect(clippy::expect_used, reason = "a test that cannot go on has failed")]

/// What a model file holds.
#[derive(Debug, Clone)]
pub struct Model {
    /// Name, borders and treatment of NaN of each feature: 0 as it is, 1 below, 2 above.
    pub features: Vec<(&'static str, Vec<f32>, u8)>,
    /// Splits of each tree, numbered over the borders of all features.
    pub trees: Vec<Vec<i32>>,
    /// Leaves of all trees.
    pub leaves: Vec<f64>,
    /// By what the sum is multiplied.
    pub scale: f64,
    /// What is added.
    pub biases: Vec<f64>,
    /// Number of values.
    pub dimension: i32,
    /// What the format is called.
    pub version: &'static str,
    /// Slots of the trees that get a list of one number, such as 4, categorical features.
    pub others: Vec<usize>,
    /// Parts besides the trees.
    pub parts: Vec<u32>,
}

impl Default for Model {
    /// 0.25, 0.5, 0.5 or 0.75 by spectral above 0.5 and chaos above 0.75, and 0.0625 by how exact
    /// the m/z is.
    fn default() -> Self {
        Self {
            features: vec![
                ("chaos", vec![0.25, 0.75], 0),
                ("spectral", vec![0.5], 1),
                ("mz_err_abs_abserr", vec![-0.001], 2),
            ],
            trees: vec![vec![2, 1], vec![3]],
            leaves: vec![1.0, 2.0, 2.0, 3.0, 0.0, 0.25],
            scale: 0.25,
            biases: vec![0.0],
            dimension: 1,
            version: "FlabuffersModel_v1",
            others: Vec::new(),
            parts: Vec::new(),
        }
    }
}

/// Appends something to a file and returns its place.
type Write = dyn FnOnce(&mut Vec<u8>) -> usize;

/// A field of a table: its number, or what it points to.
enum Field {
    Number(Vec<u8>),
    Pointer(Box<Write>),
}

impl Model {
    /// The bytes of its file.
    ///
    /// # Panics
    /// It is larger than 4 GB.
    pub fn bytes(&self) -> Vec<u8> {
        // Room for the place of the root.
        let mut bytes = vec![0; 4];
        let version = text(self.version);
        let parts = list(self.parts.iter().map(|part| part.to_le_bytes()).collect());
        let root = table(vec![(0, version), (1, self.tree_table()), (3, parts)])(&mut bytes);
        point(&mut bytes, 0, root);
        let length = u32::try_from(bytes.len()).expect("a small model");
        [b"CBM1", &length.to_le_bytes()[..], &bytes].concat()
    }

    fn tree_table(&self) -> Field {
        let ints = |numbers: Vec<usize>| {
            let bytes = |number: usize| i32::try_from(number).expect("small").to_le_bytes();
            list(numbers.into_iter().map(bytes).collect())
        };
        let doubles = |numbers: &[f64]| list(numbers.iter().map(|n| n.to_le_bytes()).collect());
        let splits = self
            .trees
            .concat()
            .iter()
            .map(|split| split.to_le_bytes())
            .collect();
        let depths: Vec<usize> = self.trees.iter().map(Vec::len).collect();
        let starts = (0..depths.len())
            .map(|i| depths[..i].iter().sum())
            .collect();
        let mut fields = vec![
            (0, Field::Number(self.dimension.to_le_bytes().into())),
            (1, list(splits)),
            (2, ints(depths)),
            (3, ints(starts)),
            (5, self.feature_tables()),
            (8, doubles(&self.leaves)),
            (14, Field::Number(self.scale.to_le_bytes().into())),
            (16, doubles(&self.biases)),
        ];
        fields.extend(self.others.iter().map(|&slot| (slot, ints(vec![0]))));
        Field::Pointer(Box::new(table(fields)))
    }

    fn feature_tables(&self) -> Field {
        let features = self.features.clone();
        Field::Pointer(Box::new(move |bytes| {
            let at = bytes.len();
            let n_features = u32::try_from(features.len()).expect("few");
            bytes.extend(n_features.to_le_bytes());
            bytes.resize(at + 4 + 4 * features.len(), 0);
            for (i, (name, borders, nan)) in features.into_iter().enumerate() {
                let borders = list(borders.iter().map(|border| border.to_le_bytes()).collect());
                let fields = vec![
                    (0, Field::Number(vec![u8::from(nan > 0)])),
                    (3, borders),
                    (4, text(name)),
                    (5, Field::Number(vec![nan])),
                ];
                let to = table(fields)(bytes);
                point(bytes, at + 4 + 4 * i, to);
            }
            at
        }))
    }
}

/// A list of numbers.
fn list<const N: usize>(numbers: Vec<[u8; N]>) -> Field {
    Field::Pointer(Box::new(move |bytes| {
        let at = bytes.len();
        bytes.extend(
            u32::try_from(numbers.len())
                .expect("a short list")
                .to_le_bytes(),
        );
        bytes.extend(numbers.concat());
        at
    }))
}

fn text(text: &'static str) -> Field {
    list(text.bytes().map(|byte| [byte]).collect())
}

/// Writes a table: its slots, then its fields, then what these point to. Returns its place.
fn table(fields: Vec<(usize, Field)>) -> impl FnOnce(&mut Vec<u8>) -> usize {
    move |bytes| {
        let slots = bytes.len();
        let n_slots = fields.iter().map(|(slot, _)| slot + 1).max().unwrap_or(0);
        let two = |number: usize| u16::try_from(number).expect("a small table").to_le_bytes();
        bytes.extend(two(4 + 2 * n_slots));
        bytes.resize(slots + 4 + 2 * n_slots, 0);
        let at = bytes.len();
        bytes.extend(
            u32::try_from(at - slots)
                .expect("a small table")
                .to_le_bytes(),
        );
        let mut pointers = Vec::new();
        for (slot, field) in fields {
            let place = slots + 4 + 2 * slot;
            let offset = two(bytes.len() - at);
            bytes[place..place + 2].copy_from_slice(&offset);
            match field {
                Field::Number(number) => bytes.extend(number),
                Field::Pointer(write) => {
                    pointers.push((bytes.len(), write));
                    bytes.extend([0; 4]);
                }
            }
        }
        for (place, write) in pointers {
            let to = write(bytes);
            point(bytes, place, to);
        }
        at
    }
}

/// Writes at a place how far another is.
fn point(bytes: &mut [u8], place: usize, to: usize) {
    let distance = u32::try_from(to - place).expect("a small model");
    bytes[place..place + 4].copy_from_slice(&distance.to_le_bytes());
}
