//! Sign-in with social providers, and linking their accounts to one's own.

use argos_kernel::{ErrorKind, Result};
use argos_web::{Reply, Req, Routes};

use super::oidc::{browser_mark, error_word, failure, known_mark, leave, own_target};
use crate::sign_on::{Back, Failed, SignOn};

pub(super) fn routes(sign_on: &SignOn) -> Routes<SignOn> {
    Routes::new(sign_on.clone())
        .get("/api/auth/social/{provider}/login", "auth.start_social", "Leave for a social provider.", login)
        .param("rd", "where to go afterwards; absent = an exchange code is handed out")
        .get("/api/auth/social/{provider}/callback", "auth.finish_social", "Come back from a social provider.", callback)
        .get("/api/auth/social/{provider}/link", "auth.start_link", "Leave to link an account to one's own.", link)
        .param("rd", "where to go afterwards")
        .get("/api/auth/social/{provider}/link/callback", "auth.finish_link", "Come back with an account to link.", link_callback)
}

fn target(sign_on: &SignOn, req: &Req) -> Option<String> {
    req.query().text("rd").map(|wanted| own_target(sign_on, req, wanted))
}

async fn login(sign_on: SignOn, req: Req) -> Result<Reply> {
    let mark = browser_mark(&sign_on, &req);
    let url = sign_on.social_start(req.cx(), req.param("provider"), target(&sign_on, &req), &mark, None).await?;
    Ok(leave(&req, 307, &url, &mark))
}

async fn link(sign_on: SignOn, req: Req) -> Result<Reply> {
    sign_on.0.identity.require_unscoped(req.cx()).await?;
    let (user_id, mark) = (req.cx().user_id()?, browser_mark(&sign_on, &req));
    let url = sign_on.social_start(req.cx(), req.param("provider"), target(&sign_on, &req), &mark, Some(user_id)).await?;
    Ok(leave(&req, 307, &url, &mark))
}

async fn back(sign_on: &SignOn, req: &Req, linking: bool) -> Result<Result<Back, Failed>> {
    let query = req.query();
    match (query.filled("error"), query.filled("state"), query.filled("code")) {
        (Some(error), _, _) => Ok(Err(Failed(error_word(error)))),
        (None, Some(state), Some(code)) => {
            sign_on.social_finish(req.cx(), req.param("provider"), (state, code), known_mark(req), linking).await
        }
        _ => Ok(Err(Failed("state_not_found".to_owned()))),
    }
}

async fn callback(sign_on: SignOn, req: Req) -> Result<Reply> {
    match back(&sign_on, &req, false).await? {
        Ok(Back::SignedIn(landed)) => {
            let identity = &sign_on.0.identity;
            let to = match landed.rd {
                Some(rd) => rd,
                None => format!("/#oidc_code={}", identity.new_exchange_code(landed.opened.user.id).await?),
            };
            Ok(identity.set_cookies(req.cx(), Reply::redirect(302, &to), &landed.opened))
        }
        Ok(Back::Linked(_)) => failure(&req, "state_not_found"),
        Err(Failed(reason)) => failure(&req, &reason),
    }
}

async fn link_callback(sign_on: SignOn, req: Req) -> Result<Reply> {
    match back(&sign_on, &req, true).await {
        Ok(Ok(Back::Linked(rd))) => Ok(Reply::redirect(302, rd.as_deref().unwrap_or("/#/settings/auth?linked=true"))),
        Ok(Ok(Back::SignedIn(_))) => failure(&req, "state_not_found"),
        Ok(Err(Failed(reason))) => failure(&req, &reason),
        Err(error) if error.kind() == ErrorKind::Conflict && !req.header("accept").is_some_and(|a| a.contains("application/json")) => {
            Ok(Reply::redirect(302, "/settings/account?link_error=identity_taken"))
        }
        Err(error) => Err(error),
    }
}
