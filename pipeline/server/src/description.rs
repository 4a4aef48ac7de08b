//! The description of the API: OpenAPI for programs, a page for people.

use std::sync::Arc;

use axum::extract::State;
use axum::http::{HeaderValue, header};
use axum::response::{Html, IntoResponse, Response};
use serde_json::Value;
use utoipa::openapi::path::Operation;
use utoipa::openapi::security::{Http, HttpAuthScheme, SecurityRequirement, SecurityScheme};
use utoipa::openapi::{
    Components, ContentBuilder, HeaderBuilder, OpenApi as Description, Ref, RefOr, Required,
    ResponseBuilder,
};
use utoipa::{OpenApi, PartialSchema, ToSchema};

use crate::problem::{ProblemText, kind};
use crate::state::{Described, Server};
use crate::{
    annotations, candidates, colocalization, datasets, experiments, files, ions, markers,
    mean_spectra, mz, optical, regions, score, shared, spectra,
};

mod page;

/// Problems that any operation may have.
const ANYWHERE: [u16; 6] = [400, 401, 421, 500, 503, 504];

/// Problems of what is named and not there.
const NAMED: [u16; 1] = [404];

/// Problems of bodies.
const BODIES: [u16; 3] = [408, 413, 415];

#[derive(OpenApi)]
#[openapi(
    info(
        title = "metaspace",
        description = "Annotated ions of imaging mass spectrometry datasets, their images, spectra and co-localization. Coordinates are columns and rows of the bounding box, from 0, as in `pixels.parquet`. What goes wrong is answered as `application/problem+json`. Answers carry an `ETag`; `If-None-Match` with it is answered with 304 as long as nothing has changed.",
        license(name = "MIT OR Apache-2.0"),
    ),
    paths(
        datasets::datasets,
        mz::mz_image,
        mz::mz_pixels,
        mz::mz_errors,
        mean_spectra::mean_spectrum,
        mean_spectra::region_spectrum,
        mean_spectra::unexplained,
        regions::regions,
        regions::keep_regions,
        regions::segments,
        regions::tissue,
        optical::optical,
        optical::keep_placement,
        optical::remove_optical,
        optical::optical_picture,
        optical::keep_picture,
        experiments::report,
        shared::shared,
        annotations::annotations,
        candidates::candidates,
        ions::image,
        ions::pixels,
        spectra::spectrum,
        colocalization::partners,
        colocalization::pair_matrix,
        score::score,
        markers::drawn_markers,
        files::file,
    ),
    tags(
        (name = "datasets", description = "What is served"),
        (name = "annotations", description = "Which ions were found"),
        (name = "ions", description = "Where an ion lies"),
        (name = "spectra", description = "What was measured at a pixel, in regions, and in all pixels"),
        (name = "experiments", description = "Reports of experiments over many datasets"),
        (name = "regions", description = "Regions that were drawn, segments, and the tissue"),
        (name = "optical", description = "An optical image of the section, and where it lies"),
        (name = "colocalization", description = "Which ions lie together, and which mark a region"),
        (name = "files", description = "The tables as they are"),
    )
)]
struct Api;

/// Describes a server that wants a token or does not, of one dataset or several.
pub(crate) fn described(wants_token: bool, are_several: bool) -> Described {
    let description = describe(wants_token, are_several);
    let description = serde_json::to_value(description).unwrap_or_default();
    Described {
        json: serde_json::to_vec(&description).unwrap_or_default(),
        page: page::page(&description, &kind::ALL),
    }
}

/// What the operations say of themselves, and the problems that they may have.
fn describe(wants_token: bool, are_several: bool) -> Description {
    let mut description = Api::openapi();
    description.info.version = env!("CARGO_PKG_VERSION").into();
    let components = description.components.get_or_insert_with(Components::new);
    components
        .schemas
        .insert(ProblemText::name().into_owned(), ProblemText::schema());
    if wants_token {
        let scheme = SecurityScheme::Http(Http::new(HttpAuthScheme::Bearer));
        components.add_security_scheme("token", scheme);
        let none: [&str; 0] = [];
        description.security = Some(vec![SecurityRequirement::new("token", none)]);
    }
    for (path, item) in &mut description.paths.paths {
        let operations = [
            (&mut item.get, false),
            (&mut item.post, true),
            (&mut item.put, true),
            (&mut item.delete, false),
        ];
        for (operation, has_body) in operations {
            if let Some(operation) = operation {
                if are_several {
                    ask_for_dataset(operation);
                }
                add_problems(operation, path, has_body, wants_token);
            }
        }
    }
    description
}

/// Of several datasets one must be named.
fn ask_for_dataset(operation: &mut Operation) {
    for parameter in operation.parameters.iter_mut().flatten() {
        if let RefOr::T(parameter) = parameter
            && parameter.name == "dataset"
        {
            parameter.required = Required::True;
            parameter.description = Some("Id of the dataset.".into());
        }
    }
}

fn add_problems(operation: &mut Operation, path: &str, has_body: bool, wants_token: bool) {
    let is_named = path != "/api/v1/datasets" && !path.ends_with("/score");
    let computes = has_body
        || [
            "/colocalization",
            "/images/",
            "/pixels",
            "/spectra/",
            "/segments",
            "/spectrum",
            "/candidates",
        ]
        .iter()
        .any(|part| path.contains(part));
    let mut statuses = ANYWHERE.to_vec();
    statuses.retain(|status| wants_token || *status != 401);
    if is_named || path.ends_with("/score") {
        statuses.extend(NAMED);
    }
    if has_body {
        statuses.extend(BODIES);
    }
    if computes {
        statuses.push(422);
    }
    let responses = &mut operation.responses.responses;
    if path.contains("/files/") {
        statuses.push(416);
    }
    if !has_body && is_named {
        let unchanged = ResponseBuilder::new()
            .description("The client has it already")
            .build();
        responses.insert("304".into(), RefOr::T(unchanged));
        for status in ["200", "206"] {
            if let Some(RefOr::T(response)) = responses.get_mut(status) {
                let tag = HeaderBuilder::new()
                    .schema(Some(String::schema()))
                    .description(Some("Tells this answer from every other"))
                    .build();
                response.headers.insert("ETag".into(), tag.into());
            }
        }
    }
    for status in statuses {
        let titles: Vec<&str> = kind::ALL
            .iter()
            .filter(|kind| kind.1.as_u16() == status)
            .map(|kind| kind.2)
            .collect();
        let content = ContentBuilder::new()
            .schema(Some(Ref::from_schema_name("Problem")))
            .build();
        let response = ResponseBuilder::new()
            .description(titles.join("; "))
            .content("application/problem+json", content)
            .build();
        responses.insert(status.to_string(), RefOr::T(response));
    }
}

/// `/api/v1/openapi.json`.
pub(crate) async fn openapi(State(server): State<Arc<Server>>) -> Response {
    let json = HeaderValue::from_static("application/json");
    (
        [(header::CONTENT_TYPE, json)],
        server.described.json.clone(),
    )
        .into_response()
}

/// `/api`.
pub(crate) async fn for_people(State(server): State<Arc<Server>>) -> Html<String> {
    Html(server.described.page.clone())
}

/// The value at a path of keys; null where there is none.
fn at<'a>(value: &'a Value, keys: &[&str]) -> &'a Value {
    keys.iter().fold(value, |value, key| &value[*key])
}

#[cfg(test)]
mod tests {
    use coloc::measures::Measure;

    use super::*;

    #[test]
    fn every_operation_says_what_may_go_wrong() {
        let description = serde_json::to_value(describe(true, true)).unwrap();
        assert!(description["openapi"].as_str().unwrap().starts_with("3.1"));
        let paths = description["paths"].as_object().unwrap();
        assert_eq!(paths.len(), 23);
        for (path, item) in paths {
            for operation in item.as_object().unwrap().values() {
                let responses = operation["responses"].as_object().unwrap();
                assert!(
                    responses.contains_key("401") && responses.contains_key("400"),
                    "{path}"
                );
                assert!(operation["summary"].is_string() || operation["description"].is_string());
            }
        }
        let without = serde_json::to_value(describe(false, false)).unwrap();
        assert!(without.get("security").is_none());
    }

    #[test]
    fn the_measures_are_those_that_there_are() {
        let description = serde_json::to_value(describe(false, false)).unwrap();
        let mut known = Measure::ALL.map(Measure::name);
        known.sort_unstable();
        let mut n_operations = 0;
        for operation in description["paths"].as_object().unwrap().values() {
            let operation = operation
                .get("get")
                .or_else(|| operation.get("post"))
                .unwrap();
            let parameters = operation["parameters"].as_array().into_iter().flatten();
            for measure in parameters.filter(|parameter| parameter["name"] == "measure") {
                let pattern = measure["schema"]["pattern"].as_str().unwrap();
                let mut allowed: Vec<&str> = pattern
                    .trim_matches(['^', '$', '(', ')'])
                    .split('|')
                    .collect();
                allowed.sort_unstable();
                assert_eq!(allowed, known);
                for name in known {
                    let said = measure["description"].as_str().unwrap();
                    assert!(said.contains(&format!("`{name}`")), "{name}");
                }
                n_operations += 1;
            }
        }
        assert_eq!(n_operations, 3);
    }

    #[test]
    fn the_page_names_every_operation_and_problem() {
        let page = described(false, false).page;
        for path in [
            "/api/v1/annotations",
            "/api/v1/markers",
            "/api/v1/spectra/{x},{y}",
        ] {
            assert!(page.contains(path), "{path}");
        }
        for (name, ..) in kind::ALL {
            assert!(page.contains(&format!("id=\"{name}\"")), "{name}");
        }
        assert!(!page.contains("<script") && !page.contains("http://") && !page.contains("style="));
    }
}
