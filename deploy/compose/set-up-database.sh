#!/bin/bash
# Run once by the postgres image, after it has made the cluster: roles and schemas of the services, with the passwords of prepare.
set -euo pipefail
password() { grep ":nara_$1:" /etc/nara/pki/pgpass | cut -d: -f5; }
NARA_REGISTRY_PASSWORD="$(password registry)" NARA_INGEST_PASSWORD="$(password ingest)" NARA_ALERTS_PASSWORD="$(password alerts)" \
  NARA_BROKER_PASSWORD="$(password broker)" psql -qX -U postgres -d postgres -f /etc/nara/setup.sql
