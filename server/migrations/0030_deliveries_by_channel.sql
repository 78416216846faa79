-- Notices that are due are taken by channel, of an incident the earliest.
create index alert_deliveries_channel_idx on alert_deliveries (channel_id, next_at, id) where state = 'pending';
create index alert_deliveries_incident_idx on alert_deliveries (channel_id, dedup_key, id) where state = 'pending';
drop index alert_deliveries_due_idx;
