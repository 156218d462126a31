# lib.sh - what an end-to-end test begins with: a folder of its own, a server of its own, checks.
#
#     . "$(dirname "$0")/lib.sh"
#     start_server
#     run_tatara run --devices 1 --memory 64MiB -- sh -c 'exit 3'
#     expect_code 3
#
# Nothing here sleeps and hopes: a server is ready when it has printed so, and what takes time is
# waited for by `until_true`, which has a limit. At the end every server is stopped by its pid, every
# job of it is ended, and a process that is left over fails the test.
# shellcheck shell=bash
set -u

: "${TATARA:?is the path of the binary; run the tests by e2e/run}"
work=$(mktemp -d "${TMPDIR:-/tmp}/tatara-e2e-XXXXXX")
export TATARA_DATA=$work/data
unset TATARA_URL TATARA_KEY TATARA_CA NO_COLOR
server_pid=''
out=$work/stdout err=$work/stderr code=0

fail() {
    echo "failed at $(caller_line): $*"
    for file in "$out" "$err" "$work/up.out" "$work/up.err"; do
        [ -s "$file" ] || continue
        echo "--- $(basename "$file")"
        tail -c 8000 "$file" | tail -n 40 | cut -c 1-400
    done
    exit 1
}

caller_line() { # the line of the test, not of this file
    local i
    for ((i = 1; i < ${#BASH_SOURCE[@]}; i++)); do
        [ "$(basename "${BASH_SOURCE[i]}")" = lib.sh ] || {
            echo "$(basename "${BASH_SOURCE[i]}"):${BASH_LINENO[i - 1]}"
            return
        }
    done
}

skip() {
    echo "$*"
    exit 77
}

# --- the server ---

# Starts a server on a free port and returns when it has said that it is ready. More arguments go
# to `up`; E2E_ENGINE chooses the engine (default: plain processes), E2E_LISTEN the address.
start_server() {
    local fifo=$work/up.fifo line
    rm -f "$fifo"
    : >"$work/up.out"
    mkfifo "$fifo"
    "$TATARA" up --listen "${E2E_LISTEN:-127.0.0.1:0}" --engine "${E2E_ENGINE:-process}" "$@" \
        >"$fifo" 2>>"$work/up.err" &
    server_pid=$!
    exec 9<"$fifo"
    while read -r -t 60 -u 9 line; do
        echo "$line" >>"$work/up.out"
        [ "$line" != ready ] || break
    done
    [ "${line:-}" = ready ] || fail "the server does not become ready"
    cat <&9 >>"$work/up.out" & # what it says later
    exec 9<&-
    url=$(cat "$TATARA_DATA/address")
}

# Ctrl-C, as a person would; the server must end cleanly.
stop_server() {
    [ -n "$server_pid" ] || return 0
    kill -INT "$server_pid" 2>/dev/null
    wait "$server_pid"
    local ended=$?
    server_pid=''
    [ "$ended" = 0 ] || fail "the server ended with $ended"
}

kill_server() { # as a power cut would
    kill -KILL "$server_pid"
    wait "$server_pid" 2>/dev/null
    server_pid=''
}

at_the_end() { :; } # a test may say what else is to be undone

leftovers() { # processes that know this test's folder
    pgrep -f -- "$work" | grep -vx "$$" || true
}

none_left() {
    [ -z "$(leftovers)" ]
}

finish() {
    local result=$? pid
    trap - EXIT
    if [ -n "$server_pid" ]; then
        for id in $("$TATARA" job list --json 2>/dev/null | fields id,state |
            sed -n 's/ \(queued\|starting\|running\|stopping\)$//p'); do
            "$TATARA" job stop "$id" --grace 0s >/dev/null 2>&1
        done
        all_done() { ! "$TATARA" job list --json 2>/dev/null | fields state | grep -qv done; }
        until_true 20 all_done || true
        kill -INT "$server_pid" 2>/dev/null
        wait "$server_pid" 2>/dev/null || { [ "$result" != 0 ] || { echo "the server ended with $?"; result=1; }; }
        server_pid=''
    fi
    if ! until_true 10 none_left; then
        echo "processes are left over:"
        for pid in $(leftovers); do
            tr '\0' ' ' <"/proc/$pid/cmdline" && echo
            kill -KILL "$pid"
        done
        [ "$result" != 0 ] || result=1
    fi
    # A sanitizer that found something says so in the server's stderr.
    if grep -qE 'AddressSanitizer|LeakSanitizer|runtime error:|must failed' "$work"/*.err "$err" 2>/dev/null; then
        grep -hE -A 15 'AddressSanitizer|LeakSanitizer|runtime error:|must failed' "$work"/*.err "$err" | head -n 60
        result=1
    fi
    at_the_end
    rm -rf "$work"
    exit "$result"
}
trap finish EXIT

# --- commands and what they gave ---

# Runs tatara; afterwards $code, $out (stdout), $err (stderr) say what it gave.
run_tatara() {
    "$TATARA" "$@" >"$out" 2>"$err" </dev/null
    code=$?
}

# The same, and it must succeed.
ok() {
    run_tatara "$@"
    [ "$code" = 0 ] || fail "tatara $* gave $code"
}

expect_code() {
    [ "$code" = "$1" ] || fail "exit code $code, want $1"
}

expect_out() { # a text somewhere in stdout
    grep -qF -- "$1" "$out" || fail "stdout lacks: $1"
}

expect_err() {
    grep -qF -- "$1" "$err" || fail "stderr lacks: $1"
}

expect_no_out() {
    ! grep -qF -- "$1" "$out" || fail "stdout has: $1"
}

expect_equal() { # what it is, what it should be
    [ "$1" = "$2" ] || fail "'$1' is not '$2'"
}

# Members of JSON objects, one a line, on stdin: fields id,share.exact
fields() {
    python3 -c '
import json, sys
for line in sys.stdin:
    thing = json.loads(line)
    values = []
    for path in sys.argv[1].split(","):
        value = thing
        for step in path.split("."):
            value = value.get(step) if isinstance(value, dict) else None
        values.append("-" if value is None else value if isinstance(value, str) else json.dumps(value))
    print(" ".join(values))
' "$1"
}

# One member of what a command gives with --json: value_of state job show job-1
value_of() {
    local path=$1
    shift
    "$TATARA" "$@" --json 2>>"$work/value.err" | fields "$path"
}

until_true() { # seconds, command…: true as soon as the command is, false at the limit
    local limit=$1 start=$SECONDS
    shift
    until "$@"; do
        [ $((SECONDS - start)) -lt "$limit" ] || return 1
        sleep 0.05
    done
}

job_is() { # id state
    [ "$(value_of state job show "$1")" = "$2" ]
}

wait_for_state() {
    until_true 30 job_is "$1" "$2" || fail "$1 is $(value_of state job show "$1"), want $2"
}

# Starts a job and gives its id.
detached() {
    "$TATARA" run --detach --devices 1 --memory 64MiB "$@" 2>"$err"
}

# A key of an account, ready for TATARA_KEY.
new_key() { # account role
    "$TATARA" key new --account "$1" --role "$2" --json | fields secret
}

api() { # curl against the server, as admin: api GET /api/v1/jobs [curl options…]
    local method=$1 path=$2
    shift 2
    curl -sS --max-time 20 -X "$method" -H "Authorization: Bearer $(cat "$TATARA_DATA/admin.key")" \
        "$@" "$url$path"
}
