//! Reports of users, which operators list and resolve until there are pages for moderators.

use serde_json::json;
use sqlx::types::Json;
use sqlx::types::time::OffsetDateTime;
use sqlx::{FromRow, PgConnection};
use uuid::Uuid;

use crate::base::database::error::OperationError;
use crate::base::database::pool::Pool;
use crate::base::database::{Database, begin};
use crate::base::sweep::{ExpiringRows, rows_by_id};
use crate::domain::events::{self, EventType};
use crate::domain::graph::hiding::VISIBLE;
use crate::domain::graph::{blocks, outcome};
use crate::domain::sign_in::calling_user::{self, CallingUser};
use crate::model::error::{ApiError, ErrorCode};
use crate::model::id::UserId;
use crate::model::profiles::{is_forbidden, tidy_text};
use crate::model::reports::{CATEGORIES, COMMENT_MAX, Subject};
use crate::text::error_responses;

/// Reports that were resolved more than half a year ago. Index: `reports_resolved_at_idx`.
pub const EXPIRED: ExpiringRows = rows_by_id!("resolved reports", "users.reports", "resolved_at", 180);

/// Bytes of each part of a subject.
const PART_MAX: usize = 200;
/// Reports that are listed at once.
const LISTED: i64 = 100;

/// A report that was checked.
pub struct NewReport {
    user: UserId,
    category: &'static str,
    comment: Option<String>,
    subject: Option<Subject>,
}

impl NewReport {
    /// Parses the fields of a request.
    ///
    /// # Errors
    /// `VALIDATION_FAILED`.
    pub fn parse(
        user: UserId,
        category: &str,
        comment: Option<String>,
        subject: Option<Subject>,
    ) -> Result<Self, ApiError> {
        let category = CATEGORIES.into_iter().find(|known| *known == category);
        let category = category.ok_or_else(|| ApiError::field("category", error_responses::category()))?;
        let comment = comment.map(|comment| tidy_text(&comment)).filter(|comment| !comment.is_empty());
        let text = comment.as_deref().unwrap_or_default();
        if text.chars().count() > COMMENT_MAX || text.chars().any(|char| char != '\n' && is_forbidden(char)) {
            return Err(ApiError::field("comment", error_responses::comment()));
        }
        let is_part = |part: &String| (1..=PART_MAX).contains(&part.len()) && !part.chars().any(is_forbidden);
        let is_subject = |subject: &Subject| [&subject.service, &subject.r#type, &subject.id].into_iter().all(is_part);
        if !subject.as_ref().is_none_or(is_subject) {
            return Err(ApiError::field("subject", error_responses::invalid()));
        }
        Ok(Self { user, category, comment, subject })
    }
}

/// Reports a user. Returns the id of the report, and whether it is new: a reporter has one open report about a user.
///
/// # Errors
/// `VALIDATION_FAILED` for the reporter themselves; `USER_NOT_FOUND`, also if the user blocks the reporter;
/// `UNAUTHENTICATED` if the account of the reporter is not active or the sign-in has ended.
pub async fn report(database: &Database, reporter: CallingUser, report: &NewReport) -> Result<(Uuid, bool), ApiError> {
    outcome::reject_self(reporter, report.user)?;
    Ok(database.write(|| insert(database, reporter, report)).await?)
}

async fn insert(pool: &Pool, reporter: CallingUser, report: &NewReport) -> Result<(Uuid, bool), OperationError> {
    let (id, user) = (Uuid::now_v7(), report.user.0);
    if !blocks::missing(pool, Some(reporter.id), &[user]).await?.is_empty() {
        return Err(ErrorCode::UserNotFound.into());
    }
    let mut transaction = begin(pool).await?;
    calling_user::lock(&mut transaction, reporter).await?;
    // Index: users_pkey. The account is not deleted before the report is in.
    let exists = format!("SELECT true FROM users.users u WHERE u.id = $1 AND {VISIBLE} FOR KEY SHARE");
    let exists: Option<bool> =
        sqlx::query_scalar(sqlx::AssertSqlSafe(exists)).bind(user).fetch_optional(&mut *transaction).await?;
    if exists.is_none() {
        return Err(ErrorCode::UserNotFound.into());
    }
    // The conflicting row is locked, so that it is not resolved before this is committed.
    let insert = "INSERT INTO users.reports AS r (id, user_id, reporter_id, category, comment, subject)
                  VALUES ($1, $2, $3, $4, $5, $6)
                  ON CONFLICT (user_id, reporter_id) WHERE resolved_at IS NULL DO UPDATE SET category = r.category
                  RETURNING id";
    let insert = sqlx::query_scalar(insert).bind(id).bind(user).bind(reporter.id.0).bind(report.category);
    let insert = insert.bind(&report.comment).bind(report.subject.as_ref().map(Json));
    let open: Uuid = insert.fetch_one(&mut *transaction).await?;
    if open != id {
        return Ok((open, false));
    }
    // Not the reporter: services pass on what they get.
    let data = json!({ "id": id, "user_id": user, "category": report.category });
    events::record(&mut transaction, EventType::ReportCreated, user, data).await?;
    transaction.commit().await?;
    Ok((id, true))
}

/// Removes a user who is being erased from the reports that they have made. Index: `reports_reporter_id_idx`.
pub async fn forget(connection: &mut PgConnection, user: Uuid) -> sqlx::Result<()> {
    let statement = "UPDATE users.reports SET reporter_id = NULL WHERE reporter_id = $1";
    sqlx::query(statement).bind(user).execute(connection).await?;
    Ok(())
}

/// A report as operators see it.
#[derive(FromRow)]
pub struct OpenReport {
    pub id: Uuid,
    pub user_id: Uuid,
    /// `None` if the account has been erased.
    pub reporter_id: Option<Uuid>,
    pub category: String,
    pub comment: Option<String>,
    pub subject: Option<Json<Subject>>,
    pub created_at: OffsetDateTime,
}

/// Returns the oldest open reports, at most 100. Index: `reports_open_idx`.
pub async fn open(pool: &Pool) -> sqlx::Result<Vec<OpenReport>> {
    let statement = "SELECT id, user_id, reporter_id, category, comment, subject, created_at FROM users.reports
                     WHERE resolved_at IS NULL ORDER BY created_at, id LIMIT $1";
    sqlx::query_as(statement).bind(LISTED).fetch_all(pool).await
}

/// Resolves an open report. Returns whether there is one.
pub async fn resolve(pool: &Pool, id: Uuid, operator: &str, resolution: &str) -> sqlx::Result<bool> {
    let statement = "UPDATE users.reports SET resolved_at = now(), resolved_by = $2, resolution = $3
                     WHERE id = $1 AND resolved_at IS NULL";
    let resolved = sqlx::query(statement).bind(id).bind(operator).bind(resolution).execute(pool).await?;
    Ok(resolved.rows_affected() > 0)
}
