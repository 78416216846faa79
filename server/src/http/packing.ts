import type { FastifyPluginAsyncTypebox } from '@fastify/type-provider-typebox'
import { Type } from 'typebox'
import type { PackingService } from '../service/administration/packing-service.ts'
import { grouped, Reply, reply } from './reply.ts'
import { Packing } from './schemas/settings.ts'

const admin = { access: 'admin' } as const

/** How far packing is, and making rows of packed lines again. It is turned on and off by the setting `pack_after_days`. */
export function packingRoutes(packing: PackingService): FastifyPluginAsyncTypebox {
  return async (app) => {
    app.get(
      '/api/packing',
      { config: admin, schema: { response: { 200: Reply(Type.Object({ packing: Packing })) } } },
      async () => {
        const progress = await packing.progress()
        return reply(`${grouped(progress.packed_rows)} log entries are packed`, { packing: progress })
      },
    )

    app.post(
      '/api/packing/unpack',
      { config: admin, schema: { response: { 200: Reply(Type.Object({ packing: Packing })) } } },
      async () => {
        const progress = await packing.unpack()
        return reply(`${grouped(progress.packed_rows)} log entries are to be unpacked`, { packing: progress })
      },
    )
  }
}
