import { isError } from './describe-error.ts'

/** A call taken apart: its text and the object beside it, not yet copied. */
export type Call = {
  /** `undefined` when the call had none. */
  text: string | undefined
  extra: object | undefined
}

type Consumed = { text: string; used: number }

const SPECIFIER = /%[sdifjoOc%]/g

/** Takes a call's arguments apart, whichever order they are in. */
export function parseCall(args: readonly unknown[]): Call {
  const [first, second] = args
  if (typeof first !== 'string') return parsePinoOrder(first, args)
  if (args.length === 1) return { text: first, extra: undefined }
  if (args.length === 2 && isObject(second) && !first.includes('%'))
    return { text: first, extra: asExtra(second) }
  const { text, used } = interpolate(first, args, 1)
  return { text, extra: collect(args.slice(1 + used)) }
}

function parsePinoOrder(first: unknown, args: readonly unknown[]): Call {
  const extra = isObject(first) ? asExtra(first) : undefined
  if (args.length === 1) return { text: extra || first === undefined ? undefined : String(first), extra }
  const second = args[1]
  if (typeof second !== 'string') {
    return { text: extra ? undefined : toText(first), extra: merge(extra, collect(args.slice(1))) }
  }
  if (args.length === 2) return { text: second, extra }
  const { text, used } = interpolate(second, args, 2)
  return { text, extra: merge(extra, collect(args.slice(2 + used))) }
}

/**
 * Fills `%s` and its kin. Those for texts and numbers leave an object alone: in `('100%done', { id })` it is the extra
 * data, not the value of `%d`.
 */
function interpolate(format: string, args: readonly unknown[], from: number): Consumed {
  let used = 0
  const text = format.replace(SPECIFIER, (specifier) => {
    if (specifier === '%%') return '%'
    if (from + used >= args.length) return specifier
    const value = args[from + used]
    const wantsObject = specifier === '%j' || specifier === '%o' || specifier === '%O'
    if (isObject(value) !== wantsObject && (isObject(value) || specifier !== '%j')) return specifier
    used++
    return fill(specifier, value)
  })
  return { text: used === 0 ? format : text, used }
}

function fill(specifier: string, value: unknown): string {
  if (specifier === '%c') return ''
  if (specifier === '%i') return String(Math.trunc(Number(value)))
  if (specifier === '%d' || specifier === '%f') return String(Number(value))
  if (specifier === '%s') return String(value)
  try {
    return JSON.stringify(value) ?? String(value)
  } catch {
    return '[unserialisable]'
  }
}

/** Collects the arguments after the text: a single object becomes the extra data, several values are each kept. */
function collect(rest: readonly unknown[]): object | undefined {
  if (rest.length === 0) return undefined
  if (rest.length === 1 && rest[0] === undefined) return undefined
  const objects = rest.filter(isObject)
  const values = rest.filter((value) => !isObject(value))
  let extra: object | undefined
  for (const object of objects) extra = merge(extra, asExtra(object))
  return values.length === 0 ? extra : merge(extra, { arguments: values })
}

function merge(left: object | undefined, right: object | undefined): object | undefined {
  if (!left || !right) return left ?? right
  // Descriptors, so that a getter that throws is met where it is caught.
  return Object.defineProperties({}, { ...descriptors(left), ...descriptors(right) })
}

function descriptors(value: object): PropertyDescriptorMap {
  return Object.getOwnPropertyDescriptors(value)
}

function asExtra(value: object): object {
  if (isError(value)) return { error: value }
  return Array.isArray(value) ? { values: value } : value
}

function isObject(value: unknown): value is object {
  return typeof value === 'object' && value !== null
}

function toText(value: unknown): string | undefined {
  return value === undefined ? undefined : String(value)
}
