import type { CallSite } from './call-site.ts'
import type { Level } from './level.ts'
import type { ExtraData, Json, LogRecord } from './record.ts'

const RESET = '\x1b[0m'
const DIM = '\x1b[2m'
const COLOURS: Readonly<Record<Level, string>> = {
  DEBUG: '\x1b[36m',
  INFO: '\x1b[32m',
  WARNING: '\x1b[33m',
  ERROR: '\x1b[31m',
  CRITICAL: '\x1b[1;97;41m',
}

/**
 * Control characters that a terminal would obey instead of show: a log line must not move the cursor or retitle the
 * window.
 */
// biome-ignore lint/suspicious/noControlCharactersInRegex: they are what is looked for
const CONTROL = /[\0-\x08\x0b-\x1f\x7f-\x9f\u200e\u200f\u202a-\u202e\u2066-\u2069]/g

/**
 * One record as people read it: `time | level | name:function:line - message`, then its extra data, then a stack
 * indented beneath. Time is the machine's zone. Without a call site the name stands alone.
 */
export function formatLine(record: LogRecord, colours: boolean, site?: CallSite): string {
  const paint = (code: string, text: string) => (colours && text !== '' ? `${code}${text}${RESET}` : text)
  const name = record.logger_name ? `${record.source}.${record.logger_name}` : record.source
  const place = site ? `${name}:${site.functionName}:${site.line}` : name
  const level = paint(COLOURS[record.level], record.level.padEnd(8))
  const message = visible(record.message).replaceAll('\n', '\n    ')
  const { text: fields, stacks } = describeExtra(record.extra_data)
  const head = `${paint(DIM, localTime(record.timestamp))} | ${level} | ${paint('\x1b[36m', visible(place))} - `
  const loud = record.level === 'ERROR' || record.level === 'CRITICAL' || record.level === 'WARNING'
  const shown = loud && record.level !== 'CRITICAL' ? paint(COLOURS[record.level], message) : message
  const tail = fields === '' ? '' : ` ${paint(DIM, fields)}`
  return `${head}${shown}${tail}\n${stacks.map((stack) => `${paint(DIM, indent(stack))}\n`).join('')}`
}

function localTime(timestamp: string): string {
  const date = new Date(timestamp)
  const two = (value: number) => String(value).padStart(2, '0')
  const day = `${date.getFullYear()}-${two(date.getMonth() + 1)}-${two(date.getDate())}`
  const time = `${two(date.getHours())}:${two(date.getMinutes())}:${two(date.getSeconds())}`
  return `${day} ${time}.${String(date.getMilliseconds()).padStart(3, '0')}`
}

function describeExtra(extra: ExtraData | null): { text: string; stacks: string[] } {
  const fields: string[] = []
  const stacks: string[] = []
  for (const [key, value] of Object.entries(extra ?? {})) {
    const stack = stackOf(value)
    if (stack === undefined) fields.push(`${visible(key)}=${visible(compact(value))}`)
    else stacks.push(stack)
  }
  return { text: fields.join(' '), stacks }
}

/** The stack of a described error with those of its causes; `undefined` when the value is none. */
function stackOf(value: Json | undefined): string | undefined {
  if (typeof value !== 'object' || value === null || Array.isArray(value)) return undefined
  const { type, message, stack, cause, errors, ...fields } = value
  if (typeof type !== 'string' || typeof message !== 'string' || typeof stack !== 'string') return undefined
  const own = stack === '' ? `${type}: ${message}` : stack
  const rest = Object.keys(fields).length > 0 ? `\n  ${compact(fields)}` : ''
  const inner = [cause, ...(Array.isArray(errors) ? errors : [])]
    .filter((one) => one !== undefined)
    .map((one) => `\nCaused by: ${stackOf(one) ?? compact(one)}`)
  return visible(own + rest + inner.join(''))
}

function compact(value: Json): string {
  if (typeof value === 'string') return /^[^\s"=]+$/.test(value) ? value : JSON.stringify(value)
  return JSON.stringify(value)
}

function indent(text: string): string {
  return text
    .split('\n')
    .map((line) => `    ${line}`)
    .join('\n')
}

function visible(text: string): string {
  return text.replace(CONTROL, (character) => {
    const code = character.charCodeAt(0)
    return code < 256 ? `\\x${code.toString(16).padStart(2, '0')}` : `\\u${code.toString(16)}`
  })
}
