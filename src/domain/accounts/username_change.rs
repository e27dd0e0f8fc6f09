//! Changing the username. The old one leads to the account for a while, and no one else can take it.

use serde_json::json;

use super::settings::{CHANGE_DAYS, SelfService};
use super::{claims, looks, username_holds};
use crate::base::database::error::OperationError;
use crate::base::database::pool::Pool;
use crate::base::database::{Database, begin};
use crate::domain::audit::attempts::{self, Attempt, Outcome};
use crate::domain::audit::log::{Action, Actor, Entry, Origin};
use crate::domain::events::{self, EventType};
use crate::domain::mail::notice::{self, Notice};
use crate::domain::profiles::profile;
use crate::domain::search::terms;
use crate::domain::sign_in::calling_user::{self, CallingUser};
use crate::domain::sign_in::client::Client;
use crate::model::accounts::Me;
use crate::model::error::{ApiError, ErrorCode};
use crate::model::folding::fold;
use crate::model::username::Username;

/// The outcome of a request to change a username.
#[derive(Debug)]
pub enum Renaming {
    Done(Box<Me>),
    /// The last change was less than 30 days ago. The next is possible after this time.
    TooSoon {
        seconds: u32,
    },
}

/// Changes the username, at most once in 30 days. Going back to an earlier name is always possible, and does not count.
/// The unique index, or the claim, and the check of `username_holds` decide between concurrent changes and
/// registrations.
///
/// # Errors
/// `UNAUTHENTICATED`; `USERNAME_TAKEN`, also if the name is held for another account; `USERNAME_TOO_SIMILAR`.
pub async fn change(
    database: &Database,
    caller: CallingUser,
    username: &Username,
    settings: SelfService,
    origin: &Origin,
    client: &Client,
) -> Result<Renaming, ApiError> {
    let changed = database.write(|| rename(database, caller, username, settings, origin, client)).await;
    let changed = changed.map_err(ApiError::from);
    let outcome = match &changed {
        Ok(Renaming::Done(_)) => {
            terms::refresh(database, caller.id.0).await;
            Outcome::Changed
        }
        Ok(Renaming::TooSoon { .. }) => Outcome::ChangedRecently,
        Err(error) if error.code == ErrorCode::UsernameTaken => Outcome::UsernameTaken,
        Err(error) if error.code == ErrorCode::UsernameTooSimilar => Outcome::UsernameTooSimilar,
        Err(_) => return changed,
    };
    attempts::record(Attempt::UsernameChange, outcome, Some(caller.id.0));
    changed
}

async fn rename(
    pool: &Pool,
    caller: CallingUser,
    username: &Username,
    settings: SelfService,
    origin: &Origin,
    client: &Client,
) -> Result<Renaming, OperationError> {
    let (user, folded) = (caller.id.0, fold(username.as_str()));
    let mut transaction = begin(pool).await?;
    let old = calling_user::lock(&mut transaction, caller).await?.username;
    if old == username.as_str() {
        return Ok(Renaming::Done(Box::new(profile::me(&mut *transaction, caller.id).await?)));
    }
    let returns = "SELECT EXISTS (SELECT FROM users.username_holds WHERE folded = $1 AND user_id = $2)";
    let returns: bool = sqlx::query_scalar(returns).bind(&folded).bind(user).fetch_one(&mut *transaction).await?;
    if !returns {
        let wait = "SELECT ceil(extract(epoch FROM username_changed_at + make_interval(days => $2) - now()))::int
                    FROM users.users WHERE id = $1 AND username_changed_at + make_interval(days => $2) > now()";
        let wait: Option<i32> =
            sqlx::query_scalar(wait).bind(user).bind(CHANGE_DAYS).fetch_optional(&mut *transaction).await?;
        if let Some(seconds) = wait {
            return Ok(Renaming::TooSoon { seconds: seconds.unsigned_abs().max(1) });
        }
    }
    claims::replace_username(&mut transaction, user, &old, username.as_str()).await?;
    let update = if returns {
        "UPDATE users.users SET username = $2 WHERE id = $1"
    } else {
        "UPDATE users.users SET username = $2, username_changed_at = now() WHERE id = $1"
    };
    let update = sqlx::query(update).bind(user).bind(username.as_str()).execute(&mut *transaction).await;
    update.map_err(claims::rejected)?;
    looks::claim(&mut transaction, user, username.as_str(), Some(&old)).await?;
    // The new name is no longer held.
    sqlx::query("DELETE FROM users.username_holds WHERE folded = $1").bind(&folded).execute(&mut *transaction).await?;
    let days = if fold(&old) == folded {
        Some(0)
    } else {
        username_holds::hold(&mut transaction, Some(user), &old, settings).await?;
        settings.username_hold_days
    };
    looks::hold(&mut transaction, Some(user), &old, Some(username.as_str()), days).await?;
    notice::enqueue(&mut transaction, user, Notice::UsernameChanged, Some(client)).await?;
    Entry::new(Actor::User, Action::UsernameChanged, user).from(origin).record(&mut transaction).await?;
    let data = json!({ "id": user, "username": username.as_str(), "previous_username": old });
    events::record(&mut transaction, EventType::UserRenamed, user, data).await?;
    let me = profile::me(&mut *transaction, caller.id).await?;
    transaction.commit().await?;
    Ok(Renaming::Done(Box::new(me)))
}
