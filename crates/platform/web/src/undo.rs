//! An offer to take a change back, on its way from the floor that made it to the reply of its request. Whatever a route
//! answers stays as it is published: the token goes beside it, in a header.

use std::cell::RefCell;
use std::future::Future;

use argos_kernel::Result;

use crate::reply::Reply;

/// Carries the token for `POST /api/ui/undo/{token}`; absent where a change cannot be taken back.
pub const UNDO_HEADER: &str = "x-argos-undo";

tokio::task_local! {
    static OFFER: RefCell<Option<String>>;
}

/// Puts the token beside the reply of the request this task answers. Of several the last counts; outside of a request
/// nobody could use it.
pub fn tell_undo(token: String) {
    drop(OFFER.try_with(|offer| offer.replace(Some(token))));
}

/// Answers a request and hands over what was offered meanwhile; an error offers nothing.
pub(crate) async fn with_offer(answer: impl Future<Output = Result<Reply>>) -> Result<Reply> {
    let answered = async {
        let reply = answer.await?;
        Ok(match OFFER.with(RefCell::take) {
            Some(token) => reply.header(UNDO_HEADER, &token),
            None => reply,
        })
    };
    OFFER.scope(RefCell::new(None), answered).await
}

#[cfg(test)]
mod tests {
    use argos_kernel::AppError;

    use super::*;

    #[tokio::test]
    async fn offer_goes_beside_the_reply_of_its_own_request() {
        let offered = with_offer(async {
            tell_undo("first".to_owned());
            tell_undo("second".to_owned());
            Ok(Reply::no_content())
        });
        assert_eq!(offered.await.unwrap().headers[UNDO_HEADER], "second");
        assert!(with_offer(async { Ok(Reply::no_content()) }).await.unwrap().headers.is_empty());
        let failed = with_offer(async {
            tell_undo("of what failed later".to_owned());
            Err(AppError::not_found("gone"))
        });
        assert!(failed.await.is_err());
        tell_undo("of a worker".to_owned());
    }
}
