//! SQL of `vault_keys`.

argos_store::statements! {
    state;
    LIST = "vault.keys.list", "select kid, wrapped, state from vault_keys order by created_at, kid";
    INSERT = "vault.keys.insert", "insert into vault_keys (kid, wrapped, state, created_at) values ($1, $2, $3, $4)";
    REWRAP = "vault.keys.rewrap", "update vault_keys set wrapped = $1 where kid = $2";
    SET_STATE = "vault.keys.set_state", "update vault_keys set state = $1 where kid = $2";
    RETIRE_ACTIVE = "vault.keys.retire_active", "update vault_keys set state = 'retired' where state = 'active'";
    FORGET_ALL = "vault.keys.forget_all", "delete from vault_keys";
    FORGET = "vault.keys.forget", "delete from vault_keys where kid = $1 and state = 'retired'";
}
