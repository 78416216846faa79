-- The key that a key took the place of, and all before it, by the first of them; null for the first itself. Marks of senders
-- belong to the lineage: another key cannot answer for a batch.
alter table api_keys add column lineage bigint;
