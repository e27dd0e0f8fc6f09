//! Usernames that look like others are rejected, in the transaction that would take them.

use futures::future::join_all;
use kith::domain::accounts::looks;
use serde_json::json;

use super::change_username::support::{age_changes, rename};
use crate::support::app::TestApp;
use crate::support::response::TestResponse;
use crate::support::user::test_user;

async fn register(app: &TestApp, username: &str) -> TestResponse {
    let email = format!("{}@example.org", uuid::Uuid::now_v7().simple());
    let body = json!({ "email": email, "username": username, "password": "correct horse battery" });
    app.post("/auth/register", body).await
}

async fn is_available(app: &TestApp, username: &str) -> bool {
    let response = app.get(&format!("/auth/username-availability?username={username}")).await.expect(200);
    response.json()["available"].as_bool().unwrap()
}

#[tokio::test]
async fn a_username_that_looks_like_another_is_rejected() {
    let app = TestApp::start().await;
    for (taken, similar) in [
        ("paypal", &["paypaI", "PaypaI", "p.a.y.p.a.l", "_paypal", "paypa1", "PayPa1"][..]),
        ("momo.x", &["rnomo.x", "momox", "m0m0_x", "RnoMo_x"]),
        ("wanda10", &["vvanda10", "wandalo", "w_anda10"]),
    ] {
        register(&app, taken).await.expect(201);
        for name in similar {
            assert!(!is_available(&app, name).await, "{name}");
            let rejected = register(&app, name).await;
            rejected.expect_error(409, "USERNAME_TOO_SIMILAR");
            assert!(!rejected.text.contains(taken), "{}", rejected.text);
        }
        // The same letters are the same name.
        register(&app, &taken.to_uppercase()).await.expect_error(409, "USERNAME_TAKEN");
    }
    for name in ["adm1n", "5taff", "a_dmin", "rnod3rator", "H3LP"] {
        assert!(!is_available(&app, name).await, "{name}");
        register(&app, name).await.expect_error(409, "USERNAME_TOO_SIMILAR");
    }
    for name in ["paypals", "mono.x", "vanda10"] {
        register(&app, name).await.expect(201);
    }
}

#[tokio::test]
async fn a_rename_is_held_to_the_same_rule() {
    let app = TestApp::start().await;
    let (ann, ben) = (test_user(&app, "annie").await, test_user(&app, "ben_ten").await);
    rename(&app, &ann, "bent3n").await.expect(200);
    age_changes(&app, 31).await;
    for name in ["bentem", "b.e.n.t.e.n", "adm1n"] {
        let expected = if name == "bentem" { 200 } else { 409 };
        let response = rename(&app, &ann, name).await.expect(expected);
        if expected == 409 {
            response.expect_error(409, "USERNAME_TOO_SIMILAR");
        }
        age_changes(&app, 31).await;
    }
    // To other looks of the own name, and back.
    for name in ["BEN.TEN", "benten", "ben_ten"] {
        rename(&app, &ben, name).await.expect(200);
        age_changes(&app, 31).await;
    }
}

#[tokio::test]
async fn the_look_of_a_former_name_is_held_as_long_as_the_name() {
    let app = TestApp::start().await;
    let ann = test_user(&app, "a_lilly").await;
    rename(&app, &ann, "anna").await.expect(200);
    register(&app, "alil1y").await.expect_error(409, "USERNAME_TOO_SIMILAR");
    age_changes(&app, 179).await;
    register(&app, "alil1y").await.expect_error(409, "USERNAME_TOO_SIMILAR");
    age_changes(&app, 2).await;
    register(&app, "alil1y").await.expect(201);
    app.sweep().await;
    register(&app, "a_lilly").await.expect_error(409, "USERNAME_TOO_SIMILAR");
    register(&app, "an.na").await.expect_error(409, "USERNAME_TOO_SIMILAR");
}

#[tokio::test]
async fn the_look_of_an_account_that_was_never_verified_is_free_again() {
    let app = TestApp::start().await;
    register(&app, "lola").await.expect(201);
    register(&app, "l0la").await.expect_error(409, "USERNAME_TOO_SIMILAR");
    app.run(
        "UPDATE users.users SET created_at = earlier(now(), interval '8 days');
         UPDATE users.email_verifications SET expires_at = earlier(now(), interval '1 second')",
    )
    .await;
    app.sweep().await;
    register(&app, "l0la").await.expect(201);
}

#[tokio::test(flavor = "multi_thread")]
async fn of_registrations_at_once_one_gets_the_look() {
    let app = TestApp::start().await;
    for round in 0..20 {
        let names = ["lil{}", "l1l{}", "1il{}", "li_l{}", "Lil.{}", "lII{}"]
            .map(|name| name.replace("{}", &format!("x{round}z")));
        let responses = join_all(names.iter().map(|name| register(&app, name))).await;
        let created = responses.iter().filter(|response| response.status == 201).count();
        // Four look like lil, and two like lll. One of each is created.
        assert_eq!(created, 2, "round {round}");
        for response in responses.iter().filter(|response| response.status != 201) {
            response.expect_error(409, "USERNAME_TOO_SIMILAR");
        }
    }
}

#[tokio::test]
async fn pairs_from_before_the_rule_stay_and_are_listed() {
    let app = TestApp::start().await;
    app.run(
        "INSERT INTO users.users (id, email, username, password_hash)
         SELECT gen_random_uuid(), name || '@example.org', name, 'x' FROM unnest(ARRAY['b0b', 'bob', 'carl', 'cari']) name",
    )
    .await;
    let ann = test_user(&app, "bo_b").await;
    app.sweep().await;
    assert_eq!(looks::pairs(&app.pool.clone().into()).await.unwrap(), [["b0b", "bo_b", "bob"]]);
    register(&app, "car1").await.expect_error(409, "USERNAME_TOO_SIMILAR");
    // The name of a pair can still be written in another case.
    rename(&app, &ann, "Bo_b").await.expect(200);
}

#[tokio::test]
async fn the_database_and_the_code_fold_alike() {
    let app = TestApp::start().await;
    for name in ["Adm1n", "rnVVvv_x.I", "0O1lIi", "r.n_v_v", "Zz9"] {
        let look: String = sqlx::query_scalar("SELECT users.look($1)").bind(name).fetch_one(&app.pool).await.unwrap();
        assert_eq!(look, looks::look(name), "{name}");
    }
}
