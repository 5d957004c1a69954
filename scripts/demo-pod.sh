#!/bin/sh
# Starts a "pod" to trace on a machine without containers, and keeps it until Ctrl-C.
#
#   scripts/demo-pod.sh [-c CONTAINERS] [-m MOUNT | -n] NAME [COMMAND [ARGUMENT...]]
#
#   NAME      host name of the pod, the name it is listed under
#   COMMAND   what each container runs; default: a loop that opens, writes, reads and starts processes
#   -c N      number of containers (default 1)
#   -m MOUNT  cgroup hierarchy to use, by its mount point (default: version 2 if mounted, else one of version 1)
#   -n        no cgroups: the pod has its namespaces only
#
# A container is a process tree in its own PID, mount and UTS namespaces and in its own cgroup, with paths like those of
# a Kubernetes node: …/kubepods/besteffort/pod<uid>/<container id>. Needs root and util-linux (unshare, setpriv, flock).
#
# Everything ends with this script, even when it is killed with SIGKILL: its processes die with it, and the empty cgroups
# that are then left over are removed by the next run.
set -eu

STATE=/run/tracer-demo
TOP=tracer-demo
PODS=$TOP/kubepods/besteffort

fail() { echo "demo-pod: $*" >&2; exit 2; }

containers=1 mount= cgroups=yes
while getopts c:m:n option; do
  case $option in
    c) containers=$OPTARG ;;
    m) mount=$OPTARG ;;
    n) cgroups=no ;;
    *) sed -n 's/^#   scripts/usage: scripts/p' "$0" >&2; exit 2 ;;
  esac
done
shift $((OPTIND - 1))
[ $# -ge 1 ] || fail 'the name of the pod is missing'
name=$1; shift
case $name in *[!A-Za-z0-9.-]* | -* | *- | '') fail "\"$name\" cannot be a host name" ;; esac
case $containers in *[!0-9]* | '' | 0) fail "-c: \"$containers\" is not a number of containers" ;; esac
[ "$(id -u)" = 0 ] || fail 'only root may make namespaces and cgroups'
for tool in unshare setpriv flock; do
  command -v $tool >/dev/null || fail "$tool is missing; it is part of util-linux"
done

# The workload: $1 is a scratch file. Runs as process 1 of its container.
workload='while :; do
  echo "tick $((n = ${n:-0} + 1))" >"$1"
  read -r line <"$1"
  cat "$1" "$1.missing" >/dev/null 2>&1
  sleep 0.1
done'

# Runs inside the new namespaces: $1 state directory, $2 container number, $3 name, $4 cgroup.procs or "", then the
# command. "0" is the writing process, whatever its number is out there.
init='state=$1 number=$2 name=$3 procs=$4; shift 4
[ -z "$procs" ] || echo 0 >"$procs"
echo "$name" >/proc/sys/kernel/hostname
[ ! -f /etc/hostname ] || mount --bind "$state/hostname" /etc/hostname
mount -t proc proc /proc
export HOSTNAME="$name"
: >"$state/ready.$number"
exec "$@"'

hierarchy() {
  awk '$3 == "cgroup2" { v2 = v2 ? v2 : $2 } $3 == "cgroup" { v1 = v1 ? v1 : $2 } END { print v2 ? v2 : v1 }' /proc/mounts
}
uuid() { cat /proc/sys/kernel/random/uuid; }
hierarchies() { awk '$3 == "cgroup2" || $3 == "cgroup" { print $2 }' /proc/mounts; }

# The cgroups of the pods that match pattern $1, in every hierarchy.
pod_cgroups() {
  hierarchies | while read -r root; do
    for path in "$root/$PODS/pod"$1; do
      if [ -d "$path" ]; then echo "$path"; fi
    done
  done
}

# Removes the cgroups of pod $1 and whatever has become empty above them.
remove_cgroups() {
  pod_cgroups "$1" | while read -r path; do rmdir "$path"/*/ "$path" 2>/dev/null || :; done
  hierarchies | while read -r root; do
    rmdir "$root/$PODS" "$root/$TOP/kubepods" "$root/$TOP" 2>/dev/null || :
  done
}

# Removes what runs that were killed have left behind. Called under the lock.
sweep() {
  for stale in "$STATE"/pod-* $(pod_cgroups '*'); do
    stale=${stale##*/pod}
    stale=${stale#-}
    owner=$(cat "$STATE/pod-$stale/owner" 2>/dev/null || :)
    if [ -n "$owner" ] && kill -0 "$owner" 2>/dev/null; then continue; fi
    remove_cgroups "$stale"
    rm -rf "$STATE/pod-$stale"
  done
}

cleanup() {
  trap '' INT TERM HUP
  for child in $children; do kill -KILL "$child" 2>/dev/null || :; done
  wait
  # Not while another run makes the directories that we remove when they are empty.
  flock 9
  # A cgroup is busy until the last of its processes has ended.
  tries=0
  remove_cgroups "$uid"
  while [ $tries -lt 100 ] && [ -n "$(pod_cgroups "$uid")" ]; do
    sleep 0.05
    remove_cgroups "$uid"
    tries=$((tries + 1))
  done
  rm -rf "$STATE/pod-$uid"
  rmdir "$STATE" 2>/dev/null || :
}

uid=$(uuid)
state=$STATE/pod-$uid
children=
exec 9>/run/tracer-demo.lock
trap 'exit 0' INT TERM HUP
trap cleanup EXIT

flock 9
mkdir -p "$state"
echo $$ >"$state/owner"
echo "$name" >"$state/hostname"
sweep
[ $# -gt 0 ] || set -- sh -c "$workload" demo-workload "$state/scratch"
[ $cgroups = no ] || [ -n "$mount" ] || mount=$(hierarchy)
[ $cgroups = no ] || [ -d "$mount" ] || fail 'no cgroup hierarchy is mounted (use -n)'

echo "pod $name uid $uid"
number=0
while [ $number -lt "$containers" ]; do
  number=$((number + 1))
  id=$(uuid | tr -d -)$(uuid | tr -d -)
  procs= path=-
  if [ $cgroups = yes ]; then
    path=/$PODS/pod$uid/$id
    mkdir -p "$mount$path"
    procs=$mount$path/cgroup.procs
  fi
  setpriv --pdeathsig KILL unshare --uts --mount --pid --fork --kill-child \
    sh -c "$init" init "$state" $number "$name" "$procs" "$@" 9>&- &
  child=$!
  children="$children $child"
  tries=0
  until [ -e "$state/ready.$number" ]; do
    tries=$((tries + 1))
    { [ $tries -le 200 ] && kill -0 $child 2>/dev/null; } || fail "container $number did not start"
    sleep 0.05
  done
  pid=$(cut -d ' ' -f 1 "/proc/$child/task/$child/children" 2>/dev/null || :)
  echo "container $id pid ${pid:-none} cgroup $path"
done
flock -u 9
echo 'running until Ctrl-C'
wait
