-- The database of rapporteur, made once by a superuser: psql -v ON_ERROR_STOP=1 -f database.sql
-- One database with a schema for each service: each has its own log, and no writer waits for those of another service.
-- Each service makes its own tables at its first start. Its password: \password rapporteur, or a client certificate.
create role rapporteur login;
create database rapporteur owner rapporteur encoding 'UTF8' locale 'C' template template0;
\connect rapporteur
create schema events authorization rapporteur;
create schema recommendations authorization rapporteur;
create schema gateway authorization rapporteur;
revoke create on schema public from public;
