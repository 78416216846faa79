import type { FastifyPluginAsyncTypebox } from '@fastify/type-provider-typebox'
import { Type } from 'typebox'
import type { Accounts } from '../service/access/accounts.ts'
import { tokenOf } from '../service/access/own-account.ts'
import { linkOrigin } from './link-origin.ts'
import { type App, Reply, reply } from './reply.ts'
import { BrowserSessions } from './schemas/sign-in.ts'
import { User, UserChange, UserLink, UserLinkInput, Users } from './schemas/users.ts'
import { readSessionCookie } from './session-cookie.ts'

/** Where a one-time link leads. The secret is in the fragment, which browsers send to nobody. */
export function signInUrl(origin: string, secret: string): string {
  return `${origin}/sign-in#link=${secret}`
}

/** Users: inviting somebody, or letting them back in. */
export function userRoutes(accounts: Accounts, publicUrl: string | undefined): FastifyPluginAsyncTypebox {
  return async (app) => {
    addUsers(app, accounts, publicUrl)
    addSessions(app, accounts)
  }
}

function addUsers(app: App, accounts: Accounts, publicUrl: string | undefined): void {
  app.post(
    '/api/users/link',
    {
      config: { access: 'admin' },
      schema: { body: UserLinkInput, response: { 201: Reply(UserLink) } },
    },
    async (request, response) => {
      const { secret, ...link } = await accounts.links.create(request.body)
      const url = signInUrl(linkOrigin(request, publicUrl), secret)
      return response.code(201).send(reply('One-time link created successfully', { ...link, url }))
    },
  )

  app.get(
    '/api/users',
    { config: { access: 'admin' }, schema: { response: { 200: Reply(Users) } } },
    async () => {
      const users = await accounts.users.list()
      return reply('Users fetched successfully', { users, total_users: users.length })
    },
  )

  app.patch(
    '/api/users/:id',
    {
      config: { access: 'admin' },
      schema: { params: UserId, body: UserChange, response: { 200: OneUser } },
    },
    async ({ params, body }) =>
      reply('User updated successfully', { user: await accounts.users.change(params.id, body) }),
  )

  app.delete(
    '/api/users/:id',
    { config: { access: 'admin' }, schema: { params: UserId, response: { 200: OneUser } } },
    async ({ params }) => reply('User deleted', { user: await accounts.users.delete(params.id) }),
  )
}

function addSessions(app: App, accounts: Accounts): void {
  app.delete(
    '/api/users/:id/sessions',
    { config: { access: 'admin' }, schema: { params: UserId, response: { 200: OneUser } } },
    async ({ params }) =>
      reply('User signed out everywhere', { user: await accounts.users.endSessions(params.id) }),
  )

  app.get(
    '/api/users/:id/sessions',
    {
      config: { access: 'admin' },
      schema: { params: UserId, response: { 200: Reply(BrowserSessions) } },
    },
    async (request) => {
      const cookie = readSessionCookie(request, accounts.cookieNames)
      const sessions = await accounts.users.listSessions(request.params.id, cookie && tokenOf(cookie))
      return reply('Sessions fetched successfully', { sessions, total_sessions: sessions.length })
    },
  )

  app.delete(
    '/api/users/:id/sessions/:session_id',
    {
      config: { access: 'admin' },
      schema: { params: UserSessionId, response: { 200: OneUser } },
    },
    async ({ params }) =>
      reply('Session ended', { user: await accounts.users.endSession(params.id, params.session_id) }),
  )
}

const UserId = Type.Object({ id: Type.String({ format: 'uuid' }) })
const UserSessionId = Type.Object({
  id: Type.String({ format: 'uuid' }),
  session_id: Type.String({ format: 'uuid' }),
})
const OneUser = Reply(Type.Object({ user: User }))
