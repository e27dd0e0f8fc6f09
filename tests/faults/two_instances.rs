//! Two instances that start at the same moment on an empty database.

use std::collections::BTreeMap;

use futures::future::join_all;
use sqlx::PgPool;

use crate::service::{Caller, World};
use crate::support::database::TestDatabase;
use crate::support::process::{Process, free_address, wait_until_healthy};
use crate::support::response::TestResponse;

/// Records each object that a command creates or changes, and not those that it finds in place.
async fn record_changes(pool: &PgPool) {
    sqlx::raw_sql(
        "CREATE TABLE public.changes (change text);
         CREATE FUNCTION public.record_change() RETURNS event_trigger LANGUAGE plpgsql AS $$
         BEGIN
             INSERT INTO public.changes
             SELECT command_tag || ' ' || object_identity FROM pg_event_trigger_ddl_commands();
         END $$;
         CREATE EVENT TRIGGER record_change ON ddl_command_end EXECUTE FUNCTION public.record_change()",
    )
    .execute(pool)
    .await
    .unwrap();
}

/// Starts this many instances at once on an empty database, and uses all of them. Returns how often each change was
/// made.
async fn start_together(instances: usize) -> BTreeMap<String, i64> {
    let world = World { database: TestDatabase::create_with_locale("en-US").await, ..World::create().await };
    let pool = &world.database.pool;
    record_changes(pool).await;
    let addresses: Vec<_> = (0..instances).map(|_| free_address()).collect();
    let commands: Vec<_> = addresses.iter().map(|address| world.serve(address)).collect();
    let _processes: Vec<_> = commands.into_iter().map(Process::start).collect();
    join_all(addresses.iter().map(|address| wait_until_healthy(address))).await;
    let callers: Vec<_> = addresses.iter().map(|address| Caller::new(address)).collect();
    for (number, caller) in callers.iter().enumerate() {
        TestResponse::of(caller.get("/readyz", "")).await.expect(200);
        let name = format!("user.{number}");
        let [user] = caller.signed_in(&world, [name.as_str()]).await;
        // Every instance knows the user.
        for caller in &callers {
            let me = TestResponse::of(caller.get("/users/me", &user.token())).await.expect(200);
            assert_eq!(me.json()["username"], name.as_str());
        }
    }
    let succeeded: Vec<bool> =
        sqlx::query_scalar("SELECT success FROM users._sqlx_migrations").fetch_all(pool).await.unwrap();
    assert_eq!(succeeded, vec![true; std::fs::read_dir("migrations").unwrap().filter(is_sql).count()]);
    let changes = "SELECT change, count(*) FROM public.changes GROUP BY change";
    sqlx::query_as::<_, (String, i64)>(changes).fetch_all(pool).await.unwrap().into_iter().collect()
}

fn is_sql(entry: &std::io::Result<std::fs::DirEntry>) -> bool {
    entry.as_ref().is_ok_and(|entry| entry.path().extension().is_some_and(|extension| extension == "sql"))
}

#[tokio::test(flavor = "multi_thread")]
async fn instances_that_start_together_on_an_empty_database_migrate_it_once_and_all_serve() {
    let alone = start_together(1).await;
    assert_eq!(alone["CREATE TABLE users.users"], 1);
    for instances in [2, 3] {
        assert_eq!(start_together(instances).await, alone, "with {instances} instances");
    }
}
