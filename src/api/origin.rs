//! Where a request came from, for the audit log.

use http::request::Parts;
use leptos::prelude::expect_context;

use crate::domain::audit_log::Origin;
use crate::server::client_address::ClientAddress;
use crate::server::request_log::RequestId;

/// The id of this request, as its log lines have it, and the network that it came from.
pub fn origin() -> Origin {
    let parts: Parts = expect_context();
    Origin {
        request_id: parts.extensions.get().map(|RequestId(id)| id.clone()),
        network: parts.extensions.get().copied().map(ClientAddress::network),
    }
}
