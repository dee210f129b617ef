//! SQL of `settings`, `settings_history` and `settings_state`.

argos_store::statements! {
    state;
    LIST = "settings.list", "select key, value, source, updated_at, updated_by, version from settings order by key";
    FIND = "settings.find", "select value, version from settings where key = $1";
    UPSERT = "settings.upsert",
        "insert into settings (key, value, source, updated_at, updated_by, version) values ($1, $2, $3, $4, $5, 1)
         on conflict (key) do update set value = excluded.value, source = excluded.source, updated_at = excluded.updated_at,
           updated_by = excluded.updated_by, version = settings.version + 1
         returning version";
    STATE = "settings.state", "select generation from settings_state where id = 1";
    CREATE_STATE = "settings.create_state",
        "insert into settings_state (id, generation, seeded_at) values (1, 1, $1) on conflict (id) do nothing";
    LOCK = "settings.lock", "update settings_state set generation = generation where id = 1";
    BUMP = "settings.bump", "update settings_state set generation = generation + 1 where id = 1 returning generation";
    ADD_VERSION = "settings.history.add",
        "insert into settings_history (change_id, key, version, value, old_shown, new_shown, source, at, actor_id, actor_name)
         values ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10)";
    PRUNE_VERSIONS = "settings.history.prune", "delete from settings_history where key = $1 and version <= $2";
    VERSIONS = "settings.history.of_key",
        "select version, old_shown, new_shown, source, at, actor_name from settings_history where key = $1 order by version desc limit $2";
    CHANGES = "settings.history.changes",
        "select change_id, at, actor_name, key, old_shown, new_shown from settings_history
         where change_id in (select change_id from settings_history group by change_id order by max(id) desc limit $1)
         order by id desc";
    OF_CHANGE = "settings.history.of_change", "select key, version from settings_history where change_id = $1 order by id";
    VALUE_OF_VERSION = "settings.history.value", "select value from settings_history where key = $1 and version = $2";
    CHANGE_TIMES = "settings.history.times", "select distinct at from settings_history order by at";
    // What each key held at a moment; a change is seen up to the end of its second.
    AT = "settings.history.at",
        "select h.key, h.version, h.value from settings_history h
         where h.at < $1 and h.version = (select max(n.version) from settings_history n where n.key = h.key and n.at < $1) order by h.key";
    SEALED_AFTER = "settings.sealed_after", "select key, value from settings where key > $1 and value is not null order by key limit $2";
    RESEAL = "settings.reseal", "update settings set value = $1 where key = $2 and value = $3";
    SEALED_VERSIONS_AFTER = "settings.history.sealed_after",
        "select id, key, version, value from settings_history where id > $1 and value is not null order by id limit $2";
    RESEAL_VERSION = "settings.history.reseal", "update settings_history set value = $1 where id = $2 and value = $3";
}
