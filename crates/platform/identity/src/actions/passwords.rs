//! Changing passwords: one's own against the old one, somebody's by an administrator or the command line.

use argos_audit::{Category, Entry, Mutation};
use argos_kernel::{AppError, Result};
use argos_web::OpCx;
use serde_json::json;

use super::limits::Refused;
use super::{Authority, user_event};
use crate::model::limiter::Family;
use crate::model::password::{self, Verdict};
use crate::model::user::User;
use crate::service::Identity;
use crate::store::{sessions, users};

impl Identity {
    /// 400 with the policy's text unless the password is good enough.
    pub(crate) fn check_password(&self, password: &str) -> Result<()> {
        password::check_policy(password, self.policy().password_length_min)
    }

    /// One's own password; every other session of the account ends.
    pub(crate) async fn change_own_password(&self, cx: &OpCx, family: Family, current: &str, new: &str) -> Result<()> {
        let (user, secrets) = self.account(cx.user_id()?).await?;
        let _place = self.gate(cx, family, None).await?;
        if self.0.hasher.verify(current, secrets.password_hash).await? == Verdict::Wrong {
            let refused = Refused { username: &user.username, route: cx_route(family), code_of: None, alias: "password_change_failed" };
            self.refuse(cx, refused).await?;
            return Err(AppError::unauthenticated("Current password is incorrect").code("invalid_credentials"));
        }
        self.check_password(new)?;
        if user.must_change_password && current == new {
            let text = "The new password must differ from the current one";
            return Err(AppError::bad_request(text).code("password_unchanged").with("field", "new_password"));
        }
        let hash = self.0.hasher.hash(new).await?;
        let mut change = self.0.audit.begin(&cx.actor()).await?;
        self.hold(&mut change, &user).await?;
        self.store_password(change, &Authority::of(cx), &user, &hash, false).await
    }

    /// Somebody's password, set by an administrator. Without the old one it takes a step-up to set one's own, so that a
    /// session left open is not enough to take the account over.
    pub async fn reset_password(&self, by: &Authority, username: &str, new: &str) -> Result<()> {
        let found = users::find(&self.0.db, users::By::Name(username)).await?;
        let (user, _) = found.ok_or_else(|| AppError::not_found("User not found"))?;
        if user.role == argos_kernel::Role::Owner {
            by.over_owners()?;
        }
        if by.user_id == Some(user.id) {
            by.proved()?;
        }
        self.check_password(new)?;
        let hash = self.0.hasher.hash(new).await?;
        let change = self.0.audit.begin(&by.actor).await?;
        self.store_password(change, by, &user, &hash, false).await
    }

    async fn store_password(&self, mut change: Mutation, by: &Authority, user: &User, hash: &str, must_change: bool) -> Result<()> {
        let now = self.now();
        users::set_password(&mut change, user.id, hash, must_change, now).await?;
        let except = by.session_id.filter(|_| by.user_id == Some(user.id));
        sessions::revoke_user(&mut change, user.id, except, now, "password changed").await?;
        self.evict_on_commit(&mut change);
        let event = user_event("auth.user_changed", format!("The password of {} was changed", user.username), user, &by.actor);
        self.0.events.publish(&mut change, event.data(json!({ "username": user.username, "change": "password" }))).await?;
        let entry = Entry::new("user.password_change", Category::Security)
            .alias("user_password_change")
            .target("user", &user.username)
            .describe(format!("Password of {} changed", user.username));
        change.commit(entry).await
    }
}

const fn cx_route(family: Family) -> &'static str {
    match family {
        Family::Edge => "/api/auth/password",
        Family::Ops => "/api/profile/password",
        Family::Nodes => "/api/v1/users/password",
    }
}
