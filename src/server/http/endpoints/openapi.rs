//! `GET /openapi.json`: the description of the REST routes.

use axum::response::IntoResponse;
use http::header::{CACHE_CONTROL, CONTENT_TYPE};

pub const OPENAPI: &str = include_str!("../../../../docs/openapi.json");

pub async fn openapi() -> impl IntoResponse {
    ([(CONTENT_TYPE, "application/json"), (CACHE_CONTROL, "public, max-age=3600")], OPENAPI)
}

#[cfg(test)]
mod tests {
    use std::collections::BTreeSet;

    use super::*;
    use crate::model::error::ErrorCode;
    use crate::rest::error;
    use crate::rest::server::mount::OPERATIONS;

    fn document() -> serde_json::Value {
        serde_json::from_str(OPENAPI).unwrap()
    }

    #[test]
    fn exactly_the_served_operations_are_described() {
        let described: BTreeSet<_> = document()["paths"]
            .as_object()
            .unwrap()
            .iter()
            .flat_map(|(path, methods)| {
                methods.as_object().unwrap().keys().map(move |method| format!("{} {path}", method.to_uppercase()))
            })
            .collect();
        let other = [
            "GET /.well-known/change-password",
            "GET /.well-known/jwks.json",
            "GET /avatars/{user}/{picture}/{size}",
            "GET /health",
            "GET /livez",
            "GET /readyz",
            "GET /users/me/export",
            "GET /users/me/export/{list}",
        ]
        .map(str::to_owned);
        let served: BTreeSet<_> =
            OPERATIONS.iter().map(|(method, path)| format!("{method} {path}")).chain(other).collect();
        assert_eq!(described, served);
    }

    #[test]
    fn every_error_code_exists_and_is_listed_under_its_status() {
        let document = document();
        let codes = &document["components"]["schemas"]["Error"]["properties"]["error"]["properties"]["code"]["enum"];
        let known = |code: &str| -> ErrorCode { serde_json::from_value(code.into()).unwrap() };
        for code in codes.as_array().unwrap() {
            let code = code.as_str().unwrap();
            assert!(code == "INTERNAL" || known(code) != ErrorCode::Internal, "{code}");
        }
        for (_, methods) in document["paths"].as_object().unwrap() {
            for (_, operation) in methods.as_object().unwrap() {
                for (status, response) in operation["responses"].as_object().unwrap() {
                    let description = response["description"].as_str().unwrap();
                    for code in
                        description.split('`').filter(|word| codes.as_array().unwrap().contains(&(*word).into()))
                    {
                        assert_eq!(error::status(known(code)).to_string(), *status, "{code}");
                    }
                }
            }
        }
    }
}
