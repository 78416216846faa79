import type { Settings } from 'timelapser-logs/api'

/** Bounds, units and defaults as the fields say them; a test holds them to the schema of the settings. */
export const SETTING_NOTES: Readonly<Record<keyof Settings, string>> = {
  log_level: 'One of five, DEBUG to CRITICAL; INFO by default.',
  timezone: 'At most 100 characters; UTC by default.',
  retention_days: '0 to 36,500 days; 30 by default.',
  retention_by_level: '0 to 36,500 days each; none by default.',
  retention_by_source: '0 to 36,500 days each, at most 100 sources; none by default.',
  retention_max_bytes: 'In bytes or larger units; 0 by default.',
  disk_reserve_bytes: 'In bytes or larger units; 512 MiB by default.',
  pack_after_days: '0 to 36,500 days; 0 by default.',
  register_cameras: 'They are added by default.',
  max_sources: '0 to 1,000,000 sources; 20,000 by default.',
  max_loggers: '0 to 1,000,000 loggers; 10,000 by default.',
  max_cameras: '0 to 1,000,000 cameras; 10,000 by default.',
  message_max: '100 to 262,144 bytes; 262,144 by default.',
  join_by_source: 'At most 100 sources; none by default.',
  line_links: 'At most 20 links; none by default.',
  redaction: 'At most 50 patterns of up to 500 characters; none by default.',
  request_logging: 'Changes, failures and slow requests by default.',
}
