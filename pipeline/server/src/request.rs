//! What a request says, with a problem where it cannot be understood.

use axum::extract::{FromRequestParts, Path as AxumPath, Query as AxumQuery};
use axum::http::request::Parts;
use ms_core::bytes::index;
use serde::de::{DeserializeOwned, Error as _};
use serde::{Deserialize, Deserializer};
use utoipa::openapi::schema::{ArrayBuilder, ObjectBuilder, SchemaType, Type};
use utoipa::openapi::{RefOr, Schema};
use utoipa::{PartialSchema, ToSchema};

use crate::problem::{Problem, kind};

/// The parameters after the question mark.
pub(crate) struct Query<T>(pub(crate) T);

impl<T: DeserializeOwned, S: Send + Sync> FromRequestParts<S> for Query<T> {
    type Rejection = Problem;

    async fn from_request_parts(parts: &mut Parts, _: &S) -> Result<Self, Problem> {
        let query = AxumQuery::try_from_uri(&parts.uri);
        let AxumQuery(query) = query.map_err(|wrong| {
            let text = wrong.body_text();
            let reason = text
                .rsplit_once("query string: ")
                .map_or(&*text, |(_, reason)| reason);
            Problem::new(kind::PARAMETER, reason)
        })?;
        Ok(Self(query))
    }
}

/// The variable parts of a path.
pub(crate) struct Path<T>(pub(crate) T);

impl<T: DeserializeOwned + Send, S: Send + Sync> FromRequestParts<S> for Path<T> {
    type Rejection = Problem;

    async fn from_request_parts(parts: &mut Parts, state: &S) -> Result<Self, Problem> {
        let path = AxumPath::from_request_parts(parts, state).await;
        let AxumPath(path) = path.map_err(|_| nothing_here())?;
        Ok(Self(path))
    }
}

pub(crate) fn nothing_here() -> Problem {
    Problem::new(
        kind::PAGE,
        "no page or operation has this address\nhint: /api describes all of them",
    )
}

/// A number that must lie within bounds, both of them allowed.
pub(crate) fn within(name: &str, value: f64, low: f64, high: f64) -> Result<f64, Problem> {
    if (low..=high).contains(&value) {
        return Ok(value);
    }
    Err(Problem::parameter(
        name,
        &format!("must lie between {low} and {high}, not {value}"),
    ))
}

/// A count that must lie within bounds, both of them allowed.
pub(crate) fn count(name: &str, value: u64, low: u64, high: u64) -> Result<usize, Problem> {
    if (low..=high).contains(&value) {
        return Ok(index(value));
    }
    Err(Problem::parameter(
        name,
        &format!("must lie between {low} and {high}, not {value}"),
    ))
}

/// A whole number of 32 bits in JSON, where `3.0` is as whole as `3`.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct Whole(pub(crate) u32);

impl<'de> Deserialize<'de> for Whole {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        let number = f64::deserialize(deserializer)?;
        #[expect(
            clippy::cast_possible_truncation,
            clippy::cast_sign_loss,
            reason = "compared"
        )]
        let whole = number as u32;
        if (f64::from(whole) - number).abs() > 0.0 {
            let reason = format!("{number} is no whole number from 0 to {}", u32::MAX);
            return Err(D::Error::custom(reason));
        }
        Ok(Self(whole))
    }
}

/// Column and row of a pixel.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Deserialize)]
pub(crate) struct PixelPlace(pub(crate) [Whole; 2]);

/// Column and row of a corner, in pixels.
#[derive(Debug, Clone, Copy, PartialEq, Deserialize)]
pub(crate) struct Corner(pub(crate) [f64; 2]);

/// The schema of a pair of numbers.
fn pair(item: ObjectBuilder) -> RefOr<Schema> {
    let array = ArrayBuilder::new().items(item.build());
    RefOr::T(array.min_items(Some(2)).max_items(Some(2)).build().into())
}

impl PartialSchema for PixelPlace {
    fn schema() -> RefOr<Schema> {
        let whole = ObjectBuilder::new().schema_type(SchemaType::new(Type::Integer));
        pair(whole.minimum(Some(0)).maximum(Some(u32::MAX)))
    }
}

impl ToSchema for PixelPlace {}

impl PartialSchema for Corner {
    fn schema() -> RefOr<Schema> {
        pair(ObjectBuilder::new().schema_type(SchemaType::new(Type::Number)))
    }
}

impl ToSchema for Corner {}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn whole_numbers_may_have_a_point() {
        let read = |text: &str| serde_json::from_str::<Whole>(text).ok();
        assert_eq!(
            (read("3"), read("3.0"), read("4294967295")),
            (Some(Whole(3)), Some(Whole(3)), Some(Whole(u32::MAX)))
        );
        for text in ["3.5", "-1", "4294967296", "1e40", "\"3\"", "null"] {
            assert_eq!(read(text), None, "{text}");
        }
    }
}
