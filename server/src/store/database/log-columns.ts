/** The columns of `logs`, in the order in which rows are copied. */
export const LOG_COLUMNS = [
  'id',
  'timestamp',
  'camera_id',
  'level',
  'source',
  'logger_name',
  'message',
  'extra_data',
] as const

/** The columns of `logs` as a list in SQL. */
export const LOG_COLUMN_LIST = LOG_COLUMNS.join(', ')
