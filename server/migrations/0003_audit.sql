-- The audit trail's way in, and its newest hash outside of it.

-- One row. A trail that was cut off at its end is shorter than this says.
create table audit_head (
  only_row boolean primary key default true check (only_row),
  -- Tells this trail from that of another database.
  trail uuid not null default gen_random_uuid(),
  id bigint not null,
  hash bytea not null
);
insert into audit_head (id, hash) values (0, '');

-- What a row's hash is made of, beside the hash before it. `timelapser-logs audit verify` has the same in its own code:
-- who can change this function must not be able to change what is checked.
create function audit_content(a audit) returns text
language sql
stable
as $$
  select jsonb_build_array(
    a.id, to_char(a.at at time zone 'UTC', 'YYYY-MM-DD"T"HH24:MI:SS.US"Z"'), a.actor, a.action, a.entity,
    a.before, a.after, a.address, a.request_id)::text
$$;

-- Appends a row, chained to the one before: the lock, then the last hash, then the row. Called as the last thing of a
-- transaction, and before append_to_feed where a transaction does both, or two could wait for each other.
create function append_audit(
  actor text, action text, entity text, before jsonb, after jsonb, address text, request_id text
) returns audit
language plpgsql
as $$
declare
  entry audit;
begin
  -- 7,469,007: 'audit'. Transaction-scoped, so it goes with COMMIT or ROLLBACK.
  perform pg_advisory_xact_lock(7469007);
  select h.id + 1, h.hash into entry.id, entry.previous_hash from audit_head h;
  entry.at := clock_timestamp();
  entry.actor := actor;
  entry.action := action;
  entry.entity := entity;
  entry.before := before;
  entry.after := after;
  entry.address := address;
  entry.request_id := request_id;
  entry.hash := sha256(entry.previous_hash || convert_to(audit_content(entry), 'UTF8'));
  insert into audit select entry.*;
  update audit_head set id = entry.id, hash = entry.hash;
  return entry;
end
$$;
