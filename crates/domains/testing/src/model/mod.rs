//! Types and pure rules of tests, runs and results. No SQL, no HTTP, no browser.

pub mod advice;
pub mod affected;
pub mod alternative;
pub mod artifact;
pub mod chat;
pub mod data_source;
pub mod data_test;
pub mod described;
pub mod diagnosis;
pub mod figures;
pub mod file;
pub mod heal_config;
pub mod healing;
pub mod input;
pub mod junit;
pub mod likeness;
pub mod live;
pub mod page_words;
pub mod recording;
pub mod renames;
pub mod result;
pub mod run;
pub mod settings;
pub mod test;
pub mod trace;
pub mod vision;
