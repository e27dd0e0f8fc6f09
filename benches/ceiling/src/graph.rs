//! Follows and the list of followers.

use axum::Json;
use axum::extract::{Path, Query, State};
use axum::http::{HeaderMap, StatusCode};
use base64::Engine as _;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use serde::{Deserialize, Serialize};
use sqlx::postgres::PgRow;
use sqlx::types::time::OffsetDateTime;
use sqlx::{FromRow, Row};
use uuid::Uuid;

use crate::AppState;
use crate::error::Failure;
use crate::users::PublicUser;

const PAGE_SIZE: i64 = 20;

#[derive(Serialize)]
pub struct People {
    items: Vec<Person>,
    page: Option<i64>,
    page_size: i64,
    has_next: bool,
    next_cursor: Option<String>,
}

#[derive(Serialize)]
struct Person {
    #[serde(flatten)]
    user: PublicUser,
    private: bool,
    viewer: Relation,
}

#[derive(Serialize)]
#[expect(clippy::struct_excessive_bools, reason = "the wire format has them")]
struct Relation {
    following: bool,
    followed_by: bool,
    requested: bool,
    blocking: bool,
    muting: bool,
}

impl<'r> FromRow<'r, PgRow> for Person {
    fn from_row(row: &'r PgRow) -> sqlx::Result<Self> {
        let relations: Vec<String> = row.try_get("relations")?;
        let has = |kind: &str| relations.iter().any(|relation| relation == kind);
        let viewer = Relation {
            following: row.try_get("following")?,
            followed_by: row.try_get("followed_by")?,
            requested: has("requests"),
            blocking: has("blocks"),
            muting: has("mutes"),
        };
        Ok(Self { user: PublicUser::from_row(row)?, private: row.try_get("private")?, viewer })
    }
}

#[derive(Deserialize)]
pub struct Position {
    page: Option<i64>,
    page_size: Option<i64>,
    cursor: Option<String>,
}

pub async fn followers(
    State(state): State<AppState>,
    headers: HeaderMap,
    Path(id): Path<Uuid>,
    Query(position): Query<Position>,
) -> Result<Json<People>, Failure> {
    let caller = state.keys.caller(&headers)?;
    let page_size = position.page_size.unwrap_or(PAGE_SIZE);
    let page = position.cursor.is_none().then(|| position.page.unwrap_or(1));
    let after = position.cursor.map(|cursor| decode(&cursor).ok_or(Failure::INVALID)).transpose()?;
    let mut rows = sqlx::query(
        "SELECT id, username, display_name, avatar_url, private, viewed, following, followed_by, relations,
                (extract(epoch FROM since) * 1000000)::bigint AS at
         FROM users.list_followers($1, $2, coalesce($3, 'infinity'::timestamptz), $4, $5, $6)",
    )
    .bind(caller.user)
    .bind(id)
    .bind(after.map(|(time, _)| time))
    .bind(after.map_or(Uuid::max(), |(_, id)| id))
    .bind(page.map_or(0, |page| (page - 1) * page_size))
    .bind(page_size + 1)
    .fetch_all(&state.pool)
    .await?;
    let wanted = usize::try_from(page_size)?;
    let has_next = rows.len() > wanted;
    rows.truncate(wanted);
    let next_cursor = rows.last().filter(|_| has_next).map(encode).transpose()?;
    let items = rows.iter().map(Person::from_row).collect::<sqlx::Result<_>>()?;
    Ok(Json(People { items, page, page_size, has_next, next_cursor }))
}

fn encode(row: &PgRow) -> sqlx::Result<String> {
    let (at, id): (i64, Uuid) = (row.try_get("at")?, row.try_get("id")?);
    Ok(URL_SAFE_NO_PAD.encode([at.to_be_bytes().as_slice(), id.as_bytes()].concat()))
}

fn decode(cursor: &str) -> Option<(OffsetDateTime, Uuid)> {
    let bytes: [u8; 24] = URL_SAFE_NO_PAD.decode(cursor).ok()?.try_into().ok()?;
    let (at, id) = bytes.split_first_chunk()?;
    let at = OffsetDateTime::from_unix_timestamp_nanos(i128::from(i64::from_be_bytes(*at)) * 1000).ok()?;
    Some((at, Uuid::from_slice(id).ok()?))
}

#[derive(Serialize)]
pub struct Follow {
    follower_id: Uuid,
    followee_id: Uuid,
    state: &'static str,
}

pub async fn follow(
    State(state): State<AppState>,
    headers: HeaderMap,
    Path(id): Path<Uuid>,
) -> Result<(StatusCode, Json<Follow>), Failure> {
    let caller = state.keys.caller(&headers)?;
    let outcome: String = sqlx::query_scalar("SELECT users.follow_or_request($1, $2, $3, 7500)")
        .bind(caller.user)
        .bind(caller.sign_in)
        .bind(id)
        .fetch_one(&state.pool)
        .await?;
    let status = match outcome.as_str() {
        "new" => StatusCode::CREATED,
        "following" => StatusCode::OK,
        "ended" => return Err(Failure::UNAUTHENTICATED),
        _ => return Err(Failure::NOT_FOUND),
    };
    Ok((status, Json(Follow { follower_id: caller.user, followee_id: id, state: "following" })))
}

pub async fn unfollow(
    State(state): State<AppState>,
    headers: HeaderMap,
    Path(id): Path<Uuid>,
) -> Result<StatusCode, Failure> {
    let caller = state.keys.caller(&headers)?;
    let is_live: bool = sqlx::query_scalar("SELECT users.unfollow($1, $2, $3, $4)")
        .bind(caller.user)
        .bind(caller.sign_in)
        .bind(caller.user)
        .bind(id)
        .fetch_one(&state.pool)
        .await?;
    if is_live { Ok(StatusCode::NO_CONTENT) } else { Err(Failure::UNAUTHENTICATED) }
}
