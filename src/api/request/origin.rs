//! Where a request came from, for the audit log.

use http::request::Parts;
use leptos::prelude::expect_context;

use crate::domain::audit::log::Origin;
use crate::rest::server::request::{ClientAddress, RequestId};

/// The id of this request, as its log lines have it, and the network that it came from.
pub fn origin() -> Origin {
    let parts: Parts = expect_context();
    Origin {
        request_id: parts.extensions.get().map(|RequestId(id)| id.clone()),
        network: parts.extensions.get().copied().map(ClientAddress::network),
    }
}
