//! A former name leads to the profile for some time, and is held from others for longer.

use std::time::Duration;

use kith::domain::graph::follow_counts;
use reqwest::Method;
use serde_json::json;
use time::OffsetDateTime;

use super::support::{age_changes, register, rename, shown_name};
use crate::support::app::{PASSWORD, TestApp};
use crate::support::outbox::wait_until;
use crate::support::user::{TestUser, test_user};

#[tokio::test]
async fn the_old_name_leads_to_the_profile_for_ninety_days() {
    let app = TestApp::start().await;
    let login = app.signed_in("ann").await;
    let token = login.access_token();
    let ann = TestUser { id: app.me(&token).await.json()["id"].as_str().unwrap().to_owned(), token };
    let ben = test_user(&app, "ben").await;
    ben.follow(&app, &ann.id).await.expect(201);
    rename(&app, &ann, "Anna").await.expect(200);
    age_changes(&app, 89).await;
    for name in ["ann", "ANN"] {
        let seen = ben.get(&app, &format!("/profiles/{name}")).await.expect(200).json();
        assert_eq!(seen, ben.get(&app, "/profiles/anna").await.expect(200).json());
        assert_eq!((&seen["username"], &seen["viewer"]["following"]), (&json!("Anna"), &json!(true)));
        for cookie in ["", &login.session()] {
            for (path, target) in [
                ("", ""),
                ("/followers", "/followers"),
                ("/following", "/following"),
                ("/followers?page=2", "/followers?page=2"),
                ("/following?page=3", "/following?page=3"),
                ("/followers?page=1", "/followers"),
                ("/followers?page=nonsense", "/followers"),
            ] {
                let page = app.page(&format!("/profile/{name}{path}"), cookie).await.expect(302);
                assert_eq!(page.header("location"), format!("/profile/Anna{target}"), "{path}");
            }
        }
    }
    app.page("/profile/Anna", "").await.expect(200);
    age_changes(&app, 1).await;
    app.get("/profiles/ann").await.expect_error(404, "USER_NOT_FOUND");
    for path in ["", "/followers", "/following?page=2"] {
        app.page(&format!("/profile/ann{path}"), "").await.expect(404);
    }
    // The name is still hers.
    register(&app, "ann").await.expect_error(409, "USERNAME_TAKEN");
    rename(&app, &ann, "ann").await.expect(200);
}

#[tokio::test]
async fn the_old_name_of_a_hidden_user_leads_nowhere_and_stays_held() {
    let app = TestApp::start().await;
    let ann = test_user(&app, "ann").await;
    rename(&app, &ann, "anna").await.expect(200);
    ann.send(&app, Method::POST, "/users/me/deletion").await.expect(202);
    for name in ["ann", "anna"] {
        app.get(&format!("/profiles/{name}")).await.expect_error(404, "USER_NOT_FOUND");
        app.page(&format!("/profile/{name}"), "").await.expect(404);
        register(&app, name).await.expect_error(409, "USERNAME_TAKEN");
    }
    app.run("UPDATE users.users SET deletes_at = now()").await;
    let _another = TestApp::start_another(&app, &[]).await;
    wait_until("the account is erased", async || app.count("users").await == 0).await;
    for name in ["ann", "anna"] {
        app.get(&format!("/profiles/{name}")).await.expect_error(404, "USER_NOT_FOUND");
        register(&app, name).await.expect_error(409, "USERNAME_TAKEN");
    }
}

#[tokio::test]
async fn others_cannot_take_an_old_name_until_it_is_free() {
    for (variables, days) in [(&[][..], 180), (&[("USERNAME_HOLD_DAYS", "7")], 7)] {
        let app = TestApp::start_with(variables).await;
        let (ann, ben) = (test_user(&app, "ann").await, test_user(&app, "ben").await);
        rename(&app, &ann, "anna").await.expect(200);
        age_changes(&app, days - 1).await;
        for name in ["ann", "ANN"] {
            register(&app, name).await.expect_error(409, "USERNAME_TAKEN");
            rename(&app, &ben, name).await.expect_error(409, "USERNAME_TAKEN");
        }
        // The sweep leaves it alone.
        app.sweep().await;
        rename(&app, &ben, "ann").await.expect_error(409, "USERNAME_TAKEN");
        age_changes(&app, 1).await;
        assert_eq!(rename(&app, &ben, "ann").await.expect(200).json()["username"], "ann");
        // From now on, it leads to its new owner.
        assert_eq!(shown_name(&app, "ann").await, "ann");
        app.page("/profile/ann", "").await.expect(200);
        rename(&app, &ann, "ann").await.expect(409);
        assert_eq!(shown_name(&app, "anna").await, "anna");
        if days == 7 {
            assert_eq!(shown_name(&app, "ben").await, "ann", "ben's old name leads to him");
        }
    }
}

#[tokio::test]
async fn a_held_name_that_is_free_again_can_be_registered() {
    let app = TestApp::start_with(&[("USERNAME_HOLD_DAYS", "7")]).await;
    let ann = test_user(&app, "ann").await;
    rename(&app, &ann, "anna").await.expect(200);
    age_changes(&app, 7).await;
    // It still leads to ann, until another user has it.
    assert_eq!(shown_name(&app, "ann").await, "anna");
    register(&app, "ann").await.expect(201);
    assert_eq!(shown_name(&app, "ann").await, "ann");
    age_changes(&app, 30).await;
    rename(&app, &ann, "ann").await.expect_error(409, "USERNAME_TAKEN");
}

#[tokio::test]
async fn old_names_are_held_for_ever_if_so_configured() {
    let app = TestApp::start_with(&[("USERNAME_HOLD_DAYS", "0")]).await;
    let ann = test_user(&app, "ann").await;
    rename(&app, &ann, "anna").await.expect(200);
    let held: Option<OffsetDateTime> =
        sqlx::query_scalar("SELECT held_until FROM users.username_holds").fetch_one(&app.pool).await.unwrap();
    assert_eq!(held, None);
    age_changes(&app, 10_000).await;
    app.sweep().await;
    register(&app, "ann").await.expect_error(409, "USERNAME_TAKEN");
    app.get("/profiles/ann").await.expect_error(404, "USER_NOT_FOUND");
    rename(&app, &ann, "ann").await.expect(200);
}

#[tokio::test]
async fn the_sweep_forgets_names_that_are_free() {
    let app = TestApp::start_with(&[("USERNAME_HOLD_DAYS", "7")]).await;
    let ann = test_user(&app, "ann").await;
    rename(&app, &ann, "anna").await.expect(200);
    for (days, left) in [(7, 1), (82, 1), (2, 0)] {
        age_changes(&app, days).await;
        app.sweep().await;
        assert_eq!(app.count("username_holds").await, left, "{days} days more");
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn a_name_that_is_being_given_up_is_never_registered_by_another_user() {
    let app = TestApp::start_with(&[("RATE_LIMITS", "off")]).await;
    for round in 0..25 {
        let (old, new) = (format!("old{round}"), format!("new{round}"));
        let (ann, ben) = (test_user(&app, &old).await, test_user(&app, &format!("ben{round}")).await);
        let registration = json!({ "email": format!("r{round}@example.org"), "username": old, "password": PASSWORD });
        let delay = Duration::from_micros(fastrand::u64(..5000));
        let (renamed, registered, taken) = tokio::join!(
            async {
                tokio::time::sleep(delay).await;
                rename(&app, &ann, &new).await
            },
            app.post("/auth/register", registration),
            rename(&app, &ben, &old),
        );
        renamed.expect(200);
        registered.expect_error(409, "USERNAME_TAKEN");
        taken.expect_error(409, "USERNAME_TAKEN");
        assert_eq!(shown_name(&app, &old).await, json!(new));
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn two_users_cannot_swap_their_names() {
    let app = TestApp::start().await;
    let (ann, ben) = (test_user(&app, "ann").await, test_user(&app, "ben").await);
    let (first, second) = tokio::join!(rename(&app, &ann, "ben"), rename(&app, &ben, "ann"));
    for response in [&first, &second] {
        response.expect_error(409, "USERNAME_TAKEN");
    }
    rename(&app, &ann, "anna").await.expect(200);
    rename(&app, &ben, "ann").await.expect_error(409, "USERNAME_TAKEN");
    assert_eq!(follow_counts::drift(&app.pool.clone().into()).await.unwrap(), []);
}
