#!/bin/sh
# Brings a CrowdSec to what Argos wants of it: allow list, scenarios that do not run, scores and listeners of its firewall,
# sites that only detect. Run it as root where CrowdSec runs, as often as you like: what is as wanted stays untouched.
#
#   docker compose exec crowdsec /setup-appsec.sh              once
#   docker compose exec -d crowdsec /setup-appsec.sh --watch   now, and within ten seconds of every change
#
# A watcher that was started like this ends with the container, also when a change of profiles has it start again: start the
# watcher again then. Argos shows whether one watches.
#
# What was applied is noted in argos-apply-ack.txt of the shared directory, and that somebody watches in argos-apply-watch,
# where Argos reads it.
#
# The container needs two mounts beside its own:
#   - ./setup-appsec.sh:/setup-appsec.sh:ro      this file, executable
#   - argos-shared:/argos-shared                 the directory Argos writes its wishes to (its setting shared.dir)
# and Argos needs the configuration of CrowdSec, read-only, where its setting crowdsec.state_dir says (/crowdsec-state).
#
# Environment: ARGOS_SHARED_DIR (/argos-shared), CROWDSEC_CONFIG_DIR (/etc/crowdsec), CROWDSEC_CONFIG (config.yaml therein),
# CROWDSEC_PID (found by name), ARGOS_OFFLINE=1 (leaves the hub alone), ARGOS_WATCH_SECONDS (5, between two looks).
#
# Ends with 0 when all was applied, 1 when it could not begin, 2 when parts were left out; each is named.
set -u
umask 022

shared=${ARGOS_SHARED_DIR:-/argos-shared}
config=${CROWDSEC_CONFIG_DIR:-/etc/crowdsec}
main=${CROWDSEC_CONFIG:-$config/config.yaml}
stash=$config/argos-disabled-scenarios
begin='# >>>>> argos-managed: true_detect_mode hosts (do not edit) >>>>>'
end='# <<<<< end argos-managed >>>>>'
left_out=0 changed=0 restart=0

say() { echo "argos: $*"; }
# A mark of all wishes together; another one when any of them changed.
mark() {
    for name in argos-managed-profiles.yaml argos-whitelist-entries.txt argos-disabled-scenarios.txt argos-appsec-tuning.txt; do
        cat "$shared/$name" 2>/dev/null
    done | sha256sum | cut -d ' ' -f 1
}

case ${1:-} in
'') ;;
--watch)
    applied=
    while :; do
        # A sign of life: Argos takes one that is a minute old for none.
        : > "$shared/argos-apply-watch"
        wanted=$(mark)
        if [ "$wanted" != "$applied" ]; then
            # What could not begin is tried again; what was left out is not, until something changes.
            ARGOS_WATCHING=1 /bin/sh "$0" &
            applying=$!
            # It lives while it applies, which may take minutes where the hub cannot be reached.
            while kill -0 "$applying" 2>/dev/null; do
                : > "$shared/argos-apply-watch"
                sleep 1
            done
            wait "$applying"
            [ $? = 1 ] || applied=$wanted
        fi
        sleep "${ARGOS_WATCH_SECONDS:-5}"
    done
    ;;
*)
    say "usage: $0 [--watch]" >&2
    exit 1
    ;;
esac

leave() { say "left out: $*" >&2; left_out=1; }
cli() { cscli -c "$main" "$@" </dev/null; }

# Puts standard input into a file, in one step: 0 when that changed it, 1 when it was so already, 2 when it cannot be written.
put() {
    mkdir -p "$(dirname "$1")" || return 2
    # A copy first, so that it keeps its owner and mode.
    [ ! -f "$1" ] || cp -p "$1" "$1.argos-new" || return 2
    cat > "$1.argos-new" || return 2
    if cmp -s "$1.argos-new" "$1"; then
        rm -f "$1.argos-new"
        return 1
    fi
    # A file that is a mount of its own cannot be replaced, but it can be written.
    mv -f "$1.argos-new" "$1" 2>/dev/null || { cat "$1.argos-new" > "$1" && rm -f "$1.argos-new"; } || return 2
    say "wrote $1"
}
# What came of a `put`: its end, and the file.
took() {
    case $1 in
    0) changed=1 ;;
    1) ;;
    *) leave "$2; it cannot be written" ;;
    esac
}

# Lines of a file of wishes, without remarks; nothing when it is not there.
wishes() { [ -f "$shared/$1" ] && grep -v -e '^#' -e '^[[:space:]]*$' "$shared/$1"; return 0; }

[ -d "$shared" ] || { say "$shared is not here: mount the shared directory of Argos" >&2; exit 1; }
[ -d "$config" ] || { say "$config is not here: run this where CrowdSec runs" >&2; exit 1; }
command -v cscli >/dev/null || { say "there is no cscli: run this where CrowdSec runs" >&2; exit 1; }

# Taken before anything is applied: what changes meanwhile is not part of it.
wanted=$(mark)

# --- the hub: collections of the firewall -----------------------------------------------------------------------------
has_appsec=0
cli appsec-rules list >/dev/null 2>&1 && has_appsec=1
if [ "$has_appsec" = 0 ]; then
    leave "the firewall; this CrowdSec has none (1.6 or newer does)"
elif [ "${ARGOS_OFFLINE:-}" != 1 ]; then
    cli hub update >/dev/null 2>&1 || leave "the update of the hub; it cannot be reached"
    for name in appsec-virtual-patching appsec-generic-rules appsec-crs; do
        fresh=1
        cli collections list -o raw 2>/dev/null | grep -q "^crowdsecurity/$name," && fresh=0
        if ! cli collections install "crowdsecurity/$name" >/dev/null 2>&1; then
            leave "the collection crowdsecurity/$name; it cannot be installed"
        elif [ "$fresh" = 1 ]; then
            say "installed crowdsecurity/$name"
            changed=1
        fi
    done
fi

# --- scenarios that do not run ----------------------------------------------------------------------------------------
# A scenario is in use while its file is in the directory. Those of the firewall that judge what it blocked already would
# ban for what a site only detects.
# Only what looks like a name is one.
off=$(wishes argos-disabled-scenarios.txt | grep -x '[A-Za-z0-9._/-]*')
[ "$has_appsec" = 1 ] && off=$(printf '%s\ncrowdsecurity/appsec-native\ncrowdsecurity/appsec-generic-test\n' "$off")
# Whether a file is the scenario of this name: a link into the hub tells its owner, a file of your own has none.
is_scenario() {
    case $2 in
    */*) case $(readlink "$1" 2>/dev/null) in */scenarios/"$2".yaml | */scenarios/"$2".yml) return 0 ;; *) return 1 ;; esac ;;
    *) return 0 ;;
    esac
}
mkdir -p "$stash"
for name in $off; do
    for file in "$config/scenarios/${name##*/}".yaml "$config/scenarios/${name##*/}".yml; do
        if { [ -e "$file" ] || [ -L "$file" ]; } && is_scenario "$file" "$name"; then
            mv -f "$file" "$stash/" && changed=1 && say "switched off $name"
        fi
    done
done
for file in "$stash"/*.yaml "$stash"/*.yml; do
    [ -e "$file" ] || [ -L "$file" ] || continue
    for name in $off; do
        case ${file##*/} in "${name##*/}".yaml | "${name##*/}".yml) is_scenario "$file" "$name" && continue 2 ;; esac
    done
    place=$config/scenarios/${file##*/}
    # What came back by itself, with an upgrade of its collection, is newer.
    if [ -e "$place" ]; then rm -f "$file"; else mv -f "$file" "$place" && changed=1 && say "switched on ${file##*/}"; fi
done

# --- scores and listeners of the firewall -----------------------------------------------------------------------------
number() { wishes argos-appsec-tuning.txt | sed -n "s/^$1=\([0-9][0-9]*\)\$/\1/p" | tail -n 1; }
inbound=$(number inbound_threshold) outbound=$(number outbound_threshold)
if [ "$has_appsec" = 1 ] || [ -d "$config/appsec-rules" ]; then
    put "$config/appsec-rules/argos-tuning.yaml" <<TUNING
# Managed by Argos; changes made here are lost.
name: argos/tuning
description: Scores from which the firewall acts
seclang_rules:
  - 'SecAction "id:900110,phase:1,nolog,pass,t:none,setvar:tx.inbound_anomaly_score_threshold=${inbound:-15}"'
  - 'SecAction "id:900111,phase:1,nolog,pass,t:none,setvar:tx.outbound_anomaly_score_threshold=${outbound:-4}"'
TUNING
    took $? "$config/appsec-rules/argos-tuning.yaml"
fi
# name, port, what becomes of a request that matches
listener() {
    put "$config/appsec-configs/argos-$1.yaml" <<RULES
# Managed by Argos; changes made here are lost.
name: argos/$1
default_remediation: $3
inband_rules:
  - crowdsecurity/base-config
  - argos/tuning
  - crowdsecurity/crs
  - crowdsecurity/vpatch-*
  - crowdsecurity/generic-*
on_load:
  - apply:
      - RemoveInBandRuleByID(920420)
on_match:
  - apply:
      - SendAlert()
RULES
    took $? "$config/appsec-configs/argos-$1.yaml"
    put "$config/acquis.d/argos-$1.yaml" <<LISTENER
# Managed by Argos; changes made here are lost.
source: appsec
name: argos-$1
listen_addr: 0.0.0.0:$2
appsec_config: argos/$1
labels:
  type: appsec
LISTENER
    took $? "$config/acquis.d/argos-$1.yaml"
}
if [ "$has_appsec" = 1 ]; then
    listener appsec-block 7422 ban
    listener appsec-detect 7423 allow
fi

# --- addresses that are never banned ----------------------------------------------------------------------------------
# Only what looks like an address gets into the file.
allowed() { wishes argos-whitelist-entries.txt | sed -n "s/^$1 \([0-9a-fA-F:.\/]*\)\$/    - \"\1\"/p"; }
{
    cat <<'HEAD'
# Managed by Argos; changes made here are lost.
name: argos/whitelist
description: Addresses that are never banned
whitelist:
  reason: allowed by Argos
HEAD
    ips=$(allowed ip)
    [ -n "$ips" ] && printf '  ip:\n%s\n' "$ips"
    printf '  cidr:\n'
    printf '    - "%s"\n' 127.0.0.0/8 10.0.0.0/8 172.16.0.0/12 192.168.0.0/16 fc00::/7 ::1/128
    allowed range
} | put "$config/parsers/s02-enrich/argos-whitelist.yaml"
took $? "$config/parsers/s02-enrich/argos-whitelist.yaml"

# --- sites that only detect -------------------------------------------------------------------------------------------
# Their profile stands before all others, between two marks.
profiles=$config/profiles.yaml
if [ -f "$profiles" ]; then
    # With braces around what is asked of each element every CrowdSec reads it; without, one before 1.6 would not start.
    own=$(wishes argos-managed-profiles.yaml | sed "s/any(Alert\.Events, any(\.Meta, \(.*\)))'\$/any(Alert.Events, {any(.Meta, {\1})})'/")
    # Your own profiles keep their place and their bytes.
    awk -v b="$begin" -v e="$end" '$0 == b { skip = 1; next } $0 == e && skip { skip = 0; next } !skip' "$profiles" > "$profiles.argos-own"
    if grep -qxF -e "$begin" "$profiles" && ! grep -qxF -e "$end" "$profiles"; then
        leave "sites that only detect; the mark of their end is gone from $profiles"
    else
        { [ -n "$own" ] && printf '%s\n%s\n%s\n' "$begin" "$own" "$end"; cat "$profiles.argos-own"; } | put "$profiles"
        end_of_put=$?
        took $end_of_put "$profiles"
        [ "$end_of_put" = 0 ] && restart=1
    fi
    rm -f "$profiles.argos-own"
else
    leave "sites that only detect; $profiles is not here"
fi

# --- what scenarios are called, for the interface of Argos --------------------------------------------------------------
if list=$(cli scenarios list -a -o json 2>/dev/null); then
    printf '%s\n' "$list" | awk '
        function value(line) { sub(/^[^:]*:[ \t]*/, "", line); sub(/,[ \t]*$/, "", line); return line }
        function flush() { if (name ~ /^".*"$/ && text ~ /^".*"$/) { printf "%s\n  %s: %s", (count++ ? "," : ""), name, text } name = text = "" }
        BEGIN { printf "{" }
        /^[ \t]*"name":/ { name = value($0) }
        /^[ \t]*"description":/ { text = value($0) }
        /^[ \t]*}/ { flush() }
        END { printf "\n}\n" }' > "$shared/argos-scenarios-index.json.new" && mv -f "$shared/argos-scenarios-index.json.new" "$shared/argos-scenarios-index.json"
else
    leave "the names of scenarios; cscli does not list them"
fi

# --- Argos hears of it ------------------------------------------------------------------------------------------------
# Before CrowdSec does: with its container this script may end too.
{
    echo '# What of the wishes was applied; written by setup-appsec.sh.'
    echo "mark=$wanted"
    echo "applied_at=$(date -u +%Y-%m-%dT%H:%M:%SZ)"
    echo "left_out=$left_out"
    echo "watching=${ARGOS_WATCHING:-0}"
} > "$shared/argos-apply-ack.txt.new" && mv -f "$shared/argos-apply-ack.txt.new" "$shared/argos-apply-ack.txt" ||
    leave "the note of what was applied; the shared directory cannot be written"

# --- CrowdSec hears of it ---------------------------------------------------------------------------------------------
if [ "$changed" = 1 ]; then
    pid=${CROWDSEC_PID:-$(pidof crowdsec 2>/dev/null | awk '{ print $NF }')}
    if [ -z "$pid" ]; then
        say "CrowdSec does not run; it reads all of this when it starts"
    elif [ "$restart" = 1 ] && [ "$pid" = 1 ]; then
        say "profiles changed: CrowdSec ends, and its container starts it again"
        kill -TERM 1
    elif [ "$restart" = 1 ] && [ -z "${CROWDSEC_PID:-}" ] && command -v systemctl >/dev/null && systemctl -q is-active crowdsec 2>/dev/null; then
        say "profiles changed: CrowdSec is started again"
        systemctl restart crowdsec || leave "the restart of CrowdSec"
    else
        kill -HUP "$pid" && say "CrowdSec reads its configuration again"
    fi
else
    say "all is as wanted"
fi
[ "$left_out" = 0 ] || exit 2
