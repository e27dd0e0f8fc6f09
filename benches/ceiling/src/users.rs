//! Profiles.

use axum::Json;
use axum::extract::{Path, State};
use axum::http::HeaderMap;
use serde::{Deserialize, Serialize, Serializer};
use sqlx::FromRow;
use sqlx::types::time::OffsetDateTime;
use time::format_description::well_known::Rfc3339;
use uuid::Uuid;

use crate::AppState;
use crate::error::Failure;

#[derive(Serialize, FromRow)]
pub struct PublicUser {
    id: Uuid,
    username: String,
    display_name: Option<String>,
    avatar_url: Option<String>,
}

#[derive(Serialize, FromRow)]
#[expect(clippy::struct_excessive_bools, reason = "the wire format has them")]
pub struct Me {
    #[serde(flatten)]
    #[sqlx(flatten)]
    profile: Profile,
    email: String,
    email_verified: bool,
    pending_email: Option<String>,
    #[serde(serialize_with = "rfc3339_or_null")]
    username_changeable_at: Option<OffsetDateTime>,
    #[serde(serialize_with = "rfc3339_or_null")]
    deletes_at: Option<OffsetDateTime>,
    private: bool,
    hide_follows: bool,
    discoverable: bool,
}

#[derive(Serialize, FromRow)]
struct Profile {
    id: Uuid,
    username: String,
    display_name: Option<String>,
    bio: Option<String>,
    avatar_url: Option<String>,
    #[serde(serialize_with = "rfc3339")]
    created_at: OffsetDateTime,
    #[sqlx(rename = "followers")]
    follower_count: i64,
    #[sqlx(rename = "followees")]
    followee_count: i64,
}

fn rfc3339<S: Serializer>(time: &OffsetDateTime, serializer: S) -> Result<S::Ok, S::Error> {
    serializer.serialize_str(&time.format(&Rfc3339).map_err(serde::ser::Error::custom)?)
}

#[expect(clippy::ref_option, reason = "serde calls it so")]
fn rfc3339_or_null<S: Serializer>(time: &Option<OffsetDateTime>, serializer: S) -> Result<S::Ok, S::Error> {
    match time {
        Some(time) => rfc3339(time, serializer),
        None => serializer.serialize_none(),
    }
}

macro_rules! columns {
    () => {
        "u.id, u.username, u.display_name, u.bio, u.avatar_url, u.created_at, counts.followers, counts.followees,
         u.email, u.email_verified, u.deletes_at, u.private, u.hide_follows, u.discoverable,
         CASE WHEN u.pending_email_expires_at > now() THEN u.pending_email END AS pending_email,
         CASE WHEN u.username_changed_at + make_interval(days => 30) > now()
              THEN u.username_changed_at + make_interval(days => 30) END AS username_changeable_at"
    };
}

macro_rules! counts {
    () => {
        "CROSS JOIN LATERAL (
             SELECT coalesce(sum(c.followers), 0)::bigint -
                    (SELECT count(*) FROM users.hidings h WHERE NOT h.restoring
                     AND EXISTS (SELECT FROM users.followers f
                                 WHERE f.follower_id = h.user_id AND f.followee_id = $1 OFFSET 0)) AS followers,
                    coalesce(sum(c.followees), 0)::bigint -
                    (SELECT count(*) FROM users.hidings h WHERE NOT h.restoring
                     AND EXISTS (SELECT FROM users.follows f
                                 WHERE f.followee_id = h.user_id AND f.follower_id = $1 OFFSET 0)) AS followees
             FROM users.follow_counts c WHERE c.user_id = $1) counts"
    };
}

const ME: &str = concat!(
    "SELECT ",
    columns!(),
    " FROM users.users u ",
    counts!(),
    " WHERE u.id = $1 AND u.suspended_at IS NULL AND u.deletes_at IS NULL"
);

const UPDATE_ME: &str = concat!(
    "WITH changed AS (
         UPDATE users.users u SET
             display_name = CASE WHEN $3 THEN $4 ELSE display_name END,
             bio          = CASE WHEN $5 THEN $6 ELSE bio END,
             avatar_url   = CASE WHEN $7 THEN $8 ELSE avatar_url END
         WHERE u.id = $1 AND u.suspended_at IS NULL AND u.deletes_at IS NULL
           AND ($2::uuid IS NULL OR EXISTS (SELECT FROM users.sign_ins s
                                            WHERE s.user_id = $1 AND s.id = $2 AND s.revoked_at IS NULL))
         RETURNING *)
     SELECT ",
    columns!(),
    " FROM changed u ",
    counts!()
);

pub async fn user(State(state): State<AppState>, Path(id): Path<Uuid>) -> Result<Json<PublicUser>, Failure> {
    let found: Option<PublicUser> = sqlx::query_as(
        "SELECT u.id, u.username, u.display_name, u.avatar_url FROM users.users u
         WHERE u.id = $1 AND u.deletes_at IS NULL",
    )
    .bind(id)
    .fetch_optional(&state.pool)
    .await?;
    found.map(Json).ok_or(Failure::NOT_FOUND)
}

pub async fn me(State(state): State<AppState>, headers: HeaderMap) -> Result<Json<Me>, Failure> {
    let caller = state.keys.caller(&headers)?;
    let me = sqlx::query_as(ME).bind(caller.user).fetch_optional(&state.pool).await?;
    me.map(Json).ok_or(Failure::UNAUTHENTICATED)
}

#[derive(Deserialize)]
pub struct Change {
    display_name: Option<String>,
    bio: Option<String>,
}

pub async fn update_me(
    State(state): State<AppState>,
    headers: HeaderMap,
    Json(change): Json<Change>,
) -> Result<Json<Me>, Failure> {
    let caller = state.keys.caller(&headers)?;
    let me = sqlx::query_as(UPDATE_ME)
        .bind(caller.user)
        .bind(caller.sign_in)
        .bind(change.display_name.is_some())
        .bind(change.display_name)
        .bind(change.bio.is_some())
        .bind(change.bio)
        .bind(false)
        .bind(None::<String>)
        .fetch_optional(&state.pool)
        .await?;
    me.map(Json).ok_or(Failure::UNAUTHENTICATED)
}
