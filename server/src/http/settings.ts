import type { FastifyPluginAsyncTypebox } from '@fastify/type-provider-typebox'
import { Type } from 'typebox'
import type { SettingsService } from '../service/administration/settings-service.ts'
import { Reply, reply } from './reply.ts'
import { Settings } from './schemas/settings.ts'

/** Settings: all at once, what they may be, and changing some of them. */
export function settingsRoutes(settings: SettingsService): FastifyPluginAsyncTypebox {
  return async (app) => {
    app.get(
      '/api/settings',
      {
        config: { access: 'read' },
        schema: { response: { 200: Reply(Type.Object({ settings: Settings })) } },
      },
      async ({ principal }) => {
        const all = await settings.get()
        const seen = principal.role === 'admin' ? all : withoutNames(all)
        return reply('Settings fetched successfully', { settings: seen })
      },
    )

    app.get(
      '/api/settings/schema',
      {
        config: { access: 'read' },
        schema: { response: { 200: Reply(Type.Object({ schema: Type.Unknown() })) } },
      },
      async () => reply('Schema of the settings fetched successfully', { schema: Settings }),
    )

    app.put(
      '/api/settings',
      {
        config: { access: 'admin' },
        schema: {
          body: Type.Record(Type.String({ maxLength: 100 }), Type.Unknown()),
          response: { 200: Reply(Type.Object({ settings: Settings })) },
        },
      },
      async ({ body }) => reply('Settings updated successfully', { settings: await settings.update(body) }),
    )
  }
}

/** Rules name sources and masked texts: a viewer of some cameras learns nothing of other sources from them. */
function withoutNames(all: Awaited<ReturnType<SettingsService['get']>>) {
  return { ...all, retention_by_source: {}, join_by_source: {}, redaction: [] }
}
