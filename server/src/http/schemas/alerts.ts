// The shapes of `/api/alerts`.
import { type Static, Type } from 'typebox'
import { AlertDefinitionSchema, AlertRuleInputSchema } from '../../service/alerts/alert-rule.ts'
import { ChannelInputSchema } from '../../service/alerts/delivery/channel.ts'
import { DigestInputSchema } from '../../service/alerts/digest/digest-service.ts'
import { Nullable, TimestampSchema } from './fields.ts'

export const AlertRuleInput = AlertRuleInputSchema
export type AlertRuleInput = Static<typeof AlertRuleInput>
export const AlertDefinition = AlertDefinitionSchema
export type AlertDefinition = Static<typeof AlertDefinition>
export const AlertDigestInput = DigestInputSchema
export type AlertDigestInput = Static<typeof AlertDigestInput>
export const AlertChannelInput = ChannelInputSchema
export type AlertChannelInput = Static<typeof AlertChannelInput>

const rule = {
  id: Type.Integer(),
  name: Type.String(),
  enabled: Type.Boolean(),
  ...AlertDefinitionSchema.properties,
  owner_name: Type.String(),
  is_own: Type.Boolean(),
  /** Counts the conditions that it had. */
  revision: Type.Integer(),
  begun_at: TimestampSchema,
  /** Why it cannot be evaluated, and since when. */
  problem: Nullable(Type.String()),
  problem_since: Nullable(TimestampSchema),
  condition_text: Type.String(),
  created_at: TimestampSchema,
  updated_at: TimestampSchema,
}
export const AlertRule = Type.Object(rule)
export type AlertRule = Static<typeof AlertRule>

const Value = Nullable(Type.Number())
const Instant = Nullable(TimestampSchema)

export const AlertGroup = Type.Object({
  group_key: Type.String(),
  /** As people call it. */
  label: Type.String(),
  state: Type.String({ description: 'normal, firing, resolved or no_data' }),
  since: TimestampSchema,
  value: Value,
  first_at: Instant,
  last_at: Instant,
  /** The last sign of life, and when a line came last; they differ when old lines come. */
  seen_at: Instant,
  came_at: Instant,
  too_late: Type.Integer({
    description: 'Lines that arrived more than a day from their own time: no window counts them',
  }),
  severity: Type.String({ description: 'That of the highest threshold that fires' }),
  /** Whether a notice of the incident was sent. */
  is_told: Type.Boolean(),
  /** The search of its lines, in the form of a list's address. */
  query: Type.String(),
})
export type AlertGroup = Static<typeof AlertGroup>

/** A rule with the groups it knows, those that fire first. */
export const ListedAlertRule = Type.Object({
  ...rule,
  group_count: Type.Integer(),
  firing_count: Type.Integer(),
  groups: Type.Array(AlertGroup),
})
export type ListedAlertRule = Static<typeof ListedAlertRule>

/** `GET /api/alerts`. */
export const Alerts = Type.Object({ rules: Type.Array(ListedAlertRule) })
export type Alerts = Static<typeof Alerts>

/** `GET /api/alerts/summary`. */
export const AlertSummary = Type.Object({
  rules: Type.Integer(),
  firing: Type.Integer(),
  /** Rules that cannot be evaluated. */
  problems: Type.Integer(),
  /** Notices that were given up; for administrators. */
  dead: Type.Integer(),
})
export type AlertSummary = Static<typeof AlertSummary>

/** `PUT /api/alerts/rules`. */
export const AppliedAlerts = Type.Object({
  created: Type.Array(Type.String()),
  changed: Type.Array(Type.String()),
  deleted: Type.Array(Type.String()),
  unchanged: Type.Integer(),
})
export type AppliedAlerts = Static<typeof AppliedAlerts>

/** `POST /api/alerts/rules/preview`: when a rule would have fired. */
export const AlertPreview = Type.Object({
  start: TimestampSchema,
  end: TimestampSchema,
  searched_from: Type.String({
    description: 'Start of the range that was searched: later than start when the time limit was reached',
  }),
  groups: Type.Integer(),
  total: Type.Integer(),
  /** How often each further threshold would have been crossed. */
  thresholds: Type.Array(Type.Object({ at: Type.Number(), total: Type.Integer() })),
  incidents: Type.Array(
    Type.Object({
      group_key: Type.String(),
      label: Type.String(),
      start: TimestampSchema,
      end: Instant,
      value: Value,
    }),
  ),
})
export type AlertPreview = Static<typeof AlertPreview>

export const AlertTransition = Type.Object({
  id: Type.Integer(),
  rule_id: Type.Integer(),
  rule_name: Type.String(),
  revision: Type.Integer(),
  group_key: Type.String(),
  label: Type.String(),
  tier: Type.Integer({ description: 'The threshold that it is of, from 1; 0 for the condition itself' }),
  severity: Type.String(),
  kind: Type.String({ description: 'firing, resolved, expired, edited, disabled, problem or recovered' }),
  incident: Type.Integer(),
  at: TimestampSchema,
  value: Value,
  threshold: Value,
  first_at: Instant,
  last_at: Instant,
  late_ms: Type.Integer(),
  /** Why the notice was not sent at once. */
  held: Nullable(Type.String()),
  text: Type.String(),
  /** The list of its lines, as a query string of the page. */
  search: Nullable(Type.String()),
  /** The list of the lines stored because the level was raised when it fired. */
  raised: Nullable(Type.String()),
})
export type AlertTransition = Static<typeof AlertTransition>

/** `GET /api/alerts/history`: newest first. */
export const AlertHistory = Type.Object({ transitions: Type.Array(AlertTransition) })
export type AlertHistory = Static<typeof AlertHistory>

/** `GET /api/alerts/rules/:id/why`. */
export const AlertWhy = Type.Object({
  at: TimestampSchema,
  state: Type.String({ description: 'normal, firing, resolved or not_evaluated' }),
  /** Sentences, in the order in which they are to be read. */
  reasons: Type.Array(Type.String()),
  /** The windows that were looked at, newest first; none for conditions without windows. */
  windows: Type.Array(
    Type.Object({
      start: TimestampSchema,
      end: TimestampSchema,
      /** Null: it decides nothing. */
      value: Value,
      limit: Value,
      is_bad: Type.Boolean(),
    }),
  ),
  counted_by: Nullable(
    Type.String({
      description: 'evaluation: as it was counted then; lines: counted now from what is stored',
    }),
  ),
  /** The decisions up to then, newest first. */
  transitions: Type.Array(AlertTransition),
  notices: Type.Array(
    Type.Object({
      channel: Type.String(),
      kind: Type.String(),
      state: Type.String({ description: 'pending, sent or dead' }),
      attempts: Type.Integer(),
      created_at: TimestampSchema,
      ended_at: Instant,
      error: Nullable(Type.String()),
    }),
  ),
})
export type AlertWhy = Static<typeof AlertWhy>

export const AlertDelivery = Type.Object({
  id: Type.Integer(),
  channel_id: Type.Integer(),
  rule_id: Type.Integer({ description: '0 for a daily digest' }),
  rule_name: Type.String(),
  kind: Type.String(),
  transitions: Type.Array(Type.Integer()),
  dedup_key: Type.String(),
  state: Type.String({ description: 'pending, sent or dead' }),
  attempts: Type.Integer(),
  created_at: TimestampSchema,
  next_at: TimestampSchema,
  ended_at: Instant,
  reply: Nullable(Type.String()),
  error: Nullable(Type.String()),
})
export type AlertDelivery = Static<typeof AlertDelivery>

/** `GET /api/alerts/deliveries`: newest first. */
export const AlertDeliveries = Type.Object({ deliveries: Type.Array(AlertDelivery) })
export type AlertDeliveries = Static<typeof AlertDeliveries>

export const AlertSilence = Type.Object({
  id: Type.Integer(),
  rule_id: Nullable(Type.Integer()),
  rule_name: Nullable(Type.String()),
  group_key: Nullable(Type.String()),
  reason: Type.String(),
  author: Type.String(),
  starts_at: TimestampSchema,
  ends_at: TimestampSchema,
})
export type AlertSilence = Static<typeof AlertSilence>

/** `GET /api/alerts/silences`. */
export const AlertSilences = Type.Object({ silences: Type.Array(AlertSilence) })
export type AlertSilences = Static<typeof AlertSilences>

/** Six weeks: a camera is away for a season, and nobody forgets a silence for ever. */
const MAX_SILENCE_MINUTES = 60_480

export const AlertSilenceInput = Type.Object(
  {
    rule_id: Type.Optional(Type.Integer({ minimum: 1, description: 'All rules when unset' })),
    group_key: Type.Optional(Type.String({ maxLength: 200, description: 'All groups when unset' })),
    reason: Type.String({ minLength: 1, maxLength: 500 }),
    minutes: Type.Integer({ minimum: 1, maximum: MAX_SILENCE_MINUTES }),
    starts_at: Type.Optional(Type.String({ format: 'date-time', description: 'Now when unset' })),
  },
  { additionalProperties: false },
)
export type AlertSilenceInput = Static<typeof AlertSilenceInput>

export const AlertChannel = Type.Object({
  id: Type.Integer(),
  name: Type.String(),
  kind: Type.String({ description: 'webhook or email' }),
  /** The host or the addressees. */
  target: Type.String(),
  author: Type.String(),
  created_at: TimestampSchema,
  updated_at: TimestampSchema,
})
export type AlertChannel = Static<typeof AlertChannel>

/** `GET /api/alerts/channels`. */
export const AlertChannels = Type.Object({
  channels: Type.Array(AlertChannel),
  /** Whether this server has a key to encrypt channels with; without it none can be made. */
  has_key: Type.Boolean(),
})
export type AlertChannels = Static<typeof AlertChannels>

/** `POST /api/alerts/channels/:id/test`. */
export const AlertChannelTest = Type.Object({
  is_sent: Type.Boolean(),
  reply: Nullable(Type.String()),
  error: Nullable(Type.String()),
})
export type AlertChannelTest = Static<typeof AlertChannelTest>

/** `GET` and `PUT /api/alerts/digest`. */
export const AlertDigestSettings = Type.Object({
  enabled: Type.Boolean(),
  at: Type.String(),
  timezone: Type.String(),
  channels: Type.Array(Type.String()),
  next_at: Instant,
  last_at: Instant,
  updated_at: TimestampSchema,
})
export type AlertDigestSettings = Static<typeof AlertDigestSettings>

const DigestKind = Type.Object({
  level: Type.String(),
  text: Type.String({ description: 'The message without its numbers, ids and quoted text' }),
  rows: Type.Integer(),
  first_at: TimestampSchema,
})

/** `GET /api/alerts/digest/preview`; a webhook gets the same as `digest`, without title and text. */
export const AlertDigest = Type.Object({
  timezone: Type.String(),
  before: TimestampSchema,
  start: TimestampSchema,
  end: TimestampSchema,
  levels: Type.Array(
    Type.Object({ level: Type.String(), rows: Type.Integer(), rows_before: Type.Integer() }),
  ),
  new_kinds: Type.Object({
    total: Type.Integer(),
    most: Type.Array(DigestKind),
    searched_from: TimestampSchema,
    compared_from: Instant,
  }),
  silent_cameras: Type.Object({
    total: Type.Integer(),
    listed: Type.Array(Type.Object({ id: Type.Integer(), name: Type.String(), last_at: Instant })),
  }),
  alerts: Type.Array(
    Type.Object({
      rule_id: Type.Integer(),
      name: Type.String(),
      severity: Type.String(),
      fired: Type.Integer(),
      groups: Type.Integer(),
      is_firing: Type.Boolean(),
      problem: Nullable(Type.String()),
    }),
  ),
  /** Null for those who see some cameras alone. */
  own: Nullable(Type.Object({ total: Type.Integer(), most: Type.Array(DigestKind) })),
  /** Null unless for administrators. */
  dead_notices: Nullable(Type.Integer()),
  title: Type.String(),
  text: Type.String(),
})
export type AlertDigest = Static<typeof AlertDigest>
