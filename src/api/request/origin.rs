//! The origin of a request, as it is recorded.

use std::sync::Arc;

use http::header::USER_AGENT;
use http::request::Parts;
use leptos::prelude::expect_context;

use super::context::context;
use crate::base::current_request::RequestFields;
use crate::domain::audit::log::Origin;
use crate::domain::sign_in::client::Client;
use crate::domain::sign_in::refresh_token::Start;
use crate::rest::server::request::ClientAddress;

/// For the audit log: the id of this request, as in its log lines, and the network that it came from.
pub fn origin() -> Origin {
    origin_of(&expect_context())
}

/// The origin of the request with these parts.
pub fn origin_of(parts: &Parts) -> Origin {
    Origin {
        request_id: parts.extensions.get::<Arc<RequestFields>>().map(|request| request.id.clone()),
        network: parts.extensions.get().copied().map(ClientAddress::network),
    }
}

/// The browser's user agent, and the address that the request came from.
pub fn client() -> Client {
    client_of(&expect_context())
}

/// The client of the request with these parts.
pub fn client_of(parts: &Parts) -> Client {
    let user_agent = parts.headers.get(USER_AGENT).and_then(|value| value.to_str().ok());
    let address = parts.extensions.get::<ClientAddress>().copied();
    Client::new(user_agent, address.map(|ClientAddress(ip)| ip.to_string()), address.map(ClientAddress::network))
}

/// How a sign-in by this request starts.
pub fn start() -> Start {
    Start { days: context().sign_in_days, client: client() }
}
