//! Profiles: reading any profile, and updating the caller's own.

use std::collections::HashMap;
use std::sync::LazyLock;

use sqlx::postgres::PgRow;
use sqlx::{AssertSqlSafe, FromRow, PgConnection, PgExecutor, Row};
use uuid::Uuid;

use super::avatars;
use super::change::{Change, is_path};
use super::likeness;
use crate::base::database::error::OperationError;
use crate::base::database::pool::Pool;
use crate::base::database::{Database, begin};
use crate::base::random::{encode, sha256};
use crate::domain::accounts::settings::CHANGE_DAYS;
use crate::domain::accounts::{claims, username_holds};
use crate::domain::graph::hiding::{VISIBLE, hidden_count};
use crate::domain::graph::{blocks, relation};
use crate::domain::search::terms;
use crate::domain::sign_in::calling_user::{CallingUser, LIVE};
use crate::model::accounts::{Me, Privacy};
use crate::model::error::{ApiError, ErrorCode};
use crate::model::graph::{SeenProfile, Side};
use crate::model::id::UserId;
use crate::model::profiles::{Profile, PublicUser};
use crate::model::username::could_be_username;
use crate::text::error_responses;

/// The columns of [`Profile`], from `users.users u` and [`COUNTS`].
const PROFILE_COLUMNS: &str = "u.id, u.username, u.display_name, u.bio, u.avatar_url, u.created_at, \
                               counts.followers, counts.followees";

/// The columns of [`Me`], from the same.
pub static COLUMNS: LazyLock<String> = LazyLock::new(|| {
    format!(
        "{PROFILE_COLUMNS}, u.email, u.email_verified, u.deletes_at, u.private, u.hide_follows, u.discoverable,
         CASE WHEN u.pending_email_expires_at > now() THEN u.pending_email END AS pending_email,
         CASE WHEN u.username_changed_at + make_interval(days => {CHANGE_DAYS}) > now()
              THEN u.username_changed_at + make_interval(days => {CHANGE_DAYS}) END AS username_changeable_at"
    )
});

/// The exact counts of `u`, whose ID is $1: the sums of its rows in `follow_counts` (primary key), without hidden
/// users.
pub static COUNTS: LazyLock<String> = LazyLock::new(|| {
    let (hidden_followers, hidden_followees) =
        (hidden_count(Side::Followers, "$1"), hidden_count(Side::Followees, "$1"));
    format!(
        "CROSS JOIN LATERAL (
             SELECT coalesce(sum(c.followers), 0)::bigint - {hidden_followers} AS followers,
                    coalesce(sum(c.followees), 0)::bigint - {hidden_followees} AS followees
             FROM users.follow_counts c WHERE c.user_id = $1) counts"
    )
});

impl<'r> FromRow<'r, PgRow> for Profile {
    fn from_row(row: &'r PgRow) -> sqlx::Result<Self> {
        Ok(Self {
            id: UserId(row.try_get("id")?),
            username: row.try_get("username")?,
            display_name: row.try_get("display_name")?,
            bio: row.try_get("bio")?,
            avatar_url: row.try_get("avatar_url")?,
            created_at: row.try_get("created_at")?,
            follower_count: row.try_get("followers")?,
            followee_count: row.try_get("followees")?,
        })
    }
}

impl<'r> FromRow<'r, PgRow> for Me {
    fn from_row(row: &'r PgRow) -> sqlx::Result<Self> {
        Ok(Self {
            profile: Profile::from_row(row)?,
            email: row.try_get("email")?,
            email_verified: row.try_get("email_verified")?,
            pending_email: row.try_get("pending_email")?,
            username_changeable_at: row.try_get("username_changeable_at")?,
            deletes_at: row.try_get("deletes_at")?,
            privacy: Privacy {
                private: row.try_get("private")?,
                hide_follows: row.try_get("hide_follows")?,
                discoverable: row.try_get("discoverable")?,
            },
        })
    }
}

impl<'r> FromRow<'r, PgRow> for PublicUser {
    fn from_row(row: &'r PgRow) -> sqlx::Result<Self> {
        Ok(Self {
            id: UserId(row.try_get("id")?),
            username: row.try_get("username")?,
            display_name: row.try_get("display_name")?,
            avatar_url: row.try_get("avatar_url")?,
        })
    }
}

/// Returns the user's own profile.
///
/// # Errors
/// `UNAUTHENTICATED` if the account is no longer active.
pub async fn me(executor: impl PgExecutor<'_>, id: UserId) -> Result<Me, OperationError> {
    let (columns, counts) = (&*COLUMNS, &*COUNTS);
    let statement = format!(
        "SELECT {columns} FROM users.users u {counts} WHERE u.id = $1 AND u.suspended_at IS NULL AND {VISIBLE}"
    );
    let me = sqlx::query_as(AssertSqlSafe(statement)).bind(id.0).fetch_optional(executor).await?;
    me.ok_or_else(|| ErrorCode::Unauthenticated.into())
}

/// Returns the profile with this username, ignoring case, as `viewer` sees it. A name that its owner has given up less
/// than 90 days ago leads to the profile, too. Index: `users_pkey`.
///
/// # Errors
/// `USER_NOT_FOUND`.
pub async fn by_username(pool: &Pool, username: &str, viewer: Option<UserId>) -> Result<SeenProfile, ApiError> {
    if !could_be_username(username) {
        return Err(ErrorCode::UserNotFound.into());
    }
    let mut owner = claims::owner_of_username(pool, username).await?;
    if owner.is_none() {
        owner = username_holds::redirect(pool, username).await?;
    }
    let owner = owner.ok_or(ErrorCode::UserNotFound)?;
    let counts = &*COUNTS;
    let statement =
        format!("SELECT {PROFILE_COLUMNS}, u.private FROM users.users u {counts} WHERE u.id = $1 AND {VISIBLE}");
    let profile = sqlx::query(AssertSqlSafe(statement)).bind(owner).fetch_optional(pool);
    let relation = relation::find(pool, viewer.map(|viewer| viewer.0), owner);
    let (profile, relation) = tokio::try_join!(profile, relation)?;
    let (Some(profile), Some(viewer)) = (profile, relation) else { return Err(ErrorCode::UserNotFound.into()) };
    Ok(SeenProfile { profile: Profile::from_row(&profile)?, private: profile.try_get("private")?, viewer })
}

/// Returns the users with these ids in the given order. Unknown ids, hidden users and those who block `viewer` are
/// skipped.
pub async fn public(pool: &Pool, ids: &[Uuid], viewer: Option<UserId>) -> Result<Vec<PublicUser>, ApiError> {
    let (mut users, missing) = tokio::try_join!(public_by_id(pool, ids), blocks::missing(pool, viewer, ids))?;
    Ok(ids.iter().filter(|id| !missing.contains(id)).filter_map(|id| users.remove(id)).collect())
}

/// Returns the users with these ids, without hidden users. Index: `users_pkey`.
pub async fn public_by_id(pool: &Pool, ids: &[Uuid]) -> Result<HashMap<Uuid, PublicUser>, ApiError> {
    let statement = format!(
        "SELECT u.id, u.username, u.display_name, u.avatar_url FROM users.users u WHERE u.id = ANY($1) AND {VISIBLE}"
    );
    let users: Vec<PublicUser> = sqlx::query_as(AssertSqlSafe(statement)).bind(ids).fetch_all(pool).await?;
    Ok(users.into_iter().map(|user| (user.id.0, user)).collect())
}

/// Updates the profile. If that replaces a picture, the old one is queued for removal. Call it in a transaction.
///
/// # Errors
/// `UNAUTHENTICATED` if the account is not active or the sign-in has ended.
pub async fn update(connection: &mut PgConnection, caller: CallingUser, change: Change) -> Result<Me, OperationError> {
    if change.private == Some(false) {
        // The requests that are accepted from now on were all made before: a request waits for this statement, or this
        // statement for it.
        let opening = "INSERT INTO users.openings (user_id) SELECT id FROM users.users WHERE id = $1 AND private
                       ON CONFLICT (user_id) DO NOTHING";
        sqlx::query(opening).bind(caller.id.0).execute(&mut *connection).await?;
    }
    if change.avatar_url.is_none() {
        return set(connection, caller, change).await;
    }
    let picture = "SELECT avatar_url FROM users.users WHERE id = $1 FOR NO KEY UPDATE";
    let picture: Option<Option<String>> =
        sqlx::query_scalar(picture).bind(caller.id.0).fetch_optional(&mut *connection).await?;
    let replaced = picture.flatten();
    let me = set(&mut *connection, caller, change).await?;
    if replaced != me.profile.avatar_url {
        avatars::queue_removal(connection, caller.id.0, replaced.as_deref()).await?;
    }
    Ok(me)
}

/// Sets the fields of the profile, in one statement. Index: `users_pkey`.
///
/// # Errors
/// `UNAUTHENTICATED` if the account is not active or the sign-in has ended.
async fn set(executor: impl PgExecutor<'_>, caller: CallingUser, change: Change) -> Result<Me, OperationError> {
    let (columns, counts) = (&*COLUMNS, &*COUNTS);
    let statement = format!(
        "WITH changed AS (
             UPDATE users.users u SET
                 display_name = CASE WHEN $3 THEN $4 ELSE display_name END,
                 bio          = CASE WHEN $5 THEN $6 ELSE bio END,
                 avatar_url   = CASE WHEN $7 THEN $8 ELSE avatar_url END,
                 private      = coalesce($9, private),
                 hide_follows = coalesce($10, hide_follows),
                 discoverable = coalesce($11, discoverable)
             WHERE {LIVE} RETURNING *)
         SELECT {columns} FROM changed u {counts}"
    );
    let me: Option<Me> = sqlx::query_as(AssertSqlSafe(statement))
        .bind(caller.id.0)
        .bind(caller.sign_in)
        .bind(change.display_name.is_some())
        .bind(change.display_name.flatten())
        .bind(change.bio.is_some())
        .bind(change.bio.flatten())
        .bind(change.avatar_url.is_some())
        .bind(change.avatar_url.flatten())
        .bind(change.private)
        .bind(change.hide_follows)
        .bind(change.discoverable)
        .fetch_optional(executor)
        .await?;
    me.ok_or_else(|| ErrorCode::Unauthenticated.into())
}

/// Updates the profile if it is still the version that the caller has read. A path on this service is accepted as
/// `avatar_url` only if it is the current one, since pictures are added only by upload.
///
/// # Errors
/// `PRECONDITION_FAILED` if no tag in `if_match` (the `If-Match` header) matches; `VALIDATION_FAILED` for the path of
/// another picture.
pub async fn update_if(
    database: &Database,
    caller: CallingUser,
    change: Change,
    if_match: Option<&str>,
) -> Result<Me, ApiError> {
    let me = database.write(|| try_update(database, caller, change.clone(), if_match)).await?;
    if change.display_name.is_some() || change.discoverable.is_some() {
        terms::refresh(database, caller.id.0).await;
    }
    Ok(me)
}

async fn try_update(
    pool: &Pool,
    caller: CallingUser,
    change: Change,
    if_match: Option<&str>,
) -> Result<Me, OperationError> {
    if let Some(Some(name)) = &change.display_name {
        likeness::check(pool, caller.id.0, name).await?;
    }
    if if_match.is_none() && change.avatar_url.is_none() && change.private != Some(false) {
        return set(pool, caller, change).await;
    }
    let path = change.avatar_url.iter().flatten().find(|url| is_path(url));
    let mut transaction = begin(pool).await?;
    if if_match.is_some() || path.is_some() {
        let lock = sqlx::query("SELECT FROM users.users WHERE id = $1 FOR NO KEY UPDATE").bind(caller.id.0);
        lock.execute(&mut *transaction).await?;
        let me = me(&mut *transaction, caller.id).await?;
        if !if_match.is_none_or(|if_match| matches(&me, if_match)) {
            return Err(ErrorCode::PreconditionFailed.into());
        }
        if path.is_some() && path != me.profile.avatar_url.as_ref() {
            return Err(ApiError::field("avatar_url", error_responses::avatar_url_other()).into());
        }
    }
    let me = update(&mut transaction, caller, change).await?;
    transaction.commit().await?;
    Ok(me)
}

/// The entity tag of the caller's own profile: a hash of username, display name, bio, picture and email, then the
/// counts and the state of the account, which change on their own.
pub fn etag(me: &Me) -> String {
    let Me { email_verified, pending_email, username_changeable_at, deletes_at, privacy, .. } = me;
    let state = hash(&serde_json::json!([email_verified, pending_email, username_changeable_at, deletes_at, privacy]));
    format!("\"{}.{}.{}.{state}\"", version(me), me.profile.follower_count, me.profile.followee_count)
}

fn version(me: &Me) -> String {
    let Profile { username, display_name, bio, avatar_url, .. } = &me.profile;
    hash(&serde_json::json!([username, display_name, bio, avatar_url, me.email]))
}

fn hash(value: &serde_json::Value) -> String {
    encode(&sha256(value.to_string().as_bytes())[..12])
}

/// Returns whether one of the tags has this version of the profile. The counts may differ, because an update cannot
/// overwrite them (RFC 9110, section 13.1.1).
fn matches(me: &Me, if_match: &str) -> bool {
    let version = version(me);
    if_match.split(',').map(str::trim).any(|tag| {
        tag == "*" || tag.strip_prefix('"').and_then(|tag| tag.split_once('.')).is_some_and(|(tag, _)| tag == version)
    })
}
