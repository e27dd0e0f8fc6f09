//! A worker that cannot be reached.

use std::net::UdpSocket;
use std::sync::Arc;

use sqlx::{AssertSqlSafe, PgPool};
use tokio::io::copy_bidirectional;
use tokio::net::{TcpListener, TcpStream};
use tokio::task::JoinSet;
use tokio_util::sync::CancellationToken;
use url::Url;

use crate::command::distribute;
use crate::support::app::TestApp;
use crate::support::citus;
use crate::support::database::TestDatabase;
use crate::support::outbox::wait_until;
use crate::support::user::{TestUser, test_user};

/// Forwards connections to a node until it is canceled, from an address that the other nodes reach.
async fn forward(node: &Url, until: CancellationToken) -> Url {
    let target = (node.host_str().unwrap().to_owned(), node.port().unwrap_or(5432));
    let route = UdpSocket::bind("0.0.0.0:0").unwrap();
    route.connect((target.0.as_str(), target.1)).unwrap();
    let listener = TcpListener::bind((route.local_addr().unwrap().ip(), 0)).await.unwrap();
    let address = listener.local_addr().unwrap();
    tokio::spawn(async move {
        let mut connections = JoinSet::new();
        let accept = async {
            loop {
                let (mut client, _) = listener.accept().await.unwrap();
                let target = target.clone();
                connections.spawn(async move {
                    let mut server = TcpStream::connect(target).await?;
                    copy_bidirectional(&mut client, &mut server).await
                });
            }
        };
        tokio::select! {
            () = until.cancelled() => {}
            () = accept => {}
        }
    });
    let mut url = node.clone();
    url.set_host(Some(&address.ip().to_string())).unwrap();
    url.set_port(Some(address.port())).unwrap();
    url
}

/// The port of the node that stores a user.
async fn port_of(pool: &PgPool, user: &TestUser) -> i32 {
    let statement = format!(
        "SELECT nodeport FROM citus_shards WHERE shardid = get_shard_id_for_distribution_column('users.users', '{}'::uuid)",
        user.id
    );
    sqlx::query_scalar(AssertSqlSafe(statement)).fetch_one(pool).await.unwrap()
}

#[tokio::test(flavor = "multi_thread")]
async fn people_of_a_lost_worker_get_503_and_all_others_are_served_as_before() {
    let nodes = citus::nodes().expect("KITH_CITUS_URL");
    let (until, mut known_as) = (CancellationToken::new(), nodes.clone());
    let last = known_as.last_mut().unwrap();
    *last = forward(last, until.clone()).await;
    let lost_port = i32::from(last.port().unwrap());
    let database = TestDatabase::at(&citus::create_as(&nodes, &known_as).await);
    let (_, _, stderr) = distribute(&database.url);
    assert!(stderr.contains("up to date"), "{stderr}");
    let app = TestApp::start_on(Arc::new(database), &[("RATE_LIMITS", "off")]).await;
    let (mut lost, mut kept) = (Vec::new(), Vec::new());
    for number in 0..100 {
        let user = test_user(&app, &format!("user{number}")).await;
        let is_lost = port_of(&app.pool, &user).await == lost_port;
        if is_lost { &mut lost } else { &mut kept }.push(user);
        if lost.len() > 1 && kept.len() > 1 {
            break;
        }
    }
    assert!(lost.len() > 1 && kept.len() > 1, "{} {}", lost.len(), kept.len());

    until.cancel();
    wait_until("the worker is lost", async || lost[0].get(&app, "/users/me").await.status != 200).await;
    for user in &lost {
        let response = user.get(&app, "/users/me").await;
        response.expect_error(503, "OVERLOADED");
        assert!(!response.header("retry-after").is_empty());
        kept[0].follow(&app, &user.id).await.expect_error(503, "OVERLOADED");
    }
    app.get("/health").await.expect(200);
    for user in &kept {
        user.get(&app, "/users/me").await.expect(200);
        user.get(&app, &format!("/users/{}", user.id)).await.expect(200);
    }
    kept[0].follow(&app, &kept[1].id).await.expect(201);
    let followers = kept[0].get(&app, &format!("/users/{}/followers", kept[1].id)).await.expect(200);
    assert_eq!(followers.json()["items"].as_array().unwrap().len(), 1);
    assert_eq!((kept[0].counts(&app).await, kept[1].counts(&app).await), ((0, 1), (1, 0)));
}
