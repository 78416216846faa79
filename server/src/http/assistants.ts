import { Readable } from 'node:stream'
import type { ReadableStream } from 'node:stream/web'
import { createMcpHandler } from '@modelcontextprotocol/server'
import type { FastifyInstance, FastifyPluginAsync, FastifyRequest } from 'fastify'
import { AppError } from '../service/app-error.ts'
import { VERSION } from '../version.ts'
import { type AssistantApi, AssistantFailure } from './assistants/assistant-api.ts'
import { assistantServer } from './assistants/assistant-server.ts'
import { closingOf } from './closing.ts'
import { linkOrigin } from './link-origin.ts'

/** A call of a tool is short; the longest search is 1,000 characters. */
const BODY_BYTES = 64 * 1024
/** Streams that are told of changed tools, which never change; clients open them all the same. */
const MAX_SUBSCRIPTIONS = 100
/** Headers that hold a key; each request of a tool is made with the same ones. */
const CREDENTIALS = ['authorization', 'x-api-key'] as const

type Call = { request: FastifyRequest; closing: AbortSignal }

/**
 * `/mcp`: assistants ask by the Model Context Protocol (Streamable HTTP). Each tool is a request to the API with the key that
 * came with the call, so that rights, visibility, limits and the audit trail are the same. Nothing is kept between calls.
 */
export function assistantRoutes(publicUrl: string | undefined): FastifyPluginAsync {
  return async (app) => {
    const asked = new WeakMap<Request, Call>()
    const handler = createMcpHandler(
      ({ requestInfo }) => {
        const call = requestInfo && asked.get(requestInfo)
        if (call === undefined) throw new Error('the request of an assistant was lost')
        return assistantServer(apiOf(app, call, publicUrl), VERSION)
      },
      { maxRequestBodySize: BODY_BYTES, maxSubscriptions: MAX_SUBSCRIPTIONS },
    )
    app.addHook('onClose', () => handler.close())
    app.route({
      method: ['GET', 'POST', 'DELETE'],
      url: '/mcp',
      // A call waits for requests of its own, which have places among those that read.
      config: { access: 'read', isStream: true },
      bodyLimit: BODY_BYTES,
      handler: async (request, response) => {
        // Pages of other sites can ask with the cookie of a session, and not with a key.
        if (request.principal.kind !== 'key')
          throw new AppError('FORBIDDEN', 'Assistants require an API key; create one with the scope read.')
        const call = { request, closing: closingOf(response) }
        const web = toWebRequest(call)
        asked.set(web, call)
        const answer = await handler.fetch(web, { parsedBody: request.body ?? undefined })
        response.code(answer.status)
        for (const [name, value] of answer.headers) response.header(name, value)
        // A 2025 client gets its answer as a stream of one event.
        return response.send(answer.body === null ? null : Readable.fromWeb(answer.body as ReadableStream))
      },
    })
  }
}

function toWebRequest({ request, closing }: Call): Request {
  const headers = new Headers()
  for (const [name, value] of Object.entries(request.headers)) {
    if (typeof value === 'string' && name !== 'content-length') headers.set(name, value)
  }
  const { method, body } = request
  return new Request(`http://localhost${request.url}`, {
    ...{ method, headers, signal: closing },
    ...(method === 'POST' && { body: JSON.stringify(body ?? null) }),
  })
}

/** The API as the caller of a request has it. */
function apiOf(
  app: FastifyInstance,
  { request, closing }: Call,
  publicUrl: string | undefined,
): AssistantApi {
  const headers: Record<string, string> = {}
  for (const name of CREDENTIALS) {
    const value = request.headers[name]
    if (typeof value === 'string') headers[name] = value
  }
  return {
    origin: linkOrigin(request, publicUrl).replace(/\/$/, ''),
    request: async (method, path, body) => {
      const answer = await app.inject({
        ...{ method, url: path, headers, remoteAddress: request.ip, signal: closing },
        ...(body !== undefined && { payload: body }),
      })
      const reply = readReply(answer.body)
      if (answer.statusCode === 200 && reply?.success === true) return reply.data
      throw new AssistantFailure(reply?.message ?? `The request failed with ${answer.statusCode}.`)
    },
  }
}

function readReply(text: string): { success?: boolean; message?: string; data?: unknown } | undefined {
  try {
    return JSON.parse(text)
  } catch {
    return undefined
  }
}
