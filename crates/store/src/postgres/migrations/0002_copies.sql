-- What the store is told by that is being filled as a copy, and the one that went on elsewhere. In the row of
-- `head`, since each commit locks and reads it: no replica writes to a store that was moved.
alter table head
    add column unfinished boolean not null default false,
    add column moved_to text;
