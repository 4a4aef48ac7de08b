//! What a command prints at its end, and its exit code.

use serde_json::Value;

/// Exit code of a command that did not do all that it should.
pub(crate) const INCOMPLETE: u8 = 3;

/// What a command has to say on stdout.
pub(crate) struct Output {
    pub(crate) text: String,
    pub(crate) json: Value,
}

/// An object, or objects, of `run.json` with its names as all that is printed has them: `nIons` for
/// `n_ions`.
pub(crate) fn camel_case(value: Value) -> Value {
    let name = |name: String| {
        let mut words = name.split('_');
        let mut out = words.next().unwrap_or_default().to_owned();
        for word in words {
            let mut letters = word.chars();
            out.extend(letters.next().map(|letter| letter.to_ascii_uppercase()));
            out.push_str(letters.as_str());
        }
        out
    };
    match value {
        Value::Object(members) => members
            .into_iter()
            .map(|(key, value)| (name(key), camel_case(value)))
            .collect(),
        Value::Array(values) => values.into_iter().map(camel_case).collect(),
        other => other,
    }
}

/// What a command has to say, and its exit code.
pub(crate) struct Finished {
    pub(crate) output: Output,
    pub(crate) code: u8,
}

impl From<Output> for Finished {
    fn from(output: Output) -> Self {
        Self { output, code: 0 }
    }
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    #[test]
    fn names_of_members_are_of_one_kind() {
        let printed = camel_case(json!([{ "n_ions": 2, "at_fdr": [[0.1, 3]], "plain": "n_ions" }]));
        assert_eq!(
            printed,
            json!([{ "nIons": 2, "atFdr": [[0.1, 3]], "plain": "n_ions" }])
        );
    }
}
