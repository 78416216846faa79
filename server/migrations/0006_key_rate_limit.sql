-- Requests a minute a key may make at most, beside the limits for everybody; null for those alone.
alter table api_keys
  add column rate_limit integer
    check (rate_limit between 1 and 1000000);
