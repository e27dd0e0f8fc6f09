//! A plan as text that is the same for each run: without times, costs and values.

use std::fmt::Write as _;

use serde_json::Value;

/// A statement and its plan.
pub struct Plan {
    pub statement: String,
    pub text: String,
    /// The tables that it reads as a whole.
    pub scanned: Vec<String>,
}

impl Plan {
    /// Of a JSON object that `auto_explain` has written. `None` for an expression in a function, which has no plan to
    /// speak of.
    pub fn of(plan: &Value) -> Option<Self> {
        let first = text(plan, "Query Text").split_whitespace().next().unwrap_or_default().to_ascii_uppercase();
        if !["SELECT", "INSERT", "UPDATE", "DELETE", "WITH"].contains(&first.as_str()) {
            return None;
        }
        let mut read = Self { statement: dedent(text(plan, "Query Text")), text: String::new(), scanned: Vec::new() };
        read.add(&plan["Plan"], 0);
        Some(read)
    }

    fn add(&mut self, node: &Value, depth: usize) {
        let indent = "  ".repeat(depth);
        let mut line = format!("{indent}{}", text(node, "Node Type"));
        for (name, before) in [
            ("Operation", " "),
            ("Strategy", " "),
            ("Join Type", " "),
            ("Subplan Name", ", "),
            ("CTE Name", " of "),
            ("Function Name", " "),
            ("Index Name", " using "),
            ("Relation Name", " on "),
        ] {
            let value = text(node, name);
            if !value.is_empty() && !["Plain", "Inner"].contains(&value) {
                line.push_str(before);
                line.push_str(value);
            }
        }
        let rows = rounded(node["Plan Rows"].as_f64().unwrap_or_default());
        let _ = writeln!(self.text, "{line}, rows {rows}");
        for name in ["Index Cond", "Recheck Cond", "Hash Cond", "Merge Cond", "Join Filter", "Filter"] {
            let condition = text(node, name);
            if !condition.is_empty() {
                let _ = writeln!(self.text, "{indent}    {name}: {}", without_values(condition));
            }
        }
        if text(node, "Node Type") == "Seq Scan" {
            self.scanned.push(text(node, "Relation Name").to_owned());
        }
        for child in node["Plans"].as_array().into_iter().flatten() {
            self.add(child, depth + 1);
        }
    }
}

fn text<'a>(node: &'a Value, name: &str) -> &'a str {
    node[name].as_str().unwrap_or_default()
}

/// Estimates differ with each sample of the statistics: the nearest power of ten stays, and small ones become "few".
fn rounded(rows: f64) -> String {
    if rows < 20.0 {
        return "few".to_owned();
    }
    format!("about {:.0}", 10_f64.powf(rows.log10().round()))
}

/// Replaces what is between quotes: with a custom plan, conditions contain the parameters.
fn without_values(condition: &str) -> String {
    let mut shown = String::new();
    for (index, part) in condition.split('\'').enumerate() {
        shown.push_str(if index % 2 == 0 { part } else { "'…'" });
    }
    shown
}

/// Removes the indentation that the lines share after the first one, and empty lines.
fn dedent(statement: &str) -> String {
    let lines = || statement.lines().filter(|line| !line.trim().is_empty());
    let indent = lines().skip(1).map(|line| line.len() - line.trim_start().len()).min().unwrap_or_default();
    let lines: Vec<&str> = lines()
        .enumerate()
        .map(|(index, line)| if index == 0 { line.trim() } else { line[indent..].trim_end() })
        .collect();
    lines.join("\n")
}
