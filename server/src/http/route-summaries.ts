/** What each route does, in a sentence; a route that is not here, and a line without its route, fail a test. */
export const ROUTE_SUMMARIES: Readonly<Record<string, string>> = {
  'GET /api/logs': 'Lines that match, newest first',
  'GET /api/logs/search': 'Lines whose message or logger name holds a text',
  'GET /api/logs/stats': 'Counts by level, and coverage, of a period',
  'GET /api/logs/sources': 'Every source kept, with its counts',
  'GET /api/logs/histogram': 'Counts by level in steps of time',
  'GET /api/logs/facets': 'Counts by value of level, source and camera',
  'GET /api/logs/cameras/:camera_id': 'Lines of a camera',
  'GET /api/logs/:id': 'One line',
  'GET /api/logs/:id/context': 'The lines around one',
  'GET /api/logs/export': 'Everything that matches, as NDJSON or CSV',
  'GET /api/logs/stream': 'Every new line that matches, as server-sent events',
  'GET /api/events': 'Every new line in short, and changes of cameras and settings, as server-sent events',

  'GET /api/debug/errors': 'Errors by the shape of their message',
  'GET /api/debug/new': 'What is new since yesterday',
  'GET /api/debug/requests/:request_id': 'Everything of one request, in time',
  'GET /api/debug/loggers': 'The loggers that write most',
  'GET /api/debug/services': 'Services side by side',
  'GET /api/views': 'Saved views: own ones and shared ones',
  'POST /api/views': 'Save a view',
  'PATCH /api/views/:id': 'Change a view',
  'DELETE /api/views/:id': 'Delete a view',

  'POST /api/logs': 'Store lines: JSON, an array, or one record a line',
  'POST /api/events/raw': 'Store events as Seq takes them',
  'POST /ingest/clef': 'Store events as Seq takes them, in CLEF',
  'POST /loki/api/v1/push': 'Store lines as Loki takes them',
  'POST /v1/logs': 'Store lines as OpenTelemetry sends them (OTLP)',

  'GET /api/logs/cleanup': 'What a cleanup would delete',
  'DELETE /api/logs/cleanup': 'Delete what is older than some days, or everything',
  'POST /api/logs/cleanup/undo': 'Bring back what was cleared in the last ten minutes',
  'GET /api/logs/retention': 'What retention would remove now',
  'POST /api/logs/retention': 'Apply retention now',
  'POST /api/logs/delete/preview': 'What deleting by filter would delete',
  'POST /api/logs/delete': 'Delete by filter',
  'POST /api/logs/scrub': 'Mask what should not have been logged in lines that are stored',
  'POST /api/redaction/test': 'A line as redaction would leave it',

  'GET /api/cameras': 'The cameras',
  'POST /api/cameras': 'Make a camera',
  'PUT /api/cameras/:id': 'Rename a camera',
  'DELETE /api/cameras/:id': 'Delete a camera; its lines stay',
  'GET /api/levels': 'The level in force and its overrides',
  'PUT /api/levels': 'Set the global level or overrides',
  'DELETE /api/levels/:scope/:target': 'Remove an override',
  'GET /api/levels/why': 'Whether a line would be stored, and why not',
  'GET /api/settings': 'The settings',
  'GET /api/settings/schema': 'What each setting is and may be',
  'PUT /api/settings': 'Change settings',

  'POST /api/auth/sign-in': 'Sign in with name and password',
  'POST /api/auth/link': 'Redeem a one-time link',
  'POST /api/auth/sign-out': 'Sign out',
  'POST /api/auth/password': 'Change the own password',
  'GET /api/session': 'Who is asking',
  'GET /api/sessions': 'Own sessions',
  'DELETE /api/sessions': 'End all own sessions but this one',
  'DELETE /api/sessions/:id': 'End an own session',
  'GET /api/keys': 'API keys, without their secrets',
  'POST /api/keys': 'Make an API key; its secret is told this once',
  'DELETE /api/keys/:id': 'Revoke an API key',
  'GET /api/users': 'Who may come in',
  'POST /api/users/link': 'Make a one-time link for somebody',
  'PATCH /api/users/:id': 'Change what somebody may do',
  'DELETE /api/users/:id': 'Delete a user',
  'GET /api/users/:id/sessions': 'Sessions of a user',
  'DELETE /api/users/:id/sessions': 'End all sessions of a user',
  'DELETE /api/users/:id/sessions/:session_id': 'End a session of a user',
  'GET /api/audit': 'Who did what, newest first',
  'GET /api/audit/verify': 'Whether the audit trail is as it was written',

  'GET /api/diagnostics': 'What is well, what is not, why, and what to do',
  'POST /api/diagnostics': 'The same, with test lines through the whole system',
  'GET /healthz': 'Whether the process runs',
  'GET /readyz': 'Whether it can store and find',
  'GET /metrics': 'Numbers for Prometheus',
  'GET /openapi.json': 'This description',
  'GET /docs': 'This description, to be read',
}

/** Routes that answer as another product does, for its agents; all of a kind do the same. */
const FOREIGN: readonly [RegExp, string][] = [
  [/^(POST|PUT) (\/elastic)?(\/:index)?(\/_doc)?\/_bulk$/, 'Store documents as Elasticsearch takes them'],
  [/^GET (\/elastic)?\/?(_license|_cluster\/health)?$/, 'What agents of Elasticsearch ask before they send'],
]

/** @param route such as `GET /api/logs` */
export function summaryOf(route: string): string | undefined {
  return ROUTE_SUMMARIES[route] ?? FOREIGN.find(([pattern]) => pattern.test(route))?.[1]
}
