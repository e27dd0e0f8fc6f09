//! Finds people by the beginnings of their names.

use std::collections::HashMap;

use base64::Engine as _;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use uuid::Uuid;

use super::fold::fold;
use super::terms::TERM_MIN;
use crate::base::database::pool::Pool;
use crate::domain::accounts::claims;
use crate::domain::graph::people;
use crate::model::error::ApiError;
use crate::model::graph::{Found, PAGE_SIZE, Person};
use crate::model::id::UserId;
use crate::model::username::could_be_username;
use crate::text::error_responses;

/// Users that a search finds, on all its pages: it is no list of everyone.
const DEPTH: usize = 100;
/// Users that are found in addition, in place of those that the viewer cannot see.
const SPARE: usize = 8;
/// Bytes of a query.
const QUERY_MAX: usize = 200;

/// What is searched for.
pub struct Query {
    /// As in the terms.
    folded: String,
    /// If it can be one.
    username: Option<String>,
}

impl Query {
    /// Parses what was typed, also with the sign that usernames are shown with.
    ///
    /// # Errors
    /// `VALIDATION_FAILED` if it is too short or too long.
    pub fn parse(typed: &str) -> Result<Self, ApiError> {
        let typed = typed.trim();
        let typed = typed.strip_prefix('@').unwrap_or(typed);
        let folded = fold(typed);
        if typed.len() > QUERY_MAX || folded.chars().nth(TERM_MIN - 1).is_none() {
            return Err(ApiError::field("q", error_responses::query()));
        }
        Ok(Self { folded, username: could_be_username(typed).then(|| typed.to_owned()) })
    }
}

/// A position in the results: how many come before it.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Position(u8);

impl Position {
    /// Decodes the `next_cursor` of a page.
    ///
    /// # Errors
    /// `VALIDATION_FAILED`.
    pub fn decode(text: &str) -> Result<Self, ApiError> {
        let bytes = URL_SAFE_NO_PAD.decode(text).ok().and_then(|bytes| <[u8; 1]>::try_from(bytes).ok());
        let position = bytes.map(|[offset]| Self(offset)).filter(|position| usize::from(position.0) < DEPTH);
        position.ok_or_else(|| ApiError::field("cursor", error_responses::cursor()))
    }

    fn encode(self) -> String {
        URL_SAFE_NO_PAD.encode([self.0])
    }
}

/// Returns a page of the people that a query finds: the one with this username, then those that the viewer follows,
/// those that follow the viewer, and all others, the most popular first.
pub async fn search(pool: &Pool, viewer: UserId, query: &Query, start: Position) -> Result<Found, ApiError> {
    let ids = find(pool, viewer, query, DEPTH).await?;
    let rest = ids.get(usize::from(start.0)..).unwrap_or_default();
    let page = &rest[..rest.len().min(PAGE_SIZE as usize)];
    let next = (rest.len() > page.len()).then(|| usize::from(start.0) + page.len());
    let next = next.and_then(|next| u8::try_from(next).ok()).map(|next| Position(next).encode());
    Ok(Found { items: fetch(pool, viewer, page).await?, next_cursor: next })
}

/// Returns the first `limit` people that a query finds, in the order of [`search`].
pub async fn typeahead(pool: &Pool, viewer: UserId, query: &Query, limit: usize) -> Result<Vec<Person>, ApiError> {
    let ids = find(pool, viewer, query, limit + SPARE).await?;
    let mut people = fetch(pool, viewer, &ids).await?;
    people.truncate(limit);
    Ok(people)
}

/// Returns the ids of at most `wanted` users. Only the exact username finds those who do not want to be found.
async fn find(pool: &Pool, viewer: UserId, query: &Query, wanted: usize) -> sqlx::Result<Vec<Uuid>> {
    let named = async {
        match &query.username {
            Some(username) => claims::owner_of_username(pool, username).await,
            None => Ok(None),
        }
    };
    // Indexes: search_terms_term_idx, search_terms_popular_idx, search_terms_pkey, follows_pkey, relations_pkey.
    let found = sqlx::query_scalar("SELECT users.search($1, $2, $3)")
        .bind(viewer.0)
        .bind(&query.folded)
        .bind(i32::try_from(wanted).unwrap_or(i32::MAX))
        .fetch_one(pool);
    let (named, found): (Option<Uuid>, Vec<Uuid>) = tokio::try_join!(named, found)?;
    let others = found.into_iter().filter(|id| Some(*id) != named);
    Ok(named.into_iter().chain(others).take(wanted).collect())
}

/// Returns those of the users that the viewer sees, in this order.
async fn fetch(pool: &Pool, viewer: UserId, ids: &[Uuid]) -> Result<Vec<Person>, ApiError> {
    let people = people::fetch(pool, viewer, ids).await?;
    let mut people: HashMap<Uuid, Person> = people.into_iter().map(|person| (person.user.id.0, person)).collect();
    Ok(ids.iter().filter_map(|id| people.remove(id)).collect())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_position_round_trips_and_anything_else_is_rejected() {
        for offset in [0, 20, 99] {
            assert_eq!(Position::decode(&Position(offset).encode()).ok(), Some(Position(offset)));
        }
        for bad in ["", "x", "ZA", "AAAA", "%"] {
            assert!(Position::decode(bad).is_err(), "{bad}");
        }
    }
}
