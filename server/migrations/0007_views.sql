-- Saved views: whose they are (`user` or `key` and its id), how that one was called, when they last changed.
alter table saved_views
  add column owner_name text not null default '',
  add column updated_at timestamptz not null default now();
create index saved_views_shared_idx on saved_views (name)
  where shared;
