//! Places in the lists of a search, one type for each list, so that none is taken for another.
//!
//! Columns of tables and arrays of kernels hold the plain numbers.

/// Place of an ion in [`SearchSpace::ions`](crate::candidates::SearchSpace::ions).
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct IonIdx(pub u32);

/// Place of a target modifier in
/// [`SearchSpace::modifiers`](crate::candidates::SearchSpace::modifiers).
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct ModifierIdx(pub u16);

/// Place of a decoy's modifier in
/// [`SearchSpace::decoy_modifiers`](crate::candidates::SearchSpace::decoy_modifiers).
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct DecoyModifierIdx(pub u16);

/// Place of a formula in [`MoleculeTable::formulas`](crate::moldb::MoleculeTable::formulas) of a
/// molecule table that is known from elsewhere.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct FormulaIdx(pub u32);

/// Place of a molecule table among those of a search, as in
/// [`SearchSpace::tables`](crate::candidates::SearchSpace::tables).
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct TableIdx(pub u16);

impl IonIdx {
    /// The ion at a place, which a search space has fewer than 2³² of.
    #[expect(
        clippy::cast_possible_truncation,
        reason = "SearchSpace::new refuses more ions than can be numbered"
    )]
    pub const fn at(place: usize) -> Self {
        debug_assert!(place < u32::MAX as usize);
        Self(place as u32)
    }

    /// The place, to index with.
    pub const fn usize(self) -> usize {
        self.0 as usize
    }
}

impl ModifierIdx {
    /// The target modifier at a place, which a search space has at most 65,535 of.
    #[expect(
        clippy::cast_possible_truncation,
        reason = "SearchSpace::new refuses more modifiers than can be numbered"
    )]
    pub const fn at(place: usize) -> Self {
        debug_assert!(place < u16::MAX as usize);
        Self(place as u16)
    }

    /// The place, to index with.
    pub const fn usize(self) -> usize {
        self.0 as usize
    }
}

impl DecoyModifierIdx {
    /// The place, to index with.
    pub const fn usize(self) -> usize {
        self.0 as usize
    }
}

impl FormulaIdx {
    /// The formula at a place, which a table has fewer than 2³² of.
    #[expect(
        clippy::cast_possible_truncation,
        reason = "tables have at most a million molecules"
    )]
    pub const fn at(place: usize) -> Self {
        debug_assert!(place < u32::MAX as usize);
        Self(place as u32)
    }

    /// The place, to index with.
    pub const fn usize(self) -> usize {
        self.0 as usize
    }
}

impl TableIdx {
    /// The table at a place, which a search has at most 65,535 of.
    #[expect(
        clippy::cast_possible_truncation,
        reason = "SearchSpace::new refuses more tables than can be numbered"
    )]
    pub const fn at(place: usize) -> Self {
        debug_assert!(place < u16::MAX as usize);
        Self(place as u16)
    }

    /// The place, to index with.
    pub const fn usize(self) -> usize {
        self.0 as usize
    }
}
