//! What becomes of a move that was cut off between its two last steps, when neither place can be opened.

use crate::copy::Mark;
use crate::engine::{self, Address, Settings};
use crate::{Error, Result};

/// How a move stood.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Settled {
    /// The store was not moved: it can be opened as it is.
    Open,
    /// It was moved to the end, and goes on there.
    Moved(Address),
    /// The move was cut off, and the store can be opened again. What is at this address is an unfinished copy,
    /// which a move to the same place goes on with.
    GivenBack(Address),
}

/// Settles a move of the store at `origin` that was cut off: where the copy was never finished, nobody has written to
/// it, and the origin is given back. Nobody may have either open; for an origin on a server, the services that use it
/// are stopped first, since nothing else keeps a move from going on meanwhile.
///
/// `target` is where it was moved to, for an address with a password, which the origin does not keep. What is there
/// must be seen: with nothing there, or another store, it is [`Error::Absent`] or [`Error::Exists`], and
/// [`give_back`] is the operator's decision.
pub async fn settle(
    origin: &Address,
    target: Option<&Address>,
    settings: &Settings,
) -> Result<Settled> {
    here(origin, settings).await?;
    let _origin = engine::hold(origin).await?;
    let mark = here(origin, settings).await?;
    let Some(to) = &mark.moved_to else {
        return Ok(Settled::Open);
    };
    let target = match target {
        Some(target) if target.absolute().to_string() == *to => target.absolute(),
        Some(target) => {
            let why = format!("{origin} was moved to {to}, not to {target}");
            return Err(Error::Schema(why));
        }
        None if to.contains("***") => {
            let why = format!("{origin} was moved to {to}; give that address with its password");
            return Err(Error::Schema(why));
        }
        None => to.parse()?,
    };
    let lost = |what: &str| {
        format!(
            "{origin} was moved to {target}, where {what}; is that place only not there now, bring it back first"
        )
    };
    if engine::mark(&target, settings).await?.is_none() {
        return Err(Error::Absent(lost("no store is")));
    }
    let _target = engine::hold(&target).await?;
    match engine::mark(&target, settings).await? {
        Some(copy) if copy.store_id != mark.store_id => {
            Err(Error::Exists(lost("another store is")))
        }
        Some(copy) if copy.unfinished => {
            engine::mark_moved(origin, None, settings).await?;
            Ok(Settled::GivenBack(target))
        }
        Some(_) => Ok(Settled::Moved(target)),
        None => Err(Error::Absent(lost("no store is"))),
    }
}

/// Lets the store at `origin` be opened again with what it had when it was moved away. For a place that is lost for
/// good: what was committed there is not here.
pub async fn give_back(origin: &Address, settings: &Settings) -> Result<()> {
    here(origin, settings).await?;
    let _origin = engine::hold(origin).await?;
    engine::mark_moved(origin, None, settings).await
}

async fn here(origin: &Address, settings: &Settings) -> Result<Mark> {
    let mark = engine::mark(origin, settings).await?;
    mark.ok_or_else(|| Error::Absent(format!("there is no store at {origin}")))
}
