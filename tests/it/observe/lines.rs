//! Log lines: what operators and their tools read.

use std::fmt;
use std::sync::Arc;

use http::Method;
use kith::base::current_request::{RequestFields, with_request};
use serde_json::{Value, json};

use crate::support::log::Log;

fn parsed(log: &Log) -> Vec<Value> {
    log.text().lines().map(|line| serde_json::from_str(line).unwrap()).collect()
}

#[test]
fn a_line_has_the_fields_of_its_event_and_of_its_request() {
    let log = Log::capture();
    let request = RequestFields { id: "a\"b".to_owned(), method: Method::GET, path: "/".to_owned(), client: None };
    with_request(Arc::new(request), || {
        tracing::info!(status = 200, ratio = 0.5, code = ?Some(1), "an \"answer\"\n");
    });
    tracing::warn!("later");
    let lines = parsed(&log);
    let [line, later] = &*lines else { panic!("{lines:?}") };
    let fields = ["level", "target", "span", "message", "status", "ratio", "code"].map(|name| line[name].clone());
    assert_eq!(
        fields,
        [
            json!("INFO"),
            json!(module_path!()),
            json!({ "name": "request", "id": "a\"b", "method": "GET", "path": "/" }),
            json!("an \"answer\"\n"),
            json!(200),
            json!(0.5),
            json!("Some(1)"),
        ]
    );
    let time = line["timestamp"].as_str().unwrap();
    assert!(time.len() == "2026-11-28T05:26:26.867776Z".len() && time.ends_with('Z'), "{time}");
    assert_eq!((&later["level"], &later["span"]), (&json!("WARN"), &Value::Null));
}

#[test]
fn a_value_may_log_while_it_is_formatted() {
    struct Chatty;
    impl fmt::Display for Chatty {
        fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
            tracing::info!("inside");
            f.write_str("value")
        }
    }
    let log = Log::capture();
    tracing::info!(field = %Chatty, "outside");
    let lines = parsed(&log);
    let messages: Vec<_> = lines.iter().map(|line| (&line["message"], &line["field"])).collect();
    assert_eq!(messages, [(&json!("inside"), &Value::Null), (&json!("outside"), &json!("value"))]);
}
