-- The rules that people set for the lines of their sources, in the order in which they run.
create table parse_rules (
  name text primary key check (name <> ''),
  position integer not null,
  -- As the API takes it, without the name; its form is checked there. Not jsonb: people read its parts in their order.
  rule json not null,
  author text not null,
  updated_at timestamptz not null default now()
);

-- The counts of each rule, by day. It refers to no rule by a key: a writer of counts does not wait for a change of rules.
create table parse_rule_counts (
  name text not null,
  day date not null,
  applied bigint not null default 0,
  failed bigint not null default 0,
  dropped bigint not null default 0,
  passed bigint not null default 0,
  -- Why a line failed last; nothing of the line is in it.
  last_failure text,
  last_failed_at timestamptz,
  primary key (name, day)
);
