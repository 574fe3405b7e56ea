-- One database, one role and schema for each service. Run as superuser with psql 15; the environment holds their passwords, since anybody may
-- read a command line: NARA_REGISTRY_PASSWORD, NARA_INGEST_PASSWORD, NARA_ALERTS_PASSWORD, NARA_BROKER_PASSWORD. Again is no error. Each service
-- makes its tables itself.
\set ON_ERROR_STOP on
\getenv registry NARA_REGISTRY_PASSWORD
\getenv ingest NARA_INGEST_PASSWORD
\getenv alerts NARA_ALERTS_PASSWORD
\getenv broker NARA_BROKER_PASSWORD
SELECT 'CREATE DATABASE nara' WHERE NOT EXISTS (SELECT FROM pg_database WHERE datname = 'nara') \gexec
\connect nara
REVOKE ALL ON DATABASE nara FROM PUBLIC;
REVOKE CREATE ON SCHEMA public FROM PUBLIC;

SELECT format('CREATE ROLE %I', 'nara_' || s)
FROM unnest(ARRAY['registry', 'ingest', 'alerts', 'broker']) s
WHERE NOT EXISTS (SELECT FROM pg_roles WHERE rolname = 'nara_' || s) \gexec

-- Not into the log, however slow, whatever else is logged, and not with an error.
SET log_min_duration_statement = -1;
SET log_statement = 'none';
SET log_min_error_statement = 'panic';
ALTER ROLE nara_registry LOGIN PASSWORD :'registry';
ALTER ROLE nara_ingest LOGIN PASSWORD :'ingest';
ALTER ROLE nara_alerts LOGIN PASSWORD :'alerts';
ALTER ROLE nara_broker LOGIN PASSWORD :'broker';

SELECT format('GRANT CONNECT ON DATABASE nara TO %1$I; CREATE SCHEMA IF NOT EXISTS %2$I AUTHORIZATION %1$I; ALTER ROLE %1$I SET search_path = %2$I',
              'nara_' || s, s)
FROM unnest(ARRAY['registry', 'ingest', 'alerts', 'broker']) s \gexec
