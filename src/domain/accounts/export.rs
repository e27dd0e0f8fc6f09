//! Everything that the service holds about a user, for that user (GDPR, articles 15 and 20): as one JSON document, and
//! their lists as CSV files. Both are streamed page by page, so that memory does not grow with the number of followers.

use std::io;

use bytes::Bytes;
use futures::{Stream, stream};
use serde_json::{Value, json};
use sqlx::PgPool;
use sqlx::types::Json;

use crate::base::database::error::OperationError;
use crate::base::database::{Database, begin};
use crate::domain::audit::attempts::{self, Attempt, Outcome};
use crate::domain::audit::log::{Action, Actor, Entry, Origin};
use crate::domain::graph::people::{self, Cursor, PageRow};
use crate::domain::sign_in::calling_user::{self, CallingUser};
use crate::model::error::ApiError;
use crate::model::graph::Side;
use crate::model::id::UserId;
use crate::model::timestamp::Timestamp;

/// Users per query.
const PAGE: i64 = 1000;

/// What is exported.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Format {
    /// Everything.
    Json,
    /// A list of users. `None` for the lists that are always empty so far.
    Csv(Option<Side>),
}

/// Records the export in the audit log.
///
/// # Errors
/// `UNAUTHENTICATED`.
pub async fn record(database: &Database, caller: CallingUser, origin: &Origin) -> Result<(), ApiError> {
    let entry = Entry::new(Actor::User, Action::AccountExported, caller.id.0).from(origin);
    let record = async || -> Result<(), OperationError> {
        let mut transaction = begin(database).await?;
        calling_user::lock(&mut transaction, caller).await?;
        entry.record(&mut transaction).await?;
        transaction.commit().await?;
        Ok(())
    };
    database.write(record).await?;
    attempts::record(Attempt::Export, Outcome::Exported, Some(caller.id.0));
    Ok(())
}

/// The next step of an export.
enum Step {
    Head,
    /// The page of a list after the cursor.
    List(Side, Option<Cursor>),
    End,
    Done,
}

/// Returns the document in parts. A part that fails ends the stream with an error, so that the client does not take an
/// incomplete document for the whole.
pub fn stream(pool: PgPool, user: UserId, format: Format) -> impl Stream<Item = io::Result<Bytes>> + Send {
    stream::try_unfold(Step::Head, move |step| {
        let pool = pool.clone();
        async move {
            let part = match format {
                Format::Json => json_part(&pool, user, step).await,
                Format::Csv(side) => csv_part(&pool, user, side, step).await,
            };
            part.inspect_err(|error| tracing::error!(%error, "an export failed"))
        }
    })
}

type Part = io::Result<Option<(Bytes, Step)>>;

async fn json_part(pool: &PgPool, user: UserId, step: Step) -> Part {
    match step {
        Step::Head => {
            let Json(head) = head(pool, user).await.map_err(io::Error::other)?;
            let mut text = head.to_string();
            // The lists are appended to the object.
            text.pop();
            text.push_str(r#","follows":["#);
            Ok(Some((text.into(), Step::List(Side::Followees, None))))
        }
        Step::List(side, after) => {
            let (rows, next) = page(pool, user, side, after).await?;
            let items: Vec<String> = rows.iter().map(|row| item(row).to_string()).collect();
            let mut text = if after.is_some() && !items.is_empty() { ",".to_owned() } else { String::new() };
            text.push_str(&items.join(","));
            let step = match (next, side) {
                (Some(next), _) => Step::List(side, Some(next)),
                (None, Side::Followees) => {
                    text.push_str(r#"],"followers":["#);
                    Step::List(Side::Followers, None)
                }
                (None, Side::Followers) => Step::End,
            };
            Ok(Some((text.into(), step)))
        }
        Step::End => Ok(Some((Bytes::from_static(br#"],"blocks":[],"mutes":[]}"#), Step::Done))),
        Step::Done => Ok(None),
    }
}

/// All but the lists of users. No password hash and no token hash: they are of no use to the user.
async fn head(pool: &PgPool, user: UserId) -> sqlx::Result<Json<Value>> {
    sqlx::query_scalar(
        "SELECT jsonb_build_object(
             'exported_at', now(),
             'account', jsonb_build_object(
                 'id', u.id, 'email', u.email, 'email_verified', u.email_verified, 'pending_email', u.pending_email,
                 'username', u.username, 'username_changed_at', u.username_changed_at,
                 'password_changed_at', u.password_changed_at, 'roles', u.roles, 'created_at', u.created_at),
             'profile', jsonb_build_object(
                 'display_name', u.display_name, 'bio', u.bio, 'avatar_url', u.avatar_url),
             'former_usernames', (
                 SELECT coalesce(jsonb_agg(jsonb_build_object(
                     'username', h.folded, 'held_until', h.held_until) ORDER BY h.folded), '[]')
                 FROM users.username_holds h WHERE h.user_id = u.id),
             'sessions', (
                 SELECT coalesce(jsonb_agg(jsonb_build_object(
                     'id', s.id, 'created_at', s.created_at, 'last_seen_at', s.last_used_at, 'ended_at', s.revoked_at,
                     'authenticated_at', s.authenticated_at, 'user_agent', s.user_agent, 'network', s.network,
                     'ip', host(s.ip)) ORDER BY s.id), '[]')
                 FROM users.sign_ins s WHERE s.user_id = u.id),
             'security_log', (
                 SELECT coalesce(jsonb_agg(jsonb_build_object(
                     'at', a.occurred_at, 'actor', a.actor, 'action', a.action, 'network', a.network)
                     ORDER BY a.id), '[]')
                 FROM users.audit_log a WHERE a.target = u.id))
         FROM users.users u WHERE u.id = $1",
    )
    .bind(user.0)
    .fetch_one(pool)
    .await
}

async fn csv_part(pool: &PgPool, user: UserId, side: Option<Side>, step: Step) -> Part {
    match (step, side) {
        (Step::Head, side) => {
            let head = csv([["id", "username", "display_name", "since"].map(ToOwned::to_owned)])?;
            Ok(Some((head, side.map_or(Step::Done, |side| Step::List(side, None)))))
        }
        (Step::List(side, after), _) => {
            let (rows, next) = page(pool, user, side, after).await?;
            let rows = rows.into_iter().map(|row| {
                let since = since(&row).map(|since| since.as_str().to_owned()).unwrap_or_default();
                let user = row.person.user;
                [user.id.to_string(), user.username, user.display_name.unwrap_or_default(), since].map(harmless)
            });
            Ok(Some((csv(rows)?, next.map_or(Step::Done, |next| Step::List(side, Some(next))))))
        }
        (Step::End | Step::Done, _) => Ok(None),
    }
}

fn csv(rows: impl IntoIterator<Item = [String; 4]>) -> io::Result<Bytes> {
    let mut writer = csv::WriterBuilder::new().terminator(csv::Terminator::CRLF).from_writer(Vec::new());
    for row in rows {
        writer.write_record(row)?;
    }
    Ok(writer.into_inner().map_err(|error| io::Error::other(error.to_string()))?.into())
}

/// Keeps a spreadsheet from running a cell as a formula (CWE-1236, OWASP CSV Injection).
fn harmless(cell: String) -> String {
    if cell.starts_with(['=', '+', '-', '@', '\t', '\r']) { format!("'{cell}") } else { cell }
}

/// Returns a page of a list, and the cursor of the next one.
async fn page(
    pool: &PgPool,
    user: UserId,
    side: Side,
    after: Option<Cursor>,
) -> io::Result<(Vec<PageRow>, Option<Cursor>)> {
    let rows = people::fetch_page(pool, user, side, 0, after, PAGE, None).await.map_err(io::Error::other)?;
    let is_last = i64::try_from(rows.len()).unwrap_or(PAGE) < PAGE;
    let next = rows.last().filter(|_| !is_last).map(|row| row.cursor);
    Ok((rows, next))
}

/// What others may know of a user, and since when the follow exists.
fn item(row: &PageRow) -> Value {
    let user = &row.person.user;
    json!({ "id": user.id, "username": user.username, "display_name": user.display_name, "since": since(row) })
}

fn since(row: &PageRow) -> Option<Timestamp> {
    row.cursor.time().map(Timestamp::from)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn cells_that_a_spreadsheet_would_run_are_marked_as_text() {
        for cell in ["=1+1", "+1", "-1", "@SUM(A1)", "\t=1", "\r=1"] {
            assert_eq!(harmless(cell.to_owned()), format!("'{cell}"));
        }
        assert_eq!(harmless("Ann = B".to_owned()), "Ann = B");
        let row = ["1", "ann", "a \"b\", c\n=1", "x"].map(ToOwned::to_owned);
        assert_eq!(csv([row]).unwrap(), "1,ann,\"a \"\"b\"\", c\n=1\",x\r\n");
    }
}
