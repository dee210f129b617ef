//! Letters to one person through the instance's own mail server (`smtp.*`): invitations, nothing that repeats. They are
//! sent at once and not stored, because their text may hold a secret that is shown only once.

use argos_smtp::{Mail, Mailbox};

use crate::Notify;
use crate::model::wire::SmtpTarget;

/// What became of a letter.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Posted {
    /// The mail server took it.
    Sent,
    /// There is no mail server to give it to.
    NotConfigured,
    Failed(String),
}

impl Notify {
    /// Hands a letter to the instance's mail server.
    pub async fn post(&self, to: &str, subject: &str, text: String) -> Posted {
        let smtp = (self.0.parts.providers)().smtp;
        if smtp.host.is_empty() {
            return Posted::NotConfigured;
        }
        let Some(from) = Mailbox::parse(&smtp.from) else {
            return Posted::Failed("the setting smtp.from is no mail address".to_owned());
        };
        let Some(to) = Mailbox::parse(to) else { return Posted::Failed("the receiver is no mail address".to_owned()) };
        let target = match SmtpTarget::of_instance(&smtp) {
            Ok(target) => target,
            Err(why) => return Posted::Failed(why),
        };
        let domain = from.address.rsplit('@').next().unwrap_or("argos").to_owned();
        let mail = Mail {
            to: vec![to],
            cc: Vec::new(),
            reply_to: None,
            subject: subject.chars().filter(|c| !c.is_control()).take(200).collect(),
            text,
            html: None,
            message_id: format!("{}@{domain}", self.mint()),
            in_reply_to: None,
            date: self.now().datetime().to_rfc2822(),
            from,
        };
        match self.send_mail(&mail, &target).await.error() {
            None => Posted::Sent,
            Some(why) => Posted::Failed(why.to_owned()),
        }
    }
}
