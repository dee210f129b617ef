//! The letter of an invitation. It carries the token, so it is sent once, at once, and kept nowhere.

use argos_kernel::{Result, Secret};
use argos_web::OpCx;

use crate::model::organization::Invitation;
use crate::service::{Identity, Posted};

/// The page of the user interface that accepts an invitation.
pub(crate) fn invite_path(token: &str) -> String {
    format!("/invite/{token}")
}

impl Identity {
    /// Sends the invitation of a token to its address. The link is for whoever invited as well, wherever it could not
    /// be sent.
    pub(crate) async fn post_invitation(&self, cx: &OpCx, token: &Secret<String>) -> Result<Posted> {
        let Some(post) = self.0.post.get() else { return Ok(Posted::NotConfigured) };
        let Some(invitation) = self.invitation(token.reveal()).await? else { return Ok(Posted::NotConfigured) };
        let link = format!("{}{}", self.public_base(cx), invite_path(token.reveal()));
        let (subject, text) = letter(&invitation, &link);
        let posted = post.post(&invitation.email, &subject, text).await;
        if let Posted::Failed(why) = &posted {
            tracing::warn!(why, "an invitation could not be mailed");
        }
        Ok(posted)
    }
}

fn letter(invitation: &Invitation, link: &str) -> (String, String) {
    let subject = format!("{} invites you to {}", invitation.invited_by, invitation.organization_name);
    let message = invitation.message.as_deref().map(|m| format!("\n{m}\n")).unwrap_or_default();
    let until = invitation.expires_at.datetime().format("%Y-%m-%d %H:%M UTC");
    let text = format!(
        "{subject} as {}.\n{message}\nOpen this page to accept:\n{link}\n\nIt works once, until {until}. Did you not expect this? Then do nothing.\n",
        invitation.role.as_str(),
    );
    (subject, text)
}
