//! Which backups may go: those older than the retention, never the newest. Pure.

use argos_kernel::Timestamp;

/// The ids to delete of `(id, created_at)` pairs. `days` 0 = keep only the newest.
pub(crate) fn expired(all: &[(i64, Timestamp)], days: i64, now: Timestamp) -> Vec<i64> {
    let Some(newest) = all.iter().max_by_key(|(id, at)| (*at, *id)).map(|(id, _)| *id) else { return Vec::new() };
    let cut = now.minus_secs(days.saturating_mul(86_400));
    all.iter().filter(|(id, at)| *id != newest && (days == 0 || *at < cut)).map(|(id, _)| *id).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn newest_backup_is_kept_whatever_its_age() {
        let at = |days: i64| Timestamp::from_secs(1_700_000_000 - days * 86_400);
        let all = [(1, at(40)), (2, at(15)), (3, at(13))];
        assert_eq!(expired(&all, 14, at(0)), [1, 2]);
        assert_eq!(expired(&all, 0, at(0)), [1, 2]);
        assert_eq!(expired(&all[..1], 14, at(0)), [0_i64; 0]);
        assert_eq!(expired(&[], 14, at(0)), [0_i64; 0]);
    }
}
