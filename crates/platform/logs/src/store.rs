//! SQL of `log_entries`, in the telemetry database.

macro_rules! columns {
    () => {
        "id, at, stream, source, level, host_id, host_domain, rule_id, remote_ip, method, path, status, duration_ms, size_bytes, user_agent, \
         upstream, message, raw, waf_rule_id, waf_rule_message, waf_severity, waf_anomaly_score, agent, node, job_id, unit, request_id, audit_id, \
         country_code, asn"
    };
}

/// True when column `$c` is one of the comma list in parameter `$p`, or there is no list.
macro_rules! one_of {
    ($p:literal, $c:literal) => {
        concat!(" and (cast(", $p, " as text) is null or ',' || ", $p, " || ',' like '%,' || ", $c, " || ',%')")
    };
}

/// Narrowed by the index of texts: on SQLite the trigrams of the text in the last parameter, on PostgreSQL the pattern
/// itself. The exact filter follows in both.
macro_rules! lite_text {
    ($p:literal) => {
        concat!(" from log_entries where id in (select rowid from log_text where log_text match ", $p, ")")
    };
}
macro_rules! pg_text {
    () => {
        " from log_entries where lower(coalesce(path, '') || ' ' || coalesce(user_agent, '') || ' ' || message || ' ' || coalesce(raw, '')) like lower($13) escape '\\'"
    };
}

/// $1 from, $2 to, $3 sources, $4 levels, $5 methods, $6 hosts, by id and by `@name`, $7 rules, $8 WAF rules, $9 WAF severities, $10 statuses,
/// $11 path, $12 address and $13 text patterns, $14 stream,
/// $15 least duration, $16 countries.
macro_rules! filter {
    () => {
        filter!(" from log_entries where true")
    };
    ($from:expr) => {
        concat!(
            $from,
            " and (cast($1 as bigint) is null or at >= $1) and (cast($2 as bigint) is null or at <= $2)",
            one_of!("$3", "source"), one_of!("$4", "level"), one_of!("$5", "method"), one_of!("$6", "case when host_id is null then '@' || replace(replace(coalesce(host_domain, ''), '%', ''), '_', '') else cast(host_id as text) end"),
            one_of!("$7", "cast(rule_id as text)"), one_of!("$8", "waf_rule_id"), one_of!("$9", "waf_severity"), one_of!("$10", "cast(status as text)"),
            " and (cast($11 as text) is null or lower(path) like lower($11) escape '\\')
              and (cast($12 as text) is null or remote_ip like $12 escape '\\')
              and (cast($13 as text) is null or lower(coalesce(path, '')) like lower($13) escape '\\' or lower(coalesce(user_agent, '')) like lower($13) escape '\\'
                   or lower(message) like lower($13) escape '\\' or lower(coalesce(raw, '')) like lower($13) escape '\\')
              and (cast($14 as text) is null or stream = $14)
              and (cast($15 as bigint) is null or duration_ms >= $15)",
            one_of!("$16", "country_code")
        )
    };
}

/// The message ends with one of the words in $17 and not with $18.
macro_rules! ending {
    (sqlite) => {
        " and exists (select 1 from json_each('[\"' || replace($17, char(10), '\",\"') || '\"]') word where substr(message, -length(word.value)) = word.value)
          and substr(message, -length($18)) <> $18"
    };
    (postgres) => {
        " and exists (select 1 from unnest(string_to_array($17, chr(10))) as word where right(message, length(word)) = word)
          and right(message, length($18)) <> $18"
    };
}

argos_store::statements! {
    telemetry;
    INSERT = "logs.insert",
        "insert into log_entries (at, stream, source, level, host_id, host_domain, rule_id, remote_ip, method, path, status, duration_ms, size_bytes,
           user_agent, upstream, message, raw, waf_rule_id, waf_rule_message, waf_severity, waf_anomaly_score, agent, node, job_id, unit, request_id, audit_id,
           country_code, asn)
         values ($1,$2,$3,$4,$5,$6,$7,$8,$9,$10,$11,$12,$13,$14,$15,$16,$17,$18,$19,$20,$21,$22,$23,$24,$25,$26,$27,$28,$29)";
    LIST_NEWEST = "logs.list_newest", concat!("select ", columns!(), filter!(), " order by at desc, id desc limit $17 offset $18");
    FIND = "logs.find", concat!("select ", columns!(), " from log_entries where id = $1");
    LIST_OLDEST = "logs.list_oldest", concat!("select ", columns!(), filter!(), " order by at, id limit $17 offset $18");
    LIST_NEWEST_TEXT = "logs.list_newest_text",
        sqlite concat!("select ", columns!(), filter!(lite_text!("$19")), " order by at desc, id desc limit $17 offset $18"),
        postgres concat!("select ", columns!(), filter!(pg_text!()), " order by at desc, id desc limit $17 offset $18");
    LIST_OLDEST_TEXT = "logs.list_oldest_text",
        sqlite concat!("select ", columns!(), filter!(lite_text!("$19")), " order by at, id limit $17 offset $18"),
        postgres concat!("select ", columns!(), filter!(pg_text!()), " order by at, id limit $17 offset $18");
    COUNT = "logs.count", concat!("select count(*)", filter!());
    COUNT_TEXT = "logs.count_text",
        sqlite concat!("select count(*)", filter!(lite_text!("$17"))),
        postgres concat!("select count(*)", filter!(pg_text!()));
    // A walk in pages behind the last row seen: cheap however far it goes.
    WALK_NEWEST = "logs.walk_newest", concat!("select ", columns!(), filter!(), " and (at, id) < ($17, $18) order by at desc, id desc limit $19");
    WALK_OLDEST = "logs.walk_oldest", concat!("select ", columns!(), filter!(), " and (at, id) > ($17, $18) order by at, id limit $19");
    WALK_NEWEST_TEXT = "logs.walk_newest_text",
        sqlite concat!("select ", columns!(), filter!(lite_text!("$20")), " and (at, id) < ($17, $18) order by at desc, id desc limit $19"),
        postgres concat!("select ", columns!(), filter!(pg_text!()), " and (at, id) < ($17, $18) order by at desc, id desc limit $19");
    WALK_OLDEST_TEXT = "logs.walk_oldest_text",
        sqlite concat!("select ", columns!(), filter!(lite_text!("$20")), " and (at, id) > ($17, $18) order by at, id limit $19"),
        postgres concat!("select ", columns!(), filter!(pg_text!()), " and (at, id) > ($17, $18) order by at, id limit $19");
    // Figures without reading a line: $17 is the width of a bucket, the place of a percentile, or how many to name.
    GROUPS = "logs.groups",
        concat!("select coalesce(status, 0) / 100, source, country_code, count(*), count(duration_ms), coalesce(sum(duration_ms), 0.0)", filter!(), " group by 1, 2, 3");
    NTH_DURATION = "logs.nth_duration", concat!("select duration_ms", filter!(), " and duration_ms is not null order by duration_ms limit 1 offset $17");
    TOP_HOSTS = "logs.top_hosts",
        sqlite concat!("select host_domain, count(*)", filter!(), " and host_domain is not null group by host_domain order by 2 desc, 1 limit $17"),
        postgres concat!("select host_domain, count(*)", filter!(), " and host_domain is not null group by host_domain order by 2 desc, host_domain collate \"C\" limit $17");
    TOP_PATHS = "logs.top_paths",
        sqlite concat!("select path, count(*)", filter!(), " and path is not null group by path order by 2 desc, 1 limit $17"),
        postgres concat!("select path, count(*)", filter!(), " and path is not null group by path order by 2 desc, path collate \"C\" limit $17");
    SERIES = "logs.series", concat!("select at / $17, coalesce(status, 0) / 100, count(*)", filter!(), " group by 1, 2");
    // Lines whose message ends with one of the words in $17, one a row of it, and not with $18, by client and by what they asked
    // for. $19 of them at most, those with most lines.
    ENDING_BY_CLIENT = "logs.ending_by_client",
        sqlite concat!("select remote_ip, country_code, host_domain, count(*), max(at)", filter!(), ending!(sqlite), " group by 1, 2, 3 order by 4 desc, 1, 3 limit $19"),
        postgres concat!("select remote_ip, country_code, host_domain, count(*), max(at)", filter!(), ending!(postgres), " group by 1, 2, 3 order by 4 desc, 1, 3 limit $19");
    ENDING_BY_PATH = "logs.ending_by_path",
        sqlite concat!("select host_domain, path, count(*)", filter!(), ending!(sqlite), " group by 1, 2 order by 3 desc, 1, 2 limit $19"),
        postgres concat!("select host_domain, path, count(*)", filter!(), ending!(postgres), " group by 1, 2 order by 3 desc, 1, 2 limit $19");
    AFTER = "logs.after", concat!("select ", columns!(), " from log_entries where id > $1 order by id limit $2");
    NEWEST = "logs.newest", "select coalesce(max(id), 0) from log_entries";
    OF_JOB = "logs.of_job", "select id, at, level, message from log_entries where job_id = $1 and id > $2 order by id limit $3";
    LAST_AUDIT = "logs.last_audit", "select max(audit_id) from log_entries where audit_id is not null";
    PRUNE_STREAM = "logs.prune_stream",
        "delete from log_entries where id in (select id from log_entries where stream = $1 order by id limit 2000)";
    NTH_NEWEST = "logs.nth_newest", "select id from log_entries where ',' || cast($1 as text) || ',' like '%,' || source || ',%' order by id desc limit 1 offset $2";
    // The newest line that no longer fits into so many bytes; 200 stand for a row's other columns and its indexes.
    OVERSIZE = "logs.oversize",
        "select max(id) from (select id, cast(sum(length(message) + length(coalesce(raw, '')) + length(coalesce(path, '')) + length(coalesce(user_agent, '')) + 200)
           over (order by id desc) as bigint) as total from log_entries) sized where total > $1";
    // In slices, so that a large round never holds the writer for long.
    PRUNE_AGE = "logs.prune_age",
        "delete from log_entries where id in (select id from log_entries where at < $1 and ',' || cast($2 as text) || ',' like '%,' || source || ',%' order by at limit 2000)";
    PRUNE_COUNT = "logs.prune_count",
        "delete from log_entries where id in (select id from log_entries where id <= $1 and ',' || cast($2 as text) || ',' like '%,' || source || ',%' order by id limit 2000)";
}
