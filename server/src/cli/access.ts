import { createHash, randomBytes, timingSafeEqual } from 'node:crypto'
import { readFile, writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import type { FastifyPluginAsync } from 'fastify'
import type { Config } from '../config.ts'
import { ACCESS_LEVELS, type AccessLevel, type Principal, SEES_EVERYTHING } from '../service/access.ts'
import { AppError } from '../service/app-error.ts'
import { errorCode } from '../startup-error.ts'

/** How people and programs come in. */
export type Access = {
  plugin: () => FastifyPluginAsync
  /** The administrator's key when it was made just now. */
  newApiKey: string | undefined
  /** Signs the first administrator in; its secret is in the fragment. */
  signInLink: (url: string) => string | undefined
}

/** The administrator's key opens everything: the configured one, or the one made at the first start. */
export async function openAccess(config: Config): Promise<Access> {
  const { key, isNew } = await adminKey(config)
  return {
    plugin: () => guard(key),
    newApiKey: isNew ? key : undefined,
    signInLink: () => undefined,
  }
}

async function adminKey(config: Config): Promise<{ key: string; isNew: boolean }> {
  if (config.adminApiKey !== undefined) return { key: config.adminApiKey, isNew: false }
  const file = join(config.dataDir, 'admin-api-key')
  const kept = await readFile(file, 'utf8').catch((error: unknown) => {
    if (errorCode(error) === 'ENOENT') return ''
    throw error
  })
  if (kept.trim() !== '') return { key: kept.trim(), isNew: false }
  const key = `tl_${randomBytes(32).toString('base64url')}`
  await writeFile(file, `${key}\n`, { mode: 0o600 })
  return { key, isNew: true }
}

function guard(key: string): FastifyPluginAsync {
  const expected = sha256(key)
  const admin: Principal = {
    kind: 'key',
    id: 'admin',
    name: 'admin',
    role: 'admin',
    visibility: SEES_EVERYTHING,
  }
  const plugin: FastifyPluginAsync = async (app) => {
    app.decorateRequest('principal')
    app.addHook('onRoute', ({ url, config }) => {
      const { access } = (config ?? {}) as { access?: AccessLevel }
      if (!access || !ACCESS_LEVELS.includes(access)) throw new Error(`${url} does not declare its access`)
    })
    app.addHook('onRequest', async (request) => {
      const bearer = /^Bearer (.+)$/i.exec(request.headers.authorization ?? '')?.[1]
      const given = bearer ?? request.headers['x-api-key']
      if (typeof given === 'string' && timingSafeEqual(sha256(given), expected)) {
        Object.assign(request, { principal: admin })
        return
      }
      const { access } = request.routeOptions.config as { access?: AccessLevel }
      if (access !== undefined && access !== 'public')
        throw new AppError('UNAUTHENTICATED', 'Sign in, or send an API key.')
    })
  }
  // Its hooks are for the routes of all others.
  return Object.assign(plugin, { [Symbol.for('skip-override')]: true })
}

function sha256(text: string): Buffer {
  return createHash('sha256').update(text).digest()
}
