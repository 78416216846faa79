/**
 * Every error of the API: its code, the HTTP status it becomes and when it happens. Listed in
 * docs/errors.md; a test keeps the two equal.
 */
export const ERRORS = {
  INVALID_REQUEST: {
    status: 400,
    when: 'A parameter or field is invalid; the message names it.',
  },
  INVALID_LEVEL: { status: 400, when: 'A level is not one of the five levels.' },
  INVALID_DATE: { status: 400, when: 'A date is not ISO 8601, or a range ends before it starts.' },
  INVALID_CURSOR: { status: 400, when: 'A cursor was not made by this API.' },
  INVALID_QUERY: {
    status: 400,
    when: 'The search has a syntax error; `position` is its position, starting at 1.',
  },
  UNAUTHENTICATED: { status: 401, when: 'No session and no valid key came with the request.' },
  CODE_REQUIRED: {
    status: 401,
    when: 'The password is correct and the user has a second factor: repeat the request with its `code`.',
  },
  FORBIDDEN: { status: 403, when: 'The session or key may not do this.' },
  NOT_FOUND: { status: 404, when: 'There is no such route or record.' },
  CAMERA_NOT_FOUND: { status: 404, when: 'The camera has neither a row nor a log.' },
  REQUEST_TIMEOUT: {
    status: 408,
    when: 'The body did not arrive within the time limit; nothing was stored.',
  },
  CAMERA_EXISTS: { status: 409, when: 'A camera with this id exists already.' },
  CONFLICT: { status: 409, when: 'The request contradicts what is stored.' },
  PAYLOAD_TOO_LARGE: {
    status: 413,
    when: 'The body exceeds a limit of bytes, records or values; the message names the limit. Send smaller batches.',
  },
  UNSUPPORTED_MEDIA_TYPE: { status: 415, when: 'The content type or encoding is not supported.' },
  RATE_LIMITED: { status: 429, when: 'Too many requests; retry after the time in `Retry-After`.' },
  CLIENT_CLOSED_REQUEST: { status: 499, when: 'The client closed the connection before the reply.' },
  INTERNAL: { status: 500, when: 'An internal error; search the logs for the request id.' },
  UNAVAILABLE: {
    status: 503,
    when: 'The database is unreachable, the server is stopping, or it is overloaded.',
  },
  NOT_SERVED: {
    status: 503,
    when: 'This server does not have the role for the request (`SERVE`); other servers of the database have it.',
  },
  QUERY_TIMEOUT: { status: 504, when: 'The query exceeded its time limit; narrow the range.' },
  STORAGE_FULL: { status: 507, when: 'The disk is below its reserve; nothing was stored.' },
} as const satisfies Record<string, { status: number; when: string }>

export type ErrorCode = keyof typeof ERRORS

/** A failure with a sentence for the caller: the failure, the value, and the remedy. */
export class AppError extends Error {
  readonly code: ErrorCode
  /** Seconds, becomes `Retry-After`. */
  readonly retryAfter: number | undefined
  /** Only for a broken query: the character where the error is, counted from 1. */
  readonly position: number | undefined
  /** The `data` of the reply, for callers that read results of this route. */
  readonly data: object | undefined

  constructor(
    code: ErrorCode,
    message: string,
    options?: { cause?: unknown; retryAfter?: number; position?: number; data?: object },
  ) {
    super(message, options?.cause === undefined ? undefined : { cause: options.cause })
    this.name = 'AppError'
    this.code = code
    this.retryAfter = options?.retryAfter
    this.position = options?.position
    this.data = options?.data
  }

  get status(): number {
    return ERRORS[this.code].status
  }
}
