import type { FastifyPluginAsync } from 'fastify'
import { type AccessGuardOptions, registerAccessGuard } from './access-guard.ts'
import { apiKeyRoutes } from './api-keys.ts'
import { embedRoutes } from './embed.ts'
import { allowForeignPages } from './foreign-pages.ts'
import { providerSignInRoutes } from './provider-sign-in.ts'
import { sessionRoutes } from './sessions.ts'
import { signInRoutes } from './sign-in.ts'
import { twoFactorRoutes } from './two-factor.ts'
import { userRoutes } from './users.ts'

/** The guard before every route, and the routes by which people and programs get their credentials. */
export function accessPlugin(options: AccessGuardOptions): FastifyPluginAsync {
  const plugin: FastifyPluginAsync = async (app) => {
    allowForeignPages(app, options.apiKeys)
    registerAccessGuard(app, options)
    await app.register(signInRoutes(options.accounts))
    await app.register(providerSignInRoutes(options.accounts, options.publicUrl))
    await app.register(sessionRoutes(options.accounts))
    await app.register(twoFactorRoutes(options.accounts))
    await app.register(apiKeyRoutes(options.apiKeys))
    await app.register(userRoutes(options.accounts, options.publicUrl))
    await app.register(embedRoutes(options.embedLinks, options.publicUrl))
  }
  // Without it the guard's hooks would see its own routes alone; fastify-plugin does the same.
  return Object.assign(plugin, { [Symbol.for('skip-override')]: true })
}
