-- Daily digests: one for each owner, sent through the outbox.
create table alert_digests (
  -- As for rules: `user` or `key` and its id. A digest shows the lines that its owner may see.
  owner text primary key,
  owner_name text not null,
  enabled boolean not null,
  -- The clock time at which it is due, and the zone of that clock.
  at text not null,
  timezone text not null,
  channels text[] not null,
  -- When the next one is due, and which was the last one. Both move in the transaction that writes the notices.
  next_at timestamptz not null,
  last_at timestamptz,
  updated_at timestamptz not null
);
create index alert_digests_due_idx on alert_digests (next_at) where enabled;

-- The owner and the period of a daily digest; its notices belong to no rule (rule_id 0).
alter table alert_deliveries add column digest jsonb;
