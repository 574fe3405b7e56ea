#!/usr/bin/env bash
# Builds the container image from build/<preset>; run as root (debootstrap, buildah's chroot isolation).
#   deploy/image/build.sh [--preset release] [--tag localhost/nara:dev] [--base FILE]
# --base keeps the debootstrap result in FILE and uses it again.
set -euo pipefail

ROOT="$(cd "$(dirname "${BASH_SOURCE[0]}")/../.." && pwd)"
PRESET=release TAG=localhost/nara:dev BASE=""
while [ $# -gt 0 ]; do
  case "$1" in
    --preset) PRESET="$2" ;;
    --tag) TAG="$2" ;;
    --base) BASE="$2" ;;
    *)
      echo "unknown argument $1" >&2
      exit 2
      ;;
  esac
  shift 2
done

WORK="$(mktemp -d)"
trap 'rm -rf "$WORK"' EXIT
PROGRAMS=(nara-device-registry nara-ingest nara-alert-router nara-data-broker nara-gateway naractl)

# The package mirror of this machine, as apt knows it.
mirror() {
  apt-get indextargets --format "\$(SITE)" 'Created-By: Packages' | grep -v security | head -n 1
}

make_base() {
  local packages
  packages="$(grep -v '^#' "$ROOT/deploy/image/packages.txt" | paste -sd, -)"
  debootstrap --variant=minbase --include="$packages" bookworm "$WORK/root" "$(mirror)" >"$WORK/debootstrap.log" 2>&1 || {
    tail -n 20 "$WORK/debootstrap.log" "$WORK/root/debootstrap/debootstrap.log" >&2 || true
    return 1
  }
  rm -rf "$WORK/root/var/cache/apt" "$WORK/root/etc/apt/sources.list"
  tar -C "$WORK/root" --one-file-system --exclude=./dev --exclude=./proc --exclude=./sys -cf "$1" .
  rm -rf "$WORK/root"
}

collect() {
  local context="$1" program
  mkdir -p "$context/bin" "$context/lib" "$context/share/web"
  for program in "${PROGRAMS[@]}"; do
    llvm-strip-19 --strip-debug -o "$context/bin/$program" "$ROOT/build/$PRESET/bin/$program"
    chmod 755 "$context/bin/$program"
  done
  install -m 755 "$ROOT/build/$PRESET/lib/nara_guard.so" "$context/lib/nara_guard.so"
  install -m 755 "$ROOT/deploy/image/run-mosquitto" "$context/bin/run-mosquitto"
  install -m 644 "$ROOT/deploy/mosquitto/mosquitto.conf.in" "$context/share/mosquitto.conf.in"
  install -m 644 "$ROOT/gateway/api/openapi.json" "$context/share/openapi.json"
  cp -r "$ROOT/catalogue" "$context/share/catalogue"
  cp -r "$ROOT/gateway/web/dist/." "$context/share/web/"
  cp "$ROOT/LICENSE" "$ROOT/deploy/image/Containerfile" "$context/"
}

mkdir "$WORK/context"
if [ -n "$BASE" ]; then
  [ -e "$BASE" ] || { make_base "$BASE.new" && mv "$BASE.new" "$BASE"; }
  cp "$BASE" "$WORK/context/base.tar"
else
  make_base "$WORK/context/base.tar"
fi
collect "$WORK/context"
buildah build --isolation chroot --layers=false --tag "$TAG" "$WORK/context"
