//! Kith and the ceiling on one database.

use std::path::Path;
use std::time::Instant;

use anyhow::ensure;
use reqwest::{Client, Method};
use serde_json::json;

use crate::Plan;
use crate::database::Postgres;
use crate::extras::Extras;
use crate::instance::{Environment, Instance};
use crate::prepare::Prepared;
use crate::results::{Row, report};
use crate::routes::{self, ROUTES, Route, Side, measure_follows, measure_route};

/// bcrypt cost in production.
pub const COST: u32 = 12;

pub async fn run(plan: &Plan, kith: &Path, ceiling: &Path) -> anyhow::Result<()> {
    let started = Instant::now();
    let say = |text: &str| eprintln!("[{:>3} s] {text}", started.elapsed().as_secs());
    say("filling the database");
    let postgres = Postgres::start().await?;
    let environment = Environment::new(postgres.seed(kith, "kith", plan).await?)?;
    say("signing in");
    let prepared = Prepared::new(kith, environment, routes::sign_ins(plan, 2)).await?;
    let of_kith = Instance::kith(kith, &prepared.environment, "warn", COST).await?;
    let of_ceiling = Instance::ceiling(ceiling, &prepared.environment, &of_kith).await?;
    compare_bytes(&prepared, [&of_kith, &of_ceiling]).await?;
    let side = |instance| Side { instance, prepared: &prepared, postgres: postgres.process };
    let sides = [side(&of_kith), side(&of_ceiling)];
    let rows = measure_routes(plan, &sides, |route| route.has_ceiling, say).await?;
    let facts = if plan.only.is_none() {
        Extras { plan, kith, of_kith: sides[0], cost: COST, say: &say }.measure().await
    } else {
        Ok(Vec::new())
    };
    say("done\n");
    // The routes are worth reading, whatever fails after them.
    report(plan, ["Kith", "ceiling"], &rows, facts.as_deref().unwrap_or_default())?;
    facts.map(drop)
}

/// Measures the routes of the plan, on the second side only those that it has.
pub async fn measure_routes(
    plan: &Plan,
    sides: &[Side<'_>],
    second_has: impl Fn(&Route) -> bool,
    say: impl Fn(&str),
) -> anyhow::Result<Vec<Row>> {
    let is_wanted = |name: &str| plan.only.as_ref().is_none_or(|only| name.contains(only));
    let mut rows = Vec::new();
    // Opens the connections to PostgreSQL.
    measure_route(&Plan { seconds: 1, rounds: 1, ..plan.clone() }, &routes::GET_USER, sides).await?;
    for route in ROUTES.iter().filter(|route| is_wanted(route.name)) {
        say(route.name);
        let sides = if second_has(route) { sides } else { &sides[..1] };
        rows.push(measure_route(plan, route, sides).await?);
    }
    if is_wanted("follow") {
        say("follow, unfollow");
        rows.extend(measure_follows(plan, sides).await?);
    }
    Ok(rows)
}

/// Checks that the ceiling does the same work: its responses have the same status and the same bytes as Kith's.
async fn compare_bytes(prepared: &Prepared, instances: [&Instance; 2]) -> anyhow::Result<()> {
    let client = Client::new();
    let reader = &prepared.sign_ins[0];
    let [id, popular] = [prepared.users[1].id, prepared.popular.id];
    let followers = format!("/users/{popular}/followers");
    let cursor = format!("{followers}?cursor={}", prepared.cursors[0]);
    let follow = format!("/users/{}/follow", prepared.users[prepared.users.len() - 1].id);
    let same = [
        // First, so that the other side reads the same profile.
        (Method::PATCH, "/users/me".to_owned()),
        (Method::GET, format!("/users/{id}")),
        (Method::GET, "/users/me".to_owned()),
        (Method::GET, format!("{followers}?page=1&page_size=20")),
        (Method::GET, cursor),
        (Method::POST, follow.clone()),
        (Method::DELETE, follow),
    ];
    let mut responses = [Vec::new(), Vec::new()];
    for (instance, responses) in instances.iter().zip(&mut responses) {
        for (method, path) in &same {
            let mut request = client.request(method.clone(), instance.url(path)).bearer_auth(&reader.access_token);
            if *method == Method::PATCH {
                request = request.json(&json!({ "bio": "Hello" }));
            }
            let response = request.send().await?;
            responses.push((response.status(), response.text().await?));
        }
    }
    let [of_kith, of_ceiling] = responses;
    for ((method, path), (expected, found)) in same.iter().zip(of_kith.iter().zip(&of_ceiling)) {
        ensure!(
            expected == found && expected.0.is_success(),
            "{method} {path}: the ceiling does not do the same.\n  Kith:    {expected:?}\n  ceiling: {found:?}"
        );
    }
    Ok(())
}
