//! One mail over SMTP (RFC 5321, 3207, 4954): the text of a message and the conversation with a server. It neither
//! connects nor encrypts: the caller hands over a stream and, after [`Conversation::starttls`], wraps it in TLS.
//!
//! No address or header of a mail may end a line, whatever text it was made from.

mod conversation;
mod message;

pub use conversation::{Auth, Conversation, Reply, SmtpError};
pub use message::{Mail, Mailbox};
