//! Pure rules: providers, wire formats, prompts, what is read out of answers, and the results without a model.

pub(crate) mod action;
pub(crate) mod catalogue;
pub(crate) mod picture;
pub(crate) mod plain;
pub(crate) mod prompt;
pub(crate) mod provider;
pub(crate) mod stream;
pub(crate) mod wire;
