//! Response times of the typeahead and the search, for viewers who follow no one or 100,000 people, by kind of query.
//! The ceiling is a look-up of as many people by their IDs.
//!
//! `make bench BENCH=search ARGS="1000000 2000000 2000"`: users, follows, queries of each kind. The default is a
//! twentieth of the users.

mod support;

use std::time::Instant;

use fastrand::Rng;
use kith::domain::search::people::{Position, Query, search, typeahead};
use kith::model::id::UserId;
use support::stats::quantile;
use support::{numbers, seeded};
use uuid::Uuid;

/// People in an answer.
const LIMIT: usize = 8;

#[derive(Clone, Copy)]
enum Kind {
    /// The first two letters of a name, which a sixteenth of all users have.
    Two,
    /// A first name and a part of the last name.
    Words,
    /// A part of a username.
    Username,
    /// Letters that no name begins with.
    Nothing,
    /// All hundred results of a first name.
    Search,
}

const KINDS: [(Kind, &str); 5] = [
    (Kind::Two, "two letters"),
    (Kind::Words, "a name and two letters"),
    (Kind::Username, "part of a username"),
    (Kind::Nothing, "nothing"),
    (Kind::Search, "search, the last page"),
];

impl Kind {
    /// Draws a query from the names of a random user.
    fn text(self, username: &str, name: &str, random: &mut Rng) -> String {
        let first = |text: &str, count: usize| text.chars().take(count).collect::<String>();
        match self {
            Self::Two => first(name, 2),
            Self::Words => first(name, name.find(' ').unwrap_or(0) + 3),
            Self::Username => first(username, username.len() - random.usize(0..3)),
            Self::Nothing => format!("q{}", random.u32(..)),
            Self::Search => name.split(' ').next().unwrap_or(name).to_owned(),
        }
    }
}

#[tokio::main]
async fn main() -> anyhow::Result<()> {
    let [users, follows, rounds] = numbers([50_000, 100_000, 500]);
    let pool = seeded(users, follows).await?;
    let names: Vec<(Uuid, String, String)> = sqlx::query_as(
        "SELECT id, username, coalesce(display_name, username) FROM users.users TABLESAMPLE system (1) LIMIT 5000",
    )
    .fetch_all(&pool)
    .await?;
    println!("{rounds} queries of each kind, in ms; the ratio is to the median of a look-up of {LIMIT} people");
    println!("{:<44} {:>8} {:>8} {:>8} {:>6}", "", "p50", "p99", "max", "ratio");
    let mut random = Rng::with_seed(1);
    for name in ["few", "reader"] {
        let viewer = sqlx::query_scalar("SELECT id FROM users.users WHERE username = $1").bind(name);
        let viewer = UserId(viewer.fetch_one(&pool).await?);
        let mut ceiling = 1.0;
        let mut report = |line: &str, times: &[f64], is_ceiling: bool| {
            let [half, most, all] = [0.5, 0.99, 1.0].map(|share| quantile(times, share));
            if is_ceiling {
                ceiling = half;
            }
            println!("{:<44} {half:>8.2} {most:>8.2} {all:>8.2} {:>6.1}", format!("{name}: {line}"), half / ceiling);
        };
        let mut times = Vec::new();
        for _ in 0..rounds {
            let ids: Vec<Uuid> = (0..LIMIT).map(|_| names[random.usize(..names.len())].0).collect();
            let started = Instant::now();
            let people = sqlx::query("SELECT * FROM users.list_people($1, $2, false)").bind(viewer.0).bind(ids);
            people.fetch_all(&pool).await?;
            times.push(started.elapsed().as_secs_f64() * 1000.0);
        }
        report("people by their IDs", &times, true);
        for (kind, line) in KINDS {
            let mut times = Vec::new();
            for _ in 0..rounds {
                let (_, username, name) = &names[random.usize(..names.len())];
                let query = Query::parse(&kind.text(username, name, &mut random))?;
                let started = Instant::now();
                match kind {
                    Kind::Search => drop(search(&pool, viewer, &query, Position::decode("UA")?).await?),
                    _ => drop(typeahead(&pool, viewer, &query, LIMIT).await?),
                }
                times.push(started.elapsed().as_secs_f64() * 1000.0);
            }
            report(line, &times, false);
        }
    }
    Ok(())
}
