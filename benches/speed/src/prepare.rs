//! What requests are made of: users, and sign-ins with their tokens.

use std::path::Path;

use anyhow::{Context as _, ensure};
use reqwest::header::SET_COOKIE;
use reqwest::{Client, Response};
use serde_json::{Value, json};
use sqlx::PgPool;
use tokio::task::JoinSet;
use uuid::Uuid;

use crate::instance::{Environment, Instance};

/// The password of all users of a seeded database.
pub const PASSWORD: &str = kith::cli::dev::seed::PASSWORD;
/// Pages that look the same for all visitors.
pub const PAGES: [&str; 3] = ["/", "/login", "/register"];
/// The user with the most followers.
pub const POPULAR: &str = "star";
/// Users who sign in at the lowest cost, so that signing in is quick.
const LOWEST_COST: u32 = 4;
/// Simultaneous sign-ins.
const CLIENTS: usize = 8;

/// A user of a seeded database.
#[derive(Clone, sqlx::FromRow)]
pub struct User {
    pub id: Uuid,
    pub username: String,
    pub email: String,
}

/// A signed-in user.
pub struct SignIn {
    pub access_token: String,
    /// The cookies of the refresh token and the page session, as `name=value`.
    pub refresh_token: String,
    pub session: String,
}

/// A database and what its users present.
pub struct Prepared {
    pub environment: Environment,
    /// In random order, without those that have a name of their own.
    pub users: Vec<User>,
    pub popular: User,
    /// Of the first users.
    pub sign_ins: Vec<SignIn>,
    /// Positions in the followers of `popular`.
    pub cursors: Vec<String>,
}

impl Prepared {
    /// Reads the users, and signs in some of them.
    pub async fn new(kith: &Path, environment: Environment, sign_ins: usize) -> anyhow::Result<Self> {
        let pool = PgPool::connect(&environment.database_url).await?;
        let users = "SELECT id, username, email FROM users.users
                     WHERE username <> ALL(ARRAY['star', 'known', 'few', 'reader']) ORDER BY md5(id::text)";
        let users: Vec<User> = sqlx::query_as(users).fetch_all(&pool).await?;
        let popular: User = sqlx::query_as("SELECT id, username, email FROM users.users WHERE username = $1")
            .bind(POPULAR)
            .fetch_one(&pool)
            .await?;
        pool.close().await;
        ensure!(users.len() >= 2 * sign_ins, "too few users");
        let instance = Instance::kith(kith, &environment, "error", LOWEST_COST).await?;
        let sign_ins = sign_in_all(&instance, &users[..sign_ins]).await?;
        let cursors = find_cursors(&instance, &popular, &sign_ins[0]).await?;
        Ok(Self { environment, users, popular, sign_ins, cursors })
    }
}

async fn sign_in_all(instance: &Instance, users: &[User]) -> anyhow::Result<Vec<SignIn>> {
    let client = Client::new();
    let mut running = JoinSet::new();
    for share in users.chunks(users.len().div_ceil(CLIENTS)) {
        let (client, url, share) = (client.clone(), instance.url("/auth/login"), share.to_vec());
        running.spawn(async move {
            let mut sign_ins = Vec::new();
            for user in share {
                sign_ins.push(sign_in(&client, &url, &user.email).await?);
            }
            anyhow::Ok(sign_ins)
        });
    }
    let mut sign_ins = Vec::new();
    while let Some(share) = running.join_next().await {
        sign_ins.extend(share??);
    }
    Ok(sign_ins)
}

async fn sign_in(client: &Client, url: &str, email: &str) -> anyhow::Result<SignIn> {
    let body = json!({ "email": email, "password": PASSWORD });
    let response = client.post(url).json(&body).send().await?.error_for_status()?;
    let (refresh_token, session) = (cookie(&response, "refresh_token=")?, cookie(&response, "__Host-session=")?);
    let body: Value = response.json().await?;
    let access_token = body["access_token"].as_str().context("no access token")?.to_owned();
    Ok(SignIn { access_token, refresh_token, session })
}

fn cookie(response: &Response, start: &str) -> anyhow::Result<String> {
    let cookies = response.headers().get_all(SET_COOKIE).into_iter().filter_map(|value| value.to_str().ok());
    let cookie = cookies.filter(|cookie| cookie.starts_with(start)).find_map(|cookie| cookie.split(';').next());
    Ok(cookie.with_context(|| format!("no cookie {start}"))?.to_owned())
}

/// Follows the list to several depths, as far as page numbers reach.
async fn find_cursors(instance: &Instance, popular: &User, reader: &SignIn) -> anyhow::Result<Vec<String>> {
    let client = Client::new();
    let mut cursors = Vec::new();
    for page in (50..=450).step_by(50) {
        let url = instance.url(&format!("/users/{}/followers?page={page}&page_size=20", popular.id));
        let page: Value = client.get(url).bearer_auth(&reader.access_token).send().await?.json().await?;
        cursors.push(page["next_cursor"].as_str().context("too few followers")?.to_owned());
    }
    Ok(cursors)
}
