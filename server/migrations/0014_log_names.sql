-- Names of sources, loggers and cameras that lines carry, by the user or key that brought each: there are only so many.
create table log_names (
  kind text not null check (kind in ('source', 'logger', 'camera')),
  name text not null,
  -- Null for the system's own.
  brought_by text,
  -- The day of the last line that came in; names that stay away give their place to others.
  seen_on date not null,
  primary key (kind, name)
);
