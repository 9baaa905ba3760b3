#!/bin/sh
# The roles of a fresh database: the owner migrates, the program owns nothing (design law 14). Run once, by the
# database container at its first start; on another server, run the same statements by hand.
set -eu
psql -v ON_ERROR_STOP=1 -v owner="$BANDO_OWNER_PASSWORD" -v app="$BANDO_APP_PASSWORD" -U postgres <<'SQL'
CREATE ROLE bando_owner LOGIN PASSWORD :'owner';
CREATE ROLE bando_app LOGIN PASSWORD :'app';
CREATE ROLE bando_reader NOLOGIN;
CREATE ROLE bando_radius NOLOGIN;
CREATE DATABASE bando OWNER bando_owner;
REVOKE ALL ON DATABASE bando FROM PUBLIC;
GRANT CONNECT ON DATABASE bando TO bando_app, bando_reader, bando_radius;
\connect bando
REVOKE CREATE ON SCHEMA public FROM PUBLIC;
GRANT ALL ON SCHEMA public TO bando_owner;
SQL
