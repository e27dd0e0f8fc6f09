//! Checks that compare rows on several machines.

use std::time::Duration;

/// A transaction on several machines becomes visible on one after the other, within a fraction of this time.
const PAUSE: Duration = Duration::from_secs(1);

/// Runs `scan`, and returns what it finds if a second scan finds it again. What only the first one finds was being
/// changed.
pub async fn recheck<T: PartialEq, F: Future<Output = sqlx::Result<Vec<T>>>>(
    scan: impl Fn() -> F,
) -> sqlx::Result<Vec<T>> {
    let mut found = scan().await?;
    if !found.is_empty() {
        tokio::time::sleep(PAUSE).await;
        let again = scan().await?;
        found.retain(|item| again.contains(item));
    }
    Ok(found)
}
