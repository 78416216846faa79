import { Server as TlsServer } from 'node:tls'
import type { FastifyPluginAsyncTypebox } from '@fastify/type-provider-typebox'
import type { FastifyRequest } from 'fastify'
import type { Diagnosis } from '../service/diagnosis/diagnose-log-system.ts'
import type { StreamProbe } from '../service/diagnosis/test-lines.ts'
import { Reply, reply } from './reply.ts'
import { DiagnosisSchema } from './schemas/diagnosis.ts'
import { openStreamProbe } from './stream-probe.ts'

type Diagnose = (run: { testLines: boolean; streamProbe?: StreamProbe | undefined }) => Promise<Diagnosis>

const options = {
  config: { access: 'admin' },
  schema: { response: { 200: Reply(DiagnosisSchema) } },
} as const

/** The state of the system (GET), and the same with test lines through the whole of it (POST). */
export function diagnosticsRoutes(diagnose: Diagnose): FastifyPluginAsyncTypebox {
  return async (app) => {
    app.get('/api/diagnostics', options, async () => {
      const diagnosis = await diagnose({ testLines: false })
      return reply(sentenceOf(diagnosis), diagnosis)
    })

    app.post('/api/diagnostics', options, async (request: FastifyRequest) => {
      const streamProbe = openStreamProbe(app.server.address(), {
        headers: request.headers,
        isSecure: (app.server as object) instanceof TlsServer,
      })
      const diagnosis = await diagnose({ testLines: true, streamProbe })
      return reply(sentenceOf(diagnosis), diagnosis)
    })
  }
}

function sentenceOf({ checks }: Diagnosis): string {
  const of = (verdict: string) => checks.filter((check) => check.verdict === verdict).length
  const counted = (count: number, what: string) =>
    count === 0 ? '' : `; ${count} ${what}${count === 1 ? '' : 's'}`
  return `${of('ok')} of ${checks.length} checks are OK${counted(of('failure'), 'failure')}${counted(of('warning'), 'warning')}`
}
