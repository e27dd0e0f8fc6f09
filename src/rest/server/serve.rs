//! Server side of the `Rest` protocol.

use std::sync::Arc;

use axum::body::Body;
use axum::extract::Request;
use axum::response::{IntoResponse, Response};
use http::Method;
use serde::Serialize;
use serde::de::DeserializeOwned;
use server_fn::Protocol;
use server_fn::client::Client;
use server_fn::server::Server;

use super::declared::declared_fields;
use super::decode::{decode, path_params, read_fields};
use super::form_post::FormPost;
use super::posted_form::PostedForm;
use super::respond::respond;
use crate::model::error::{ApiError, ErrorCode};
use crate::rest::verb::{Rest, Verb};

impl<V, In, Out, C, S> Protocol<In, Out, C, S, ApiError> for Rest<V>
where
    V: Verb,
    In: DeserializeOwned + Send,
    Out: Serialize + Send,
    C: Client<ApiError>,
    S: Server<ApiError, Request = Request, Response = Response>,
{
    const METHOD: Method = V::METHOD;

    // Never returns `Err`: the framework would turn any error into a 500.
    async fn run_server<F, Fut>(mut request: Request<Body>, operation: F) -> Result<Response, ApiError>
    where
        F: Fn(In) -> Fut + Send,
        Fut: Future<Output = Result<Out, ApiError>> + Send,
    {
        let path = match path_params(&mut request).await {
            Ok(path) => path,
            Err(error) => return Ok(error.into_response()),
        };
        let posted = request.extensions().get::<Arc<PostedForm>>().cloned();
        let form = FormPost::of(&request).map(|form| match &posted {
            Some(posted) => form.with_fields(&posted.pairs, declared_fields::<In>()),
            None => form,
        });
        if let Some(form) = &form
            && let Err(error) = form.throttle().await
        {
            return Ok(error.into_response());
        }
        let input = read_fields(request).await.and_then(|fields| decode(fields, &path));
        let outcome = match input {
            Ok(input) => operation(input).await,
            Err(error) => Err(error),
        };
        Ok(respond(form, outcome).await)
    }

    // On the server, operations are called directly.
    async fn run_client(_path: &str, _input: In) -> Result<Out, ApiError> {
        Err(ErrorCode::Internal.into())
    }
}
