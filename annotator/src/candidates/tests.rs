use super::*;
use crate::config::{self, Preset};
use ms_core::formula::Repeats;
use ms_core::species::Species;

fn config(n_chem_mods: u32, n_losses: u32) -> AnnotateConfig {
    let modifier = |text: String| -> Modifier { text.parse().unwrap() };
    AnnotateConfig {
        adducts: vec![modifier("+H".into())],
        chem_mods: (1..=n_chem_mods)
            .map(|n| modifier(format!("+C{n}")))
            .collect(),
        neutral_losses: (1..=n_losses).map(|n| modifier(format!("-H{n}"))).collect(),
        decoys: DecoyCount::Sample(2),
        ..config::tests::config(Preset::MetaspaceV3)
    }
}

fn table() -> MoleculeTable {
    let mut table = MoleculeTable::new("test");
    let formula = Formula::parse("C20H80O6", Repeats::Add).unwrap();
    table.push("1".into(), "a molecule".into(), formula, Vec::new());
    table
}

#[test]
fn decoys_of_many_modifiers_have_wrong_ones_beyond_the_limit() {
    for (n_chem_mods, n_losses) in [(27, 27), (30, 30)] {
        let (table, config) = (table(), config(n_chem_mods, n_losses));
        let Ok(space) = SearchSpace::new(std::slice::from_ref(&table), &config) else {
            assert_eq!(n_chem_mods, 30, "only the larger one is refused");
            continue;
        };
        assert_eq!(space.tables[0].decoys.len(), space.modifiers.len() * 2);
        for decoy in &space.tables[0].decoys {
            let modifier = &space.decoy_modifiers[decoy.modifier.usize()];
            let expected = ion_formula(&table.formulas[0], modifier).unwrap();
            let ion = &space.ions[decoy.ion.unwrap().usize()];
            assert_eq!(ion.formula, expected, "{}", modifier.text());
        }
    }
}

#[test]
fn decoys_have_the_charge_and_the_molecules_of_their_targets() {
    for (preset, decoys) in [
        (Preset::Default, DecoyCount::Sample(3)),
        (Preset::MetaspaceV1, DecoyCount::Sample(3)),
        (Preset::MetaspaceV3, DecoyCount::All),
    ] {
        let mut config = config(0, 1);
        (config.rules, config.decoys) = (preset.rules(), decoys);
        let adducts = ["+H", "[M+2H]2+", "[2M+H]+", "+Na", "[2M+Na]+"];
        config.adducts = adducts.iter().map(|text| text.parse().unwrap()).collect();
        let mut table = table();
        for text in ["C5H14NO+", "C10H20O2", "C10H24N2+2", "C6H5O7-3"] {
            let species = Species::parse(text, Repeats::Add).unwrap();
            table.push_species(text.into(), String::new(), species, Vec::new());
        }
        let space = SearchSpace::new(std::slice::from_ref(&table), &config).unwrap();
        let texts: Vec<&str> = space.modifiers.iter().map(Modifier::text).collect();
        assert_eq!(texts[..7], [&adducts[..], &["[M]+", "[M]2+"]].concat());
        let of_table = &space.tables[0];
        // Two neutral formulas with five adducts, two cations with one, each with and without
        // the loss.
        assert_eq!(of_table.targets.len(), 2 * (2 * 5 + 2));
        let n_decoys = space.n_decoys as usize;
        assert_eq!(of_table.decoys.len(), of_table.targets.len() * n_decoys);
        for decoy in &of_table.decoys {
            let target = &space.modifiers[decoy.target_modifier.usize()];
            let modifier = &space.decoy_modifiers[decoy.modifier.usize()];
            assert_eq!(target.n_molecules(), modifier.n_molecules());
            let charge = config.charge_of(target);
            assert_eq!(charge, config.charge_of(modifier), "{target} {modifier}");
            let formula = &table.formulas[decoy.formula.usize()];
            let expected = ion_formula(formula, modifier);
            let ion = decoy.ion.map(|ion| &space.ions[ion.usize()]);
            assert_eq!(ion.map(|ion| &ion.formula), expected.as_ref());
            assert!(ion.is_none_or(|ion| ion.charge(config.pattern.charge) == charge));
        }
    }
}

#[test]
fn what_is_charged_changes_no_decoy_of_others() {
    for preset in [Preset::MetaspaceV1, Preset::MetaspaceV3] {
        let mut config = config(1, 1);
        config.rules = preset.rules();
        let plain = table();
        let mut mixed = table();
        let species = Species::parse("C5H14NO+", Repeats::Add).unwrap();
        mixed.push_species("1".into(), String::new(), species, Vec::new());
        let drawn = |table: &MoleculeTable| -> Vec<String> {
            let space = SearchSpace::new(std::slice::from_ref(table), &config).unwrap();
            let of_first = space.tables[0].decoys.iter().filter(|d| d.formula.0 == 0);
            of_first
                .map(|decoy| space.decoy_modifiers[decoy.modifier.usize()].to_string())
                .collect()
        };
        assert_eq!(drawn(&plain), drawn(&mixed));
    }
}

#[test]
fn as_many_modifiers_as_can_be_numbered() {
    // `+C` is a modification, and no decoy adduct for that.
    let with = |n_chem_mods, n_losses, n_adducts| {
        let mut config = config(n_chem_mods, n_losses);
        config.adducts = vec!["+Na".parse().unwrap(); n_adducts];
        config.count_modifiers()
    };
    assert_eq!(with(254, 2, 1).unwrap().n_decoys, 255 * 3 * 79);
    assert_eq!(with(0, 0, 65_535).unwrap().n_targets, 65_535);
    let error = with(0, 0, 65_536).unwrap_err().to_string();
    assert!(error.contains("65536 target adducts are 65536"), "{error}");
    let error = with(30, 30, 1).unwrap_err().to_string();
    let expected = "too many decoy modifiers: (1 + 30 chemical modifications) × \
                    (1 + 30 neutral losses) × 79 decoy adducts are 75919, and at most 65535 \
                    can be numbered\nhint: give fewer --chem-mod or --neutral-loss";
    assert_eq!(error, expected);
}

#[test]
fn what_has_a_neutral_loss_is_known_by_its_place() {
    for (n_chem_mods, n_losses) in [(0, 0), (0, 2), (2, 0), (2, 3)] {
        let mut config = config(n_chem_mods, n_losses);
        config.adducts.push("+Na".parse().unwrap());
        let space = SearchSpace::new(&[table()], &config).unwrap();
        for (place, modifier) in space.modifiers.iter().enumerate() {
            let has_loss = config.has_loss(ModifierIdx::at(place), space.modifiers.len());
            assert_eq!(has_loss, modifier.text().contains("-H"), "{modifier}");
        }
    }
}
