//! The measured routes, and the requests to each.

use serde_json::json;

use crate::Plan;
use crate::instance::Instance;
use crate::load::{CONNECTIONS, Load, Mode, Sample, measure};
use crate::prepare::{Prepared, SignIn};
use crate::results::Row;

/// Different requests to a route, which are repeated.
const VARIETY: usize = 20_000;
/// Users whose tokens and cookies requests present.
pub const READERS: usize = 400;
/// Sign-ins of one measurement of refreshes: more than there are connections.
const REFRESHED: usize = 40;
/// New follows of one measurement.
const FOLLOWS: usize = 50_000;

/// A route with its requests.
pub struct Route {
    pub name: &'static str,
    /// Whether the ceiling has it.
    pub has_ceiling: bool,
    pub mode: Mode,
    /// The requests of a measurement. No other measurement has the same number.
    pub requests: fn(&Prepared, usize) -> Vec<String>,
}

const fn route(name: &'static str, requests: fn(&Prepared, usize) -> Vec<String>) -> Route {
    Route { name, has_ceiling: true, mode: Mode::Repeat, requests }
}

const fn signed_in_page(name: &'static str, requests: fn(&Prepared, usize) -> Vec<String>) -> Route {
    Route { has_ceiling: false, ..route(name, requests) }
}

/// Lookups of users, with which other measurements compare instances.
pub const GET_USER: Route = route("GET /users/{id}", |prepared, _| {
    requests_for(prepared, |n| get(&format!("/users/{}", user(prepared, n)), None))
});

/// All routes except following and unfollowing, which [`measure_follows`] measures.
pub static ROUTES: [Route; 12] = [
    GET_USER,
    route("GET /users/me", |prepared, _| requests_for(prepared, |n| get("/users/me", Some(bearer(prepared, n))))),
    route("followers, page 1", |prepared, _| {
        let path = format!("/users/{}/followers?page=1&page_size=20", prepared.popular.id);
        requests_for(prepared, |n| get(&path, Some(bearer(prepared, n))))
    }),
    route("followers, by cursor", |prepared, _| {
        requests_for(prepared, |n| {
            let cursor = &prepared.cursors[n % prepared.cursors.len()];
            let path = format!("/users/{}/followers?cursor={cursor}&page_size=20", prepared.popular.id);
            get(&path, Some(bearer(prepared, n)))
        })
    }),
    route("PATCH /users/me", |prepared, number| {
        let request = |n| {
            let change = json!({ "bio": format!("Change {n} of measurement {number}") });
            let (name, value) = bearer(prepared, n);
            crate::requests::with_json("PATCH", "/users/me", Some((name, &value)), &change)
        };
        (0..VARIETY).map(request).collect()
    }),
    Route {
        mode: Mode::Refresh,
        ..route("POST /auth/refresh", |prepared, number| {
            let first = READERS + number * REFRESHED;
            let request = |SignIn { refresh_token, session, .. }: &SignIn| {
                let cookies = format!("{refresh_token}; {session}");
                crate::requests::request("POST", "/auth/refresh", Some(("cookie", &cookies)))
            };
            prepared.sign_ins[first..first + REFRESHED].iter().map(request).collect()
        })
    },
    route("page /", |_, _| vec![get("/", None)]),
    route("page /login", |_, _| vec![get("/login", None)]),
    route("page /register", |_, _| vec![get("/register", None)]),
    signed_in_page("page /profile/{username}", |prepared, _| {
        requests_for(prepared, |n| get(&format!("/profile/{}", username(prepared, n)), Some(cookie(prepared, n))))
    }),
    signed_in_page("page …/followers", |prepared, _| {
        let path = |n| format!("/profile/{}/followers", username(prepared, n));
        requests_for(prepared, |n| get(&path(n), Some(cookie(prepared, n))))
    }),
    signed_in_page("page /timeline", |prepared, _| {
        requests_for(prepared, |n| get("/timeline", Some(cookie(prepared, n))))
    }),
];

/// The sign-ins that measurements of all routes need.
pub fn sign_ins(plan: &Plan, sides: usize) -> usize {
    READERS + plan.rounds * sides * REFRESHED
}

/// An instance that is measured.
#[derive(Clone, Copy)]
pub struct Side<'a> {
    pub instance: &'a Instance,
    pub prepared: &'a Prepared,
    /// The ID of the first process of its database.
    pub postgres: u32,
}

/// Measures a route on each side in turn. The first side of a pair changes with each round.
pub async fn measure_route(plan: &Plan, route: &Route, sides: &[Side<'_>]) -> anyhow::Result<Row> {
    let mut samples = vec![Vec::new(); sides.len()];
    for (number, index) in turns(plan.rounds, sides.len()) {
        let side = sides[index];
        let requests = (route.requests)(side.prepared, number);
        let load = Load { requests: &requests, mode: route.mode, connections: CONNECTIONS, seconds: plan.seconds };
        samples[index].push(measure(load, side.instance, side.postgres).await?);
    }
    Ok(Row::new(route.name, samples))
}

/// Measures following users, and then unfollowing the same users.
pub async fn measure_follows(plan: &Plan, sides: &[Side<'_>]) -> anyhow::Result<[Row; 2]> {
    let mut samples: [Vec<Vec<Sample>>; 2] = [vec![Vec::new(); sides.len()], vec![Vec::new(); sides.len()]];
    for (number, index) in turns(plan.rounds, sides.len()) {
        let Side { instance, prepared, postgres } = sides[index];
        let mut count = FOLLOWS;
        // Unfollowing takes half the time, so that the follows suffice.
        let halves = [("POST", plan.seconds), ("DELETE", plan.seconds.div_ceil(2))];
        for ((method, seconds), samples) in halves.into_iter().zip(&mut samples) {
            let requests = follows(prepared, number, method, count);
            let load = Load { requests: &requests, mode: Mode::Repeat, connections: CONNECTIONS, seconds };
            let sample = measure(load, instance, postgres).await?;
            let done = usize::try_from(sample.requests)?;
            if done > count {
                eprintln!("{method}: {} of {done} requests changed nothing", done - count);
            }
            count = count.min(done);
            samples[index].push(sample);
        }
    }
    let [follow, unfollow] = samples;
    Ok([Row::new("follow", follow), Row::new("unfollow", unfollow)])
}

/// The number of each measurement, and the side that it measures.
fn turns(rounds: usize, sides: usize) -> impl Iterator<Item = (usize, usize)> {
    (0..rounds * sides).map(move |number| {
        let (round, turn) = (number / sides, number % sides);
        (number, (round + turn) % sides)
    })
}

/// The first of the follows of a measurement. No pair of users occurs twice.
fn follows(prepared: &Prepared, number: usize, method: &str, count: usize) -> Vec<String> {
    let followees = &prepared.users[READERS..];
    // Not a multiple of the followers: when the followees start over, they meet others.
    let followees = &followees[..followees.len() - (followees.len() + 1) % READERS];
    let request = |n: usize| {
        let pair = number * FOLLOWS + n;
        let path = format!("/users/{}/follow", followees[pair % followees.len()].id);
        let (name, value) = bearer(prepared, pair);
        crate::requests::request(method, &path, Some((name, &value)))
    };
    (0..count).map(request).collect()
}

fn requests_for(prepared: &Prepared, request: impl Fn(usize) -> String) -> Vec<String> {
    (0..VARIETY.min(prepared.users.len())).map(request).collect()
}

fn get(path: &str, header: Option<(&'static str, String)>) -> String {
    let header = header.as_ref().map(|(name, value)| (*name, value.as_str()));
    crate::requests::request("GET", path, header)
}

fn user(prepared: &Prepared, n: usize) -> uuid::Uuid {
    prepared.users[n % prepared.users.len()].id
}

fn username(prepared: &Prepared, n: usize) -> &str {
    &prepared.users[n % prepared.users.len()].username
}

fn bearer(prepared: &Prepared, n: usize) -> (&'static str, String) {
    ("authorization", format!("Bearer {}", prepared.sign_ins[n % READERS].access_token))
}

fn cookie(prepared: &Prepared, n: usize) -> (&'static str, String) {
    ("cookie", prepared.sign_ins[n % READERS].session.clone())
}
