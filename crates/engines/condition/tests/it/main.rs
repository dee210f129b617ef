//! Integration tests of the condition language.

mod evaluation;
mod grammar;
mod properties;
