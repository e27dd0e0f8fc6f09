//! Collects the plans of all statements of this process: `auto_explain` sends them to the client as notices.

use std::fmt::Debug;
use std::sync::{Arc, Mutex, PoisonError};

use serde_json::Value;
use tracing::field::{Field, Visit};
use tracing::{Event, Subscriber};
use tracing_subscriber::Layer;
use tracing_subscriber::layer::Context;

/// Where sqlx reports notices.
pub const NOTICES: &str = "sqlx::postgres::notice";

/// The settings by which PostgreSQL sends the plan of each statement, including those in functions and of foreign
/// keys, to the client.
pub const SETTINGS: [(&str, &str); 6] = [
    ("session_preload_libraries", "auto_explain"),
    ("auto_explain.log_min_duration", "0"),
    ("auto_explain.log_nested_statements", "on"),
    ("auto_explain.log_format", "json"),
    ("auto_explain.log_level", "notice"),
    ("auto_explain.log_parameter_max_length", "0"),
];

/// Plans in the order in which they ran. Clones share them.
#[derive(Clone, Default)]
pub struct Plans(Arc<Mutex<Vec<Value>>>);

impl Plans {
    /// Returns the plans since the last call.
    pub fn take(&self) -> Vec<Value> {
        std::mem::take(&mut *self.0.lock().unwrap_or_else(PoisonError::into_inner))
    }
}

impl<S: Subscriber> Layer<S> for Plans {
    fn on_event(&self, event: &Event<'_>, _: Context<'_, S>) {
        let mut message = Message(String::new());
        event.record(&mut message);
        if let Some((_, json)) = message.0.split_once("plan:\n")
            && let Ok(plan) = serde_json::from_str(json)
        {
            self.0.lock().unwrap_or_else(PoisonError::into_inner).push(plan);
        }
    }
}

struct Message(String);

impl Visit for Message {
    fn record_str(&mut self, field: &Field, value: &str) {
        if field.name() == "message" {
            value.clone_into(&mut self.0);
        }
    }

    fn record_debug(&mut self, field: &Field, value: &dyn Debug) {
        self.record_str(field, &format!("{value:?}"));
    }
}
