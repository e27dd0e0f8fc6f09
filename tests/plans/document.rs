//! `docs/queries.md`.

use std::collections::{BTreeMap, BTreeSet};
use std::fmt::Write as _;
use std::path::Path;

use anyhow::ensure;
use serde_json::Value;

use super::plan::Plan;

const INTRODUCTION: &str = "# Queries

The plan of each statement of the service on a database with 1,050,000 users, 5,000,000 follows, and a million rows in \
each of the other large tables: `star` has 1,000,000 followers, and `reader` follows 105,000 users. `make plans` writes \
this page with the plans that the service itself runs (auto_explain), including those in functions and of foreign keys. \
It fails if a statement reads a large table as a whole. Estimated rows are rounded to a power of ten; \
few are less than 20. The statements of a request are in alphabetical order.
";

/// The page, operation by operation. A statement is shown where it ran first.
pub struct Document {
    large: Vec<String>,
    text: String,
    /// The number of each statement.
    numbers: BTreeMap<String, usize>,
    problems: Vec<String>,
}

impl Document {
    /// `large` are the tables that no statement may read as a whole.
    pub fn new(large: Vec<String>) -> Self {
        Self { large, text: INTRODUCTION.to_owned(), numbers: BTreeMap::new(), problems: Vec::new() }
    }

    /// Adds the statements of an operation.
    pub fn add(&mut self, title: &str, plans: &[Value]) {
        let _ = write!(self.text, "\n## {title}\n");
        let mut links = BTreeSet::new();
        let mut plans: Vec<Plan> = plans.iter().filter_map(Plan::of).collect();
        // Some run at the same time.
        plans.sort_by(|one, other| one.statement.cmp(&other.statement));
        for plan in plans {
            if let Some(number) = self.numbers.get(&plan.statement) {
                links.insert(*number);
                continue;
            }
            let number = self.numbers.len() + 1;
            self.numbers.insert(plan.statement.clone(), number);
            links.insert(number);
            let Plan { statement, text, scanned } = plan;
            let _ = write!(self.text, "\n### Statement {number}\n\n```sql\n{statement}\n```\n\n```\n{text}```\n");
            for table in scanned.iter().filter(|table| self.large.contains(table)) {
                self.problems.push(format!("statement {number} ({title}) reads {table} as a whole"));
            }
        }
        let links: Vec<String> = links.iter().map(|number| format!("[{number}](#statement-{number})")).collect();
        let _ = write!(self.text, "\nStatements: {}.\n", links.join(", "));
    }

    /// Writes the page.
    ///
    /// # Errors
    /// If a statement reads a large table as a whole. The page is written nevertheless.
    pub fn write(self, path: &Path) -> anyhow::Result<()> {
        std::fs::write(path, self.text)?;
        println!("Wrote {} with {} statements", path.display(), self.numbers.len());
        ensure!(self.problems.is_empty(), "{}", self.problems.join("\n"));
        Ok(())
    }
}
