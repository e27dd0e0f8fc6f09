//! Results: the table and the JSON file.

use std::fs;
use std::path::Path;
use std::thread::available_parallelism;

use serde_json::{Value, json};
use time::OffsetDateTime;
use time::format_description::well_known::Rfc3339;

use crate::Plan;
use crate::load::Sample;
use crate::stats::quantile;

/// The samples of a route: of the measured side, and of the side that it is compared with.
pub struct Row {
    name: &'static str,
    measured: Vec<Sample>,
    reference: Vec<Sample>,
}

/// A ratio or a rate that is not of a route.
pub struct Fact {
    pub name: String,
    /// As the table shows it.
    pub text: String,
    /// As the file has it.
    pub value: Value,
}

impl Row {
    /// The samples of each side, the measured one first.
    pub fn new(name: &'static str, samples: Vec<Vec<Sample>>) -> Self {
        let mut samples = samples.into_iter();
        let mut next = || samples.next().unwrap_or_default();
        Self { name, measured: next(), reference: next() }
    }

    /// The median of the ratios of both rates in each round. `None` without a side to compare with.
    pub fn ratio(&self) -> Option<f64> {
        let ratios: Vec<f64> = self.measured.iter().zip(&self.reference).map(|(a, b)| a.rate / b.rate).collect();
        (!ratios.is_empty()).then(|| quantile(&ratios, 0.5))
    }

    /// The median of each field.
    pub fn median(samples: &[Sample], field: impl Fn(&Sample) -> f64) -> f64 {
        quantile(&samples.iter().map(field).collect::<Vec<_>>(), 0.5)
    }

    fn line(&self) -> String {
        let columns = |samples: &[Sample]| {
            let median = |field: fn(&Sample) -> f64| Self::median(samples, field);
            format!(
                "{:>8.0} {:>7.2} {:>7.2} {:>6.0} {:>6.0}",
                median(|sample| sample.rate),
                median(|sample| sample.p50_ms),
                median(|sample| sample.p99_ms),
                median(|sample| sample.server_us),
                median(|sample| sample.postgres_us)
            )
        };
        let reference = if self.reference.is_empty() { String::new() } else { columns(&self.reference) };
        let ratio = self.ratio().map(|ratio| format!("{ratio:.2}")).unwrap_or_default();
        format!("{:<26} {} | {reference:>38} | {ratio:>5}", self.name, columns(&self.measured)).trim_end().to_owned()
    }

    /// The ratio of rates, and the CPU time of a request on both sides, under another name.
    pub fn into_fact(self, name: &str) -> Fact {
        let cpu = |samples| Self::median(samples, |sample| sample.server_us + sample.postgres_us);
        let (ratio, measured, reference) =
            (self.ratio().unwrap_or_default(), cpu(&self.measured), cpu(&self.reference));
        Fact::new(name, format!("{ratio:.2}, CPU {measured:.0} against {reference:.0} µs"), self.json())
    }

    fn json(&self) -> Value {
        let Self { name, measured, reference } = self;
        json!({ "name": name, "ratio": self.ratio(), "measured": measured, "reference": reference })
    }
}

impl Fact {
    pub fn new(name: impl Into<String>, text: String, value: Value) -> Self {
        Self { name: name.into(), text, value }
    }
}

/// Prints the table, and writes everything to a new file in the folder of the plan. `sides` names both.
pub fn report(plan: &Plan, sides: [&str; 2], rows: &[Row], facts: &[Fact]) -> anyhow::Result<()> {
    let cores = available_parallelism()?;
    println!(
        "{} users, {} follows, {cores} cores, {} connections; medians of {} rounds of {} s",
        plan.users,
        plan.follows,
        crate::load::CONNECTIONS,
        plan.rounds,
        plan.seconds
    );
    println!("CPU: µs of a request in the server and in PostgreSQL\n");
    let columns = "   req/s  p50 ms  p99 ms    CPU   CPU";
    println!("{:<26} {:^38} | {:^38} |", "", sides[0], sides[1]);
    println!("{:<26} {columns:<38} | {columns:<38} | ratio", "");
    for row in rows {
        println!("{}", row.line());
    }
    if !facts.is_empty() {
        println!();
    }
    for fact in facts {
        println!("{:<42} {}", fact.name, fact.text);
    }
    let now = OffsetDateTime::now_utc();
    let results = json!({
        "time": now.format(&Rfc3339)?,
        "cores": cores,
        "users": plan.users,
        "follows": plan.follows,
        "rounds": plan.rounds,
        "seconds": plan.seconds,
        "sides": sides,
        "routes": rows.iter().map(Row::json).collect::<Vec<_>>(),
        "facts": facts.iter().map(|fact| (fact.name.clone(), fact.value.clone())).collect::<serde_json::Map<_, _>>(),
    });
    let file = write(&plan.results, now, &results)?;
    println!("\nAll samples: {file}");
    Ok(())
}

fn write(dir: &Path, now: OffsetDateTime, results: &Value) -> anyhow::Result<String> {
    fs::create_dir_all(dir)?;
    let file = dir.join(format!("{}.json", now.unix_timestamp()));
    fs::write(&file, serde_json::to_vec_pretty(results)?)?;
    Ok(file.display().to_string())
}
