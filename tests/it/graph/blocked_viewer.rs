//! Every route and page that can show a person, for a viewer who is blocked by that person.

use std::collections::BTreeSet;

use reqwest::Method;
use serde_json::{Value, json};

use crate::support::app::TestApp;
use crate::support::response::TestResponse;
use crate::support::user::{TestUser, test_user};

const NAME: &str = "Starlight Unseen";
const USERNAME: &str = "starlight";
/// Pages that show people.
const PAGES: [&str; 11] = [
    "/timeline",
    "/profile",
    "/profile/starlight",
    "/profile/starlight/followers",
    "/profile/starlight/following",
    "/profile/third/followers",
    "/profile/third/following",
    "/search?q=starl",
    "/search?q=starlight",
    "/follow-requests",
    "/settings/blocks",
];

/// The GET routes of the API, with the parameters filled in for each of the users, and with queries that would show the
/// blocking one.
fn routes(star: &TestUser, third: &TestUser) -> BTreeSet<String> {
    let document: Value = serde_json::from_str(kith::server::http::endpoints::openapi::OPENAPI).unwrap();
    let mut routes = BTreeSet::new();
    for (path, operations) in document["paths"].as_object().unwrap() {
        if operations.get("get").is_none() || path.starts_with("/avatars/") {
            continue;
        }
        for (user, name) in [(star, USERNAME), (third, "third")] {
            let filled = path.replace("{id}", &user.id).replace("{username}", name).replace("{list}", "follows.csv");
            assert!(!filled.contains('{'), "an unknown parameter: {path}");
            let query = match path.as_str() {
                "/users" | "/users/me/relationships" | "/users/{id}/relationships" => format!("?ids={}", star.id),
                "/users/search" | "/users/typeahead" => format!("?q={}", &name[..3]),
                "/auth/username-availability" => "?username=another.name".to_owned(),
                _ => String::new(),
            };
            routes.insert(filled + &query);
        }
    }
    routes.insert(format!("/users/search?q={USERNAME}"));
    routes.insert(format!("/users/typeahead?q=@{USERNAME}"));
    routes.insert("/users/typeahead?q=unseen".to_owned());
    routes
}

/// Returns the routes and pages whose response shows the blocking user.
async fn traces(
    app: &TestApp,
    viewer: &TestUser,
    session: &str,
    star: &TestUser,
    third: &TestUser,
) -> BTreeSet<String> {
    let mut traces = BTreeSet::new();
    for path in routes(star, third) {
        let text = viewer.get(app, &path).await.text;
        // The id is in the question.
        let is_echo = path.contains("/relationships");
        if text.contains(NAME) || text.contains(USERNAME) || !is_echo && text.contains(&star.id) {
            traces.insert(path);
        }
    }
    for path in PAGES {
        let text = app.page(path, session).await.text;
        // The address of the page and what was typed are the viewer's own.
        let text = text.replace(path, "").replace("q=starlight", "").replace(r#"value="starl"#, "");
        if text.contains(NAME) || text.contains(&star.id) || text.contains(&format!("@{USERNAME}")) {
            traces.insert(path.to_owned());
        }
    }
    traces
}

#[tokio::test(flavor = "multi_thread")]
async fn no_route_shows_a_person_to_whom_they_block() {
    let app = TestApp::start().await;
    let login = app.signed_in("viewer").await;
    let id = app.me(&login.access_token()).await.json()["id"].as_str().unwrap().to_owned();
    let viewer = TestUser { id, token: login.access_token() };
    let (star, third) = (test_user(&app, USERNAME).await, test_user(&app, "third").await);
    let name = app.request(Method::PATCH, "/users/me").bearer_auth(&star.token).json(&json!({ "display_name": NAME }));
    TestResponse::of(name).await.expect(200);
    for (follower, followee) in
        [(&viewer, &third), (&third, &star), (&star, &third), (&star, &viewer), (&viewer, &star)]
    {
        follower.follow(&app, &followee.id).await.expect(201);
    }
    // Without the block, most of them show the person, so that the test sees what it looks for.
    let session = login.session();
    let shown = traces(&app, &viewer, &session, &star, &third).await;
    for path in [
        &format!("/users/{}", star.id),
        &format!("/users?ids={}", star.id),
        &format!("/users/{}/followers", third.id),
        &format!("/users/{}/followees", third.id),
        &format!("/users/{}/familiar-followers", third.id),
        "/users/me/timeline",
        "/users/search?q=sta",
        "/users/typeahead?q=unseen",
        "/profiles/starlight",
        "/users/me/export",
        "/timeline",
        "/profile/third/followers",
        "/search?q=starl",
    ] {
        // Familiar followers are those that the viewer follows: the person is one of them.
        assert!(shown.contains(path), "{path} does not show the person before the block: {shown:?}");
    }
    app.run("DELETE FROM users.rate_buckets").await;
    star.send(&app, Method::POST, &format!("/users/{}/block", viewer.id)).await.expect(201);
    assert_eq!(traces(&app, &viewer, &session, &star, &third).await, BTreeSet::new());

    let relation = viewer.get(&app, &format!("/users/me/relationships?ids={}", star.id)).await.expect(200).json();
    let mut missing = viewer.get(&app, "/users/me/relationships?ids=01890000-0000-7000-8000-000000000000").await.json();
    missing["items"][0]["id"] = json!(star.id);
    assert_eq!(relation, missing);
}

#[tokio::test]
async fn a_rejected_follow_does_not_count_against_the_daily_limit() {
    let app = TestApp::start().await;
    let (ann, ben) = (test_user(&app, "ann").await, test_user(&app, "ben").await);
    ben.send(&app, Method::POST, &format!("/users/{}/block", ann.id)).await.expect(201);
    for _ in 0..3 {
        ann.follow(&app, &ben.id).await.expect_error(404, "USER_NOT_FOUND");
        ann.follow(&app, &ann.id).await.expect_error(422, "CANNOT_FOLLOW_SELF");
    }
    let cat = test_user(&app, "cat").await;
    let followed = ann.follow(&app, &cat.id).await.expect(201);
    assert_eq!(followed.header("ratelimit-remaining"), "399");
}
