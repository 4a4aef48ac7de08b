//! The description as a page for people, without scripts.

use serde_json::Value;

use crate::description::at;
use crate::problem::Kind;

/// The page of a description.
pub(crate) fn page(description: &Value, problems: &[Kind]) -> String {
    let mut html = String::from(
        "<!doctype html>\n<html lang=\"en\"><head><meta charset=\"utf-8\">\
         <meta name=\"viewport\" content=\"width=device-width, initial-scale=1\">\
         <title>metaspace API</title><link rel=\"stylesheet\" href=\"/viewer/viewer.css\">\
         <link rel=\"icon\" href=\"/viewer/icon.svg\"></head><body class=\"api-page\"><main>",
    );
    let info = &description["info"];
    html.push_str(&format!(
        "<p><a href=\"/\">Viewer</a> · <a href=\"/api/v1/openapi.json\">OpenAPI {}</a></p>\
         <h1>metaspace API {}</h1><p>{}</p>",
        text(&description["openapi"]),
        text(&info["version"]),
        prose(&info["description"])
    ));
    let paths = description["paths"].as_object();
    let operations = || {
        let items = paths.into_iter().flatten();
        items.flat_map(|(path, item)| {
            let methods = item.as_object().into_iter().flatten();
            methods.map(move |(method, operation)| (path, method, operation))
        })
    };
    for tag in description["tags"].as_array().into_iter().flatten() {
        html.push_str(&format!("<h2>{}</h2>", text(&tag["description"])));
        for (path, method, operation) in operations() {
            if operation["tags"][0] == tag["name"] {
                add_operation(&mut html, path, method, operation);
            }
        }
    }
    html.push_str("<h2>Problems</h2><dl>");
    for (name, status, title) in problems {
        html.push_str(&format!(
            "<dt id=\"{name}\"><code>{}</code> {name}</dt><dd>{title}.</dd>",
            status.as_u16()
        ));
    }
    html.push_str("</dl></main></body></html>\n");
    html
}

fn add_operation(html: &mut String, path: &str, method: &str, operation: &Value) {
    html.push_str(&format!(
        "<section><h3><code>{} {}</code></h3><p>{}</p>",
        method.to_uppercase(),
        escaped(path),
        prose(if operation["description"].is_string() {
            &operation["description"]
        } else {
            &operation["summary"]
        })
    ));
    let parameters = operation["parameters"].as_array();
    if parameters.is_some_and(|parameters| !parameters.is_empty()) {
        html.push_str(
            "<table><thead><tr><th scope=\"col\">parameter</th><th scope=\"col\">values</th>\
             <th scope=\"col\">meaning</th></tr></thead><tbody>",
        );
        for parameter in parameters.into_iter().flatten() {
            let needed = if parameter["required"] == true {
                " (needed)"
            } else {
                ""
            };
            html.push_str(&format!(
                "<tr><td><code>{}</code>{needed}</td><td>{}</td><td>{}</td></tr>",
                text(&parameter["name"]),
                values(&parameter["schema"]),
                prose(&parameter["description"])
            ));
        }
        html.push_str("</tbody></table>");
    }
    if let Some(content) = at(operation, &["requestBody", "content"]).as_object() {
        let types: Vec<String> = content.keys().map(|name| escaped(name)).collect();
        html.push_str(&format!(
            "<p>Body: <code>{}</code></p>",
            types.join("</code>, <code>")
        ));
    }
    if let Some(content) = at(operation, &["responses", "200", "content"]).as_object() {
        let types: Vec<String> = content.keys().map(|name| escaped(name)).collect();
        html.push_str(&format!(
            "<p>Answer: <code>{}</code></p>",
            types.join("</code>, <code>")
        ));
    }
    html.push_str("</section>");
}

/// What values a parameter may have.
fn values(schema: &Value) -> String {
    let mut said = Vec::new();
    if let Some(names) = schema["enum"].as_array() {
        said.push(names.iter().map(text).collect::<Vec<_>>().join(", "));
    } else if let Some(kind) = schema["type"].as_str() {
        said.push(escaped(kind));
    }
    match (&schema["minimum"], &schema["maximum"]) {
        (Value::Null, Value::Null) => {}
        (low, Value::Null) => said.push(format!("from {low}")),
        (low, high) => said.push(format!("{low} to {high}")),
    }
    if !schema["default"].is_null() {
        said.push(format!("else {}", text(&schema["default"])));
    }
    said.join(", ")
}

/// Text of a description, what stands between backticks as code.
fn prose(value: &Value) -> String {
    let plain = text(value);
    let parts = plain.split('`').enumerate();
    parts
        .map(|(n, part)| {
            if n % 2 == 1 {
                format!("<code>{part}</code>")
            } else {
                part.into()
            }
        })
        .collect()
}

fn text(value: &Value) -> String {
    value.as_str().map_or_else(
        || {
            if value.is_null() {
                String::new()
            } else {
                escaped(&value.to_string())
            }
        },
        escaped,
    )
}

fn escaped(text: &str) -> String {
    text.replace('&', "&amp;")
        .replace('<', "&lt;")
        .replace('>', "&gt;")
        .replace('"', "&quot;")
}
