//! SQL of `audit_log`, `audit_head` and `audit_anchors`. Rows are inserted and pruned, never updated.

macro_rules! columns {
    () => {
        "id, uid, at, actor_id, actor_name, actor_role, credential, action, alias, category, organization_id, target_type, target_id, \
         trigger_type, description, before_json, after_json, status, severity, ip, xff_chain, user_agent, request_id, duration_ms, prev_hash, hash"
    };
}

/// The list filter: $1 from, $2 to, $3 actor, $4 action, $5 category (`power`: whatever is done to power devices and plans), $6 target type, $7 target id, $8 organization,
/// $9 status, $10 text (already a like pattern), $11 trigger, $12 actor's id, $13 severity, $14 address.
macro_rules! filter {
    () => {
        " from audit_log where (cast($1 as bigint) is null or at >= $1) and (cast($2 as bigint) is null or at <= $2)
          and (cast($3 as text) is null or actor_name = $3)
          and (cast($4 as text) is null or action = $4 or alias = $4)
          and (cast($5 as text) is null or category = $5
               or (cast($5 as text) = 'power' and (substr(action, 1, 6) = 'power_' or substr(action, 1, 9) = 'shutdown_')))
          and (cast($6 as text) is null or target_type = $6)
          and (cast($7 as text) is null or target_id = $7)
          and (cast($8 as bigint) is null or organization_id = $8)
          and (cast($9 as text) is null or status = $9)
          and (cast($10 as text) is null or lower(description) like lower($10) escape '\\' or lower(action) like lower($10) escape '\\'
               or lower(actor_name) like lower($10) escape '\\' or lower(coalesce(target_id, '')) like lower($10) escape '\\'
               or lower(coalesce(target_type, '')) like lower($10) escape '\\' or coalesce(ip, '') like $10 escape '\\')
          and (cast($11 as text) is null or coalesce(trigger_type, 'manual') = $11)
          and (cast($12 as bigint) is null or actor_id = $12)
          and (cast($13 as text) is null or severity = $13)
          and (cast($14 as text) is null or ip = $14)"
    };
}

/// $15 column of the ops view, $16 limit, $17 offset, $18 ids up to.
macro_rules! sorted {
    ($dir:literal) => {
        concat!(
            "select ",
            columns!(),
            filter!(),
            " and id <= $18 order by case cast($15 as text) when 'username' then actor_name when 'action' then coalesce(alias, action)
               when 'details' then description when 'ip' then coalesce(ip, '') else '' end ",
            $dir,
            ", id ",
            $dir,
            " limit $16 offset $17"
        )
    };
}

/// Rows of table alias `$t` whose time is up: the general cut and the cut of category safety.
macro_rules! expired {
    ($t:literal, $general:literal, $safety:literal) => {
        concat!("((", $t, ".at < ", $general, " and ", $t, ".category <> 'safety') or ", $t, ".at < ", $safety, ")")
    };
}

argos_store::statements! {
    state;
    LOCK_HEAD = "audit.lock_head",
        sqlite "select last_hash from audit_head where id = 1",
        postgres "select last_hash from audit_head where id = 1 for update";
    MOVE_HEAD = "audit.move_head", "update audit_head set last_hash = $1 where id = 1";
    HEAD = "audit.head", "select last_hash from audit_head where id = 1";
    INSERT = "audit.insert",
        "insert into audit_log (uid, at, actor_id, actor_name, actor_role, credential, action, alias, category, organization_id, target_type, target_id,
           trigger_type, description, before_json, after_json, status, severity, ip, xff_chain, user_agent, request_id, duration_ms, prev_hash, hash)
         values ($1,$2,$3,$4,$5,$6,$7,$8,$9,$10,$11,$12,$13,$14,$15,$16,$17,$18,$19,$20,$21,$22,$23,$24,$25) returning id";
    AFTER = "audit.after", concat!("select ", columns!(), " from audit_log where id > $1 order by id limit $2");
    LIST_NEWEST = "audit.list_newest", concat!("select ", columns!(), filter!(), " order by id desc limit $15 offset $16");
    LIST_OLDEST = "audit.list_oldest", concat!("select ", columns!(), filter!(), " order by id limit $15 offset $16");
    // $15 is where the page before ended.
    WALK_NEWEST = "audit.walk_newest", concat!("select ", columns!(), filter!(), " and id < $15 order by id desc limit $16");
    WALK_OLDEST = "audit.walk_oldest", concat!("select ", columns!(), filter!(), " and id > $15 and id <= $16 order by id limit $17");
    NEWEST_ID = "audit.newest_id", "select coalesce(max(id), 0) from audit_log";
    COUNT_UPTO = "audit.count_upto", concat!("select count(*)", filter!(), " and id <= $15");
    LIST_ASC = "audit.list_sorted_asc", sorted!("asc");
    LIST_DESC = "audit.list_sorted_desc", sorted!("desc");
    COUNT = "audit.count", concat!("select count(*)", filter!());
    COUNTS_OF = "audit.counts_of",
        "select count(*), count(*) filter (where at >= $1), count(*) filter (where at >= $2), count(*) filter (where at >= $3)
         from audit_log where organization_id = $4";
    KINDS_OF = "audit.kinds_of",
        "select coalesce(alias, action), target_type, actor_id, actor_name, status, count(*) from audit_log
         where organization_id = $1 and at >= $2 group by coalesce(alias, action), target_type, actor_id, actor_name, status";
    ANCHORS = "audit.anchors", "select hash from audit_anchors";
    // The last expired row of every run: the row after it keeps pointing at this hash.
    ANCHOR_RUNS = "audit.anchor_runs", concat!(
        "insert into audit_anchors (hash, pruned_at) select v.hash, cast($1 as bigint) from audit_log v where ", expired!("v", "$2", "$3"),
        " and not exists (select 1 from audit_log n where n.id = (select min(m.id) from audit_log m where m.id > v.id) and ", expired!("n", "$2", "$3"), ")
          on conflict (hash) do nothing"
    );
    PRUNE = "audit.prune", concat!("delete from audit_log as v where ", expired!("v", "$1", "$2"));
    DROP_ANCHORS = "audit.drop_anchors",
        "delete from audit_anchors where not exists (select 1 from audit_log l where l.prev_hash = audit_anchors.hash)
           and not exists (select 1 from audit_head h where h.last_hash = audit_anchors.hash)";
    COUNT_EXPIRED = "audit.count_expired", concat!("select count(*) from audit_log as v where ", expired!("v", "$1", "$2"));
}
