-- What people have read out of the lines of their sources, and made of them, in the order in which it is done.
create table parse_rules (
  name text primary key check (name <> ''),
  position integer not null,
  -- As the API takes it, without the name; its form is checked there. Not jsonb: people read its parts in their order.
  rule json not null,
  author text not null,
  updated_at timestamptz not null default now()
);

-- What each rule did, by day. Refers to no rule by a key: whoever adds to it waits for nobody who changes rules.
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
