/** Characters kept of a stack or an error's message: deep enough to find the place, far from the 64 kB of a record. */
const MAX_TEXT = 8_000
/** Links of a chain of causes that are followed. */
const MAX_CAUSES = 8
/** Errors of an AggregateError that are described. */
const MAX_ERRORS = 10

/** Whether `value` is an error, also one of another realm (a vm, a worker, jest). */
export function isError(value: unknown): value is Error {
  return value instanceof Error || Object.prototype.toString.call(value) === '[object Error]'
}

/**
 * Describes an error as `extra_data.error` holds it: `type`, `message`, `stack`, its own fields (`code`, `status`, …),
 * `cause` and `errors`. The values are as the error has them; {@link toPlainData} makes JSON of them.
 */
export function describeError(error: Error, depth = 0): Record<string, unknown> {
  const described: Record<string, unknown> = {
    type: cut(error.constructor?.name && error.name === 'Error' ? error.constructor.name : error.name),
    message: cut(error.message),
    stack: cut(error.stack),
  }
  for (const key of Object.keys(error)) {
    if (!(key in described) && key !== 'name' && key !== 'cause' && key !== 'errors') {
      described[key] = (error as unknown as Record<string, unknown>)[key]
    }
  }
  if (error.cause !== undefined) described.cause = describeLink(error.cause, depth)
  if (error instanceof AggregateError) {
    described.errors = error.errors.slice(0, MAX_ERRORS).map((inner: unknown) => describeLink(inner, depth))
  }
  return described
}

function describeLink(link: unknown, depth: number): unknown {
  if (!isError(link)) return link
  return depth < MAX_CAUSES ? describeError(link, depth + 1) : '[more causes]'
}

function cut(text: unknown): string {
  const whole = String(text ?? '')
  return whole.length > MAX_TEXT ? `${whole.slice(0, MAX_TEXT)}…` : whole
}
