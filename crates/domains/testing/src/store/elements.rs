//! Rows of `testing_elements`: what the elements of a test looked like when its steps last passed.

use argos_kernel::Timestamp;
use argos_store::{Database, Row, StoreError, Tx, args};
use argos_webtest::heal::{Fingerprint, KnownElement};

use super::{json, text};

argos_store::statements! {
    state;
    OF_TEST = "testing.elements.of_test",
        "select selector, fingerprint from testing_elements where test_id = $1 order by selector limit 500";
    PUT = "testing.elements.put",
        "insert into testing_elements (test_id, selector, url_pattern, fingerprint, seen_at) values ($1, $2, $3, $4, $5)
         on conflict (test_id, selector) do update set url_pattern = excluded.url_pattern, fingerprint = excluded.fingerprint,
            seen_at = excluded.seen_at";
}

pub(crate) async fn of_test(db: &Database, test_id: i64) -> Result<Vec<KnownElement>, StoreError> {
    let read = |row: &Row| Ok(KnownElement { selector: row.get(0)?, fingerprint: json(&row.get::<String>(1)?, 1)? });
    db.query(OF_TEST, args![test_id]).await?.iter().map(read).collect()
}

pub(crate) async fn put(
    tx: &mut Tx,
    test_id: i64,
    selector: &str,
    url_pattern: &str,
    fingerprint: &Fingerprint,
    now: Timestamp,
) -> Result<(), StoreError> {
    tx.exec(PUT, args![test_id, selector, url_pattern, text(fingerprint), now]).await.map(drop)
}
