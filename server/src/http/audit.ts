import type { FastifyPluginAsyncTypebox } from '@fastify/type-provider-typebox'
import type { FastifyInstance } from 'fastify'
import { Type } from 'typebox'
import type { AuditTrail } from '../service/access/audit-trail.ts'
import { AppError } from '../service/app-error.ts'
import { parseIso } from '../store/database/timestamp.ts'
import { grouped, Reply, reply } from './reply.ts'
import { AuditCheck, AuditPage } from './schemas/audit.ts'

const Text = (description: string) =>
  Type.Optional(Type.String({ minLength: 1, maxLength: 200, description }))
const admin = { access: 'admin' } as const

/** Attributes the work of a request to its caller. */
export function registerActors(app: FastifyInstance, auditTrail: AuditTrail): void {
  // The last hook: earlier ones, and reading the body, would lose the context on their way.
  app.addHook('preHandler', ({ principal, ip, id }, _response, done) => {
    const name = principal ? `${principal.kind} ${principal.name}` : 'nobody'
    auditTrail.as({ name, address: ip, request_id: id }, done)
  })
}

/** The audit trail: reading it, and having it checked. */
export function auditRoutes(auditTrail: AuditTrail): FastifyPluginAsyncTypebox {
  return async (app) => {
    app.get(
      '/api/audit',
      {
        config: admin,
        schema: {
          querystring: Type.Object({
            actor: Text('Exact actor, such as `user anna`'),
            action: Text('Exact action, or the part before a dot: `logs` for `logs.clear`'),
            entity: Text('Exact object, such as `camera 4`'),
            request_id: Text('Id of the request that made the change'),
            start_date: Text('ISO 8601, inclusive; naive is UTC'),
            end_date: Text('ISO 8601, inclusive; naive is UTC'),
            page: Type.Integer({ minimum: 1, maximum: 1_000_000, default: 1 }),
            limit: Type.Integer({ minimum: 1, maximum: 1000, default: 100 }),
          }),
          response: { 200: Reply(AuditPage) },
        },
      },
      async ({ query: { page, limit, start_date, end_date, ...filter } }) => {
        const range = { start: instant('start_date', start_date), end: instant('end_date', end_date) }
        const offset = (page - 1) * limit
        const { entries, total } = await auditTrail.list({ ...filter, ...range }, { offset, limit })
        const total_pages = Math.ceil(total / limit)
        return reply('Audit trail fetched successfully', {
          entries,
          pagination: {
            ...{ page, limit, total_pages, total_items: total },
            has_next: page < total_pages,
            has_previous: page > 1,
            is_cut: entries.length < Math.min(limit, total - offset),
          },
        })
      },
    )

    app.get(
      '/api/audit/verify',
      { config: admin, schema: { response: { 200: Reply(AuditCheck) } } },
      async () => {
        const check = await auditTrail.verify()
        const { checked, faults } = check
        const sentence = faults.length === 0 ? 'all as they were written' : `${faults.length} faults found`
        return reply(`Checked ${grouped(checked)} audit entries: ${sentence}`, check)
      },
    )
  }
}

function instant(name: 'start_date' | 'end_date', text: string | undefined): string | undefined {
  if (text === undefined) return undefined
  const parsed = parseIso(text, name === 'end_date')
  if (parsed === undefined) throw new AppError('INVALID_DATE', `${name} is not ISO 8601: ${text}`)
  return parsed
}
