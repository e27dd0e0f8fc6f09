//! What the clients do, and what each of them may rely on.

use std::collections::BTreeMap;
use std::time::{Duration, Instant};

use reqwest::Method;
use serde_json::json;

use super::traffic::Traffic;
use crate::service::User;
use crate::support::picture::png;

/// How long a client that repeats a refresh may rely on the old token. The grace period is a second longer.
const GRACE: Duration = Duration::from_secs(9);

/// Registers one user after the other. Returns their names, those whose registration was repeated first.
pub async fn register(traffic: &Traffic, client: u64) -> (Vec<String>, Vec<String>) {
    let (mut repeated, mut registered) = (Vec::new(), Vec::new());
    for number in 0.. {
        if !traffic.goes_on() {
            break;
        }
        let name = format!("new{client}.{number}");
        let answer = traffic.send("register", || traffic.caller.register(&name)).await;
        if answer.repeated { &mut repeated } else { &mut registered }.push(name.clone());
        let response = answer.expect(201, 409);
        assert!(response.status == 201 || response.code() == "EMAIL_ALREADY_EXISTS", "{name}: {}", response.text);
        tokio::time::sleep(Duration::from_millis(20)).await;
    }
    (repeated, registered)
}

/// Refreshes a session again and again.
pub async fn refresh(traffic: &Traffic, name: &str, user: &User) {
    let mut token = user.login.refresh_token();
    while traffic.goes_on() {
        let started = Instant::now();
        let refresh = || traffic.send("refresh", || traffic.caller.refresh(&token));
        let answer = refresh().await;
        let first = answer.response.clone();
        // Whichever of the repeated requests was done, there is one successor.
        let second = if answer.repeated { refresh().await.response } else { first.clone() };
        if started.elapsed() > GRACE {
            // The machine is too busy to keep the service up.
            let login = traffic.send("sign-in", || traffic.caller.login(name)).await;
            token = login.response.expect(200).refresh_token();
            continue;
        }
        token = first.expect(200).refresh_token();
        assert_eq!(second.expect(200).refresh_token(), token);
        tokio::time::sleep(Duration::from_millis(10)).await;
    }
}

/// Follows and unfollows the stars. Returns whether the user follows each of them in the end.
pub async fn follow<'a>(traffic: &Traffic, client: u64, user: &User, stars: &'a [User]) -> BTreeMap<&'a str, bool> {
    let (mut random, token) = (traffic.random(client), user.token());
    let mut follows: BTreeMap<&str, bool> = stars.iter().map(|star| (star.id.as_str(), false)).collect();
    while traffic.goes_on() {
        let star = stars[random.usize(..stars.len())].id.as_str();
        let (path, followed) = (format!("/users/{star}/follow"), follows[star]);
        let method = if followed { Method::DELETE } else { Method::POST };
        let request = || traffic.caller.request(method.clone(), &path).bearer_auth(&token);
        let answer = traffic.send("follow", request).await;
        // An acknowledged unfollow that was lost would show in a 200 here.
        if followed {
            answer.expect(204, 204)
        } else {
            answer.expect(201, 200)
        };
        follows.insert(star, !followed);
        let listed =
            traffic.send("list", || traffic.caller.get(&format!("/users/{star}/followers?page_size=100"), &token));
        let listed = listed.await.response.expect(200).json();
        let is_listed = listed["items"].as_array().unwrap().iter().any(|item| item["id"] == user.id.as_str());
        assert_eq!(is_listed, !followed, "{listed}");
    }
    follows
}

/// Uploads one picture after the other. Returns the address of the last one.
pub async fn upload(traffic: &Traffic, client: u64, user: &User) -> String {
    let (mut random, token) = (traffic.random(client), user.token());
    loop {
        let picture = png([0; 3].map(|_: u8| random.u8(..)));
        let response = loop {
            match traffic.attempt("upload", traffic.caller.upload(&token, picture.clone())).await {
                Ok(response) => break response.expect(200),
                // The old picture or the new one, but all of it.
                Err(_) => drop(profile_picture(traffic, &token).await),
            }
        };
        let shown = response.json()["avatar_url"].as_str().unwrap().to_owned();
        assert_eq!(profile_picture(traffic, &token).await.as_deref(), Some(shown.as_str()));
        if !traffic.goes_on() {
            return shown;
        }
    }
}

/// The address of the user's picture. Panics unless both sizes can be loaded.
async fn profile_picture(traffic: &Traffic, token: &str) -> Option<String> {
    let me = traffic.send("read", || traffic.caller.get("/users/me", token)).await.response.expect(200).json();
    let url = me["avatar_url"].as_str()?.to_owned();
    for (side, path) in [(512, url.clone()), (128, url.replace("/512.", "/128."))] {
        // Not the text of the response, which is not UTF-8.
        let loaded = loop {
            traffic.wait_until_up().await;
            let request = traffic.caller.request(Method::GET, &path).send().await;
            match request {
                Ok(response) if response.status() == 503 => {}
                Ok(response) => {
                    assert_eq!(response.status(), 200, "{path}");
                    if let Ok(bytes) = response.bytes().await {
                        break bytes;
                    }
                }
                Err(_) => {}
            }
        };
        let picture = image::load_from_memory(&loaded).unwrap();
        assert_eq!(picture.width(), side);
    }
    Some(url)
}

/// Gives accounts a picture and follows, and deletes them. Returns their IDs. `fan` follows each of them.
pub async fn delete(traffic: &Traffic, client: u64, fan: &User, star: &User) -> Vec<String> {
    let (caller, fan) = (&traffic.caller, fan.token());
    let mut deleted = Vec::new();
    // With the same password as all others.
    let accounts: Vec<(String, String)> = sqlx::query_as(
        "INSERT INTO users.users (id, email, username, password_hash, email_verified)
         SELECT gen_random_uuid(), format('gone%s.%s@example.org', $1, n), format('gone%s.%s', $1, n), password_hash, true
         FROM users.users, generate_series(1, 300) n WHERE id = $2::uuid RETURNING id::text, username",
    )
    .bind(client.to_string())
    .bind(&star.id)
    .fetch_all(&traffic.pool)
    .await
    .unwrap();
    for (id, name) in accounts {
        if !traffic.goes_on() {
            break;
        }
        let token = traffic.send("sign-in", || caller.login(&name)).await.response.expect(200).access_token();
        for (follower, followee) in [(&fan, &id), (&token, &star.id)] {
            let path = format!("/users/{followee}/follow");
            traffic.send("follow", || caller.request(Method::POST, &path).bearer_auth(follower)).await.expect(201, 200);
        }
        traffic.send("upload", || caller.upload(&token, png([9, 9, 9]))).await.expect(200, 200);
        let request = || caller.post("/users/me/deletion", &json!({})).bearer_auth(&token);
        traffic.send("delete", request).await.expect(202, 401);
        let profile = traffic.send("read", || caller.get(&format!("/profiles/{name}"), &fan)).await;
        profile.response.expect_error(404, "USER_NOT_FOUND");
        deleted.push(id);
    }
    deleted
}
