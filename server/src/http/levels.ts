import type { FastifyPluginAsyncTypebox } from '@fastify/type-provider-typebox'
import { LEVEL_SCOPES, type LevelRules } from '@timelapser/logger'
import { Type } from 'typebox'
import type { LevelService } from '../service/administration/level-service.ts'
import { parseLevelName } from '../service/logs/log-query.ts'
import type { LogService } from '../service/logs/log-service.ts'
import { now } from '../store/database/timestamp.ts'
import { closingOf } from './closing.ts'
import { type App, Reply, reply } from './reply.ts'
import { LevelExplanation, Levels } from './schemas/levels.ts'

/** The longest time that a request may be held, in seconds. */
const MAX_WAIT_S = 55

export type LevelRoutesOptions = { logService: LogService; levelService: LevelService }

/** Levels at run time: read (and waited for) by every logger, set by administrators. */
export function levelRoutes({ logService, levelService }: LevelRoutesOptions): FastifyPluginAsyncTypebox {
  return async (app) => {
    addReading(app, levelService)
    addChanges(app, logService)
    addExplanation(app, levelService)
  }
}

function addReading(app: App, levelService: LevelService): void {
  app.get(
    '/api/levels',
    {
      config: { access: 'any' },
      schema: {
        querystring: Type.Object({
          wait: Type.Optional(
            Type.Integer({
              minimum: 0,
              maximum: MAX_WAIT_S,
              description: 'With If-None-Match: seconds to wait for a change before answering 304',
            }),
          ),
        }),
        response: { 200: Reply(Levels), 304: Type.Null() },
      },
    },
    async (request, response) => {
      const { query, principal } = request
      const known = request.headers['if-none-match']
      const { rules, etag } =
        known === undefined
          ? await levelService.get(principal)
          : await levelService.waitForChange(principal, known, (query.wait ?? 0) * 1000, closingOf(response))
      response.header('etag', etag).header('cache-control', 'no-cache')
      if (etag === known) return response.code(304).send(null)
      return reply('Log levels fetched successfully', answerOf(rules))
    },
  )
}

function addChanges(app: App, logService: LogService): void {
  app.put(
    '/api/levels',
    {
      config: { access: 'admin' },
      schema: {
        body: Type.Object(
          {
            log_level: Type.Optional(Type.Unknown({ description: 'The global level' })),
            scope: Type.Optional(Type.Unknown({ description: LEVEL_SCOPES.join(', ') })),
            target: Type.Optional(Type.Unknown()),
            level: Type.Optional(Type.Unknown()),
            minutes: Type.Optional(Type.Unknown()),
            expires_at: Type.Optional(Type.Unknown()),
            reason: Type.Optional(Type.Unknown()),
            max_lines_per_minute: Type.Optional(Type.Unknown()),
          },
          { additionalProperties: false },
        ),
        response: { 200: Reply(Levels) },
      },
    },
    async ({ body: { log_level, ...change }, principal }) => {
      const isGlobalAlone = log_level !== undefined && Object.keys(change).length === 0
      const configuration = { log_level, set: isGlobalAlone ? [] : [change] }
      const rules = await logService.manageLogLevels(configuration, principal.name)
      return reply('Log levels updated successfully', answerOf(rules))
    },
  )

  app.delete(
    '/api/levels/:scope/:target',
    {
      config: { access: 'admin' },
      schema: {
        params: Type.Object({ scope: Type.String(), target: Type.String() }),
        response: { 200: Reply(Levels) },
      },
    },
    async ({ params, principal }) => {
      const rules = await logService.manageLogLevels({ remove: [params] }, principal.name)
      return reply('Level override removed', answerOf(rules))
    },
  )
}

function addExplanation(app: App, levelService: LevelService): void {
  app.get(
    '/api/levels/why',
    {
      config: { access: 'admin' },
      schema: {
        querystring: Type.Object(
          {
            level: Type.String(),
            source: Type.Optional(Type.String({ maxLength: 100 })),
            logger_name: Type.Optional(Type.String({ maxLength: 200 })),
            camera_id: Type.Optional(Type.Integer({ minimum: 1, maximum: 2147483647 })),
            message: Type.Optional(Type.String({ maxLength: 10_000 })),
            timestamp: Type.Optional(Type.String({ format: 'date-time' })),
          },
          { additionalProperties: false },
        ),
        response: { 200: Reply(LevelExplanation) },
      },
    },
    async ({ query }) => {
      const { camera_id = null, logger_name = null, message, timestamp } = query
      const source = query.source ?? (camera_id === null ? 'system' : `camera_${camera_id}`)
      const level = parseLevelName(query.level)
      const line = { level, source, logger_name, camera_id, message, timestamp }
      const explanation = await levelService.explain(line)
      return reply(explanation.sentence, explanation)
    },
  )
}

function answerOf({ log_level, overrides }: LevelRules): Levels {
  return { now: now(), log_level, overrides: [...overrides] }
}
