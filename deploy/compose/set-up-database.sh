#!/bin/bash
# Run once by the postgres image, after it has made the cluster: roles and schemas of the services, with the passwords of prepare.
set -euo pipefail
password() { grep ":nara_$1:" /etc/nara/pki/pgpass | cut -d: -f5; }
psql -qX -U postgres -d postgres -v registry="$(password registry)" -v ingest="$(password ingest)" -v alerts="$(password alerts)" \
  -v broker="$(password broker)" -f /etc/nara/setup.sql
