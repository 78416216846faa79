// The shapes of the API: one schema validates, serialises, documents and types. The page imports the types alone.
import { LEVEL_SCOPES, LEVELS, type Level, type LevelScope } from '@timelapser/logger'
import { type Static, type TSchema, Type } from 'typebox'
import { SettingsSchema } from '../store/settings-schema.ts'

/** `nullable` and not a union with null: unions are tried one by one when a reply is serialised. */
const Nullable = <T extends TSchema>(schema: T) =>
  Type.Unsafe<Static<T> | null>({ ...schema, nullable: true })

export const LevelSchema = Type.Unsafe<Level>({
  type: 'string',
  enum: [...LEVELS],
  description: 'One of the five levels',
})

/** ISO 8601 in UTC with up to six fractional digits, trailing zeros cut: `2025-01-01T12:30:00.12Z`. */
export const TimestampSchema = Type.String({ description: 'ISO 8601, UTC, microseconds' })

export const LogRow = Type.Object({
  id: Type.Integer(),
  level: LevelSchema,
  message: Type.String(),
  timestamp: TimestampSchema,
  camera_id: Nullable(Type.Integer()),
  camera_name: Nullable(Type.String()),
  source: Type.String(),
  logger_name: Nullable(Type.String()),
  extra_data: Nullable(Type.Unsafe<Record<string, unknown>>({ type: 'object', additionalProperties: true })),
})
export type LogRow = Static<typeof LogRow>

export const Pagination = Type.Object({
  page: Type.Integer(),
  limit: Type.Integer(),
  /** Exact, or a lower bound when `total_is_exact` is false. */
  total_pages: Type.Integer(),
  total_items: Type.Integer(),
  total_is_exact: Type.Boolean(),
  has_next: Type.Boolean(),
  has_previous: Type.Boolean(),
  /** Pass as `cursor` for the page after this one; null at the end. */
  next_cursor: Nullable(Type.String()),
  /** Pass as `cursor` for the page before this one; null on the first. */
  previous_cursor: Nullable(Type.String()),
  /** Where a search stopped because its time was over: the cursors go on from there. Null: all of it was searched. */
  searched_to: Nullable(TimestampSchema),
})
export type Pagination = Static<typeof Pagination>

/** The filters in force, as they were understood; unset ones are absent, several values become a list. */
export const FiltersApplied = Type.Record(Type.String(), Type.Unknown())

export const LogPage = Type.Object({
  logs: Type.Array(LogRow),
  pagination: Pagination,
  filters_applied: FiltersApplied,
})
export type LogPage = Static<typeof LogPage>

export const LogSummary = Type.Object({
  total_logs: Type.Integer(),
  critical_count: Type.Integer(),
  error_count: Type.Integer(),
  warning_count: Type.Integer(),
  info_count: Type.Integer(),
  debug_count: Type.Integer(),
  unique_sources: Type.Integer(),
  unique_cameras: Type.Integer(),
  first_log_at: Nullable(TimestampSchema),
  last_log_at: Nullable(TimestampSchema),
})
export type LogSummary = Static<typeof LogSummary>

export const LogStats = Type.Object({
  summary: LogSummary,
  period_hours: Type.Integer(),
  metadata: Type.Object({
    generated_at: TimestampSchema,
    data_range: Type.Object({ first_log: Nullable(TimestampSchema), last_log: Nullable(TimestampSchema) }),
    coverage: Type.Object({ unique_sources: Type.Integer(), unique_cameras: Type.Integer() }),
  }),
})
export type LogStats = Static<typeof LogStats>

export const LogSource = Type.Object({
  source: Type.String(),
  log_count: Type.Integer(),
  last_log_at: Nullable(TimestampSchema),
  error_count: Type.Integer(),
  warning_count: Type.Integer(),
})
export type LogSource = Static<typeof LogSource>

export const LogSources = Type.Object({ sources: Type.Array(LogSource), total_sources: Type.Integer() })
export type LogSources = Static<typeof LogSources>

export const LogSearchPage = Type.Object({
  logs: Type.Array(LogRow),
  search_query: Type.String(),
  pagination: Pagination,
  filters_applied: FiltersApplied,
})
export type LogSearchPage = Static<typeof LogSearchPage>

export const CameraLogs = Type.Object({
  logs: Type.Array(LogRow),
  camera_id: Type.Integer(),
  /** All the logs of this camera, not just the ones on this page. At least, when the total of `pagination` is not exact. */
  count: Type.Integer(),
  pagination: Pagination,
})
export type CameraLogs = Static<typeof CameraLogs>

export const CleanupResult = Type.Object({
  deleted_count: Type.Integer(),
  days_kept: Type.Integer(),
  /** When everything was cleared: until then `POST /api/logs/cleanup/undo` brings it back. */
  undo_until: Type.Optional(TimestampSchema),
})
export type CleanupResult = Static<typeof CleanupResult>

/** What the retention of the settings would do now. */
export const RetentionPlan = Type.Object({
  would_delete: Type.Integer(),
  would_free_bytes: Type.Integer(),
  partitions: Type.Array(
    Type.Object({
      start: TimestampSchema,
      end: TimestampSchema,
      /** Dropped whole, written anew without the rows that go, or thinned in short batches. */
      action: Type.Union([Type.Literal('drop'), Type.Literal('rewrite'), Type.Literal('delete')]),
      reason: Type.Union([Type.Literal('age'), Type.Literal('size')]),
      rows: Type.Integer(),
      bytes: Type.Integer(),
    }),
  ),
})
export type RetentionPlan = Static<typeof RetentionPlan>

/** What a deletion by these filters would delete; `filters_applied` and `rows` are what to send to have it done. */
export const DeletionPreview = Type.Object({
  rows: Type.Integer(),
  first_log_at: Nullable(TimestampSchema),
  last_log_at: Nullable(TimestampSchema),
  filters_applied: FiltersApplied,
})
export type DeletionPreview = Static<typeof DeletionPreview>

/** Rows by level in one step of time, the range [start, start + bucket_seconds). */
export const HistogramBucket = Type.Object({
  start: TimestampSchema,
  debug: Type.Integer(),
  info: Type.Integer(),
  warning: Type.Integer(),
  error: Type.Integer(),
  critical: Type.Integer(),
})
export type HistogramBucket = Static<typeof HistogramBucket>

export const Histogram = Type.Object({
  start: TimestampSchema,
  end: TimestampSchema,
  bucket_seconds: Type.Integer(),
  /** All buckets of the range, empty ones included. */
  buckets: Type.Array(HistogramBucket),
  total: Type.Integer(),
})
export type Histogram = Static<typeof Histogram>

export const FacetValue = Type.Object({
  value: Type.Union([Type.String(), Type.Integer()]),
  label: Type.String(),
  count: Type.Integer(),
})
/** Counts of each value under the other filters, most frequent first (levels: highest first). */
export const Facets = Type.Object({
  level: Type.Array(FacetValue),
  source: Type.Array(FacetValue),
  camera_id: Type.Array(FacetValue),
})
export type Facets = Static<typeof Facets>

export const IngestResult = Type.Object({
  accepted: Type.Integer(),
  /** Records refused, by their index in what was sent; at most 1,000 are named. */
  rejected: Type.Array(Type.Object({ index: Type.Integer(), reason: Type.String() })),
  rejected_count: Type.Integer(),
  /** Records held back by the level in force. */
  filtered: Type.Integer(),
  first_id: Nullable(Type.Integer()),
  last_id: Nullable(Type.Integer()),
})
export type IngestResult = Static<typeof IngestResult>

export const Camera = Type.Object({
  id: Type.Integer(),
  name: Type.String(),
  created_at: TimestampSchema,
})
export type Camera = Static<typeof Camera>
export const Cameras = Type.Object({ cameras: Type.Array(Camera), total_cameras: Type.Integer() })
export type Cameras = Static<typeof Cameras>

export const CameraInput = Type.Object(
  {
    id: Type.Optional(Type.Integer({ minimum: 1, maximum: 2147483647 })),
    name: Type.String({ minLength: 1, maxLength: 200 }),
  },
  { additionalProperties: false },
)
export type CameraInput = Static<typeof CameraInput>

/** See `store/settings-schema.ts`, where each is described. */
export const Settings = SettingsSchema
export type Settings = Static<typeof Settings>

/** Who is asking, from `GET /api/session`. */
export const Session = Type.Object({
  kind: Type.Union([Type.Literal('user'), Type.Literal('key')]),
  name: Type.String(),
  role: Type.Union([Type.Literal('admin'), Type.Literal('viewer'), Type.Literal('ingest')]),
})
export type Session = Static<typeof Session>

/** `event: log_entry_created` on `GET /api/events`. */
export const LogEntryEvent = Type.Object({
  type: Type.Literal('log_entry_created'),
  data: Type.Object({
    log_id: Type.Integer(),
    level: LevelSchema,
    source: Type.String(),
    camera_id: Nullable(Type.Integer()),
    /** The first 100 characters. */
    message: Type.String(),
    timestamp: TimestampSchema,
  }),
  priority: Type.Literal('normal'),
  source: Type.Literal('logging_system'),
})
export type LogEntryEvent = Static<typeof LogEntryEvent>

export const ErrorReply = Type.Object({
  success: Type.Literal(false),
  message: Type.String(),
  status_code: Type.Integer(),
  code: Type.String(),
  /** Of INVALID_QUERY: the character of `q` it is about, 1 being the first. */
  position: Type.Optional(Type.Integer()),
  request_id: Type.String(),
})
export type ErrorReply = Static<typeof ErrorReply>

/** The envelope of every reply that is not an error. */
export const Reply = <T extends TSchema>(data: T) =>
  Type.Object({ success: Type.Literal(true), message: Type.String(), data })
export type Reply<T> = { success: true; message: string; data: T }

// Access

/** Of people and of the owners of one-time links: trimmed, any letters, no control characters. Unique without regard to case. */
const Username = Type.String({ minLength: 1, maxLength: 64 })
/** Of a password that is being chosen. */
const NewPassword = Type.String({ minLength: 8, maxLength: 128 })

/** `POST /api/auth/sign-in`; answers with a `Session` and the session's cookie. */
export const SignInInput = Type.Object(
  { username: Username, password: Type.String({ minLength: 1, maxLength: 128 }) },
  { additionalProperties: false },
)
export type SignInInput = Static<typeof SignInInput>

/** `POST /api/auth/link`: the secret of a one-time link and what to sign in with from now on; answers as sign-in does. */
export const RedeemLinkInput = Type.Object(
  {
    secret: Type.String({ minLength: 1, maxLength: 100 }),
    username: Username,
    password: NewPassword,
  },
  { additionalProperties: false },
)
export type RedeemLinkInput = Static<typeof RedeemLinkInput>

const KeyScope = Type.Union([Type.Literal('ingest'), Type.Literal('read'), Type.Literal('admin')])

/** An API key without its secret, which nobody can see again. */
export const ApiKey = Type.Object({
  id: Type.Integer(),
  name: Type.String(),
  /** The first characters of the secret, enough to recognise it. */
  prefix: Type.String(),
  scope: KeyScope,
  /** The cameras whose logs it reads; null for all logs. */
  cameras: Nullable(Type.Array(Type.Integer())),
  /** It reads logs of this level and above; null for all levels. */
  min_level: Nullable(LevelSchema),
  /** Requests a minute, beside the limits for everybody; null for those alone. */
  rate_limit: Nullable(Type.Integer()),
  expires_at: Nullable(TimestampSchema),
  created_at: TimestampSchema,
  /** To the minute. */
  last_used_at: Nullable(TimestampSchema),
})
export type ApiKey = Static<typeof ApiKey>

/** `GET /api/keys`: those that are not revoked, newest first. */
export const ApiKeys = Type.Object({ keys: Type.Array(ApiKey), total_keys: Type.Integer() })
export type ApiKeys = Static<typeof ApiKeys>

const CameraGrants = Nullable(
  Type.Array(Type.Integer({ minimum: 1, maximum: 2147483647 }), { minItems: 1, maxItems: 1000 }),
)

/** `POST /api/keys`. */
export const ApiKeyInput = Type.Object(
  {
    name: Type.String({ minLength: 1, maxLength: 100 }),
    scope: KeyScope,
    /** Only with the scope `read`; absent or null for all logs. */
    cameras: Type.Optional(CameraGrants),
    /** Only with the scope `read`: it reads logs of this level and above. */
    min_level: Type.Optional(LevelSchema),
    /** Requests a minute of all classes together, beside the limits for everybody. */
    rate_limit: Type.Optional(Type.Integer({ minimum: 1, maximum: 1_000_000 })),
    /** Days until it expires; absent for never. */
    expires_in_days: Type.Optional(Type.Integer({ minimum: 1, maximum: 3650 })),
  },
  { additionalProperties: false },
)
export type ApiKeyInput = Static<typeof ApiKeyInput>

/** A new key with its secret: the only time it is shown. */
export const CreatedApiKey = Type.Object({ key: ApiKey, secret: Type.String() })
export type CreatedApiKey = Static<typeof CreatedApiKey>

/** `POST /api/users/link`: for a person who cannot get in; a name nobody has yet invites someone with this role. */
export const UserLinkInput = Type.Object(
  {
    username: Username,
    role: Type.Optional(Type.Union([Type.Literal('admin'), Type.Literal('viewer')])),
    /** Of a viewer who is invited: the cameras whose logs they see; absent or null for all logs. */
    cameras: Type.Optional(CameraGrants),
  },
  { additionalProperties: false },
)
export type UserLinkInput = Static<typeof UserLinkInput>

export const UserLink = Type.Object({
  username: Type.String(),
  role: Type.Union([Type.Literal('admin'), Type.Literal('viewer')]),
  /** Signs its finder in, once. */
  url: Type.String(),
  expires_at: TimestampSchema,
})
export type UserLink = Static<typeof UserLink>

const UserRole = Type.Union([Type.Literal('admin'), Type.Literal('viewer')])

export const User = Type.Object({
  id: Type.String(),
  name: Type.String(),
  role: UserRole,
  /** The cameras whose logs a viewer sees; null for all logs. */
  cameras: Nullable(Type.Array(Type.Integer())),
  disabled: Type.Boolean(),
  /** False for somebody who was invited and has not come yet. */
  has_password: Type.Boolean(),
  last_sign_in_at: Nullable(TimestampSchema),
  created_at: TimestampSchema,
})
export type User = Static<typeof User>

/** `GET /api/users`: everybody, by name. */
export const Users = Type.Object({ users: Type.Array(User), total_users: Type.Integer() })
export type Users = Static<typeof Users>

/** `PATCH /api/users/:id`: what is absent stays. */
export const UserChange = Type.Object(
  {
    role: Type.Optional(UserRole),
    cameras: Type.Optional(CameraGrants),
    disabled: Type.Optional(Type.Boolean()),
  },
  { additionalProperties: false, minProperties: 1 },
)
export type UserChange = Static<typeof UserChange>

export const BrowserSession = Type.Object({
  id: Type.String(),
  created_at: TimestampSchema,
  expires_at: TimestampSchema,
  ip_address: Nullable(Type.String()),
  user_agent: Nullable(Type.String()),
  /** Whether it is the one that asks. */
  current: Type.Boolean(),
})
export type BrowserSession = Static<typeof BrowserSession>

/** `GET /api/sessions`: one's own, newest first; `GET /api/users/:id/sessions`: a user's. */
export const BrowserSessions = Type.Object({
  sessions: Type.Array(BrowserSession),
  total_sessions: Type.Integer(),
})
export type BrowserSessions = Static<typeof BrowserSessions>

/** `POST /api/auth/password`: all other sessions end. */
export const PasswordInput = Type.Object(
  { current_password: Type.String({ minLength: 1, maxLength: 128 }), new_password: NewPassword },
  { additionalProperties: false },
)
export type PasswordInput = Static<typeof PasswordInput>

// Audit

export const AuditEntry = Type.Object({
  id: Type.Integer(),
  at: TimestampSchema,
  /** Who: `user anna`, `key backup`, `system`, `nobody` when nobody had signed in. */
  actor: Type.String(),
  /** What, the kind of thing first: `settings.update`. */
  action: Type.String(),
  /** What it was done to: `camera 4`. */
  entity: Type.String(),
  /** Values before and after, without secrets. */
  before: Type.Unknown(),
  after: Type.Unknown(),
  /** Where the request came from. */
  address: Nullable(Type.String()),
  request_id: Nullable(Type.String()),
  /** SHA-256 in hex of the hash of the entry before and this entry's content. */
  hash: Type.String(),
})
export type AuditEntry = Static<typeof AuditEntry>

/** `GET /api/audit`, newest first. */
export const AuditPage = Type.Object({
  entries: Type.Array(AuditEntry),
  pagination: Type.Object({
    page: Type.Integer(),
    limit: Type.Integer(),
    total_pages: Type.Integer(),
    total_items: Type.Integer(),
    has_next: Type.Boolean(),
    has_previous: Type.Boolean(),
  }),
})
export type AuditPage = Static<typeof AuditPage>

/** `GET /api/audit/verify`. */
export const AuditCheck = Type.Object({
  checked: Type.Integer(),
  /** Hashes kept outside of the database that could be compared. */
  compared: Type.Integer(),
  faults: Type.Array(
    Type.Object({
      id: Type.Integer(),
      fault: Type.Union([Type.Literal('changed'), Type.Literal('missing'), Type.Literal('cut off')]),
      sentence: Type.String(),
    }),
  ),
})
export type AuditCheck = Static<typeof AuditCheck>

// Redaction

/** `POST /api/redaction/test`: the line as it would be stored. */
export const RedactionTest = Type.Object({
  message: Type.String(),
  extra_data: Nullable(Type.Unsafe<Record<string, unknown>>({ type: 'object', additionalProperties: true })),
  changed: Type.Boolean(),
})
export type RedactionTest = Static<typeof RedactionTest>

/** `POST /api/logs/scrub`. */
export const ScrubResult = Type.Object({
  scanned_rows: Type.Integer(),
  matched_rows: Type.Integer(),
  /** Some of the messages as they are now, or would be. */
  examples: Type.Array(Type.Object({ id: Type.Integer(), message: Type.String() })),
})
export type ScrubResult = Static<typeof ScrubResult>

export const LevelOverride = Type.Object({
  scope: Type.Unsafe<LevelScope>({ type: 'string', enum: [...LEVEL_SCOPES] }),
  target: Type.String({
    description: "The camera's id, the logger's name or the beginning of it, or the source",
  }),
  level: LevelSchema,
  expires_at: Nullable(TimestampSchema),
  max_lines_per_minute: Type.Integer(),
  /** These three are not told to keys that write. */
  reason: Type.Optional(Nullable(Type.String())),
  author: Type.Optional(Type.String()),
  created_at: Type.Optional(TimestampSchema),
})
export const Levels = Type.Object({
  /** The server's clock, for those whose own is another. */
  now: TimestampSchema,
  log_level: LevelSchema,
  overrides: Type.Array(LevelOverride),
})
export type Levels = Static<typeof Levels>

export const LevelExplanation = Type.Object({
  verdict: Type.Unsafe<'stored' | 'held_back' | 'rate_limited' | 'past_retention' | 'disk_full'>({
    type: 'string',
  }),
  level: LevelSchema,
  override: Nullable(LevelOverride),
  until: Nullable(TimestampSchema),
  is_masked: Type.Boolean(),
  stored_message: Nullable(Type.String({ description: 'The message as it would be stored' })),
  sentence: Type.String(),
})
export type LevelExplanation = Static<typeof LevelExplanation>

// Diagnosis

const VerdictSchema = Type.Unsafe<'ok' | 'warning' | 'failure'>({
  type: 'string',
  enum: ['ok', 'warning', 'failure'],
})

/** `GET` and `POST /api/diagnostics`. */
export const DiagnosisSchema = Type.Object({
  verdict: VerdictSchema,
  generated_at: TimestampSchema,
  duration_ms: Type.Integer(),
  checks: Type.Array(
    Type.Object({
      name: Type.String(),
      verdict: VerdictSchema,
      finding: Type.String({ description: 'One sentence with the numbers' }),
      cause: Type.Optional(Type.String({ description: 'Why it is not well' })),
      advice: Type.Optional(Type.String({ description: 'What to do about it' })),
      details: Type.Record(Type.String(), Type.Unknown()),
    }),
  ),
  comparison: Nullable(
    Type.Array(Type.Object({ verdict: VerdictSchema, text: Type.String() }), {
      description: 'After test lines: what the summary says before and after',
    }),
  ),
  test_lines_until: Nullable(TimestampSchema),
})
export type Diagnosis = Static<typeof DiagnosisSchema>

/** `GET /api/cameras/activity`. */
export type { CameraActivity, CamerasActivity } from './camera-schemas.ts'
