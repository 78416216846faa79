import type { ErrorReply, Reply } from 'timelapser-logs/api'
import { addressOf } from '../app/location.ts'
import { noteServerDate } from './server-clock.ts'

/** A refusal by the server, or a failure to reach it (`status` 0). */
export class ApiError extends Error {
  readonly status: number
  readonly code: string
  readonly requestId: string | null
  readonly retryAfterSeconds: number | null
  /** Only for a search that is not understood: the character where the error is, counted from 1. */
  readonly position: number | null

  constructor(
    message: string,
    facts: {
      status: number
      code: string
      requestId?: string | null
      retryAfterSeconds?: number | null
      position?: number | null
    },
  ) {
    super(message)
    this.name = 'ApiError'
    this.status = facts.status
    this.code = facts.code
    this.requestId = facts.requestId ?? null
    this.retryAfterSeconds = facts.retryAfterSeconds ?? null
    this.position = facts.position ?? null
  }
}

type RequestOptions = {
  method?: 'GET' | 'POST' | 'PUT' | 'PATCH' | 'DELETE'
  body?: unknown
  signal?: AbortSignal
}

/** The whole reply, for the callers that show its message. */
export async function requestReply<T>(path: string, options: RequestOptions = {}): Promise<Reply<T>> {
  const response = await openRequest(path, options)
  noteServerDate(response.headers.get('date'))
  const body = (await response.json().catch(() => null)) as Reply<T> | ErrorReply | null
  if (body?.success === true) return body
  throw failureOf(response, body)
}

/** Reads the error out of an unsuccessful reply. */
export function failureOf(response: Response, body: Reply<unknown> | ErrorReply | null): ApiError {
  const refused = body?.success === false ? body : null
  return new ApiError(body?.message ?? `The server answered ${response.status} without an explanation.`, {
    status: response.status,
    code: refused?.code ?? 'UNKNOWN',
    requestId: refused?.request_id ?? response.headers.get('x-request-id'),
    retryAfterSeconds: Number(response.headers.get('retry-after')) || null,
    position: refused?.position ?? null,
  })
}

/** The `data` of a reply. */
export async function request<T>(path: string, options: RequestOptions = {}): Promise<T> {
  return (await requestReply<T>(path, options)).data
}

/** The response as it begins. */
export async function openRequest(
  path: string,
  { method = 'GET', body, signal }: RequestOptions,
): Promise<Response> {
  try {
    return await fetch(addressOf(path), {
      method,
      credentials: 'same-origin',
      headers: {
        accept: 'application/json',
        ...authorization(),
        ...(body === undefined ? {} : { 'content-type': 'application/json' }),
      },
      ...(body === undefined ? {} : { body: JSON.stringify(body) }),
      ...(signal === undefined ? {} : { signal }),
    })
  } catch (cause) {
    if (signal?.aborted) throw cause
    throw new ApiError('The server cannot be reached.', { status: 0, code: 'UNREACHABLE' })
  }
}

let token: string | null = null

/** Sends every request of this window with the token in place of cookies, which frames of other sites do not have. */
export function authorizeBy(given: string): void {
  token = given
}

/** The header of a request; none where cookies say who it is. */
export function authorization(): Record<string, string> {
  return token === null ? {} : { authorization: `Bearer ${token}` }
}

/** Whether this window is an embedded page: it has no session, and leads to no sign-in. */
export function isEmbedded(): boolean {
  return token !== null
}
