import { Readable } from 'node:stream'
import type { FastifyPluginAsyncTypebox } from '@fastify/type-provider-typebox'
import type { ExtraData } from '@timelapser/logger'
import type { FastifyError, FastifyReply } from 'fastify'
import { Type } from 'typebox'
import type { RedactionService } from '../service/masking/redaction-service.ts'
import type { ScrubService } from '../service/masking/scrub-service.ts'
import { MAX_PATTERNS } from '../store/settings/settings-schema.ts'
import { closingOf } from './closing.ts'
import { errorReply } from './error-replies.ts'
import { progressLines } from './progress-lines.ts'
import { type App, grouped, Reply, reply } from './reply.ts'
import { Nullable } from './schemas/fields.ts'
import { ScrubResult, ScrubRun } from './schemas/removal.ts'
import { RedactionTest } from './schemas/settings.ts'

const admin = { access: 'admin' } as const
const Pattern = Type.String({ minLength: 1, maxLength: 500 })

/** Masking: of lines on their way in, and of stored lines. */
export function redactionRoutes(
  redaction: RedactionService,
  scrubs: ScrubService,
): FastifyPluginAsyncTypebox {
  return async (app) => {
    addTest(app, redaction)
    addScrub(app, redaction)
    addScrubRun(app, scrubs)
  }
}

function addTest(app: App, redaction: RedactionService): void {
  app.post(
    '/api/redaction/test',
    {
      config: admin,
      schema: {
        body: Type.Object(
          {
            message: Type.String({ maxLength: 256 * 1024 }),
            extra_data: Type.Optional(Type.Unsafe<ExtraData>({ type: 'object', additionalProperties: true })),
            patterns: Type.Optional(
              Type.Array(Pattern, {
                maxItems: MAX_PATTERNS,
                description: 'Used instead of the patterns in the settings',
              }),
            ),
          },
          { additionalProperties: false },
        ),
        response: { 200: Reply(RedactionTest) },
      },
    },
    async ({ body: { patterns, ...line } }) => {
      const result = await redaction.test(line, patterns)
      return reply(result.changed ? 'The line would be stored like this' : 'Nothing would be masked', result)
    },
  )
}

/** Masking that its request waits for. */
function addScrub(app: App, redaction: RedactionService): void {
  app.post(
    '/api/logs/scrub',
    {
      config: admin,
      // Packed, it would come all at once.
      compress: false,
      schema: {
        body: Type.Object(
          {
            pattern: Pattern,
            dry_run: Type.Optional(Type.Boolean()),
            progress: Type.Optional(
              Type.Boolean({
                description:
                  'Answer as NDJSON: `{"progress": {"scanned_rows", "matched_rows"}}` every second, and this reply as the last line',
              }),
            ),
          },
          { additionalProperties: false },
        ),
        response: { 200: Reply(ScrubResult) },
      },
    },
    async (request, response) => {
      const { pattern, dry_run: isDryRun = false, progress = false } = request.body
      const scrub = redaction.scrub(pattern)
      const work = async (onProgress?: (progress: object) => void) => {
        const result = await scrub({ isDryRun, signal: closingOf(response), onProgress })
        const count = grouped(result.matched_rows)
        return reply(isDryRun ? `Would mask ${count} log entries` : `Masked ${count} log entries`, result)
      }
      if (!progress) return work()
      const toReply = (error: unknown) =>
        errorReply(app.toAppError(error as FastifyError, request), request.id)
      // The schema describes another form of reply.
      const lines: FastifyReply = response
      lines.header('x-accel-buffering', 'no').type('application/x-ndjson; charset=utf-8')
      return lines.send(Readable.from(progressLines(work, toReply)))
    },
  )
}

/** Masking in the background. */
function addScrubRun(app: App, scrubs: ScrubService): void {
  app.get(
    '/api/logs/scrub/run',
    { config: admin, schema: { response: { 200: Reply(Type.Object({ run: Nullable(ScrubRun) })) } } },
    async () => {
      const run = await scrubs.find()
      return reply(run ? 'Masking fetched successfully' : 'Nothing has been masked yet', { run })
    },
  )

  app.post(
    '/api/logs/scrub/run',
    {
      config: admin,
      schema: {
        body: Type.Object({ pattern: Pattern }, { additionalProperties: false }),
        response: { 200: Reply(Type.Object({ run: ScrubRun })) },
      },
    },
    async ({ body }) => reply('Masking has started', { run: await scrubs.start(body.pattern) }),
  )

  app.delete(
    '/api/logs/scrub/run',
    { config: admin, schema: { response: { 200: Reply(Type.Object({ run: ScrubRun })) } } },
    async () => {
      const run = await scrubs.stop()
      return reply(`Stopped; ${grouped(run.matched_rows)} log entries were masked`, { run })
    },
  )
}
