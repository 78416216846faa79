-- Further thresholds of a rule: each has its state in each group, beside that of the rule's own condition, which is tier 0.
alter table alert_states add column tier smallint not null default 0;
alter table alert_states drop constraint alert_states_pkey;
alter table alert_states add primary key (rule_id, group_key, tier);

alter table alert_transitions add column tier smallint not null default 0;
-- Its name was cut to fit.
do $$
begin
  execute (
    select format('alter table alert_transitions drop constraint %I', conname)
    from pg_constraint
    where conrelid = 'alert_transitions'::regclass and contype = 'u'
  );
end
$$;
alter table alert_transitions add unique (rule_id, revision, group_key, tier, kind, window_key);
