import type { FastifyPluginAsyncTypebox } from '@fastify/type-provider-typebox'
import { Type } from 'typebox'
import type { Accounts } from '../service/access/accounts.ts'
import { AppError } from '../service/app-error.ts'
import { type App, Reply, reply } from './reply.ts'
import {
  BackupCodes,
  CurrentPassword,
  TwoFactorCode,
  TwoFactorSetup,
  TwoFactorState,
} from './schemas/sign-in.ts'
import { User } from './schemas/users.ts'
import { setCookies } from './session-cookie.ts'
import { cookieOf } from './sessions.ts'
import { clientOf } from './sign-in.ts'

/** One's own second factor, and the way out for somebody who lost it. */
export function twoFactorRoutes(accounts: Accounts): FastifyPluginAsyncTypebox {
  return async (app) => {
    addOwn(app, accounts)
    addReset(app, accounts)
  }
}

/** The second factor of the caller's own account. */
function addOwn(app: App, accounts: Accounts): void {
  const { twoFactor } = accounts
  app.get(
    '/api/auth/two-factor',
    { config: { access: 'any' }, schema: { response: { 200: Reply(TwoFactorState) } } },
    async (request) =>
      reply('Second factor fetched successfully', await twoFactor.state(cookieOf(accounts, request))),
  )

  app.post(
    '/api/auth/two-factor',
    {
      config: { access: 'any' },
      schema: { body: CurrentPassword, response: { 200: Reply(TwoFactorSetup) } },
    },
    async (request) => {
      const { password } = request.body
      const setup = await twoFactor.begin(cookieOf(accounts, request), password, clientOf(request))
      return reply('Send a code of the app to turn it on', setup)
    },
  )

  app.post(
    '/api/auth/two-factor/verify',
    { config: { access: 'any' }, schema: { body: TwoFactorCode, response: { 200: Reply(Type.Null()) } } },
    async (request, response) => {
      const { code } = request.body
      const cookies = await twoFactor.confirm(cookieOf(accounts, request), code, clientOf(request))
      setCookies(request, response, cookies)
      return reply('Second factor turned on; other sessions ended', null)
    },
  )

  app.post(
    '/api/auth/two-factor/backup-codes',
    { config: { access: 'any' }, schema: { body: CurrentPassword, response: { 200: Reply(BackupCodes) } } },
    async (request) => {
      const { password } = request.body
      const cookie = cookieOf(accounts, request)
      const backup_codes = await twoFactor.renewBackupCodes(cookie, password, clientOf(request))
      return reply('Backup codes renewed', { backup_codes })
    },
  )

  app.post(
    '/api/auth/two-factor/disable',
    { config: { access: 'any' }, schema: { body: CurrentPassword, response: { 200: Reply(Type.Null()) } } },
    async (request, response) => {
      const { password } = request.body
      setCookies(
        request,
        response,
        await twoFactor.end(cookieOf(accounts, request), password, clientOf(request)),
      )
      return reply('Second factor removed', null)
    },
  )
}

function addReset(app: App, { users }: Accounts): void {
  app.delete(
    '/api/users/:id/two-factor',
    {
      config: { access: 'admin' },
      schema: {
        params: Type.Object({ id: Type.String({ format: 'uuid' }) }),
        response: { 200: Reply(Type.Object({ user: User })) },
      },
    },
    async ({ params, principal }) => {
      // A session alone must not do what asks for the password elsewhere.
      if (principal.kind === 'user' && principal.id === params.id) {
        throw new AppError(
          'CONFLICT',
          'Remove your own second factor with your password, under Two-factor authentication.',
        )
      }
      return reply('Second factor removed', { user: await users.resetTwoFactor(params.id) })
    },
  )
}
