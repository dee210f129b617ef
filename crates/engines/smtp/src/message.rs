//! The text of a mail (RFC 5322, 2045, 2047). Bodies are base64, so no line is too long and no dot stands alone.

use data_encoding::BASE64;

/// An address with an optional name: `Ada <ada@example.org>`.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Mailbox {
    pub name: String,
    pub address: String,
}

impl Mailbox {
    /// Reads `a@b` or `Name <a@b>`. `None` when the address cannot stand in an SMTP command.
    pub fn parse(text: &str) -> Option<Self> {
        let text = text.trim();
        let (name, address) = match text.strip_suffix('>').and_then(|t| t.rsplit_once('<')) {
            Some((name, address)) => (name.trim().trim_matches('"'), address.trim()),
            None => ("", text),
        };
        let (local, domain) = address.rsplit_once('@')?;
        let plain = |c: char| c.is_ascii_graphic() && !"<>()[]\\,;:\"@".contains(c);
        let valid = !local.is_empty() && local.len() <= 64 && local.chars().all(plain);
        let known = !domain.is_empty() && domain.len() <= 255 && domain.chars().all(|c| c.is_ascii_alphanumeric() || c == '-' || c == '.');
        (valid && known && !name.chars().any(char::is_control)).then(|| Self { name: name.to_owned(), address: address.to_owned() })
    }

    fn header(&self) -> String {
        if self.name.is_empty() { self.address.clone() } else { format!("{} <{}>", phrase(&self.name), self.address) }
    }
}

/// A mail before it is sent.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Mail {
    pub from: Mailbox,
    pub to: Vec<Mailbox>,
    pub cc: Vec<Mailbox>,
    pub reply_to: Option<Mailbox>,
    pub subject: String,
    pub text: String,
    /// Shown instead of `text` by readers that can.
    pub html: Option<String>,
    /// Without angle brackets.
    pub message_id: String,
    /// The mail this one answers, so that both stand in one thread.
    pub in_reply_to: Option<String>,
    /// RFC 5322 date.
    pub date: String,
}

impl Mail {
    /// Everybody the mail goes to.
    pub fn recipients(&self) -> impl Iterator<Item = &Mailbox> {
        self.to.iter().chain(&self.cc)
    }

    /// The message with CRLF line ends.
    pub fn to_text(&self) -> String {
        let list = |all: &[Mailbox]| all.iter().map(Mailbox::header).collect::<Vec<_>>().join(",\r\n ");
        let mut out = String::new();
        let mut header = |name: &str, value: &str| out.push_str(&format!("{name}: {value}\r\n"));
        header("From", &self.from.header());
        header("To", &list(&self.to));
        if !self.cc.is_empty() {
            header("Cc", &list(&self.cc));
        }
        if let Some(to) = &self.reply_to {
            header("Reply-To", &to.header());
        }
        header("Subject", &words(&self.subject));
        header("Date", &one_line(&self.date));
        header("Message-ID", &format!("<{}>", one_line(&self.message_id)));
        if let Some(first) = &self.in_reply_to {
            header("In-Reply-To", &format!("<{}>", one_line(first)));
            header("References", &format!("<{}>", one_line(first)));
        }
        header("MIME-Version", "1.0");
        header("Auto-Submitted", "auto-generated");
        match &self.html {
            None => out.push_str(&part("text/plain", &self.text)),
            Some(html) => {
                // Base64 lines hold no `=_`, so the boundary cannot occur in a part.
                let boundary = "=_argos_part";
                out.push_str(&format!("Content-Type: multipart/alternative; boundary=\"{boundary}\"\r\n\r\n"));
                for (kind, body) in [("text/plain", &self.text), ("text/html", html)] {
                    out.push_str(&format!("--{boundary}\r\n{}", part(kind, body)));
                }
                out.push_str(&format!("--{boundary}--\r\n"));
            }
        }
        out
    }
}

fn part(kind: &str, body: &str) -> String {
    let encoded = BASE64.encode(body.replace("\r\n", "\n").replace('\n', "\r\n").as_bytes());
    let lines = encoded.as_bytes().chunks(76).map(|l| String::from_utf8_lossy(l).into_owned() + "\r\n").collect::<String>();
    format!("Content-Type: {kind}; charset=utf-8\r\nContent-Transfer-Encoding: base64\r\n\r\n{lines}")
}

fn one_line(text: &str) -> String {
    text.chars().map(|c| if c.is_control() { ' ' } else { c }).collect()
}

/// A display name: quoted when it is plain, else encoded words.
fn phrase(name: &str) -> String {
    if name.chars().all(|c| c.is_ascii_alphanumeric() || " -_.".contains(c)) { format!("\"{name}\"") } else { words(name) }
}

/// Unstructured header text: as it is when it is short plain ASCII, else RFC 2047 words of at most 75 characters.
fn words(text: &str) -> String {
    let text = one_line(text);
    if text.len() <= 70 && text.is_ascii() && !text.contains("=?") {
        return text.trim().to_owned();
    }
    let mut lines = Vec::new();
    let mut piece = String::new();
    for c in text.trim().chars() {
        // 45 bytes make 60 characters of base64, 72 with the frame.
        if piece.len() + c.len_utf8() > 45 {
            lines.push(std::mem::take(&mut piece));
        }
        piece.push(c);
    }
    lines.push(piece);
    lines.iter().map(|l| format!("=?utf-8?B?{}?=", BASE64.encode(l.as_bytes()))).collect::<Vec<_>>().join("\r\n ")
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    fn mail(subject: &str, text: &str) -> Mail {
        Mail {
            from: Mailbox::parse("Argos <argos@example.org>").unwrap(),
            to: vec![Mailbox::parse("ops@example.org").unwrap()],
            cc: Vec::new(),
            reply_to: None,
            subject: subject.to_owned(),
            text: text.to_owned(),
            html: None,
            message_id: "1@argos".to_owned(),
            in_reply_to: None,
            date: "Sat, 21 Nov 2026 05:00:00 +0000".to_owned(),
        }
    }

    #[test]
    fn mailboxes_are_read_and_faulty_ones_refused() {
        let ada = Mailbox::parse(" Ada Lovelace <ada@example.org>").unwrap();
        assert_eq!((ada.name.as_str(), ada.address.as_str()), ("Ada Lovelace", "ada@example.org"));
        assert!(Mailbox::parse("a.b+c@x-y.example").is_some());
        for bad in ["", "ada", "@x", "a@", "a b@x", "a@x>\r\nRCPT TO:<b@y", "a@x y", "A\nB <a@x>", "<a@x> <b@y", "a@b@c,d@e"] {
            assert_eq!(Mailbox::parse(bad), None, "{bad:?}");
        }
    }

    #[test]
    fn message_has_the_headers_of_a_mail_and_an_encoded_body() {
        let text = mail("Disk full", "Größe: 95 %\n.\n").to_text();
        assert!(text.starts_with("From: \"Argos\" <argos@example.org>\r\nTo: ops@example.org\r\nSubject: Disk full\r\n"), "{text}");
        let body = text.rsplit("\r\n\r\n").next().unwrap().replace("\r\n", "");
        assert_eq!(String::from_utf8(BASE64.decode(body.as_bytes()).unwrap()).unwrap(), "Größe: 95 %\r\n.\r\n");
        let both = Mail { html: Some("<b>x</b>".to_owned()), ..mail("x", "x") }.to_text();
        assert!(both.contains("multipart/alternative") && both.contains("text/html"), "{both}");
    }

    proptest! {
        #[test]
        fn no_text_makes_a_line_of_its_own_or_a_long_one(subject in "\\PC{0,200}|[\r\n:a.]{0,40}", text in "\\PC{0,300}|[.\r\n]{0,20}", id in "[\r\nA:]{0,9}") {
            let out = Mail { message_id: id, ..mail(&subject, &text) }.to_text();
            let (head, body) = out.split_once("\r\n\r\n").unwrap();
            for line in head.split("\r\n") {
                prop_assert!(line.len() <= 200 && !line.contains(['\r', '\n']), "{line:?}");
                let known = ["From: ", "To: ", "Subject: ", "Date: ", "Message-ID: ", "MIME-Version: ", "Auto-Submitted: ", "Content-", " =?utf-8?B?"];
                prop_assert!(known.iter().any(|k| line.starts_with(k)), "{line:?}");
            }
            prop_assert!(body.split("\r\n").all(|l| l.len() <= 76 && !l.starts_with('.')));
        }

        #[test]
        fn any_text_is_a_safe_mailbox_or_none(text in "\\PC{0,60}|[a@<>\r\n ]{0,20}") {
            if let Some(m) = Mailbox::parse(&text) {
                prop_assert!(m.address.chars().all(|c| c.is_ascii_graphic() && c != '<' && c != '>'));
            }
        }
    }
}
