//! Passwords: the one policy, Argon2id in PHC form, and the older stored forms that are still verified and then
//! re-hashed at login (platform spec 1.2). Hashing is slow on purpose: callers run it through `Hasher`.

use std::num::NonZeroU32;

use argon2::{Algorithm, Argon2, Params, Version};
use argos_kernel::{AppError, Rng, Secret};
use data_encoding::{BASE64_NOPAD, HEXLOWER_PERMISSIVE};

use super::constant_time;

/// Memory in KiB, passes, lanes: OWASP's first recommendation for Argon2id.
const MEMORY_KIB: u32 = 19_456;
const PASSES: u32 = 2;
const LANES: u32 = 1;
/// What a stored hash may ask for at most, so that an imported row cannot exhaust the machine.
const MEMORY_KIB_MAX: u32 = 262_144;
const PASSES_MAX: u32 = 16;
const LANES_MAX: u32 = 8;
const PBKDF2_ITERATIONS_MAX: u32 = 5_000_000;
/// The longest password, in bytes.
pub const PASSWORD_BYTES_MAX: usize = 128;

/// The policy, length judged first: `min`..128 bytes, an upper-case letter, a lower-case letter, an ASCII digit.
pub fn check_policy(password: &str, min: usize) -> Result<(), AppError> {
    check_length(password, min)?;
    let text = if !password.chars().any(char::is_uppercase) {
        "Password must contain an uppercase letter"
    } else if !password.chars().any(char::is_lowercase) {
        "Password must contain a lowercase letter"
    } else if !password.chars().any(|c| c.is_ascii_digit()) {
        "Password must contain a digit"
    } else {
        return Ok(());
    };
    Err(refused(text))
}

/// Length alone: the rule for the first-run password of the environment.
pub fn check_length(password: &str, min: usize) -> Result<(), AppError> {
    if password.len() < min {
        return Err(refused(&format!("Password must be at least {min} characters")));
    }
    if password.len() > PASSWORD_BYTES_MAX {
        return Err(refused("Password must be at most 128 bytes"));
    }
    Ok(())
}

fn refused(text: &str) -> AppError {
    AppError::bad_request(text).code("weak_password").with("field", "password")
}

/// A random password of `length` characters that meets the policy.
pub fn generate(rng: &dyn Rng, length: usize) -> Secret<String> {
    // No look-alikes: it is typed in by hand once.
    const ALPHABET: &[u8] = b"ABCDEFGHJKLMNPQRSTUVWXYZabcdefghijkmnpqrstuvwxyz23456789";
    loop {
        let text: String =
            (0..length).map(|_| ALPHABET[usize::try_from(rng.below(ALPHABET.len() as u64)).unwrap_or(0)]).map(char::from).collect();
        if check_policy(&text, length.min(8)).is_ok() || length < 3 {
            return Secret::new(text);
        }
    }
}

/// The Argon2id PHC string of a password with a fresh 16-byte salt.
pub fn hash(password: &str, rng: &dyn Rng) -> Result<String, AppError> {
    let salt: [u8; 16] = rng.bytes();
    let output = argon2id(password.as_bytes(), &salt, MEMORY_KIB, PASSES, LANES, 32)
        .ok_or_else(|| AppError::internal("Argon2id could not allocate its memory"))?;
    Ok(format!("$argon2id$v=19$m={MEMORY_KIB},t={PASSES},p={LANES}${}${}", BASE64_NOPAD.encode(&salt), BASE64_NOPAD.encode(&output)))
}

fn argon2id(password: &[u8], salt: &[u8], memory: u32, passes: u32, lanes: u32, length: usize) -> Option<Vec<u8>> {
    let params = Params::new(memory, passes, lanes, Some(length)).ok()?;
    let mut output = vec![0_u8; length];
    Argon2::new(Algorithm::Argon2id, Version::V0x13, params).hash_password_into(password, salt, &mut output).ok()?;
    Some(output)
}

/// What came of comparing a password with a stored hash.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Verdict {
    Wrong,
    Right,
    /// Right, but stored in an older form: hash it again.
    RightButOld,
}

/// Compares a password with any stored form. A form nobody knows is wrong.
pub fn verify(password: &str, stored: &str) -> Verdict {
    let verdict = if stored.starts_with("$argon2id$") {
        verify_phc(password, stored)
    } else if let Some(rest) = stored.strip_prefix("pbkdf2:") {
        verify_pbkdf2(password, rest)
    } else {
        verify_sha256(password, stored)
    };
    verdict.unwrap_or(Verdict::Wrong)
}

fn verify_phc(password: &str, stored: &str) -> Option<Verdict> {
    let rest = stored.strip_prefix("$argon2id$v=19$")?;
    let mut parts = rest.split('$');
    let (costs, salt, expected) = (parts.next()?, parts.next()?, parts.next()?);
    if parts.next().is_some() {
        return None;
    }
    let (mut memory, mut passes, mut lanes) = (None, None, None);
    for pair in costs.split(',') {
        let (key, value) = pair.split_once('=')?;
        let value: u32 = value.parse().ok()?;
        match key {
            "m" => memory = Some(value).filter(|v| *v <= MEMORY_KIB_MAX),
            "t" => passes = Some(value).filter(|v| *v <= PASSES_MAX),
            "p" => lanes = Some(value).filter(|v| *v <= LANES_MAX),
            _ => return None,
        }
    }
    let (memory, passes, lanes) = (memory?, passes?, lanes?);
    let salt = BASE64_NOPAD.decode(salt.as_bytes()).ok()?;
    let expected = BASE64_NOPAD.decode(expected.as_bytes()).ok().filter(|e| (16..=64).contains(&e.len()))?;
    let output = argon2id(password.as_bytes(), &salt, memory, passes, lanes, expected.len())?;
    if !constant_time::equal(&output, &expected) {
        return Some(Verdict::Wrong);
    }
    let current = (memory, passes, lanes) == (MEMORY_KIB, PASSES, LANES);
    Some(if current { Verdict::Right } else { Verdict::RightButOld })
}

/// `<iterations>:<salt>:<hex>` or `<salt>:<hex>` with 200 000; HMAC-SHA256, the salt as ASCII text, 32 bytes out.
fn verify_pbkdf2(password: &str, rest: &str) -> Option<Verdict> {
    let parts: Vec<&str> = rest.split(':').collect();
    let (iterations, salt, expected) = match parts[..] {
        [iterations, salt, expected] => (iterations.parse().ok()?, salt, expected),
        [salt, expected] => (200_000, salt, expected),
        _ => return None,
    };
    let iterations = NonZeroU32::new(iterations).filter(|n| n.get() <= PBKDF2_ITERATIONS_MAX)?;
    let expected = HEXLOWER_PERMISSIVE.decode(expected.as_bytes()).ok().filter(|e| e.len() == 32)?;
    let mut output = [0_u8; 32];
    ring::pbkdf2::derive(ring::pbkdf2::PBKDF2_HMAC_SHA256, iterations, salt.as_bytes(), password.as_bytes(), &mut output);
    Some(if constant_time::equal(&output, &expected) { Verdict::RightButOld } else { Verdict::Wrong })
}

/// `<salt>:<hex>`: SHA-256 of salt and password, one after the other.
fn verify_sha256(password: &str, stored: &str) -> Option<Verdict> {
    let (salt, expected) = stored.split_once(':')?;
    let expected = HEXLOWER_PERMISSIVE.decode(expected.as_bytes()).ok().filter(|e| e.len() == 32)?;
    let mut context = ring::digest::Context::new(&ring::digest::SHA256);
    context.update(salt.as_bytes());
    context.update(password.as_bytes());
    Some(if constant_time::equal(context.finish().as_ref(), &expected) { Verdict::RightButOld } else { Verdict::Wrong })
}

#[cfg(test)]
mod tests {
    use argos_kernel::{SeededRng, SystemRng};
    use proptest::prelude::*;

    use super::*;

    #[test]
    fn policy_judges_length_first_and_then_each_class() {
        let text = |p: &str| check_policy(p, 8).err().map(|e| e.message().to_owned());
        assert_eq!(text("short").as_deref(), Some("Password must be at least 8 characters"));
        assert_eq!(text("alllower1").as_deref(), Some("Password must contain an uppercase letter"));
        assert_eq!(text("ALLUPPER1").as_deref(), Some("Password must contain a lowercase letter"));
        assert_eq!(text("NoDigitsHere").as_deref(), Some("Password must contain a digit"));
        assert_eq!(text(&"Aa1".repeat(50)).as_deref(), Some("Password must be at most 128 bytes"));
        assert_eq!(text("Passw0rd"), None);
    }

    #[test]
    fn hash_verifies_and_is_a_phc_string() {
        let stored = hash("Passw0rd", &SystemRng::default()).unwrap();
        assert!(stored.starts_with("$argon2id$v=19$m=19456,t=2,p=1$"), "{stored}");
        assert_eq!(verify("Passw0rd", &stored), Verdict::Right);
        assert_eq!(verify("passw0rd", &stored), Verdict::Wrong);
    }

    /// The Argon2 string is the example of the argon2-cffi manual; the others were made with Python's hashlib.
    #[test]
    fn older_forms_verify_and_ask_for_a_new_hash() {
        let cases = [
            (
                "correct horse battery staple",
                "$argon2id$v=19$m=65536,t=3,p=4$MIIRqgvgQbgj220jfp0MPA$YfwJSVjtjSU0zzV/P3S9nnQ/USre2wvJMjfCIjrTQbg",
            ),
            ("secret", "pbkdf2:1000:salt:a8df899f3c4f204d967e0ad63c092987c10055ebb017b3d9d28add218d4f7aad"),
            ("secret", "pbkdf2:a1b2:b419265b33686944036db316b48ba9a3bd4719dd04e1a4a9ef4365e704832ead"),
            ("secret", "a1b2:7aa963eee05fa1722b603b8b0668dd7fa777e3ee2f12cfc447808cd2a9587529"),
        ];
        for (password, stored) in cases {
            assert_eq!(verify(password, stored), Verdict::RightButOld, "{stored}");
            assert_eq!(verify("other", stored), Verdict::Wrong, "{stored}");
        }
    }

    #[test]
    fn generated_passwords_meet_the_policy() {
        let rng = SeededRng::new(3);
        for _ in 0..50 {
            let password = generate(&rng, 20);
            assert_eq!(password.reveal().len(), 20);
            assert!(check_policy(password.reveal(), 8).is_ok());
        }
    }

    proptest! {
        #![proptest_config(ProptestConfig::with_cases(64))]
        #[test]
        fn verify_of_any_stored_text_is_wrong_and_never_panics(stored in ".{0,120}", forms in "\\$argon2id\\$v=19\\$m=[0-9]{1,12},t=[0-9]{1,3},p=[0-9]\\$[A-Za-z0-9+/]{0,30}\\$[A-Za-z0-9+/]{0,12}") {
            prop_assert_eq!(verify("Passw0rd", &stored), Verdict::Wrong);
            prop_assert_eq!(verify("Passw0rd", &forms), Verdict::Wrong);
        }
    }
}
