#!/bin/sh
# Makes the .env that docker compose reads: .env.example with secrets of its own. An .env that is there stays as it is.
#
#   sh deploy/docker/make-env.sh              everything is published on 127.0.0.1, for everybody on this machine
#   sh deploy/docker/make-env.sh 0.0.0.0      … on that address, for those who have the token that is printed
set -eu
cd "$(dirname "$0")/../.."
bind=${1:-127.0.0.1}
[ ! -e .env ] || { echo '.env exists already; nothing was changed' >&2; exit 1; }

secret() { od -An -N24 -tx1 /dev/urandom | tr -d ' \n'; }
digest() { printf %s "$1" | { sha256sum 2>/dev/null || shasum -a 256; } | cut -d ' ' -f 1; }

umask 077
node_token=$(secret) password=$(secret)
sed -e "s/^TRACER_NODE_TOKEN=generated$/TRACER_NODE_TOKEN=$node_token/" \
  -e "s/^TRACER_DB_PASSWORD=generated$/TRACER_DB_PASSWORD=$password/" .env.example >.env.new
case $bind in
  127.* | localhost) echo 'made .env: everything is published on 127.0.0.1' ;;
  *)
    token=$(secret)
    sed -i.old -e "s/^TRACER_BIND=.*/TRACER_BIND=$bind/" -e "s/^TRACER_AGENT_BIND=.*/TRACER_AGENT_BIND=$bind/" \
      -e "s/^#TRACER_TOKENS=$/TRACER_TOKENS=admin admin sha256:$(digest "$token")/" \
      -e "s/^#TRACER_SERVICES_TOKEN=$/TRACER_SERVICES_TOKEN=$node_token/" .env.new
    rm .env.new.old
    echo "made .env: everything is published on $bind"
    echo "the token of admin, shown only now: $token"
    ;;
esac
mv .env.new .env
