#!/bin/sh
# Runs once, on an empty data directory: one role owns Diya's tables, another may only use them, a third has Temporal's databases.
set -eu
psql -v ON_ERROR_STOP=1 --username "$POSTGRES_USER" --dbname postgres \
  -v owner_password="$DIYA_OWNER_PASSWORD" -v app_password="$DIYA_APP_PASSWORD" -v temporal_password="$TEMPORAL_DB_PASSWORD" <<'SQL'
create role diya_owner login password :'owner_password';
create role diya_app login password :'app_password';
grant diya_app to diya_owner;
create database diya owner diya_owner;
create role temporal login createdb password :'temporal_password';
-- Its set-up makes this one itself only where the role has another name; `temporal_visibility` it makes.
create database temporal owner temporal;
SQL
