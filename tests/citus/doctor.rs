//! `kith doctor` on a distributed database.

use crate::command::doctor;
use crate::support::app::TestApp;
use crate::support::user::{TestUser, test_user};

#[tokio::test(flavor = "multi_thread")]
async fn wrong_claims_and_copies_are_reported_and_corrected() {
    let app = TestApp::start().await;
    let (ann, ben, cat) = (test_user(&app, "ann").await, test_user(&app, "ben").await, test_user(&app, "cat").await);
    for (follower, followee) in [(&ann, &ben), (&cat, &ben), (&ben, &cat)] {
        follower.follow(&app, &followee.id).await.expect(201);
    }
    let (code, stdout) = doctor(app.database_url(), &[]);
    assert_eq!(code, Some(0), "{stdout}");
    let TestUser { id, .. } = &ann;
    for statement in [
        "DELETE FROM users.username_claims WHERE folded = 'cat'".to_owned(),
        format!("INSERT INTO users.email_claims VALUES ('gone@example.org', '{id}')"),
        format!("DELETE FROM users.followers WHERE followee_id = '{}' AND follower_id = '{id}'", ben.id),
        format!("INSERT INTO users.followers VALUES ('{id}', '{}', now())", cat.id),
    ] {
        app.run(&statement).await;
    }
    let (code, stdout) = doctor(app.database_url(), &[]);
    assert_eq!(code, Some(1), "{stdout}");
    for line in ["claims      2 wrong", "followers   2 wrong", "counts      2 wrong"] {
        assert!(stdout.contains(line), "{stdout}");
    }
    assert!(!stdout.contains("example.org"), "{stdout}");
    let (code, stdout) = doctor(app.database_url(), &["--fix"]);
    assert_eq!(code, Some(0), "{stdout}");
    assert_eq!((ann.counts(&app).await, ben.counts(&app).await, cat.counts(&app).await), ((0, 1), (2, 1), (1, 1)));
    app.login("cat").await.expect(200);
    app.get("/profiles/cat").await.expect(200);
    assert_eq!(doctor(app.database_url(), &[]).0, Some(0));
}
