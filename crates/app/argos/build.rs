//! Two savings in a release binary. Its relocations are packed (DT_RELR), which otherwise are three of its megabytes; only
//! where the C library of the machine that builds can load it: glibc 2.36 and later. And functions of equal code are kept
//! once, another megabyte; only where the compiler links with its own LLD, as it does on x86-64 Linux.

use std::env;
use std::process::Command;

fn main() {
    println!("cargo::rerun-if-changed=build.rs");
    let is = |name: &str, value: &str| env::var_os(name).is_some_and(|v| v == value);
    if !(is("PROFILE", "release") && is("CARGO_CFG_TARGET_OS", "linux") && is("CARGO_CFG_TARGET_ENV", "gnu")) {
        return;
    }
    if has_relr() {
        println!("cargo::rustc-link-arg-bins=-Wl,-z,pack-relative-relocs");
    }
    if is("CARGO_CFG_TARGET_ARCH", "x86_64") {
        println!("cargo::rustc-link-arg-bins=-Wl,--icf=all");
    }
}

#[expect(clippy::disallowed_methods, reason = "a build script, no part of the server")]
fn has_relr() -> bool {
    let Ok(said) = Command::new("getconf").arg("GNU_LIBC_VERSION").output() else { return false };
    let text = String::from_utf8_lossy(&said.stdout);
    let version = text.trim().strip_prefix("glibc ").and_then(|v| v.split_once('.'));
    version.and_then(|(major, minor)| Some((major.parse::<u32>().ok()?, minor.parse::<u32>().ok()?))).is_some_and(|v| v >= (2, 36))
}
