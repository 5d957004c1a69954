#!/bin/sh
# An example of a group of external hooks, to copy from. The protocol is described in docs/hooks.md.
#
# A directory with an executable `manager.*` is a group; the agent calls the manager, in its own directory, as
#
#   ./manager.sh --get-all                      names of the hooks, separated by white space
#   ./manager.sh --describe NAME                what a hook does and which arguments it takes
#   ./manager.sh --clear                        remove what earlier runs may have left behind
#   ./manager.sh --run NAME --args "ARGUMENTS"  run until SIGINT; ARGUMENTS is ONE word of the command line:
#                                               --pid P1 P2 ... followed by what the user of the session gave
#
# A run prints the path of a text trace stream as its first line and nothing on stderr unless something is wrong.
# This group has one hook, trace_files: the system calls that open and close files, with the means of the shell alone.
set -u

tracefs="${TRACER_SYSFS_PATH:-/sys}/kernel/tracing"
proc="${TRACER_PROCFS_PATH:-/proc}"
prefix=example_hook_

fail() {
    echo "manager.sh: $*" >&2
    exit 2
}

# Instances of runs that were killed. One that is in use can't be removed, and is not.
clear_instances() {
    for left in "$tracefs"/instances/"$prefix"*; do
        [ -d "$left" ] && rmdir "$left" 2>/dev/null
    done
    return 0
}

# Every thread of every process: the kernel's filter knows threads only.
threads_of() {
    for pid in "$@"; do
        for task in "$proc/$pid"/task/*; do
            [ -d "$task" ] && echo "${task##*/}"
        done
    done
}

stop() {
    trap '' INT TERM
    echo 0 >"$instance/tracing_on"
    echo 0 >"$instance/events/syscalls/enable"
    # Whoever still reads the stream keeps the instance busy; the agent closes it before it sends SIGINT.
    rmdir "$instance" 2>/dev/null
    exit 0
}

# run_trace_files --pid P... [-s NAME...] [-t MS]
run_trace_files() {
    option= pids= names= milliseconds=
    for word in "$@"; do
        case "$word" in
        --pid | -s | --syscall | -t | --time) option=$word ;;
        -*) fail "unknown option $word" ;;
        *)
            case "$option" in
            --pid) pids="$pids $word" ;;
            -s | --syscall) names="$names $word" ;;
            -t | --time) milliseconds=$word ;;
            *) fail "no option for $word" ;;
            esac
            ;;
        esac
    done
    case "$milliseconds" in
    *[!0-9]*) fail "-t takes milliseconds" ;;
    esac
    [ -n "$pids" ] || fail "no processes to trace"
    [ -n "$names" ] || names="open openat creat close"

    instance="$tracefs/instances/$prefix$$"
    mkdir "$instance" || fail "no tracefs instance at $instance"
    trap stop INT TERM
    # In this order nothing of others is recorded and nothing of the wanted ones is missed.
    echo 0 >"$instance/tracing_on"
    echo 1 >"$instance/options/event-fork"
    # One write for all threads: every write waits for the kernel.
    # shellcheck disable=SC2046,SC2086
    echo $(threads_of $pids) >>"$instance/set_event_pid"
    for name in $names; do
        for event in "sys_enter_$name" "sys_exit_$name"; do
            switch="$instance/events/syscalls/$event/enable"
            [ -e "$switch" ] && echo 1 >"$switch"
        done
    done
    echo 1 >"$instance/tracing_on"
    echo "$instance/trace_pipe"

    # Short sleeps in the background, so that a signal is not kept waiting by them.
    elapsed=0
    while [ -z "$milliseconds" ] || [ "$elapsed" -lt "$milliseconds" ]; do
        sleep 0.1 &
        wait $!
        elapsed=$((elapsed + 100))
    done
    stop
}

case "${1-}" in
--get-all)
    echo trace_files
    ;;
--describe)
    [ "${2-}" = trace_files ] || exit 1
    echo "Traces system calls that open and close files, as text."
    echo "-s, --syscall NAME... : these calls instead of open, openat, creat and close"
    echo "-t, --time MS : end after so many milliseconds"
    ;;
--clear)
    clear_instances
    ;;
--run)
    [ "${2-}" = trace_files ] && [ "${3-}" = --args ] || fail "usage: $0 --run trace_files --args ARGUMENTS"
    # The words of ARGUMENTS are separated by single spaces and hold no patterns that the shell should look into.
    set -f
    # shellcheck disable=SC2086
    set -- ${4-}
    set +f
    run_trace_files "$@"
    ;;
*)
    fail "usage: $0 --get-all | --describe NAME | --clear | --run NAME --args ARGUMENTS"
    ;;
esac
