//! What the tests about exports share.

use crate::support::app::TestApp;
use crate::support::response::TestResponse;
use crate::support::user::TestUser;

pub const JSON: &str = "/users/me/export";
pub const LISTS: [&str; 4] = ["follows", "followers", "blocks", "mutes"];

pub async fn csv(app: &TestApp, user: &TestUser, list: &str) -> TestResponse {
    user.get(app, &format!("{JSON}/{list}.csv")).await
}

/// The records of a CSV file, the header row included.
pub fn records(response: &TestResponse) -> Vec<Vec<String>> {
    let mut reader = csv::ReaderBuilder::new().has_headers(false).from_reader(response.text.as_bytes());
    reader.records().map(|record| record.unwrap().iter().map(ToOwned::to_owned).collect()).collect()
}
