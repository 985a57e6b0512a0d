-- Rows, the log, and what leads into it. Run inside a transaction whose search_path is the store's schema.

-- What stands. `ver` is the position of the commit that last wrote the key.
create table kv (
    key bytea primary key,
    val bytea not null,
    ver bigint not null
) with (fillfactor = 85); -- room for a new version on the same page: no index changes then

-- `body` is the encoding of the whole entry, `hash` its BLAKE3; the other columns repeat what it says.
create table log (
    pos bigint primary key,
    op_id uuid not null unique,
    at bigint not null,
    hash bytea not null,
    body bytea not null
);

-- Which commits wrote a key whose history is kept; the values are in the log.
create table history (
    key bytea not null,
    pos bigint not null,
    primary key (key, pos)
);

-- One row, locked by each commit and almost never updated: a row that is updated each time slows down
-- with every long transaction beside it, since its dead versions cannot be cleared away.
create table head (
    stream int primary key,
    tail bigint not null default 0,
    store_id uuid not null
);
