#!/bin/sh
# Gives the role of the services its password; the image runs this once, when the database is made.
set -eu
psql -v ON_ERROR_STOP=1 -v password="$(cat /run/secrets/password)" -U postgres -d rapporteur <<'SQL'
alter role rapporteur password :'password';
SQL
