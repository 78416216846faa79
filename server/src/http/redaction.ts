import type { FastifyPluginAsyncTypebox } from '@fastify/type-provider-typebox'
import type { ExtraData } from '@timelapser/logger'
import { Type } from 'typebox'
import type { RedactionService } from '../service/ingest/redaction-service.ts'
import { MAX_PATTERNS } from '../store/settings/settings-schema.ts'
import { grouped, reply } from './reply.ts'
import { ScrubResult } from './schemas/removal.ts'
import { Reply } from './schemas/replies.ts'
import { RedactionTest } from './schemas/settings.ts'

const admin = { access: 'admin' } as const
const Pattern = Type.String({ minLength: 1, maxLength: 500 })

/** Masking: what a line becomes on its way in, and what is stored already. */
export function redactionRoutes(redaction: RedactionService): FastifyPluginAsyncTypebox {
  return async (app) => {
    app.post(
      '/api/redaction/test',
      {
        config: admin,
        schema: {
          body: Type.Object(
            {
              message: Type.String({ maxLength: 256 * 1024 }),
              extra_data: Type.Optional(
                Type.Unsafe<ExtraData>({ type: 'object', additionalProperties: true }),
              ),
              patterns: Type.Optional(
                Type.Array(Pattern, {
                  maxItems: MAX_PATTERNS,
                  description: "Instead of the settings' own",
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
        return reply(
          result.changed ? 'The line would be stored like this' : 'Nothing would be masked',
          result,
        )
      },
    )

    app.post(
      '/api/logs/scrub',
      {
        config: admin,
        schema: {
          body: Type.Object(
            { pattern: Pattern, dry_run: Type.Optional(Type.Boolean()) },
            { additionalProperties: false },
          ),
          response: { 200: Reply(ScrubResult) },
        },
      },
      async ({ body: { pattern, dry_run = false } }, response) => {
        // Who closes the request wants it to end.
        const closing = new AbortController()
        response.raw.once('close', () => closing.abort())
        const result = await redaction.scrub(pattern, dry_run, closing.signal)
        const count = grouped(result.matched_rows)
        return reply(dry_run ? `Would mask ${count} log entries` : `Masked ${count} log entries`, result)
      },
    )
  }
}
