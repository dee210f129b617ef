//! The sampler against a fixture tree and against this machine, and every parser against noise.

mod commands;
mod fixture;
mod live;
mod noise;
mod tree;
