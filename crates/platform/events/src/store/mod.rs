//! SQL of `events` and `bus_cursors`.

macro_rules! columns {
    () => {
        "id, uid, source, kind, severity, subject_type, subject_id, subject_name, organization_id, project_id, node_uid, message, data_json, \
         dedup_key, correlation_id, actor, event_time, created_at, repeat_count, last_at, acknowledged_by, acknowledged_at, note, \
         acknowledged_by_uid"
    };
}

pub(crate) mod nodes;

/// $1 from, $2 to, $3 sources and $4 severities (comma lists), $5 text pattern, $6 subject type, $7 subject id,
/// $8 kind, $9 kind prefix pattern, $10 nodes in scope (comma list), $11 0 = of all organizations, -1 = of none, else of this one.
macro_rules! filter {
    () => {
        " from events where (cast($1 as bigint) is null or created_at >= $1) and (cast($2 as bigint) is null or created_at <= $2)
          and (cast($3 as text) is null or ',' || $3 || ',' like '%,' || source || ',%')
          and (cast($4 as text) is null or ',' || $4 || ',' like '%,' || severity || ',%')
          and (cast($5 as text) is null or lower(message) like lower($5) escape '\\' or lower(kind) like lower($5) escape '\\'
               or lower(coalesce(subject_name, subject_id, '')) like lower($5) escape '\\' or lower(coalesce(actor, '')) like lower($5) escape '\\')
          and (cast($6 as text) is null or subject_type = $6)
          and (cast($7 as text) is null or subject_id = $7)
          and (cast($8 as text) is null or kind = $8)
          and (cast($9 as text) is null or kind like $9 escape '\\')
          and (cast($10 as text) is null or node_uid is null or ',' || $10 || ',' like '%,' || node_uid || ',%')
          and (cast($11 as bigint) = 0 or organization_id is null or organization_id = $11)"
    };
}

argos_store::statements! {
    state;
    // PostgreSQL: the transaction has its number before the row gets its id, so a reader that sees a hole in the ids
    // can tell from the running transactions whether it may still be filled (see `reader`).
    NUMBER_TX = "events.number_tx", sqlite "select 0", postgres "select cast(cast(pg_current_xact_id() as text) as bigint)";
    INSERT = "events.insert",
        "insert into events (uid, source, kind, severity, subject_type, subject_id, subject_name, organization_id, project_id, node_uid, message,
           data_json, dedup_key, correlation_id, actor, event_time, created_at, flood_key, last_at)
         values ($1,$2,$3,$4,$5,$6,$7,$8,$9,$10,$11,$12,$13,$14,$15,$16,$17,$18,$17) returning id";
    REPEAT = "events.repeat",
        "update events set repeat_count = repeat_count + 1, last_at = $1
         where id = (select max(id) from events where flood_key = $2 and created_at >= $3) returning id";
    // Column 24: the oldest transaction still running when the rows were read.
    AFTER = "events.after",
        sqlite concat!("select ", columns!(), ", 0 from events where id > $1 order by id limit $2"),
        postgres concat!("select ", columns!(), ", cast(cast(pg_snapshot_xmin(pg_current_snapshot()) as text) as bigint) from events where id > $1 order by id limit $2");
    NEWEST = "events.newest", "select coalesce(max(id), 0) from events";
    GET = "events.get", concat!("select ", columns!(), " from events where id = $1");
    GET_BY_UID = "events.get_by_uid", concat!("select ", columns!(), " from events where uid = $1");
    LIST = "events.list", concat!("select ", columns!(), filter!(), " and (cast($12 as bigint) is null or id < $12) order by id desc limit $13");
    PAGE = "events.page", concat!("select ", columns!(), filter!(), " order by id desc limit $12 offset $13");
    COUNT = "events.count", concat!("select count(*)", filter!());
    LAST_BEFORE = "events.last_before",
        "select id from events where kind = $1 and coalesce(subject_type, '') = coalesce($2, '') and coalesce(subject_id, '') = coalesce($3, '')
           and id < $4 order by id desc limit 1";
    ACK = "events.ack", "update events set acknowledged_by = $1, acknowledged_by_uid = $2, acknowledged_at = $3, note = coalesce($4, note)
         where id = $5 and acknowledged_at is null";
    NOTE = "events.note", "update events set note = $1 where id = $2";
    PRUNE = "events.prune",
        "delete from events where created_at < $1 and (cast($2 as text) is null or source = $2)
           and (cast($3 as text) is null or kind like $3) and (cast($4 as text) is null or kind not like $4)";
    CURSOR = "events.cursor", "select last_id from bus_cursors where name = $1";
    CURSOR_ADD = "events.cursor_add", "insert into bus_cursors (name, last_id, updated_at) values ($1, $2, $3) on conflict (name) do nothing";
    CURSOR_MOVE = "events.cursor_move", "update bus_cursors set last_id = $1, updated_at = $2 where name = $3 and last_id < $1";
    CURSORS = "events.cursors", "select name, last_id, (select coalesce(max(id), 0) from events) from bus_cursors order by name";
}
