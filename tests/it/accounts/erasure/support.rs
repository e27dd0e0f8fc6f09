//! What the tests about erasures share.

use std::time::Duration;

use kith::base::lease::Lease;
use kith::base::sweep::{Left, SweepGuard};
use kith::domain::accounts::erasure::{erase, erase_due};
use kith::domain::accounts::settings::SelfService;
use kith::domain::audit::log::{Action, Actor, Entry};
use tokio_util::sync::CancellationToken;
use uuid::Uuid;

use crate::support::app::TestApp;
use crate::support::user::TestUser;

const SETTINGS: SelfService = SelfService { reset_minutes: 60, deletion_grace_days: 14, username_hold_days: Some(180) };

/// Erases an account as an operator does. Returns whether it existed.
pub async fn erase_user(app: &TestApp, id: Uuid) -> bool {
    let entry = Entry::new(Actor::Operator("test".to_owned()), Action::AccountDeleted, id);
    erase(&app.pool.clone().into(), id, SETTINGS, &entry).await.unwrap()
}

/// Erases the accounts that are due, as an instance does.
pub async fn erase_all_due(app: &TestApp) {
    let lease = Lease::acquire(&app.pool.clone().into(), "test", Duration::from_mins(1)).await.unwrap().unwrap();
    let mut guard = SweepGuard::new(lease, CancellationToken::new());
    while erase_due(&app.pool.clone().into(), SETTINGS, &mut guard).await.unwrap() == Left::Work {}
    guard.end().await.unwrap();
}

/// Creates users `f1`, `f2` and so on who follow `star`.
pub async fn create_followers(app: &TestApp, star: &TestUser, count: i64) {
    for statement in [
        "INSERT INTO users.users (id, email, username, password_hash)
         SELECT gen_random_uuid(), 'f' || n || '@example.org', 'f' || n, 'x' FROM generate_series(1, $2) n
         WHERE $1 IS NOT NULL",
        "INSERT INTO users.follows (follower_id, followee_id, created_at)
         SELECT id, $1::uuid, now() - make_interval(secs => row_number() OVER () % 100) FROM users.users
         WHERE username ~ '^f[0-9]' AND $2 > 0",
    ] {
        sqlx::query(statement).bind(star.id.parse::<Uuid>().unwrap()).bind(count).execute(&app.pool).await.unwrap();
    }
    app.settle_follows().await;
}
