-- Boards: charts pinned together. Whose they are is kept as with saved views.
create table boards (
  id bigint generated always as identity primary key,
  owner text not null,
  owner_name text not null,
  name varchar(200) not null,
  shared boolean not null default false,
  range text not null,
  refresh_seconds integer not null check (refresh_seconds between 0 and 3600),
  -- A list of objects with title, query, width and own_range, in their order on the board.
  charts jsonb not null check (jsonb_typeof(charts) = 'array'),
  -- Counts the changes.
  version integer not null default 1,
  created_at timestamptz not null default now(),
  updated_at timestamptz not null default now(),
  unique (owner, name)
);

create index boards_shared_idx on boards (name)
  where shared;

-- Whose a mark is, as with saved views: a key keeps its newest ones. Unknown of those from before.
alter table marks
  add column owner text;

create index marks_owner_idx on marks (owner, id)
  where owner is not null;
