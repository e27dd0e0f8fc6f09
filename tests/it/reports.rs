//! Reports of users: made by people, listed and resolved by operators.

use reqwest::Method;
use serde_json::{Value, json};

use crate::support::app::TestApp;
use crate::support::process::{kith, output};
use crate::support::response::TestResponse;
use crate::support::user::{TestUser, test_user};

async fn report(app: &TestApp, user: &TestUser, body: Value) -> TestResponse {
    TestResponse::of(app.request(Method::POST, "/reports").bearer_auth(&user.token).json(&body)).await
}

fn operate(app: &TestApp, arguments: &[&str]) -> (bool, String) {
    let mut command = kith(&[&["report"], arguments].concat());
    command.env("DATABASE_URL", app.database_url());
    let output = output(command);
    (output.status.success(), String::from_utf8(output.stdout).unwrap() + &String::from_utf8(output.stderr).unwrap())
}

#[tokio::test(flavor = "multi_thread")]
async fn a_report_is_listed_until_it_is_resolved() {
    let app = TestApp::start().await;
    let (ann, ben) = (test_user(&app, "ann").await, test_user(&app, "ben").await);
    assert_eq!(operate(&app, &["list"]), (true, "no open reports\n".to_owned()));
    let body = json!({
        "user_id": ben.id, "category": "abuse", "comment": " Rude\u{7f}".replace('\u{7f}', "\r\n\u{9}twice "),
        "subject": { "service": "posts", "type": "post", "id": "42" },
    });
    let id = report(&app, &ann, body.clone()).await.expect(201).json()["id"].as_str().unwrap().to_owned();
    // One open report for a pair.
    assert_eq!(report(&app, &ann, body.clone()).await.expect(200).json(), json!({ "id": id }));
    let (_, list) = operate(&app, &["list"]);
    for part in [&id, &ben.id, &ann.id, "abuse", "posts post 42", "Rude\\n twice"] {
        assert!(list.contains(part), "{part}: {list}");
    }
    let event: Value = sqlx::query_scalar("SELECT data FROM users.events WHERE type = 'report.created'")
        .fetch_one(&app.pool)
        .await
        .unwrap();
    assert_eq!(event, json!({ "id": id, "user_id": ben.id, "category": "abuse" }));

    // The reported person learns nothing, and the reporter gets what they wrote.
    let (own, other) = (ann.get(&app, "/users/me/export").await.expect(200), ben.get(&app, "/users/me/export").await);
    assert_eq!(own.json()["reports"][0]["comment"], "Rude\n twice");
    assert_eq!(own.json()["reports"][0]["subject"]["id"], "42");
    assert!(!other.expect(200).text.contains(&id));

    assert_eq!(operate(&app, &["resolve", &id, "--resolution", "Warned"]), (true, format!("{id} is resolved\n")));
    let (is_done, message) = operate(&app, &["resolve", &id]);
    assert!(!is_done && message.contains("there is no open report with this ID"), "{message}");
    assert_eq!(operate(&app, &["list"]).1, "no open reports\n");
    let again = report(&app, &ann, body).await.expect(201).json();
    assert_ne!(again["id"], json!(id));
    let resolved: (String, bool) =
        sqlx::query_as("SELECT resolution, resolved_by <> '' FROM users.reports WHERE id = $1::text::uuid")
            .bind(&id)
            .fetch_one(&app.pool)
            .await
            .unwrap();
    assert_eq!(resolved, ("Warned".to_owned(), true));
    app.run("UPDATE users.reports SET resolved_at = now() - interval '181 days' WHERE resolved_at IS NOT NULL").await;
    app.sweep().await;
    assert_eq!(app.count("reports").await, 1);
}

#[tokio::test]
async fn only_people_who_are_visible_can_be_reported() {
    let app = TestApp::start().await;
    let (ann, ben, cat) = (test_user(&app, "ann").await, test_user(&app, "ben").await, test_user(&app, "cat").await);
    ben.send(&app, Method::POST, &format!("/users/{}/block", ann.id)).await.expect(201);
    cat.send(&app, Method::POST, "/users/me/deletion").await.expect(202);
    let missing = "01890000-0000-7000-8000-000000000000";
    let mut responses = Vec::new();
    for id in [ben.id.as_str(), &cat.id, missing] {
        let response = report(&app, &ann, json!({ "user_id": id, "category": "spam" })).await;
        response.expect_error(404, "USER_NOT_FOUND");
        responses.push(response.text);
    }
    assert!(responses.iter().all(|text| *text == responses[0]), "{responses:?}");
    // Who blocks someone can report them.
    report(&app, &ben, json!({ "user_id": ann.id, "category": "spam" })).await.expect(201);
}

#[tokio::test]
async fn bad_reports_are_rejected_and_too_many_are_limited() {
    let app = TestApp::start().await;
    let (ann, ben) = (test_user(&app, "ann").await, test_user(&app, "ben").await);
    for (body, field) in [
        (json!({ "user_id": ben.id }), "category"),
        (json!({ "user_id": ben.id, "category": "rude" }), "category"),
        (json!({ "user_id": ben.id, "category": "spam", "comment": "x".repeat(1001) }), "comment"),
        (json!({ "user_id": ben.id, "category": "spam", "comment": "a\u{0}b" }), "comment"),
        (
            json!({ "user_id": ben.id, "category": "spam", "subject": { "service": "", "type": "a", "id": "b" } }),
            "subject",
        ),
    ] {
        let response = report(&app, &ann, body).await;
        response.expect_error(422, "VALIDATION_FAILED");
        assert_eq!(response.json()["error"]["fields"].as_object().unwrap().keys().collect::<Vec<_>>(), [field]);
    }
    let own = report(&app, &ann, json!({ "user_id": ann.id, "category": "spam" })).await;
    own.expect_error(422, "VALIDATION_FAILED");
    app.post("/reports", json!({ "user_id": ben.id, "category": "spam" })).await.expect_error(401, "UNAUTHENTICATED");
    report(&app, &TestUser::service(&app), json!({ "user_id": ben.id, "category": "spam" }))
        .await
        .expect_error(403, "FORBIDDEN");
    // The rejected ones do not count, except the one about the reporter.
    for _ in 0..19 {
        let response = report(&app, &ann, json!({ "user_id": ben.id, "category": "spam" })).await;
        assert!([200, 201].contains(&response.status), "{}", response.text);
    }
    report(&app, &ann, json!({ "user_id": ben.id, "category": "spam" })).await.expect_error(429, "RATE_LIMITED");
}

#[tokio::test]
async fn an_erased_reporter_leaves_the_report_without_a_name() {
    let app = TestApp::start_with(&[("DELETION_GRACE_DAYS", "0")]).await;
    let (ann, ben) = (test_user(&app, "ann").await, test_user(&app, "ben").await);
    report(&app, &ann, json!({ "user_id": ben.id, "category": "spam" })).await.expect(201);
    report(&app, &ben, json!({ "user_id": ann.id, "category": "other" })).await.expect(201);
    ann.send(&app, Method::POST, "/users/me/deletion").await.expect(202);
    crate::support::outbox::wait_until("the erasure", async || app.count("users").await == 1).await;
    let left: Vec<(String, Option<String>)> =
        sqlx::query_as("SELECT category, reporter_id::text FROM users.reports").fetch_all(&app.pool).await.unwrap();
    assert_eq!(left, [("spam".to_owned(), None)]);
}
