//! `PUT /users/me/username`: who may change a name, how often, and who is told.

use futures::future::join_all;
use reqwest::Method;
use serde_json::{Value, json};
use time::OffsetDateTime;
use time::format_description::well_known::Rfc3339;
use uuid::Uuid;

use super::support::{age_changes, expect_recently, register, rename, shown_name};
use crate::support::app::TestApp;
use crate::support::response::TestResponse;
use crate::support::user::{TestUser, test_user};

const MONTH: u32 = 30 * 86_400;

#[tokio::test]
async fn a_change_returns_the_profile_with_the_new_name_and_tokens_keep_working() {
    let app = TestApp::start().await;
    let login = app.signed_in("ann").await;
    let token = login.access_token();
    let before = app.me(&token).await.expect(200).json();
    let ann = TestUser { id: before["id"].as_str().unwrap().to_owned(), token };
    let ben = test_user(&app, "ben").await;
    ben.follow(&app, &ann.id).await.expect(201);
    let response = rename(&app, &ann, " anna ").await.expect(200);
    let after = app.me(&ann.token).await.expect(200);
    assert_eq!((response.json(), response.header("etag")), (after.json(), after.header("etag")));
    let changeable = after.json()["username_changeable_at"].as_str().unwrap().to_owned();
    let ahead = OffsetDateTime::parse(&changeable, &Rfc3339).unwrap() - OffsetDateTime::now_utc();
    assert!((ahead - time::Duration::days(30)).abs() < time::Duration::minutes(1), "{ahead}");
    let mut expected = before;
    expected["username"] = json!("anna");
    expected["username_changeable_at"] = json!(changeable);
    expected["follower_count"] = json!(1);
    assert_eq!(after.json(), expected);
    // Nothing but the name changes: not the sign-in, the id or the graph.
    ann.follow(&app, &ben.id).await.expect(201);
    app.refresh(&login.refresh_token()).await.expect(200);
    app.page("/timeline", &login.session()).await.expect(200);
    assert_eq!(app.get(&format!("/users/{}", ann.id)).await.expect(200).json()["username"], "anna");
    let list = ben.get(&app, &format!("/users/{}/followees", ben.id)).await.expect(200).json();
    assert_eq!(list["items"][0]["username"], "anna");
    app.login("ann").await.expect(200);
}

#[tokio::test]
async fn a_second_change_within_thirty_days_is_refused_until_they_have_passed() {
    let app = TestApp::start().await;
    let ann = test_user(&app, "ann").await;
    rename(&app, &ann, "anna").await.expect(200);
    let seconds = expect_recently(&rename(&app, &ann, "annabel").await);
    assert!((MONTH - 60..=MONTH).contains(&seconds), "{seconds}");
    // The same name again is no change.
    rename(&app, &ann, "anna").await.expect(200);
    age_changes(&app, 29).await;
    let seconds = expect_recently(&rename(&app, &ann, "annabel").await);
    assert!((86_340..=86_400).contains(&seconds), "{seconds}");
    assert_eq!(app.me(&ann.token).await.expect(200).json()["username"], "anna");
    age_changes(&app, 1).await;
    assert_eq!(app.me(&ann.token).await.expect(200).json()["username_changeable_at"], Value::Null);
    rename(&app, &ann, "annabel").await.expect(200);
    for name in ["ann", "anna", "annabel"] {
        assert_eq!(shown_name(&app, name).await, "annabel");
    }
}

#[tokio::test]
async fn refused_changes_do_not_count() {
    let app = TestApp::start().await;
    let (ann, _ben) = (test_user(&app, "ann").await, test_user(&app, "ben").await);
    for taken in ["ben", "BEN"] {
        rename(&app, &ann, taken).await.expect_error(409, "USERNAME_TAKEN");
    }
    for invalid in ["", "ab", "a b", "a..b", ".abc", "-abc", "ännchen", "admin", "Settings", &"x".repeat(31), "a\0bc"]
    {
        let refused = rename(&app, &ann, invalid).await;
        refused.expect_error(422, "VALIDATION_FAILED");
        let fields = &refused.json()["error"]["fields"];
        assert!(fields["username"][0].as_str().is_some_and(|message| !message.is_empty()), "{invalid}: {fields}");
    }
    assert_eq!(app.count("username_holds").await, 0);
    assert_eq!(app.me(&ann.token).await.expect(200).json()["username_changeable_at"], Value::Null);
    rename(&app, &ann, "anna").await.expect(200);
}

#[tokio::test]
async fn going_back_to_the_old_name_is_always_possible_and_does_not_count() {
    let app = TestApp::start().await;
    let ann = test_user(&app, "ann").await;
    let changed = rename(&app, &ann, "anna").await.expect(200).json();
    age_changes(&app, 5).await;
    for name in ["ann", "anna", "Ann"] {
        let back = rename(&app, &ann, name).await.expect(200).json();
        assert_eq!(back["username"], name);
        assert_ne!(back["username_changeable_at"], changed["username_changeable_at"], "the change is 5 days older now");
    }
    let seconds = expect_recently(&rename(&app, &ann, "other").await);
    assert!((MONTH - 5 * 86_400 - 60..=MONTH - 5 * 86_400).contains(&seconds), "{seconds}");
    // The other name stays hers, too.
    register(&app, "anna").await.expect_error(409, "USERNAME_TAKEN");
    assert_eq!((shown_name(&app, "anna").await, shown_name(&app, "ann").await), (json!("Ann"), json!("Ann")));
}

#[tokio::test]
async fn the_letter_case_can_be_changed_and_holds_nothing() {
    let app = TestApp::start().await;
    let ann = test_user(&app, "ann").await;
    assert_eq!(rename(&app, &ann, "Ann").await.expect(200).json()["username"], "Ann");
    assert_eq!(app.count("username_holds").await, 0);
    for name in ["ann", "Ann", "ANN"] {
        assert_eq!(shown_name(&app, name).await, "Ann");
        // No redirect from one to the other.
        let page = app.page(&format!("/profile/{name}"), "").await.expect(200);
        assert!(page.text.contains("@Ann"), "{}", page.text);
    }
    register(&app, "aNN").await.expect_error(409, "USERNAME_TAKEN");
    // It counts as a change.
    expect_recently(&rename(&app, &ann, "anna").await);
}

#[tokio::test]
async fn visitors_services_and_ended_sessions_cannot_change_a_name() {
    let app = TestApp::start().await;
    let ann = test_user(&app, "ann").await;
    let visitor = app.request(Method::PUT, "/users/me/username").json(&json!({ "username": "anna" }));
    TestResponse::of(visitor).await.expect_error(401, "UNAUTHENTICATED");
    rename(&app, &TestUser::service(&app), "anna").await.expect_error(403, "FORBIDDEN");
    app.run("UPDATE users.sign_ins SET revoked_at = now()").await;
    rename(&app, &ann, "anna").await.expect_error(401, "UNAUTHENTICATED");
    app.get("/profiles/anna").await.expect(404);
}

#[tokio::test]
async fn a_plain_form_changes_the_name_and_shows_the_outcome() {
    let app = TestApp::start().await;
    let login = app.signed_in("ann").await;
    let page = app.page("/settings", &login.session()).await.expect(200);
    let form = page.text.split("<form").find(|form| form.contains(r#"action="/users/me/username""#)).unwrap();
    assert!(form.contains(r#"name="_method" value="PUT""#) && form.contains(r#"value="ann""#), "{form}");
    let submit = async |username: &str| {
        let fields = [("_method", "PUT"), ("username", username), ("_back", "/settings#change-username")];
        let posted = app.submit("/users/me/username", &fields, &login.session()).await.expect(303);
        assert_eq!(posted.header("location"), "/settings#change-username");
        let cookies = [login.session(), posted.session()].join("; ");
        app.page("/settings", &cookies).await.expect(200)
    };
    let changed = submit("anna").await;
    assert!(changed.text.contains("Your username is changed"), "{}", changed.text);
    assert!(changed.text.contains("You can choose a new one from "), "{}", changed.text);
    let refused = submit("annabel").await;
    assert!(refused.text.contains("You changed your username less than 30 days ago"), "{}", refused.text);
    assert!(!refused.text.contains("Your username is changed"));
}

#[tokio::test]
async fn the_owner_is_told_and_the_change_is_recorded() {
    let app = TestApp::start().await;
    let ann = test_user(&app, "ann").await;
    let response = rename(&app, &ann, "Anna").await.expect(200);
    let mails = app.mailbox.wait_for_subject("ann@example.org", "Your username was changed", 1).await;
    let text = &mails[0].text;
    assert!(text.contains("the username of your Kith account was changed. This happened on "), "{text}");
    assert!(text.contains(&format!("{}/forgot-password", app.origin)), "{text}");

    let entries: Vec<(String, String, Uuid, Option<String>, Value)> =
        sqlx::query_as("SELECT actor, action, target, request_id, details FROM users.audit_log")
            .fetch_all(&app.pool)
            .await
            .unwrap();
    let id: Uuid = ann.id.parse().unwrap();
    let request = Some(response.header("x-request-id").to_owned());
    assert_eq!(entries, [("user".to_owned(), "username.changed".to_owned(), id, request, json!({}))]);
    let events: Vec<(Uuid, Value)> =
        sqlx::query_as("SELECT subject, data FROM users.events WHERE type = 'user.renamed'")
            .fetch_all(&app.pool)
            .await
            .unwrap();
    assert_eq!(events, [(id, json!({ "id": ann.id, "username": "Anna", "previous_username": "ann" }))]);
    // A refused change leaves nothing.
    expect_recently(&rename(&app, &ann, "annabel").await);
    assert_eq!(app.count("audit_log").await, 1);
}

#[tokio::test(flavor = "multi_thread")]
async fn one_of_twenty_users_gets_the_name_that_all_want() {
    let app = TestApp::start().await;
    let mut users = Vec::new();
    for n in 0..20 {
        users.push(test_user(&app, &format!("user{n}")).await);
    }
    // A user whose request meets an overloaded service tries again.
    let responses = join_all(users.iter().map(async |user| {
        loop {
            let response = rename(&app, user, "gold").await;
            if response.status != 503 {
                return response;
            }
        }
    }))
    .await;
    assert_eq!(responses.iter().filter(|response| response.status == 200).count(), 1);
    for refused in responses.iter().filter(|response| response.status != 200) {
        refused.expect_error(409, "USERNAME_TAKEN");
    }
    let winner = responses.iter().position(|response| response.status == 200).unwrap();
    let profile = app.get("/profiles/gold").await.expect(200).json();
    assert_eq!(profile["id"], users[winner].id);
    // The others can still change theirs.
    let loser = (winner + 1) % 20;
    rename(&app, &users[loser], "silver").await.expect(200);
    assert_eq!(app.count("username_holds").await, 2);
}

#[tokio::test(flavor = "multi_thread")]
async fn two_changes_of_one_user_at_the_same_time_count_as_two() {
    let app = TestApp::start().await;
    for round in 0..10 {
        let ann = test_user(&app, &format!("ann{round}")).await;
        let names = [format!("one{round}"), format!("two{round}")];
        let responses = join_all(names.iter().map(|name| rename(&app, &ann, name))).await;
        let mut statuses: Vec<_> = responses.iter().map(|response| response.status).collect();
        statuses.sort_unstable();
        assert_eq!(statuses, [200, 409]);
        expect_recently(responses.iter().find(|response| response.status == 409).unwrap());
    }
}
