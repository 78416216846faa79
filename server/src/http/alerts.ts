import type { FastifyPluginAsyncTypebox } from '@fastify/type-provider-typebox'
import { Type } from 'typebox'
import type { AlertsService } from '../service/alerts/alerts-service.ts'
import type { RulesService } from '../service/alerts/rules-service.ts'
import type { SilencesService } from '../service/alerts/silences-service.ts'
import { filterParameters } from '../service/logs/log-query.ts'
import { closingOf } from './closing.ts'
import { type App, Reply, reply } from './reply.ts'
import {
  AlertDefinition,
  AlertDeliveries,
  AlertHistory,
  AlertPreview,
  AlertRule,
  AlertRuleInput,
  AlertSilence,
  AlertSilenceInput,
  AlertSilences,
  AlertSummary,
  Alerts,
  AlertWhy,
  AppliedAlerts,
} from './schemas/alerts.ts'

const read = { access: 'read' } as const
const { start_date, end_date } = filterParameters
const Id = Type.Integer({ minimum: 1, maximum: Number.MAX_SAFE_INTEGER })
const params = Type.Object({ id: Id })
const one = { 200: Reply(Type.Object({ rule: AlertRule })) }
const nothing = { 200: Reply(Type.Object({})) }
/** The newest, or those before one. */
const paging = {
  before: Type.Optional(Type.Integer({ minimum: 1, maximum: Number.MAX_SAFE_INTEGER, description: 'An id' })),
  limit: Type.Optional(Type.Integer({ minimum: 1, maximum: 500, default: 100 })),
}
const MAX_APPLIED = 200

export type AlertServices = { alerts: AlertsService; rules: RulesService; silences: SilencesService }

/** Alert rules, what they decided, and what holds their notices back: readers have their own, administrators all. */
export function alertRoutes(services: AlertServices): FastifyPluginAsyncTypebox {
  const { alerts, rules, silences } = services
  return async (app) => {
    addOverview(app, alerts)
    addRules(app, rules)
    addJudgements(app, services)
    addDeliveries(app, alerts)
    addSilences(app, silences)
  }
}

function addOverview(app: App, alerts: AlertsService): void {
  app.get(
    '/api/alerts',
    { config: read, schema: { response: { 200: Reply(Alerts) } } },
    async ({ principal }) => reply('Alerts fetched successfully', { rules: await alerts.list(principal) }),
  )

  app.get(
    '/api/alerts/summary',
    { config: read, schema: { response: { 200: Reply(AlertSummary) } } },
    async ({ principal }) => reply('Alerts counted', await alerts.summary(principal)),
  )

  app.get(
    '/api/alerts/history',
    {
      config: read,
      schema: {
        querystring: Type.Object({
          rule_id: Type.Optional(Id),
          start_date,
          end_date,
          ...paging,
        }),
        response: { 200: Reply(AlertHistory) },
      },
    },
    async ({ query: { limit = 100, ...asked }, principal }) =>
      reply('History fetched successfully', {
        transitions: await alerts.history(principal, { ...asked, limit }),
      }),
  )
}

function addRules(app: App, rules: RulesService): void {
  app.post(
    '/api/alerts/rules',
    {
      config: read,
      schema: { body: AlertRuleInput, response: { 201: Reply(Type.Object({ rule: AlertRule })) } },
    },
    async ({ body, principal }, response) =>
      response.code(201).send(reply('Alert rule saved', { rule: await rules.create(body, principal) })),
  )

  app.put(
    '/api/alerts/rules',
    {
      config: read,
      schema: {
        body: Type.Object(
          {
            rules: Type.Array(AlertRuleInput, { maxItems: MAX_APPLIED }),
            prune: Type.Optional(
              Type.Boolean({ description: 'Whether your rules that are not in the request are deleted' }),
            ),
          },
          { additionalProperties: false },
        ),
        response: { 200: Reply(AppliedAlerts) },
      },
    },
    async ({ body: { rules: wanted, prune = false }, principal }) =>
      reply('Alert rules applied', await rules.apply(wanted, prune, principal)),
  )

  app.put(
    '/api/alerts/rules/:id',
    { config: read, schema: { params, body: AlertRuleInput, response: one } },
    async ({ params: { id }, body, principal }) =>
      reply('Alert rule changed', { rule: await rules.replace(id, body, principal) }),
  )

  app.delete(
    '/api/alerts/rules/:id',
    { config: read, schema: { params, response: one } },
    async ({ params: { id }, principal }) =>
      reply('Alert rule deleted', { rule: await rules.delete(id, principal) }),
  )
}

function addJudgements(app: App, { alerts, rules }: AlertServices): void {
  app.post(
    '/api/alerts/rules/preview',
    {
      config: { ...read, isTrial: true },
      schema: {
        body: Type.Object(
          {
            rule: AlertDefinition,
            days: Type.Optional(Type.Integer({ minimum: 1, maximum: 30 })),
          },
          { additionalProperties: false },
        ),
        response: { 200: Reply(AlertPreview) },
      },
    },
    async ({ body: { rule, days = 7 }, principal }, response) => {
      const preview = await rules.preview(rule, days, principal, closingOf(response))
      return reply(`It would have fired ${preview.total} times`, preview)
    },
  )

  app.get(
    '/api/alerts/rules/:id/why',
    {
      config: read,
      schema: {
        params,
        querystring: Type.Object({
          at: Type.Optional(
            Type.String({ maxLength: 40, description: 'The moment, ISO 8601; now when unset' }),
          ),
          group_key: Type.Optional(
            Type.String({ maxLength: 400, description: 'The group, for a rule with groups' }),
          ),
        }),
        response: { 200: Reply(AlertWhy) },
      },
    },
    async ({ params: { id }, query, principal }, response) => {
      return reply('The rule is explained', await alerts.why(principal, id, query, closingOf(response)))
    },
  )
}

function addDeliveries(app: App, alerts: AlertsService): void {
  app.get(
    '/api/alerts/deliveries',
    {
      config: read,
      schema: { querystring: Type.Object(paging), response: { 200: Reply(AlertDeliveries) } },
    },
    async ({ query: { limit = 100, before }, principal }) =>
      reply('Notices fetched successfully', {
        deliveries: await alerts.deliveries(principal, { before, limit }),
      }),
  )

  app.post(
    '/api/alerts/deliveries/:id/retry',
    { config: read, schema: { params, response: nothing } },
    async ({ params: { id }, principal }) => {
      await alerts.retry(id, principal)
      return reply('The notice is tried again', {})
    },
  )

  app.delete(
    '/api/alerts/deliveries/:id',
    { config: read, schema: { params, response: nothing } },
    async ({ params: { id }, principal }) => {
      await alerts.dismiss(id, principal)
      return reply('The notice is put away', {})
    },
  )
}

function addSilences(app: App, silences: SilencesService): void {
  app.get(
    '/api/alerts/silences',
    { config: read, schema: { response: { 200: Reply(AlertSilences) } } },
    async ({ principal }) =>
      reply('Silences fetched successfully', { silences: await silences.list(principal) }),
  )

  app.post(
    '/api/alerts/silences',
    {
      config: read,
      schema: {
        body: AlertSilenceInput,
        response: { 201: Reply(Type.Object({ silence: AlertSilence })) },
      },
    },
    async ({ body, principal }, response) =>
      response.code(201).send(reply('Silence started', { silence: await silences.begin(body, principal) })),
  )

  app.delete(
    '/api/alerts/silences/:id',
    { config: read, schema: { params, response: nothing } },
    async ({ params: { id }, principal }) => {
      await silences.end(id, principal)
      return reply('Silence ended', {})
    },
  )
}
