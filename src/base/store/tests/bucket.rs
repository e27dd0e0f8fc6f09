//! The store in a bucket, on a local server that verifies signatures.

use std::net::{Ipv4Addr, SocketAddr};
use std::time::Instant;

use hyper_util::rt::TokioIo;
use s3s::auth::SimpleAuth;
use s3s::service::{S3Service, S3ServiceBuilder};
use s3s_fs::FileSystem;
use tempfile::TempDir;
use tokio::io::{AsyncReadExt as _, AsyncWriteExt as _};
use tokio::net::TcpListener;
use tokio::task::{JoinHandle, JoinSet};

use super::*;

const SECRET: &str = "a-secret-of-the-tests";

struct Server {
    address: SocketAddr,
    task: JoinHandle<()>,
    folder: TempDir,
}

impl Server {
    /// Starts a server with an empty bucket named `avatars`.
    async fn start() -> Self {
        let folder = tempfile::tempdir().expect("a folder");
        fs::create_dir(folder.path().join("avatars")).expect("a bucket");
        let mut builder = S3ServiceBuilder::new(FileSystem::new(folder.path()).expect("a file system"));
        builder.set_auth(SimpleAuth::from_single("key-id", SECRET));
        let listener = TcpListener::bind((Ipv4Addr::LOCALHOST, 0)).await.expect("a port");
        let address = listener.local_addr().expect("an address");
        Self { address, task: tokio::spawn(serve(listener, builder.build())), folder }
    }

    /// Starts a server that sends the same response to every request.
    async fn responding(status: &str, body: &str) -> Self {
        let response =
            format!("HTTP/1.1 {status}\r\nConnection: close\r\nContent-Length: {}\r\n\r\n{body}", body.len());
        let listener = TcpListener::bind((Ipv4Addr::LOCALHOST, 0)).await.expect("a port");
        let address = listener.local_addr().expect("an address");
        let task = tokio::spawn(async move {
            while let Ok((mut stream, _)) = listener.accept().await {
                let _ = stream.read(&mut [0; 4096]).await;
                let _ = stream.write_all(response.as_bytes()).await;
            }
        });
        Self { address, task, folder: tempfile::tempdir().expect("a folder") }
    }

    fn store(&self, url: &str, secret: &str) -> AvatarStore {
        let endpoint = format!("http://{}", self.address);
        let variables = [
            ("AWS_ACCESS_KEY_ID", "key-id"),
            ("AWS_SECRET_ACCESS_KEY", secret),
            ("AWS_REGION", "eu-north-1"),
            ("AWS_SESSION_TOKEN", ""),
            ("AWS_ENDPOINT_URL", " "),
            ("AWS_ENDPOINT", &endpoint),
            ("AWS_ALLOW_HTTP", "true"),
        ];
        let lookup = |name: &str| variables.iter().find(|(known, _)| *known == name).map(|(_, value)| (*value).into());
        AvatarStore::open(&url.parse().expect("a URL"), lookup).expect("a store")
    }

    /// Closes the port and all connections.
    async fn stop(&mut self) {
        self.task.abort();
        let _ = (&mut self.task).await;
    }
}

async fn serve(listener: TcpListener, service: S3Service) {
    let mut connections = JoinSet::new();
    while let Ok((stream, _)) = listener.accept().await {
        let builder = hyper_util::server::conn::auto::Builder::new(hyper_util::rt::TokioExecutor::new());
        let service = service.clone();
        connections.spawn(async move { builder.serve_connection(TokioIo::new(stream), service).await.map_err(drop) });
    }
}

async fn assert_unavailable(store: &AvatarStore, expected: &[&'static str]) {
    let started = Instant::now();
    let outcomes =
        [store.get(KEY).await.map(drop), store.put(KEY, "x".into(), "image/jpeg").await, store.delete(KEY).await];
    for outcome in outcomes {
        let Err(StoreError::Unavailable(text)) = outcome else { panic!("not unavailable: {outcome:?}") };
        assert!(expected.contains(&text), "{text}");
    }
    assert!(started.elapsed() < 3 * OPERATION_TIMEOUT + Duration::from_secs(1));
}

#[tokio::test]
async fn an_object_can_be_read_until_it_is_deleted() {
    let server = Server::start().await;
    let store = server.store("s3://avatars/of/kith", SECRET);
    assert_eq!(store.get(KEY).await, Ok(None));
    store.put(KEY, "old".into(), "image/jpeg").await.expect("stored");
    store.put(KEY, "new".into(), "image/jpeg").await.expect("replaced");
    assert_eq!(store.get(KEY).await, Ok(Some("new".into())));
    assert!(server.folder.path().join("avatars/of/kith").join(KEY).is_file(), "it is stored under the prefix");
    assert_eq!(server.store("s3://avatars/other", SECRET).get(KEY).await, Ok(None));
    store.delete(KEY).await.expect("deleted");
    assert_eq!(store.get(KEY).await, Ok(None));
    store.delete(KEY).await.expect("missing is fine");
}

#[tokio::test]
async fn objects_have_their_content_type() {
    let server = Server::start().await;
    let store = server.store("s3://avatars", SECRET);
    store.put(KEY, "x".into(), "image/png").await.expect("stored");
    let object = store.objects.get(&key::path(KEY).expect("a key")).await.expect("it exists");
    assert_eq!(object.attributes.get(&Attribute::ContentType).map(AsRef::as_ref), Some("image/png"));
}

#[tokio::test]
async fn a_wrong_access_key_is_an_error_without_secrets() {
    let server = Server::start().await;
    let store = server.store("s3://avatars", "a-wrong-secret");
    assert_unavailable(&store, &["access is denied"]).await;
}

#[tokio::test]
async fn a_missing_bucket_is_an_error_and_not_an_empty_store() {
    let body = |code: &str| format!("<Error><Code>{code}</Code></Error>");
    let server = Server::responding("404 Not Found", &body("NoSuchKey")).await;
    assert_eq!(server.store("s3://avatars", SECRET).get(KEY).await, Ok(None));
    let server = Server::responding("404 Not Found", &body("NoSuchBucket")).await;
    assert_unavailable(&server.store("s3://avatars", SECRET), &["the folder or bucket is missing"]).await;
}

#[tokio::test]
async fn a_failing_server_is_an_error() {
    for (status, body) in [("500 Internal Server Error", ""), ("503 Slow Down", "<Code>SlowDown</Code>")] {
        let store = Server::responding(status, body).await.store("s3://avatars", SECRET);
        assert_unavailable(&store, &["the request was rejected"]).await;
    }
}

#[tokio::test]
async fn a_stopped_server_is_an_error() {
    let mut server = Server::start().await;
    let store = server.store("s3://avatars", SECRET);
    store.put(KEY, "x".into(), "image/jpeg").await.expect("stored");
    server.stop().await;
    assert_unavailable(&store, &["no connection", "incomplete response"]).await;
}

#[tokio::test]
async fn a_server_that_does_not_respond_is_an_error_within_the_timeout() {
    let listener = TcpListener::bind((Ipv4Addr::LOCALHOST, 0)).await.expect("a port");
    let mut server = Server::start().await;
    server.stop().await;
    server.address = listener.local_addr().expect("an address");
    let started = Instant::now();
    assert_eq!(server.store("s3://avatars", SECRET).get(KEY).await, Err(error::TIMED_OUT));
    assert!(started.elapsed() < OPERATION_TIMEOUT);
}

#[test]
fn malformed_variables_are_rejected_without_repeating_them() {
    let open = |name, value: &str| {
        let lookup = |wanted: &str| (wanted == name).then(|| value.to_owned());
        AvatarStore::open(&"s3://avatars".parse().expect("a URL"), lookup)
    };
    let error = open("AWS_ALLOW_HTTP", "my-secret").err().expect("rejected");
    assert!(!format!("{error:?} {error:#}").contains("my-secret"));
    assert!(open("AWS_SECRET_ACCESS_KEY", "half-a-pair").is_err());
}
