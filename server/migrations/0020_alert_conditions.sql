-- Conditions on shares, numbers, the usual and new kinds of message.

-- Beside the matching lines of a minute: the lines that a share is taken of, and the numbers of a field.
alter table alert_counts
  add column whole bigint not null default 0,
  add column numbers jsonb;

-- Kinds of message that a rule has seen, as the keys of its groups.
create table alert_kinds (
  rule_id bigint not null,
  kind text not null,
  first_at timestamptz not null,
  primary key (rule_id, kind)
);
