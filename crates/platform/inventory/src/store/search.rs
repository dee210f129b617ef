//! Search: words by prefix, one narrow range of an index on both engines. Only when no word begins so, the texts are
//! looked through for the query in the middle of a word.

use argos_store::{Database, StoreError, args};

use super::things::read;
use crate::model::thing::Thing;
use crate::model::words::word_end;

/// Index entries looked at before the other words of a query are compared.
const RANGE_MAX: i64 = 20_000;
/// Hits that are ordered.
const HITS_MAX: i64 = 600;

argos_store::statements! {
    state;
    BY_WORD = "inventory.search.by_word",
        concat!("select ", thing_columns!(), " from (select thing_id from thing_words where word >= $1 and word < $2 order by word limit $3) w
          join things t on t.id = w.thing_id where t.gone_at is null limit $4");
    BY_WORDS = "inventory.search.by_words",
        concat!("select ", thing_columns!(), " from (select thing_id from thing_words where word >= $1 and word < $2 order by word limit $3) w
          join thing_texts s on s.thing_id = w.thing_id join things t on t.id = w.thing_id
          where t.gone_at is null and s.text like $5 escape '\\' and (cast($6 as text) is null or s.text like $6 escape '\\')
            and (cast($7 as text) is null or s.text like $7 escape '\\') limit $4");
    INSIDE = "inventory.search.inside",
        concat!("select ", thing_columns!(), " from (select thing_id from thing_texts where text like $1 escape '\\'
          and (cast($2 as text) is null or text like $2 escape '\\') limit $3) w join things t on t.id = w.thing_id where t.gone_at is null");
}

fn pattern(word: &str) -> String {
    format!("%{}%", super::escaped(word))
}

/// `words` longest first, at least one. Not yet in order, and possibly a thing twice.
pub(crate) async fn find(db: &Database, words: &[String]) -> Result<Vec<Thing>, StoreError> {
    let (first, more) = words.split_first().map_or((String::new(), &[][..]), |(f, m)| (f.clone(), m));
    let end = word_end(&first);
    let other = |n: usize| more.get(n).map(|w| pattern(w));
    let rows = if more.is_empty() {
        db.query(BY_WORD, args![&first, end, HITS_MAX, HITS_MAX]).await?
    } else {
        db.query(BY_WORDS, args![&first, end, RANGE_MAX, HITS_MAX, other(0), other(1), other(2)]).await?
    };
    let rows = if rows.is_empty() && first.chars().count() >= 2 {
        db.query(INSIDE, args![pattern(&first), other(0), HITS_MAX / 4]).await?
    } else {
        rows
    };
    rows.iter().map(read).collect()
}
