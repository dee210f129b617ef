//! Mail: who sends through which server, and the text. A body that looks like HTML goes as HTML beside its plain text.

use argos_kernel::Secret;
use argos_smtp::{Auth, Mail, Mailbox};

use super::message::cut;
use super::{Message, Notice, Parcel, text_of};
use crate::model::field::Fields;
use crate::model::template;
use crate::providers::{Security, Smtp};

/// The server a mail goes through.
pub(crate) struct SmtpTarget {
    pub(crate) host: String,
    pub(crate) port: u16,
    pub(crate) security: Security,
    pub(crate) auth: Auth,
    /// User name and password.
    pub(crate) login: Option<(String, Secret<String>)>,
}

pub(super) fn parcel(f: &Fields, notice: &Notice<'_>) -> Result<(String, Parcel), String> {
    let (m, e) = (Message::of(notice.envelope), notice.envelope);
    let own = !f.text("smtp_host").is_empty();
    let instance = &notice.providers.smtp;
    if !own && instance.host.is_empty() {
        return Err("no mail server: neither config.smtp_host nor the setting smtp.host is set".to_owned());
    }
    let from = Some(f.text("from")).filter(|t| !t.is_empty()).unwrap_or(&instance.from);
    let from = Mailbox::parse(from).ok_or("no sender: neither config.from nor the setting smtp.from is a mail address")?;
    let subject = match f.text("subject") {
        "" => format!("[argos] {}: {}", e.severity.as_str(), e.kind),
        template => template::render(template, e).map_err(|w| format!("subject: {w}"))?,
    };
    let host = m.host.as_deref().map(|h| format!("Host: {h}\n")).unwrap_or_default();
    let body = text_of(notice, &format!("{}\n\n{}\n\n{host}Severity: {}\nTime: {}\n", m.title, m.line, e.severity.as_str(), e.timestamp))?;
    let lower = body.to_ascii_lowercase();
    let html = (lower.contains("<html") || lower.contains("<body")).then(|| body.clone());
    let domain = from.address.rsplit('@').next().unwrap_or("argos").to_owned();
    let all = |name: &str| f.list(name).into_iter().filter_map(Mailbox::parse).collect::<Vec<_>>();
    let mail = Mail {
        to: all("to"),
        cc: all("cc"),
        reply_to: Mailbox::parse(f.text("reply_to")),
        subject: cut(&subject, 250),
        text: if html.is_some() { format!("{}\n\n{}\n", m.title, m.line) } else { body.clone() },
        html,
        message_id: format!("{}@{domain}", notice.delivery),
        // Mails about one problem stand in one thread, whichever came first.
        in_reply_to: Some(format!("{}@{domain}", thread(&m.problem))),
        date: argos_kernel::Timestamp::from_secs(notice.now_s).datetime().to_rfc2822(),
        from,
    };
    let target = if own { of_channel(f)? } else { SmtpTarget::of_instance(instance)? };
    Ok((body, Parcel::Mail { mail: Box::new(mail), target }))
}

fn thread(problem: &str) -> String {
    problem.chars().map(|c| if c.is_ascii_alphanumeric() || c == '-' || c == '.' { c } else { '.' }).take(120).collect()
}

fn port(number: i64) -> Result<u16, String> {
    u16::try_from(number).map_err(|_| "the port of the mail server is not valid".to_owned())
}

fn of_channel(f: &Fields) -> Result<SmtpTarget, String> {
    let user = f.text("smtp_username");
    Ok(SmtpTarget {
        host: f.text("smtp_host").to_owned(),
        port: port(f.int("smtp_port"))?,
        security: Security::parse(f.text("security")),
        auth: if f.text("smtp_auth") == "LOGIN" { Auth::Login } else { Auth::Plain },
        login: (!user.is_empty()).then(|| (user.to_owned(), Secret::new(f.text("smtp_password").to_owned()))),
    })
}

impl SmtpTarget {
    /// The instance's own mail server.
    pub(crate) fn of_instance(s: &Smtp) -> Result<Self, String> {
        Ok(Self {
            host: s.host.clone(),
            port: port(s.port)?,
            security: s.security,
            auth: Auth::Plain,
            login: s.login.as_ref().map(|(user, password)| (user.clone(), Secret::new(password.reveal().clone()))),
        })
    }
}
