// The settings, once: meaning, range and default of each. The API's replies and the
// page's types, the check of changes, the commands and the code that obeys them all take it from here.
import { LEVELS, type Level, RECORD_LIMITS } from '@timelapser/logger'
import { type Static, Type } from 'typebox'

/** A hundred years; longer is 0, everything. */
const MAX_DAYS = 36_500
/** Rules a kind: each is a condition in every retention statement. */
const MAX_RULES = 100
/** Each is tried on every line that comes in. */
export const MAX_PATTERNS = 50
/** Links that a detail has room for. */
const MAX_LINKS = 20
/** Shorter messages would not say what happened. */
const MIN_MESSAGE_BYTES = 100
/** A checkpoint's worth of WAL and what dropping and rewriting need. */
const DISK_RESERVE_BYTES = 512 * 1024 * 1024

/**
 * Loggers and cameras, and twice as many sources, as each camera is a source: this many are listed and counted in about
 * a second.
 */
const NAMES = 10_000
const MAX_NAMES = 1_000_000

const REQUEST_LOGGING = ['off', 'changes', 'all'] as const
export type RequestLogging = (typeof REQUEST_LOGGING)[number]

/** `unit` is ours: sentences about a value name it. */
const days = (description: string, more: object = {}) =>
  Type.Integer({ minimum: 0, maximum: MAX_DAYS, unit: 'days', description, ...more })
const names = (of: string, most = NAMES) =>
  Type.Integer({
    minimum: 0,
    maximum: MAX_NAMES,
    unit: of,
    default: most,
    description: `Maximum number of ${of} in a month, at most half of them by one key; lines with further ${of} are stored under "other". 0 sets no limit.`,
  })
const bytes = (description: string, more: object) =>
  Type.Integer({ minimum: 0, maximum: Number.MAX_SAFE_INTEGER, unit: 'bytes', description, ...more })

export const SettingsSchema = Type.Object({
  log_level: Type.Unsafe<Level>({
    type: 'string',
    enum: [...LEVELS],
    default: 'INFO',
    description: 'Records below it are not stored.',
  }),
  timezone: Type.String({
    maxLength: 100,
    default: 'UTC',
    description:
      'IANA name such as Europe/Berlin: the zone of displayed times and of days. Stored times are UTC.',
  }),
  retention_days: days('Lines older than this many days are deleted; 0 keeps everything.', { default: 30 }),
  retention_by_level: Type.Unsafe<Partial<Record<Level, number>>>({
    type: 'object',
    properties: Object.fromEntries(LEVELS.map((level) => [level, days(`For ${level} lines.`)])),
    additionalProperties: false,
    default: {},
    description: 'Days for lines of these levels instead; 0 keeps them.',
  }),
  retention_by_source: Type.Unsafe<Record<string, number>>({
    type: 'object',
    propertyNames: { minLength: 1, maxLength: 100 },
    additionalProperties: days('For lines of this source.'),
    maxProperties: MAX_RULES,
    default: {},
    description: 'Days for lines of these sources instead, whatever their level; 0 keeps them.',
  }),
  retention_max_bytes: bytes(
    'The oldest partitions are dropped while their total size exceeds this; 0 sets no limit.',
    { default: 0 },
  ),
  disk_reserve_bytes: bytes(
    'With less free disk space than this nothing more is stored, so that PostgreSQL can continue; 0 sets no reserve.',
    { default: DISK_RESERVE_BYTES },
  ),
  pack_after_days: days(
    'Lines of partitions that ended more than this many days ago are packed into about a tenth of the space; 0 packs nothing.',
    { default: 0 },
  ),
  register_cameras: Type.Boolean({
    default: true,
    description: 'Whether a record with an unknown camera creates the camera.',
  }),
  max_sources: names('sources', 2 * NAMES),
  max_loggers: names('loggers'),
  max_cameras: names('cameras'),
  message_max: bytes(
    'Longest message in bytes of UTF-8; a longer one is cut, and `extra_data.truncated_bytes` holds the number of bytes cut.',
    {
      minimum: MIN_MESSAGE_BYTES,
      maximum: RECORD_LIMITS.messageBytes,
      default: RECORD_LIMITS.messageBytes,
    },
  ),
  join_by_source: Type.Unsafe<Record<string, boolean>>({
    type: 'object',
    propertyNames: { minLength: 1, maxLength: 100 },
    additionalProperties: Type.Boolean({
      description: 'Whether lines of this source that belong together are stored as one.',
    }),
    maxProperties: MAX_RULES,
    default: {},
    description:
      'Whether lines of these sources that belong together, such as those of a stack trace, are stored as one. Lines of other sources are joined in plain text and syslog over TCP, and kept unchanged with all other protocols.',
  }),
  line_links: Type.Unsafe<Record<string, string>>({
    type: 'object',
    propertyNames: { minLength: 1, maxLength: 100 },
    additionalProperties: Type.String({ description: 'The address, with {values} of the line.' }),
    maxProperties: MAX_LINKS,
    default: {},
    description:
      'Links in the detail of a line, by name: http or https addresses with values of the line, encoded, like https://cameras.example/{camera_id}?at={timestamp}.',
  }),
  redaction: Type.Array(Type.String(), {
    maxItems: MAX_PATTERNS,
    default: [],
    description: 'Case-insensitive regular expressions of text that is redacted in addition to credentials.',
  }),
  request_logging: Type.Unsafe<RequestLogging>({
    type: 'string',
    enum: [...REQUEST_LOGGING],
    default: 'changes',
    description:
      'Which requests the server logs: none (off); changes, failures and slow requests; all but ingest and streams.',
  }),
})
export type Settings = Static<typeof SettingsSchema>

/** The schema of a setting, or of a part of it. */
export type SettingProperty = {
  type: 'string' | 'integer' | 'boolean' | 'array' | 'object'
  description: string
  default: unknown
  enum?: string[]
  minimum?: number
  maximum?: number
  unit?: string
  maxItems?: number
  maxProperties?: number
  properties?: Record<string, SettingProperty>
  propertyNames?: { minLength: number; maxLength: number }
  additionalProperties?: SettingProperty | false
}

export const SETTING_PROPERTIES = SettingsSchema.properties as unknown as Record<
  keyof Settings,
  SettingProperty
>
export const SETTING_NAMES = Object.keys(SETTING_PROPERTIES) as (keyof Settings)[]

export const DEFAULT_SETTINGS = Object.fromEntries(
  SETTING_NAMES.map((name) => [name, SETTING_PROPERTIES[name].default]),
) as Settings
