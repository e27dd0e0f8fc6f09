//! The client of an S3 bucket.

use std::error::Error;
use std::time::Duration;

use anyhow::Context as _;
use object_store::aws::{AmazonS3, AmazonS3Builder, AmazonS3ConfigKey};
use object_store::{BackoffConfig, ClientOptions, RetryConfig};
use url::Url;

/// The supported variables, with the same meaning as in the AWS tools. `AWS_ENDPOINT` is an alias of
/// `AWS_ENDPOINT_URL`, and `AWS_ALLOW_HTTP=true` allows an endpoint without TLS. Without a key, requests are signed
/// with the machine's role.
pub(super) const VARIABLES: [&str; 15] = [
    "AWS_ACCESS_KEY_ID",
    "AWS_SECRET_ACCESS_KEY",
    "AWS_SESSION_TOKEN",
    "AWS_REGION",
    "AWS_DEFAULT_REGION",
    "AWS_ENDPOINT",
    "AWS_ENDPOINT_URL",
    "AWS_ENDPOINT_URL_S3",
    "AWS_ALLOW_HTTP",
    "AWS_ROLE_ARN",
    "AWS_ROLE_SESSION_NAME",
    "AWS_WEB_IDENTITY_TOKEN_FILE",
    "AWS_CONTAINER_CREDENTIALS_RELATIVE_URI",
    "AWS_CONTAINER_CREDENTIALS_FULL_URI",
    "AWS_CONTAINER_AUTHORIZATION_TOKEN_FILE",
];

const CONNECT_TIMEOUT: Duration = Duration::from_secs(2);

/// For one attempt. Two attempts and the pause fit into the timeout of an operation.
const ATTEMPT_TIMEOUT: Duration = Duration::from_secs(4);

pub(super) fn bucket(url: &Url, lookup: impl Fn(&str) -> Option<String>) -> anyhow::Result<AmazonS3> {
    let bucket = url.host_str().context("no bucket")?;
    let client = ClientOptions::new().with_connect_timeout(CONNECT_TIMEOUT).with_timeout(ATTEMPT_TIMEOUT);
    let mut builder =
        AmazonS3Builder::new().with_bucket_name(bucket).with_client_options(client).with_retry(RetryConfig {
            max_retries: 1,
            retry_timeout: ATTEMPT_TIMEOUT * 2,
            backoff: BackoffConfig { max_backoff: Duration::from_millis(500), ..Default::default() },
        });
    for name in VARIABLES {
        let value = lookup(name).filter(|value| !value.trim().is_empty());
        if let Some(value) = value {
            let key: AmazonS3ConfigKey = name.to_ascii_lowercase().parse()?;
            builder = builder.with_config(key, value.trim());
        }
    }
    // The error is dropped, because it may repeat a value.
    builder.build().ok().context("the AWS_ variables are inconsistent")
}

/// Returns whether a 404 response means that the bucket is missing, and not just the object.
pub(super) fn is_bucket_missing(response: &dyn Error) -> bool {
    response.to_string().contains("<Code>NoSuchBucket</Code>")
}
