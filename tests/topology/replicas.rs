//! A primary, two streaming replicas, and an instance that reads from them.

use crate::node::Node;
use crate::service::Service;
use crate::support::outbox::wait_until;

pub struct Replicated {
    pub primary: Node,
    pub replicas: [Node; 2],
    pub service: Service,
}

impl Replicated {
    pub async fn start() -> Self {
        let primary = Node::primary().await;
        let replicas = [primary.standby("one", "").await, primary.standby("two", "").await];
        let service = start_service(&primary, &replicas).await;
        let replicated = Self { primary, replicas, service };
        replicated.wait_until_replicas_serve().await;
        replicated
    }

    /// Starts another instance.
    pub async fn start_another(&self) -> Service {
        start_service(&self.primary, &self.replicas).await
    }

    /// Registers `names` with verified addresses.
    pub async fn register(&self, names: &[&str]) {
        for name in names {
            self.service.register(name).await.expect(201);
        }
        self.primary.run(&["UPDATE users.users SET email_verified = true"]).await;
    }

    /// Whether the metrics say that this replica serves reads.
    pub async fn is_used(&self, replica: &Node) -> bool {
        let metrics = self.service.get("/metrics").await.expect(200).text;
        metrics.contains(&format!("db_replica_used{{replica=\"127.0.0.1:{}\"}} 1", replica.port))
    }

    /// Waits until reads without a position come from replicas again.
    pub async fn wait_until_replicas_serve(&self) {
        wait_until("a replica serves a read", async || {
            let before = self.service.reads("replica").await;
            self.service.get("/profiles/none").await.expect(404);
            self.service.reads("replica").await > before
        })
        .await;
    }

    /// Stops or resumes the replay of both replicas, which go on responding.
    pub async fn set_replay(&self, on: bool) {
        let statement = if on { "SELECT pg_wal_replay_resume()" } else { "SELECT pg_wal_replay_pause()" };
        for replica in &self.replicas {
            replica.run(&[statement]).await;
        }
        if !on {
            for replica in &self.replicas {
                wait_until("replay is paused", async || {
                    replica.value::<String>("SELECT pg_get_wal_replay_pause_state()").await == "paused"
                })
                .await;
            }
        }
    }
}

async fn start_service(primary: &Node, replicas: &[Node; 2]) -> Service {
    let urls = replicas.each_ref().map(Node::url).join(",");
    Service::start(&[("DATABASE_URL", &primary.url()), ("DATABASE_REPLICA_URLS", &urls)]).await
}
