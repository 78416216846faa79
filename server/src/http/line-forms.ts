import type { FastifyPluginAsyncTypebox } from '@fastify/type-provider-typebox'
import { Type } from 'typebox'
import { compileTime } from '../ingest/inference/infer-time.ts'
import type { Principal } from '../service/access/access.ts'
import { AppError } from '../service/app-error.ts'
import { formHolder, type RememberedForms } from '../service/ingest/remembered-forms.ts'
import { Reply, reply } from './reply.ts'
import { KnownLineForm, LineFormInput, LinePlace } from './schemas/line-forms.ts'

/** The forms that `timelapser-logs ingest` reads files and pipes by: remembered by key, the same wherever it runs. */
export function lineFormRoutes(forms: RememberedForms): FastifyPluginAsyncTypebox {
  return async (app) => {
    app.get(
      '/api/line-forms',
      {
        config: { access: 'ingest' },
        schema: { querystring: Type.Object(LinePlace), response: { 200: Reply(KnownLineForm) } },
      },
      async ({ query: { way_in, source }, principal }) => {
        refusePages(principal)
        const place = { holder: formHolder(principal.lineage), wayIn: way_in, source }
        const { version, form = null } = await forms.find(place, undefined)
        return reply('Line form fetched successfully', { version, form })
      },
    )

    app.post(
      '/api/line-forms',
      {
        config: { access: 'ingest' },
        schema: { body: LineFormInput, response: { 200: Reply(KnownLineForm) } },
      },
      async ({ body: { way_in, source, after, form }, principal }) => {
        refusePages(principal)
        if (form.time !== 'fixed' && compileTime(form.time) === undefined)
          throw new AppError(
            'INVALID_REQUEST',
            'form.time: a template has no date, clock or epoch, or has a field twice.',
          )
        const place = { holder: formHolder(principal.lineage), wayIn: way_in, source }
        const { form: known } = await forms.find(place, undefined)
        await forms.learn(place, { version: after, form: known }, form)
        const { version, form: kept = null } = await forms.find(place, undefined)
        return reply('Line form kept', { version, form: kept })
      },
    )
  }
}

/** A key that stands in pages writes lines, and nothing else. */
function refusePages({ origins }: Principal): void {
  if (origins) throw new AppError('FORBIDDEN', 'A key for pages may neither read nor store line forms.')
}
