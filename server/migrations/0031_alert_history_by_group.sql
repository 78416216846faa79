-- When a silence ends, the newest transition of each group that it held back is looked up: 1,000 groups read 700,000 rows for it.
create index alert_transitions_group_idx on alert_transitions (rule_id, group_key, tier, id);
-- Why a rule fired asks for its deliveries, and deleting a rule deletes them.
create index alert_deliveries_rule_idx on alert_deliveries (rule_id, id);
