-- find_months
  /* find_months */
  select bucket
  from log_counts_month
  where bucket >= $1::timestamptz and bucket < $2::timestamptz and (camera_id = $3::integer or source = $4::text) and rows > 0
  union
  select date_trunc('month', bucket) as bucket
  from log_counts_pending
  where bucket >= $1::timestamptz and bucket < $2::timestamptz and (camera_id = $3::integer or source = $4::text);

-- find_steps
  /* find_steps */
  select bucket
  from log_counts_day
  where bucket >= $1::timestamptz and bucket < $2::timestamptz and (camera_id = $3::integer or source = $4::text) and rows > 0
  union
  select date_bin('86400 seconds', bucket, 'epoch') as bucket
  from log_counts_pending
  where bucket >= $1::timestamptz and bucket < $2::timestamptz and (camera_id = $3::integer or source = $4::text)
  order by bucket;
