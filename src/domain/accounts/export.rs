//! Everything that the service holds about a user, for that user (GDPR, articles 15 and 20): as one JSON document, and
//! their lists as CSV files. Both are streamed page by page, so that memory does not grow with the number of followers.

use std::io;

use bytes::Bytes;
use futures::{Stream, stream};
use serde_json::{Value, json};
use sqlx::AssertSqlSafe;
use sqlx::types::Json;
use sqlx::types::time::OffsetDateTime;
use uuid::Uuid;

use crate::base::database::error::OperationError;
use crate::base::database::pool::Pool;
use crate::base::database::{Database, begin};
use crate::domain::audit::attempts::{self, Attempt, Outcome};
use crate::domain::audit::log::{Action, Actor, Entry, Origin};
use crate::domain::graph::people::{self, Cursor, Kind, List, PageRow};
use crate::domain::sign_in::calling_user::{self, CallingUser};
use crate::model::error::ApiError;
use crate::model::graph::Side;
use crate::model::id::UserId;
use crate::model::timestamp::Timestamp;

/// Rows per query.
const PAGE: i64 = 1000;

/// What is exported.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Format {
    /// Everything.
    Json,
    Csv(Users),
}

/// A list of users.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Users {
    Follows,
    Followers,
    Blocks,
    Mutes,
    RequestsSent,
    RequestsReceived,
}

impl Users {
    /// The list of `owner`, with all users that are not hidden.
    const fn list(self, owner: UserId) -> List {
        match self {
            Self::Follows => List::Follows { owner, side: Side::Followees, viewer: None },
            Self::Followers => List::Follows { owner, side: Side::Followers, viewer: None },
            Self::Blocks => List::Relations { owner, kind: Kind::Blocks },
            Self::Mutes => List::Relations { owner, kind: Kind::Mutes },
            Self::RequestsSent => List::Relations { owner, kind: Kind::Requests },
            Self::RequestsReceived => List::Relations { owner, kind: Kind::RequestedBy },
        }
    }
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

/// The lists of the document, in this order.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Section {
    Sessions,
    SecurityLog,
    Users(Users),
    Reports,
}

const SECTIONS: [(Section, &str); 9] = [
    (Section::Sessions, "sessions"),
    (Section::SecurityLog, "security_log"),
    (Section::Users(Users::Follows), "follows"),
    (Section::Users(Users::Followers), "followers"),
    (Section::Users(Users::Blocks), "blocks"),
    (Section::Users(Users::Mutes), "mutes"),
    (Section::Users(Users::RequestsSent), "follow_requests_sent"),
    (Section::Users(Users::RequestsReceived), "follow_requests_received"),
    (Section::Reports, "reports"),
];

/// Where a page ends.
#[derive(Clone, Copy)]
enum Position {
    Row(OffsetDateTime, Uuid),
    Follow(Cursor),
}

/// The next step of an export.
enum Step {
    Head,
    /// The page of the list with this index after the position.
    Page(usize, Option<Position>),
    Done,
}

/// Returns the document in parts, each of at most a page. Each checks that the sign-in has not ended. A part that fails
/// ends the stream with an error, so that the client does not take an incomplete document for the whole.
pub fn stream(pool: Pool, caller: CallingUser, format: Format) -> impl Stream<Item = io::Result<Bytes>> + Send {
    stream::try_unfold(Step::Head, move |step| {
        let pool = pool.clone();
        async move {
            if matches!(step, Step::Done) {
                return Ok(None);
            }
            let part = async {
                let live = calling_user::find(&pool, caller).await;
                live.map_err(|error| io::Error::other(ApiError::from(error)))?;
                match format {
                    Format::Json => json_part(&pool, caller.id, step).await,
                    Format::Csv(users) => csv_part(&pool, caller.id, users, step).await,
                }
            };
            part.await.inspect_err(|error| tracing::warn!(%error, "an export was cut off"))
        }
    })
}

type Part = io::Result<Option<(Bytes, Step)>>;

async fn json_part(pool: &Pool, user: UserId, step: Step) -> Part {
    let (index, after) = match step {
        Step::Head => {
            let Json(head) = head(pool, user).await.map_err(io::Error::other)?;
            let mut text = head.to_string();
            // The lists are appended to the object.
            text.pop();
            return Ok(Some((text.into(), Step::Page(0, None))));
        }
        Step::Page(index, after) => (index, after),
        Step::Done => return Ok(None),
    };
    let Some((section, name)) = SECTIONS.get(index) else { return Ok(Some((Bytes::from_static(b"}"), Step::Done))) };
    let (items, next) = match section {
        Section::Sessions => rows(pool, user, sessions(), after).await?,
        Section::SecurityLog => rows(pool, user, security_log(), after).await?,
        Section::Users(users) => people(pool, user, *users, after).await?,
        Section::Reports => rows(pool, user, reports(), after).await?,
    };
    let mut text = match after {
        None => format!(r#","{name}":["#),
        Some(_) if items.is_empty() => String::new(),
        Some(_) => ",".to_owned(),
    };
    text.push_str(&items.iter().map(Value::to_string).collect::<Vec<_>>().join(","));
    let step = if next.is_some() {
        Step::Page(index, next)
    } else {
        text.push(']');
        Step::Page(index + 1, None)
    };
    Ok(Some((text.into(), step)))
}

/// All but the lists. No password hash and no token hash: they are of no use to the user.
async fn head(pool: &Pool, user: UserId) -> sqlx::Result<Json<Value>> {
    // Index: username_holds_user_id_idx.
    let former = format!(
        "SELECT coalesce(jsonb_agg(jsonb_build_object('username', h.folded, 'held_until', {}) ORDER BY h.folded), '[]')
         FROM users.username_holds h WHERE h.user_id = $1",
        utc("h.held_until"),
    );
    let former: Json<Value> = sqlx::query_scalar(AssertSqlSafe(former)).bind(user.0).fetch_one(pool).await?;
    let statement = format!(
        "SELECT jsonb_build_object(
             'exported_at', {},
             'account', jsonb_build_object(
                 'id', u.id, 'email', u.email, 'email_verified', u.email_verified, 'pending_email',
                 CASE WHEN u.pending_email_expires_at > now() THEN u.pending_email END,
                 'username', u.username, 'username_changed_at', {},
                 'password_changed_at', {}, 'roles', u.roles, 'language', u.language,
                 'created_at', {}),
             'profile', jsonb_build_object(
                 'display_name', u.display_name, 'bio', u.bio, 'avatar_url', u.avatar_url,
                 'private', u.private, 'hide_follows', u.hide_follows, 'discoverable', u.discoverable),
             'former_usernames', $2::jsonb)
         FROM users.users u WHERE u.id = $1",
        utc("now()"),
        utc("u.username_changed_at"),
        utc("u.password_changed_at"),
        utc("u.created_at"),
    );
    sqlx::query_scalar(AssertSqlSafe(statement)).bind(user.0).bind(former).fetch_one(pool).await
}

/// A column of times in the wire format of [`Timestamp`].
fn utc(column: &str) -> String {
    format!(r#"to_char({column} AT TIME ZONE 'UTC', 'YYYY-MM-DD"T"HH24:MI:SS.US"Z"')"#)
}

/// The time, the id and the contents of each session after ($2, $3). Index: `sign_ins_user_id_idx`. Ids are in the
/// order of time.
fn sessions() -> String {
    format!(
        "SELECT s.created_at, s.id, jsonb_build_object(
             'id', s.id, 'created_at', {}, 'last_seen_at', {}, 'ended_at', {}, 'authenticated_at', {},
             'user_agent', s.user_agent, 'network', s.network, 'ip', host(s.ip))
         FROM users.sign_ins s WHERE s.user_id = $1 AND s.id > $3 AND $2::timestamptz IS NOT NULL
         ORDER BY s.id LIMIT $4",
        utc("s.created_at"),
        utc("s.last_used_at"),
        utc("s.revoked_at"),
        utc("s.authenticated_at"),
    )
}

/// The same for the entries of the audit log. Index: `audit_log_target_idx`.
fn security_log() -> String {
    format!(
        "SELECT a.occurred_at, a.id, jsonb_build_object(
             'at', {}, 'actor', a.actor, 'action', a.action, 'network', a.network)
         FROM users.audit_log a WHERE a.target = $1 AND (a.occurred_at, a.id) > ($2, $3)
         ORDER BY a.occurred_at, a.id LIMIT $4",
        utc("a.occurred_at"),
    )
}

/// The same for the reports that the user has made. Index: `reports_reporter_id_idx`.
fn reports() -> String {
    format!(
        "SELECT r.created_at, r.id, jsonb_build_object(
             'id', r.id, 'user_id', r.user_id, 'category', r.category, 'comment', r.comment, 'subject', r.subject,
             'created_at', {}, 'resolved_at', {})
         FROM users.reports r WHERE r.reporter_id = $1 AND (r.created_at, r.id) > ($2, $3)
         ORDER BY r.created_at, r.id LIMIT $4",
        utc("r.created_at"),
        utc("r.resolved_at"),
    )
}

type Page = (Vec<Value>, Option<Position>);

async fn rows(pool: &Pool, user: UserId, statement: String, after: Option<Position>) -> io::Result<Page> {
    let (time, id) = match after {
        Some(Position::Row(time, id)) => (time, id),
        _ => (OffsetDateTime::UNIX_EPOCH, Uuid::nil()),
    };
    let rows: Vec<(OffsetDateTime, Uuid, Json<Value>)> = sqlx::query_as(AssertSqlSafe(statement))
        .bind(user.0)
        .bind(time)
        .bind(id)
        .bind(PAGE)
        .fetch_all(pool)
        .await
        .map_err(io::Error::other)?;
    let next = rows.last().filter(|_| is_full(rows.len())).map(|(time, id, _)| Position::Row(*time, *id));
    Ok((rows.into_iter().map(|(_, _, Json(row))| row).collect(), next))
}

async fn people(pool: &Pool, user: UserId, users: Users, after: Option<Position>) -> io::Result<Page> {
    let (rows, next) = page(pool, user, users, after).await?;
    Ok((rows.iter().map(item).collect(), next))
}

/// Returns whether there may be more rows after a page with this many.
fn is_full(rows: usize) -> bool {
    i64::try_from(rows).is_ok_and(|rows| rows == PAGE)
}

async fn csv_part(pool: &Pool, user: UserId, users: Users, step: Step) -> Part {
    let after = match step {
        Step::Head => {
            let head = csv([["id", "username", "display_name", "since"].map(ToOwned::to_owned)])?;
            return Ok(Some((head, Step::Page(0, None))));
        }
        Step::Page(_, after) => after,
        Step::Done => return Ok(None),
    };
    let (rows, next) = page(pool, user, users, after).await?;
    let rows = rows.into_iter().map(|row| {
        let since = since(&row).map(|since| since.as_str().to_owned()).unwrap_or_default();
        let user = row.person.user;
        [user.id.to_string(), user.username, user.display_name.unwrap_or_default(), since].map(harmless)
    });
    Ok(Some((csv(rows)?, next.map_or(Step::Done, |next| Step::Page(0, Some(next))))))
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

/// Returns a page of a list, and where the next one begins.
async fn page(
    pool: &Pool,
    user: UserId,
    users: Users,
    after: Option<Position>,
) -> io::Result<(Vec<PageRow>, Option<Position>)> {
    let after = match after {
        Some(Position::Follow(cursor)) => Some(cursor),
        _ => None,
    };
    let rows = people::fetch_page(pool, users.list(user), 0, after, PAGE).await.map_err(io::Error::other)?;
    let next = rows.last().filter(|_| is_full(rows.len())).map(|row| Position::Follow(row.cursor));
    Ok((rows, next))
}

/// What others may know of a user, and since when they are in the list.
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
