-- One database, one role and schema for each service. Run as superuser with psql and the variables registry, ingest, alerts, broker (their
-- passwords); again is no error. Each service makes its tables itself.
\set ON_ERROR_STOP on
SELECT 'CREATE DATABASE nara' WHERE NOT EXISTS (SELECT FROM pg_database WHERE datname = 'nara') \gexec
\connect nara
-- Exclusion constraints over an id and a period.
CREATE EXTENSION IF NOT EXISTS btree_gist;
REVOKE ALL ON DATABASE nara FROM PUBLIC;
REVOKE CREATE ON SCHEMA public FROM PUBLIC;

SELECT format('CREATE ROLE %I', 'nara_' || s)
FROM unnest(ARRAY['registry', 'ingest', 'alerts', 'broker']) s
WHERE NOT EXISTS (SELECT FROM pg_roles WHERE rolname = 'nara_' || s) \gexec

ALTER ROLE nara_registry LOGIN PASSWORD :'registry';
ALTER ROLE nara_ingest LOGIN PASSWORD :'ingest';
ALTER ROLE nara_alerts LOGIN PASSWORD :'alerts';
ALTER ROLE nara_broker LOGIN PASSWORD :'broker';

SELECT format('GRANT CONNECT ON DATABASE nara TO %1$I; CREATE SCHEMA IF NOT EXISTS %2$I AUTHORIZATION %1$I; ALTER ROLE %1$I SET search_path = %2$I',
              'nara_' || s, s)
FROM unnest(ARRAY['registry', 'ingest', 'alerts', 'broker']) s \gexec
