//! Whether a caller still may what it may when a long call began. A call that lasts is judged again and again.

use std::sync::Arc;
use std::time::Duration;

use rapporteur_access::Rights;
use rapporteur_records::{Error, time};
use rapporteur_server::{DOMAIN, status};
use tonic::{Code, Status};
use tonic_types::{ErrorDetails, StatusExt as _};

use super::Book;
use crate::visitor::Visitor;

/// How often it is looked at: what is revoked is felt by running calls within so long.
const LOOK_EVERY: Duration = Duration::from_secs(1);

/// Resolves, with what the caller is told, when it may not go on as it began: its key or token has expired, was revoked or
/// rotated away, or what it is granted has changed. For those of whom nothing is known it never does.
pub async fn ends(book: Arc<Book>, visitor: Visitor) -> Status {
    if !visitor.is_known() {
        return std::future::pending().await;
    }
    loop {
        if let Err(ended) = stands(&book, &visitor, time::now_us()) {
            return ended;
        }
        tokio::time::sleep(LOOK_EVERY).await;
    }
}

fn stands(book: &Book, visitor: &Visitor, now_us: i64) -> Result<(), Status> {
    let unauthenticated = |why: &str| Err(status(Error::Unauthenticated(why.to_owned())));
    if visitor.until_us.is_some_and(|until_us| until_us <= now_us) {
        return unauthenticated("the key or token with which this call was made has expired");
    }
    let live = book.live();
    if let Some(shown) = &visitor.shown {
        let is_good = match &shown.id {
            Some(id) => live
                .keys
                .get(&**id)
                .is_some_and(|known| known.is_opened_by(&shown.hash, now_us)),
            None => live.is_admin(&shown.hash, now_us),
        };
        if !is_good {
            return unauthenticated("the key with which this call was made is not good any more");
        }
    }
    if visitor.rights != Rights::All && live.rights(visitor.caller(), now_us) != visitor.rights {
        let details = ErrorDetails::with_error_info("RIGHTS_CHANGED", DOMAIN, []);
        let why = "what the caller is granted has changed; call again, from the last token";
        return Err(Status::with_error_details(Code::Aborted, why, details));
    }
    Ok(())
}
