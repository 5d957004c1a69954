#!/usr/bin/env bash
# Two real pods of two containers each on a private containerd, as a node of a cluster would run them.
#
#   scripts/lab/cri-lab.sh up | restart | down | install
#
#   up       installs what is missing, starts containerd, builds two images, runs the pods; prints the socket
#   restart  kills containerd and starts it again; the containers go on meanwhile
#   down     ends all of it and removes every trace
#
#   LAB=DIR           where everything lives (default /tmp/cri-lab)
#   NET=pod|host      network namespaces of their own, through CNI (default), or the host's
#   SNAPSHOTTER=NAME  overlayfs (default) or native
#
# Needs root and a Debian-like system; no registry, no systemd, no kubelet. The images are made here from a static
# busybox. Nothing outside LAB is touched but the cgroup `cri-lab`, the bridge `crilab0` and the installed packages.
set -euo pipefail

HERE=$(cd "$(dirname "$0")" && pwd)
LAB=${LAB:-/tmp/cri-lab} NET=${NET:-pod} SNAPSHOTTER=${SNAPSHOTTER:-overlayfs}
SOCKET=$LAB/containerd.sock

step() { # what, command...
  local what=$1 before=$EPOCHREALTIME
  shift
  "$@"
  awk -v what="$what" -v from="$before" -v to="$EPOCHREALTIME" 'BEGIN { printf "%-28s %6.2f s\n", what, to - from }'
}
driver() { node "$HERE/cri-lab.mjs" "$1" "$SOCKET" "$NET" "$LAB/logs"; }
lab_ctr() { ctr --address "$SOCKET" --namespace k8s.io "$@"; }
cni_plugins() { for dir in /usr/lib/cni /opt/cni/bin; do [ -x $dir/bridge ] && echo $dir && return; done; }

install() {
  local missing=()
  command -v containerd >/dev/null || missing+=(containerd)
  command -v runc >/dev/null || missing+=(runc)
  [ -x /bin/busybox ] || missing+=(busybox-static)
  [ -n "$(cni_plugins)" ] || missing+=(containernetworking-plugins)
  [ ${#missing[@]} -gt 0 ] || return 0
  export DEBIAN_FRONTEND=noninteractive
  local get=(apt-get -q -o DPkg::Lock::Timeout=300)
  { "${get[@]}" update && "${get[@]}" install -y --no-install-recommends "${missing[@]}"; } >"$LAB/apt.log" 2>&1 ||
    { cat "$LAB/apt.log"; return 1; }
}

configure_containerd() {
  mkdir -p "$LAB"/{root,state,cni,logs}
  cat >"$LAB/containerd.toml" <<TOML
version = 2
root = "$LAB/root"
state = "$LAB/state"
[grpc]
  address = "$SOCKET"
[plugins."io.containerd.grpc.v1.cri"]
  sandbox_image = "lab.local/pause:1"
  disable_apparmor = true
  # The sandbox wants a lower score than a process without CAP_SYS_RESOURCE may set.
  restrict_oom_score_adj = true
  stream_server_address = "127.0.0.1"
  [plugins."io.containerd.grpc.v1.cri".cni]
    bin_dir = "$(cni_plugins)"
    conf_dir = "$LAB/cni"
  [plugins."io.containerd.grpc.v1.cri".containerd]
    snapshotter = "$SNAPSHOTTER"
    default_runtime_name = "runc"
  [plugins."io.containerd.grpc.v1.cri".containerd.runtimes.runc]
    runtime_type = "io.containerd.runc.v2"
TOML
  cat >"$LAB/cni/10-lab.conflist" <<JSON
{ "cniVersion": "0.4.0", "name": "lab", "plugins": [{
  "type": "bridge", "bridge": "crilab0", "isGateway": false, "ipMasq": false,
  "ipam": { "type": "host-local", "ranges": [[{ "subnet": "198.18.77.0/24" }]], "dataDir": "$LAB/ipam" } }] }
JSON
}

start_containerd() {
  setsid containerd --config "$LAB/containerd.toml" >"$LAB/containerd.log" 2>&1 </dev/null &
  echo $! >"$LAB/containerd.pid"
  if driver wait; then return; fi
  echo 'containerd did not start:' >&2
  tail -20 "$LAB/containerd.log" >&2
  return 1
}

# An image is a tar file of a layer, a configuration and a manifest; ours has one layer with one program.
build_images() {
  local work=$LAB/images arch digest
  case $(uname -m) in aarch64) arch=arm64 ;; *) arch=amd64 ;; esac
  rm -rf "$work"
  mkdir -p "$work/layer"/{bin,tmp,etc,proc,sys,dev}
  cp /bin/busybox "$work/layer/bin/"
  for applet in $(/bin/busybox --list); do [ "$applet" = busybox ] || ln -sf busybox "$work/layer/bin/$applet"; done
  echo 'root:x:0:0:root:/:/bin/sh' >"$work/layer/etc/passwd"
  chmod 1777 "$work/layer/tmp"
  tar --sort=name --mtime=@0 --owner=0 --group=0 --numeric-owner -C "$work/layer" -cf "$work/layer.tar" .
  digest=$(sha256sum "$work/layer.tar" | cut -d ' ' -f 1)
  pack() { # name, command as JSON
    local image=$work/$1
    mkdir -p "$image"
    ln "$work/layer.tar" "$image/layer.tar"
    cat >"$image/config.json" <<JSON
{ "architecture": "$arch", "os": "linux", "created": "1970-01-01T00:00:00Z",
  "config": { "Env": ["PATH=/bin"], "Cmd": $2 }, "rootfs": { "type": "layers", "diff_ids": ["sha256:$digest"] },
  "history": [{ "created": "1970-01-01T00:00:00Z" }] }
JSON
    echo "[{ \"Config\": \"config.json\", \"RepoTags\": [\"lab.local/$1:1\"], \"Layers\": [\"layer.tar\"] }]" \
      >"$image/manifest.json"
    tar -C "$image" -cf "$work/$1.tar" manifest.json config.json layer.tar
    lab_ctr images import "$work/$1.tar" >/dev/null
  }
  pack pause '["/bin/sleep", "2147483647"]'
  pack busybox '["/bin/sh"]'
}

is_running() { [ -f "$LAB/containerd.pid" ] && grep -qs containerd "/proc/$(cat "$LAB/containerd.pid")/comm"; }

up() {
  [ ! -e "$LAB" ] || down
  mkdir -p "$LAB"
  step 'install' install
  configure_containerd
  step 'start containerd' start_containerd
  step 'build and import 2 images' build_images
  step 'run 2 pods x 2 containers' driver up
  echo "socket $SOCKET"
}

stop_containerd() { # signal
  local pid
  pid=$(cat "$LAB/containerd.pid")
  kill "-$1" "$pid" 2>/dev/null || true
  for _ in $(seq 100); do
    kill -0 "$pid" 2>/dev/null || break
    sleep 0.05
  done
}

down() {
  if is_running; then
    driver down || true
    stop_containerd TERM
  fi
  ip link del crilab0 2>/dev/null || true
  awk -v lab="$LAB/" 'index($2, lab) == 1 { print $2 }' /proc/mounts | sort -r | xargs -r -n1 umount -l 2>/dev/null || true
  for cgroup in /sys/fs/cgroup/*/cri-lab /sys/fs/cgroup/cri-lab; do
    [ -d "$cgroup" ] || continue
    find "$cgroup" -depth -type d -exec rmdir {} \; 2>/dev/null || true
  done
  rm -rf "$LAB"
}

[ "$(id -u)" = 0 ] || { echo 'cri-lab: only root may run containers' >&2; exit 2; }
case ${1:-} in
  up) up ;;
  restart) stop_containerd KILL && step 'restart containerd' start_containerd ;;
  down) step 'teardown' down ;;
  install) mkdir -p "$LAB" && step 'install' install ;;
  *) sed -n 's/^#   scripts/usage: scripts/p' "$0" >&2; exit 2 ;;
esac
