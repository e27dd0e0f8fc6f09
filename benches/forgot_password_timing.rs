//! Tests whether the time of `POST /auth/forgot-password` reveals anything about an account. Pairs of an unknown email
//! and the email of an account are sent to the release build in random order. The account is verified, not verified,
//! suspended, or about to be deleted. As a control, 2 ms are added for the unknown email, which must be detected.
//!
//! `make bench BENCH=forgot_password_timing ARGS=2000`: pairs.

mod support;

use std::time::Duration;

use reqwest::Client;
use serde_json::json;
use support::pairs::{measure_pairs, report};
use support::{Service, email, numbers};

/// The largest allowed difference in ms.
const BOUND: f64 = 0.5;

/// Longer than the work that a request leaves in the background.
const PAUSE: Duration = Duration::from_millis(15);

/// The accounts, in the order of their numbers, and how each becomes what it is called.
const ACCOUNTS: [(&str, &str); 4] = [
    ("verified", "SELECT $1"),
    ("not verified", "UPDATE users.users SET email_verified = false WHERE email = $1"),
    ("suspended", "UPDATE users.users SET suspended_at = now() WHERE email = $1"),
    ("about to be deleted", "UPDATE users.users SET deletes_at = now() + interval '14 days' WHERE email = $1"),
];

#[tokio::main(flavor = "current_thread")]
async fn main() -> anyhow::Result<()> {
    let [pairs] = numbers([2000]);
    let service = Service::start(4).await?;
    let client = Client::new();
    service.populate(&client, ACCOUNTS.len()).await?;
    println!("unknown email minus the email of an account, in ms");
    let ask = async |address: String| -> anyhow::Result<()> {
        let body = json!({ "email": address });
        let response = client.post(format!("{}/auth/forgot-password", service.origin)).json(&body).send().await?;
        let status = response.status();
        response.bytes().await?;
        anyhow::ensure!(status == 202, "status {status}");
        Ok(())
    };
    let unknown = async |n: u32| ask(format!("absent{n}@example.org")).await;
    measure_pairs(50, PAUSE, unknown, async |_| ask(email(0)).await).await?;
    let delayed = async |n: u32| {
        unknown(n).await?;
        tokio::time::sleep(Duration::from_millis(2)).await;
        Ok(())
    };
    report("control, 2 ms added", &measure_pairs(pairs, PAUSE, delayed, async |_| ask(email(0)).await).await?, BOUND);
    for (number, (account, change)) in ACCOUNTS.into_iter().enumerate() {
        sqlx::query(change).bind(email(number)).execute(&service.pool).await?;
        let measured = measure_pairs(pairs, PAUSE, unknown, async |_| ask(email(number)).await).await?;
        report(&format!("{account}, {pairs} pairs"), &measured, BOUND);
    }
    Ok(())
}
