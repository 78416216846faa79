import type { FastifyPluginAsyncTypebox } from '@fastify/type-provider-typebox'
import type { ExtraData } from '@timelapser/logger'
import { Type } from 'typebox'
import type { ParseRulesService } from '../service/ingest/parse-rules-service.ts'
import { closingOf } from './closing.ts'
import { type App, grouped, Reply, reply } from './reply.ts'
import { LevelSchema } from './schemas/fields.ts'
import { ParseDryRun, ParseRuleList, ParseRules, TriedLine } from './schemas/parse-rules.ts'

const admin = { access: 'admin' } as const
/** Lines that are tried at once. */
const MAX_LINES = 100
const MAX_HOURS = 24

const Rules = Type.Optional({ ...ParseRuleList, description: 'Used instead of the rules in force' })

const Sample = Type.Object(
  {
    message: Type.String({ maxLength: 256 * 1024 }),
    source: Type.Optional(Type.String({ minLength: 1, maxLength: 100 })),
    level: Type.Optional(LevelSchema),
    logger_name: Type.Optional(Type.String({ maxLength: 200 })),
    timestamp: Type.Optional(Type.String({ format: 'date-time' })),
    camera_id: Type.Optional(Type.Integer({ minimum: 1, maximum: 2_147_483_647 })),
    extra_data: Type.Optional(Type.Unsafe<ExtraData>({ type: 'object', additionalProperties: true })),
  },
  { additionalProperties: false },
)

/** Rules by which lines are parsed: the rules in force, changing them, and trying them first. */
export function parseRuleRoutes(parseRules: ParseRulesService): FastifyPluginAsyncTypebox {
  return async (app) => {
    addRules(app, parseRules)
    addTrials(app, parseRules)
  }
}

function addRules(app: App, parseRules: ParseRulesService): void {
  app.get('/api/parse-rules', { config: admin, schema: { response: { 200: Reply(ParseRules) } } }, async () =>
    reply('Parse rules fetched successfully', await parseRules.list()),
  )

  app.put(
    '/api/parse-rules',
    {
      config: admin,
      schema: {
        body: Type.Object(
          {
            rules: ParseRuleList,
            version: Type.Optional(
              Type.String({
                maxLength: 100,
                description: 'Version of the rules that the change is based on',
              }),
            ),
          },
          { additionalProperties: false },
        ),
        response: { 200: Reply(ParseRules) },
      },
    },
    async ({ body: { rules, version } }) =>
      reply('Parse rules updated successfully', await parseRules.replace(rules, version)),
  )
}

function addTrials(app: App, parseRules: ParseRulesService): void {
  app.post(
    '/api/parse-rules/test',
    {
      config: { ...admin, isTrial: true },
      schema: {
        body: Type.Object(
          {
            rules: Rules,
            lines: Type.Optional(
              Type.Array(Sample, {
                maxItems: MAX_LINES,
                description: 'Used instead of the newest stored lines of the sources of the rules',
              }),
            ),
            count: Type.Optional(Type.Integer({ minimum: 1, maximum: MAX_LINES })),
          },
          { additionalProperties: false },
        ),
        response: { 200: Reply(Type.Object({ lines: Type.Array(TriedLine) })) },
      },
    },
    async ({ body: { count = 20, ...given } }) => {
      const lines = await parseRules.test(given, count)
      return reply('The lines would be stored like this', { lines })
    },
  )

  app.post(
    '/api/parse-rules/dry-run',
    {
      config: admin,
      schema: {
        body: Type.Object(
          {
            rules: Rules,
            hours: Type.Optional(Type.Integer({ minimum: 1, maximum: MAX_HOURS })),
          },
          { additionalProperties: false },
        ),
        response: { 200: Reply(ParseDryRun) },
      },
    },
    async ({ body: { rules, hours = 1 } }, response) => {
      const run = await parseRules.dryRun(rules, hours, closingOf(response))
      const sentence = `Of ${grouped(run.lines)} stored lines, ${grouped(run.changed)} would change and ${grouped(run.dropped)} would be dropped`
      return reply(sentence, run)
    },
  )
}
