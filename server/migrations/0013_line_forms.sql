-- How the plain lines of a source are written, as it was found from the lines themselves: those that come later are read by
-- the newest version, on every server. Versions are never changed, so that a line can be read again as it was read.
create table line_forms (
  -- The key or user that sends them.
  holder text not null,
  way_in text not null,
  -- The source or the labels of the stream; empty where none is named.
  source text not null,
  version integer not null,
  form jsonb not null,
  created_at timestamptz not null default now(),
  primary key (holder, way_in, source, version)
);

-- The version by which the last batch of a sender is read. It is fixed when the batch is first received: when it comes again it
-- has to become the same records, or it would be stored twice.
create table line_form_marks (
  sender uuid not null,
  holder text not null,
  way_in text not null,
  source text not null,
  last_batch bigint not null,
  -- 0 where no version was known.
  version integer not null,
  updated_at timestamptz not null default now(),
  primary key (sender, holder, way_in, source)
);
