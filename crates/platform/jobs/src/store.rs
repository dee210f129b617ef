//! SQL of `jobs`, `job_pools` and `schedules`. Every change of a running job names its lease owner, so that a worker
//! that lost its lease changes nothing.

use argos_vault::{RowKey, SealedColumn};

macro_rules! columns {
    () => {
        "id, uid, kind, pool, state, payload_json, priority, run_at, attempts, max_attempts, lease_owner, lease_until, cancel_requested, \
         progress_json, result_json, error, exit_code, trigger_name, triggered_by, schedule_id, parent_id, organization_id, project_id, \
         concurrency_key, idempotency_key, timeout_s, created_at, started_at, finished_at, hold_json"
    };
}

macro_rules! claim {
    ($lock:literal) => {
        concat!(
            "update jobs set state = 'running', attempts = attempts + 1, lease_owner = $1, lease_until = $2, started_at = coalesce(started_at, $3), error = null
             where state = 'queued' and id = (
               select j.id from jobs j where j.state = 'queued' and j.pool = $4 and j.run_at <= $3
                 and ',' || cast($5 as text) || ',' like '%,' || j.kind || ',%'
                 and (j.concurrency_key is null or not exists (select 1 from jobs r where r.concurrency_key = j.concurrency_key and r.state = 'running'))
                 and (select count(*) from jobs r where r.pool = $4 and r.state = 'running') < $6
               order by j.priority desc, j.run_at, j.id limit 1", $lock, ") returning ", columns!()
        )
    };
}

macro_rules! filter {
    () => {
        " from jobs where (cast($1 as text) is null or ',' || $1 || ',' like '%,' || state || ',%')
          and (cast($2 as text) is null or kind = $2) and (cast($3 as text) is null or pool = $3)
          and (cast($4 as bigint) is null or schedule_id = $4)
          and (cast($5 as bigint) = 1 or organization_id is null)"
    };
}

macro_rules! restored_schedule {
    () => {
        "(id, uid, name, job_kind, payload_json, cron, timezone, enabled, next_run_at, due_at, overlap, misfire, grace_s, jitter_s, until_at,
           organization_id, project_id, created_at, updated_at) "
    };
}

macro_rules! schedule_columns {
    () => {
        "id, uid, name, job_kind, payload_json, cron, timezone, enabled, next_run_at, due_at, last_run_at, last_state, overlap, misfire, \
         grace_s, jitter_s, until_at, organization_id, created_at, updated_at, hold_json, project_id, created_by, paused_until, secrets_enc, skip_reason"
    };
}

/// The sealed columns of this crate, for `argos vault rekey`.
pub const SEALED: &[SealedColumn] =
    &[SealedColumn { name: "schedules.secrets_enc", key: RowKey::Number, after: SECRETS_AFTER, reseal: SECRETS, place: place_of }];

/// The place a schedule's secrets are sealed for.
pub(crate) fn place_of(uid: &str) -> String {
    format!("schedules.secrets_enc:{uid}")
}

argos_store::statements! {
    state;
    INSERT = "jobs.insert",
        "insert into jobs (uid, kind, pool, payload_json, priority, run_at, max_attempts, trigger_name, triggered_by, schedule_id, parent_id,
           organization_id, project_id, concurrency_key, idempotency_key, timeout_s, created_at, state, hold_json)
         values ($1,$2,$3,$4,$5,$6,$7,$8,$9,$10,$11,$12,$13,$14,$15,$16,$17,$18,$19) on conflict (kind, idempotency_key) do nothing returning id";
    BY_KEY = "jobs.by_key", "select id from jobs where kind = $1 and idempotency_key = $2";
    GET = "jobs.get", concat!("select ", columns!(), " from jobs where id = $1");
    GET_BY_UID = "jobs.get_by_uid", concat!("select ", columns!(), " from jobs where uid = $1");
    GET_MANY = "jobs.get_many",
        concat!("select ", columns!(), " from jobs where id between $1 and $2 and ',' || $3 || ',' like '%,' || cast(id as text) || ',%'");
    LIST = "jobs.list", concat!("select ", columns!(), filter!(), " order by id desc limit $6 offset $7");
    COUNT = "jobs.count", concat!("select count(*)", filter!());
    READY_POOLS = "jobs.ready_pools", "select distinct pool from jobs where state = 'queued' and run_at <= $1";
    NEXT_RUN = "jobs.next_run", "select min(run_at) from jobs where state = 'queued' and run_at > $1";
    ADD_POOL = "jobs.add_pool", "insert into job_pools (name) values ($1) on conflict (name) do nothing";
    // PostgreSQL: claims of one pool follow one another, so that its limit holds across replicas.
    LOCK_POOL = "jobs.lock_pool",
        sqlite "select name from job_pools where name = $1",
        postgres "select name from job_pools where name = $1 for update";
    CLAIM = "jobs.claim", sqlite claim!(""), postgres claim!(" for update skip locked");
    NEWEST_ENDS = "jobs.newest_ends",
        "select state, created_at from jobs where kind = $1 and trigger_name = $2 and finished_at is not null
           and (result_json is null or substr(result_json, 1, length(cast($3 as text))) <> $3) order by id desc limit $4";
    EXTEND = "jobs.extend", "update jobs set lease_until = $1 where lease_owner = $2 and state = 'running'";
    MINE = "jobs.mine", "select id, cancel_requested from jobs where lease_owner = $1 and state = 'running'";
    ORPHANS = "jobs.orphans", concat!("select ", columns!(), " from jobs where state = 'running' and (lease_until < $1 or (cast($2 as text) is not null and lease_owner <> $2))");
    REAP = "jobs.reap",
        "update jobs set state = $1, run_at = $2, error = $3, finished_at = $4, lease_owner = null, lease_until = null
         where id = $5 and state = 'running' and lease_owner = $6 and lease_until = $7";
    FINISH = "jobs.finish",
        "update jobs set state = $1, result_json = $2, error = $3, exit_code = $4, finished_at = $5, lease_owner = null, lease_until = null
         where id = $6 and lease_owner = $7 and state = 'running'";
    REQUEUE = "jobs.requeue",
        "update jobs set state = case when cancel_requested = true then 'cancelled' else 'queued' end, run_at = $1, error = $2, attempts = attempts - $3,
           finished_at = case when cancel_requested = true then $4 else finished_at end, lease_owner = null, lease_until = null
         where id = $5 and lease_owner = $6 and state = 'running'";
    PROGRESS = "jobs.progress", "update jobs set progress_json = $1 where id = $2 and lease_owner = $3 and state = 'running'";
    CANCEL_IDLE = "jobs.cancel_idle", "update jobs set state = 'cancelled', cancel_requested = true, finished_at = $1 where id = $2 and state in ('queued', 'waiting')";
    // A decision is taken once: both look for the waiting job.
    // A yes does not bring it forward: what else it waited for stays.
    RELEASE = "jobs.release",
        "update jobs set state = 'queued', payload_json = $1, run_at = case when run_at > $2 then run_at else $2 end where id = $3 and state = 'waiting'";
    RELEASE_REFUSED = "jobs.release_refused", "update jobs set state = 'queued', payload_json = $1, run_at = $2 where id = $3 and state = 'waiting'";
    REFUSE = "jobs.refuse", "update jobs set state = 'cancelled', error = $1, finished_at = $2 where id = $3 and state = 'waiting'";
    CANCEL_RUNNING = "jobs.cancel_running", "update jobs set cancel_requested = true where id = $1 and state = 'running'";
    LOAD = "jobs.load", "select state, count(*) from jobs where pool = $1 and state in ('queued', 'running') group by state";
    LOADS = "jobs.loads", "select pool, state, count(*), min(run_at) from jobs where state in ('queued', 'running') group by pool, state";
    ACTIVE_OF_SCHEDULE = "jobs.active_of_schedule", "select id, state from jobs where schedule_id = $1 and state in ('queued', 'running', 'waiting') order by id";
    PRUNE = "jobs.prune", "delete from jobs where finished_at < $1 and pool <> $2 and schedule_id is null";
    PRUNE_SCHEDULED = "jobs.prune_scheduled", "delete from jobs where finished_at < $1 and pool <> $2 and schedule_id is not null";
    PRUNE_POOL = "jobs.prune_pool", "delete from jobs where finished_at < $1 and pool = $2";

    SCHEDULE_INSERT = "schedules.insert",
        "insert into schedules (uid, name, job_kind, payload_json, cron, timezone, enabled, next_run_at, due_at, overlap, misfire, grace_s, jitter_s, until_at,
           organization_id, project_id, created_at, updated_at)
         values ($1,$2,$3,$4,$5,$6,$7,$8,$9,$10,$11,$12,$13,$14,$15,$16,$17,$17) returning id";
    SCHEDULE_RESTORE = "schedules.restore",
        sqlite concat!("insert into schedules ", restored_schedule!(), "values ($1,$2,$3,$4,$5,$6,$7,$8,$9,$10,$11,$12,$13,$14,$15,$16,$17,$18,$18)"),
        postgres concat!("insert into schedules ", restored_schedule!(), "overriding system value values ($1,$2,$3,$4,$5,$6,$7,$8,$9,$10,$11,$12,$13,$14,$15,$16,$17,$18,$18)");
    SCHEDULE_UPDATE = "schedules.update",
        "update schedules set name = $1, job_kind = $2, payload_json = $3, cron = $4, timezone = $5, enabled = $6, next_run_at = $7, due_at = $8, overlap = $9,
           misfire = $10, grace_s = $11, jitter_s = $12, until_at = $13, organization_id = $14, project_id = $15, updated_at = $16,
           paused_until = case when $6 then null else paused_until end where id = $17";
    SCHEDULE_GET = "schedules.get", concat!("select ", schedule_columns!(), " from schedules where id = $1");
    // Held until the end of the change, so that nobody changes it in between.
    SCHEDULE_LOCK = "schedules.lock",
        sqlite concat!("select ", schedule_columns!(), " from schedules where id = $1"),
        postgres concat!("select ", schedule_columns!(), " from schedules where id = $1 for update");
    SCHEDULE_LIST = "schedules.list", concat!("select ", schedule_columns!(), " from schedules where (cast($1 as text) is null or job_kind = $1) order by id");
    SCHEDULE_GET_UID = "schedules.get_uid", concat!("select ", schedule_columns!(), " from schedules where uid = $1");
    SCHEDULES_OF = "schedules.of_organization",
        concat!("select ", schedule_columns!(), " from schedules where job_kind = $1 and organization_id = $2 order by id desc limit 10000");
    SCHEDULE_OWN = "schedules.own", "update schedules set created_by = coalesce($1, created_by), secrets_enc = $2 where id = $3";
    SCHEDULE_PAUSED = "schedules.paused", "update schedules set paused_until = $1 where id = $2";
    SCHEDULES_RESUME = "schedules.resume", concat!("select ", schedule_columns!(), " from schedules where enabled = false and paused_until <= $1 order by id limit 100");
    // Per schedule and state: how many runs, how long those that ended well took, how many of the newest hundred, and
    // how far back the newest is.
    RUN_STATS = "schedules.run_stats",
        "select schedule_id, state, count(*), cast(coalesce(sum(case when state = 'succeeded' then finished_at - started_at end), 0) as bigint),
           cast(sum(case when n <= 100 then 1 else 0 end) as bigint), min(n)
         from (select schedule_id, state, started_at, finished_at, row_number() over (partition by schedule_id order by id desc) as n from jobs
               where schedule_id between $1 and $2 and ',' || $3 || ',' like '%,' || cast(schedule_id as text) || ',%') runs
         group by schedule_id, state";
    RUNS = "jobs.runs",
        concat!("select ", columns!(), " from jobs where organization_id is null and pool in ('script', 'workflow')
          and (cast($1 as text) is null or state = $1) and (cast($2 as text) is null or trigger_name like $2 escape '\\')
          and (cast($3 as text) is null or cast(schedule_id as text) = $3) order by id desc limit $4");
    SECRETS_AFTER = "schedules.sealed.after", "select id, uid, secrets_enc from schedules where secrets_enc is not null and id > $1 order by id limit $2";
    SECRETS = "schedules.sealed.put", "update schedules set secrets_enc = $1 where id = $2 and secrets_enc = $3";
    ENDED_BEFORE = "jobs.ended_before",
        "select state from jobs where schedule_id = $1 and id <> $2 and state in ('succeeded', 'failed', 'timeout') order by finished_at desc, id desc limit 1";
    SCHEDULE_DELETE = "schedules.delete", "delete from schedules where id = $1";
    SCHEDULES_OF_PROJECT = "schedules.of_project", "select id from schedules where project_id = $1";
    OF_PROJECT = "jobs.of_project", "select id from jobs where state in ('queued', 'waiting', 'running') and project_id = $1";
    SCHEDULES_DUE = "schedules.due", concat!("select ", schedule_columns!(), " from schedules where enabled = true and due_at <= $1 order by due_at, id limit 100");
    SCHEDULE_NEXT_DUE = "schedules.next_due", "select min(due_at) from schedules where enabled = true";
    // The slot has one winner, whoever else looks at it.
    SCHEDULE_CLAIM = "schedules.claim",
        "update schedules set next_run_at = $1, due_at = $2, last_run_at = coalesce($3, last_run_at), last_state = $4, skip_reason = $5
         where id = $6 and enabled = true and next_run_at = $7";
    SCHEDULE_MARK = "schedules.mark", "update schedules set last_run_at = $1, last_state = $2, skip_reason = null where id = $3";
    SCHEDULE_SKIPPED = "schedules.skipped", "update schedules set last_state = 'skipped', skip_reason = $1 where id = $2";
    SCHEDULE_HOLD = "schedules.hold", "update schedules set hold_json = $1, updated_at = $2 where id = $3";
    SCHEDULE_STATE = "schedules.state", "update schedules set last_state = $1, skip_reason = null where id = $2";
}
