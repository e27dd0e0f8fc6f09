//! `kith doctor`.

use std::process::Output;

use sqlx::AssertSqlSafe;

use crate::support::app::TestApp;
use crate::support::database::{create_empty, database_url};
use crate::support::process::{kith, output};
use crate::support::user::test_user;

fn doctor(url: &str, arguments: &[&str]) -> Output {
    let mut command = kith(&[&["doctor"], arguments].concat());
    command.env("DATABASE_URL", url);
    output(command)
}

#[tokio::test(flavor = "multi_thread")]
async fn wrong_counts_are_reported_and_corrected() {
    let app = TestApp::start().await;
    let (ann, ben, cat) = (test_user(&app, "ann").await, test_user(&app, "ben").await, test_user(&app, "cat").await);
    for (follower, followee) in [(&ann, &ben), (&cat, &ben), (&ben, &cat)] {
        follower.follow(&app, &followee.id).await.expect(201);
    }
    let run = |arguments: &[&str]| {
        let output = doctor(app.database_url(), arguments);
        (output.status.code(), String::from_utf8(output.stdout).unwrap())
    };
    let (code, stdout) = run(&[]);
    assert_eq!(code, Some(0), "{stdout}");
    for line in ["migrations  up to date", "mail        0 dead", "usernames   0 that look alike", "counts      0 wrong"]
    {
        assert!(stdout.contains(line), "{stdout}");
    }

    let [ann_id, ben_id] = [&ann.id, &ben.id];
    for statement in [
        format!("UPDATE users.follow_counts SET followers = followers + 5 WHERE user_id = '{ben_id}'"),
        format!("DELETE FROM users.follow_counts WHERE user_id = '{ann_id}'"),
    ] {
        sqlx::query(AssertSqlSafe(statement)).execute(&app.pool).await.unwrap();
    }
    let (code, stdout) = run(&[]);
    assert_eq!(code, Some(1), "{stdout}");
    assert!(stdout.contains("counts      2 wrong"), "{stdout}");
    assert!(stdout.contains(&format!("{ben_id}  followers 7, actually 2; followees 1, actually 1")), "{stdout}");
    assert!(stdout.contains(&format!("{ann_id}  followers 0, actually 0; followees 0, actually 1")), "{stdout}");
    assert!(!stdout.contains(&cat.id), "{stdout}");
    assert_eq!(ben.counts(&app).await, (7, 1));

    let (code, stdout) = run(&["--fix"]);
    assert_eq!(code, Some(0), "{stdout}");
    assert!(stdout.contains("2 corrected"), "{stdout}");
    assert_eq!((ann.counts(&app).await, ben.counts(&app).await, cat.counts(&app).await), ((0, 1), (2, 1), (1, 1)));
    assert_eq!(run(&[]).0, Some(0));
}

#[tokio::test(flavor = "multi_thread")]
async fn an_outdated_database_is_reported_in_one_sentence() {
    let output = doctor(&database_url(&create_empty().await), &[]);
    assert_eq!(output.status.code(), Some(1));
    assert_eq!(
        String::from_utf8(output.stderr).unwrap(),
        "kith: the database is not up to date: run `kith migrate` first\n"
    );
}
