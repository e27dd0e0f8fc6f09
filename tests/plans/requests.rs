//! The requests whose statements are shown: each operation once, as a signed-in user or a visitor.

use std::time::Duration;

use kith::base::random::{encode_owned, sha256};
use kith::cli::dev::seed;
use reqwest::{Method, RequestBuilder, Response, redirect};
use serde_json::{Value, json};
use sqlx::PgConnection;
use uuid::Uuid;

use super::capture::Plans;
use super::document::Document;

/// Work that goes on after the response.
const SETTLING: Duration = Duration::from_millis(500);

pub struct Client {
    origin: String,
    client: reqwest::Client,
}

impl Client {
    pub fn new(origin: &str) -> Self {
        let client = reqwest::Client::builder().redirect(redirect::Policy::none()).build().unwrap();
        Self { origin: origin.to_owned(), client }
    }

    fn request(&self, method: Method, path: &str) -> RequestBuilder {
        self.client.request(method, format!("{}{path}", self.origin))
    }

    fn post(&self, path: &str, body: &Value) -> RequestBuilder {
        self.request(Method::POST, path).json(body)
    }

    /// Signs in. Returns the access token and the cookies.
    async fn sign_in(&self, name: &str) -> anyhow::Result<(String, String)> {
        let body = json!({ "email": format!("{name}@example.org"), "password": seed::PASSWORD });
        session(self.post("/auth/login", &body).send().await?).await
    }
}

async fn session(response: Response) -> anyhow::Result<(String, String)> {
    let response = response.error_for_status()?;
    let cookies = response.headers().get_all("set-cookie").iter();
    let pairs = cookies.filter_map(|cookie| cookie.to_str().ok()?.split(';').next().map(str::to_owned));
    let cookies = pairs.collect::<Vec<_>>().join("; ");
    let body: Value = response.json().await?;
    Ok((body["access_token"].as_str().unwrap_or_default().to_owned(), cookies))
}

/// Adds a mailed token of the user, and returns it.
async fn token(connection: &mut PgConnection, user: Uuid, purpose: &str, email: Option<&str>) -> sqlx::Result<String> {
    let secret = *Uuid::now_v7().as_bytes();
    let secret: [u8; 32] = [secret, secret].concat().try_into().unwrap_or_default();
    sqlx::query(
        "INSERT INTO users.one_time_tokens (id, user_id, purpose, request_id, token_hash, expires_at, email)
         SELECT $1, $2, $3, coalesce(max(v.id::text)::uuid, $1), $4, now() + interval '1 hour', $5
         FROM users.email_verifications v WHERE v.user_id = $2",
    )
    .bind(Uuid::now_v7())
    .bind(user)
    .bind(purpose)
    .bind(sha256(&secret))
    .bind(email)
    .execute(connection)
    .await?;
    Ok(encode_owned(user, &secret))
}

/// Sends the requests one after the other. What `background` contains is not shown with them.
pub async fn run(
    client: &Client,
    connection: &mut PgConnection,
    plans: &Plans,
    document: &mut Document,
    background: &[Value],
) -> anyhow::Result<()> {
    let is_background = |plan: &Value| background.iter().any(|other| other["Query Text"] == plan["Query Text"]);
    let mut show = async |title: &str, request: RequestBuilder| -> anyhow::Result<Response> {
        plans.take();
        let response = request.send().await?;
        tokio::time::sleep(SETTLING).await;
        println!("{} {title}", response.status());
        let shown: Vec<Value> = plans.take().into_iter().filter(|plan| !is_background(plan)).collect();
        document.add(&format!("`{title}`"), &shown);
        Ok(response)
    };
    let get = |path: &str| client.request(Method::GET, path);
    let put = |path: &str, body: Value| client.request(Method::PUT, path).json(&body);
    let id = |name: &str| format!("SELECT id FROM users.users WHERE username = '{name}'");
    let star: Uuid = sqlx::query_scalar(sqlx::AssertSqlSafe(id("star"))).fetch_one(&mut *connection).await?;
    let known: Uuid = sqlx::query_scalar(sqlx::AssertSqlSafe(id("known"))).fetch_one(&mut *connection).await?;

    let (reader, cookies) = client.sign_in("reader").await?;
    show("GET /users/{id}", get(&format!("/users/{star}"))).await?;
    show("GET /users", get(&format!("/users?ids={star},{known}"))).await?;
    show("GET /users/me", get("/users/me").bearer_auth(&reader)).await?;
    show(
        "PATCH /users/me",
        client.request(Method::PATCH, "/users/me").bearer_auth(&reader).json(&json!({ "bio": "I read." })),
    )
    .await?;
    let picture = json!({ "avatar_url": "https://example.org/a.png" });
    show(
        "PATCH /users/me with a picture",
        client.request(Method::PATCH, "/users/me").bearer_auth(&reader).json(&picture),
    )
    .await?;
    show("GET /profiles/{username}", get("/profiles/star").bearer_auth(&reader)).await?;
    for list in ["followers", "followees"] {
        show(&format!("GET /users/{{id}}/{list}"), get(&format!("/users/{star}/{list}")).bearer_auth(&reader)).await?;
    }
    let deep = format!("/users/{star}/followers?page=500");
    show("GET /users/{id}/followers?page=500", get(&deep).bearer_auth(&reader)).await?;
    let page: Value = get(&format!("/users/{star}/followers")).bearer_auth(&reader).send().await?.json().await?;
    let after = format!("/users/{star}/followers?cursor={}", page["next_cursor"].as_str().unwrap_or_default());
    show("GET /users/{id}/followers?cursor=…", get(&after).bearer_auth(&reader)).await?;
    let follow = format!("/users/{star}/follow");
    show("POST /users/{id}/follow", client.request(Method::POST, &follow).bearer_auth(&reader)).await?;
    show("DELETE /users/{id}/follow", client.request(Method::DELETE, &follow).bearer_auth(&reader)).await?;
    let remove = format!("/users/me/followers/{known}");
    show("DELETE /users/me/followers/{id}", client.request(Method::DELETE, &remove).bearer_auth(&reader)).await?;
    show("GET /users/me/timeline", get("/users/me/timeline").bearer_auth(&reader)).await?;
    for (name, query) in [("search", "q=ad"), ("typeahead", "q=ada%20b"), ("typeahead", "q=ada1234")] {
        let title = format!("GET /users/{name}?{query}");
        show(&title, get(&format!("/users/{name}?{query}")).bearer_auth(&reader)).await?;
    }
    for relation in ["mute", "block"] {
        for method in [Method::POST, Method::DELETE] {
            let title = format!("{method} /users/{{id}}/{relation}");
            let path = format!("/users/{known}/{relation}");
            show(&title, client.request(method, &path).bearer_auth(&reader)).await?;
        }
    }
    for list in ["blocks", "mutes", "follow-requests"] {
        show(&format!("GET /users/me/{list}"), get(&format!("/users/me/{list}")).bearer_auth(&reader)).await?;
    }
    let relationships = format!("/users/me/relationships?ids={star},{known}");
    show("GET /users/me/relationships", get(&relationships).bearer_auth(&reader)).await?;
    let familiar = format!("/users/{star}/familiar-followers");
    show("GET /users/{id}/familiar-followers", get(&familiar).bearer_auth(&reader)).await?;
    let report = json!({ "user_id": known, "category": "other" });
    show("POST /reports", client.request(Method::POST, "/reports").bearer_auth(&reader).json(&report)).await?;
    let name = json!({ "display_name": "Reader" });
    let rename = client.request(Method::PATCH, "/users/me").bearer_auth(&reader).json(&name);
    show("PATCH /users/me with a display name", rename).await?;
    show("GET /users/me/export", get("/users/me/export").bearer_auth(&reader)).await?;
    show("GET /profile, a page", get("/profile").header("accept", "text/html").header("cookie", &cookies)).await?;

    let body = json!({ "email": "star@example.org", "password": seed::PASSWORD });
    show("POST /auth/login", client.post("/auth/login", &body)).await?;
    let refresh = client.request(Method::POST, "/auth/refresh").header("cookie", &cookies);
    let (reader, cookies) = session(show("POST /auth/refresh", refresh).await?).await?;
    show("GET /users/me/sessions", get("/users/me/sessions").bearer_auth(&reader)).await?;
    let session_path = format!("/users/me/sessions/{}", Uuid::now_v7());
    show("DELETE /users/me/sessions/{id}", client.request(Method::DELETE, &session_path).bearer_auth(&reader)).await?;
    show("POST /auth/logout", client.request(Method::POST, "/auth/logout").header("cookie", &cookies)).await?;

    let name = format!("plans{}", Uuid::now_v7().simple().to_string()[20..].to_owned());
    let email = format!("{name}@example.org");
    let new = json!({ "email": email, "username": name, "password": seed::PASSWORD });
    let availability = "/auth/username-availability?username=new.user";
    show("GET /auth/username-availability", client.request(Method::GET, availability)).await?;
    show("POST /auth/register", client.post("/auth/register", &new)).await?;
    show("POST /auth/resend-verification", client.post("/auth/resend-verification", &json!({ "email": email })))
        .await?;
    let user: Uuid = sqlx::query_scalar(sqlx::AssertSqlSafe(id(&name))).fetch_one(&mut *connection).await?;
    let pending = "UPDATE users.users SET pending_email = $2, pending_email_expires_at = now() + interval '1 hour'
                   WHERE id = $1";
    sqlx::query(pending).bind(user).bind(format!("new-{email}")).execute(&mut *connection).await?;
    for (path, purpose, address) in [
        ("verify-email", "verify_email", None),
        ("sign-in-with-link", "sign_in", None),
        ("confirm-email", "change_email", Some("new")),
        ("undo-email-change", "undo_email_change", Some("old")),
    ] {
        let address = address.map(|before| format!("{before}-{email}"));
        let token = token(connection, user, purpose, address.as_deref()).await?;
        show(&format!("POST /auth/{path}"), client.post(&format!("/auth/{path}"), &json!({ "token": token }))).await?;
    }
    for path in ["sign-in-link", "forgot-password"] {
        let request = client.post(&format!("/auth/{path}"), &json!({ "email": "star@example.org" }));
        show(&format!("POST /auth/{path}"), request).await?;
    }
    let reset = token(connection, user, "reset_password", None).await?;
    let reset = json!({ "token": reset, "password": seed::PASSWORD });
    show("POST /auth/reset-password", client.post("/auth/reset-password", &reset)).await?;

    let body = json!({ "email": format!("old-{email}"), "password": seed::PASSWORD });
    let (token, cookies) = session(client.post("/auth/login", &body).send().await?).await?;
    let proof = json!({ "password": seed::PASSWORD });
    let reauthenticate = client.post("/auth/reauthenticate", &proof).bearer_auth(&token).header("cookie", &cookies);
    let (token, _) = session(show("POST /auth/reauthenticate", reauthenticate).await?).await?;
    let password = json!({ "current_password": seed::PASSWORD, "password": "another long password" });
    show("PUT /users/me/password", put("/users/me/password", password).bearer_auth(&token)).await?;
    let change = json!({ "email": format!("later-{email}") });
    show("POST /users/me/email", client.post("/users/me/email", &change).bearer_auth(&token)).await?;
    show("DELETE /users/me/email", client.request(Method::DELETE, "/users/me/email").bearer_auth(&token)).await?;
    let rename = json!({ "username": format!("{name}x") });
    show("PUT /users/me/username", put("/users/me/username", rename).bearer_auth(&token)).await?;
    let deletion = client.post("/users/me/deletion", &json!({ "current_password": "another long password" }));
    show("POST /users/me/deletion", deletion.bearer_auth(&token)).await?;
    Ok(())
}
