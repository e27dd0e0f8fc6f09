//! The origin of a request, as it is recorded.

use http::header::USER_AGENT;
use http::request::Parts;
use leptos::prelude::expect_context;

use crate::domain::audit::log::Origin;
use crate::domain::sign_in::refresh_token::Client;
use crate::rest::server::request::{ClientAddress, RequestId};

/// For the audit log: the id of this request, as in its log lines, and the network that it came from.
pub fn origin() -> Origin {
    let parts: Parts = expect_context();
    Origin {
        request_id: parts.extensions.get().map(|RequestId(id)| id.clone()),
        network: parts.extensions.get().copied().map(ClientAddress::network),
    }
}

/// For a sign-in: the browser's user agent, and the network that the request came from.
pub fn client() -> Client {
    let parts: Parts = expect_context();
    let user_agent = parts.headers.get(USER_AGENT).and_then(|value| value.to_str().ok());
    Client::new(user_agent, parts.extensions.get().copied().map(ClientAddress::network))
}
