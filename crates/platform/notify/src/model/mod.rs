//! The pure part of notifying: channels and their configuration, rules and what they match, envelopes, templates,
//! signatures, retry times and rates. No clock, no SQL, no HTTP.

pub(crate) mod bucket;
pub(crate) mod catalogue;
pub(crate) mod channel;
pub(crate) mod condition;
pub(crate) mod envelope;
pub(crate) mod event_types;
pub(crate) mod field;
pub(crate) mod in_app;
pub(crate) mod personal_mail;
pub(crate) mod power_policy;
pub(crate) mod preferences;
pub(crate) mod push;
pub(crate) mod quiet;
pub(crate) mod retry;
pub(crate) mod rule;
pub(crate) mod signature;
pub(crate) mod template;
pub(crate) mod webhook;
pub(crate) mod wire;
