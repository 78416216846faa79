import type { ExtraData } from '@timelapser/logger'
import { putExtra, readTimestamp } from '../record-fields.ts'
import type { SyslogParts } from './syslog-parts.ts'

/** VERSION TIMESTAMP HOSTNAME APP-NAME PROCID MSGID, each `-` when there is none. */
const HEAD = /^1 (-|\d{4}-\S{1,60}) (\S{1,255}) (\S{1,48}) (\S{1,128}) (\S{1,32})(?: |$)/

/** The message behind its priority; undefined when it is not of RFC 5424. */
export function readRfc5424(text: string): SyslogParts | undefined {
  const match = HEAD.exec(text)
  if (match === null) return undefined
  const [head, time = '-', host, app, process, id] = match
  const timestamp = time === '-' ? undefined : readTimestamp(time)
  if (time !== '-' && timestamp === undefined) return undefined
  const extra: ExtraData = {}
  if (known(process) !== undefined)
    extra.pid = /^\d{1,10}$/.test(process ?? '') ? Number(process) : (process ?? '')
  if (known(id) !== undefined) extra.msgid = id ?? ''
  const { data, end } = readStructuredData(text, head.length)
  if (data !== undefined) extra.structured_data = data
  const message = text
    .slice(end)
    .replace(/^ /, '')
    .replace(/^\ufeff|^\xef\xbb\xbf/, '')
  const written = text.slice(head.length, end)
  return {
    timestamp,
    host: known(host),
    app: known(app),
    message: message === '' && data !== undefined ? written : message,
    extra,
  }
}

function known(value: string | undefined): string | undefined {
  return value === '-' ? undefined : value
}

const ELEMENT = /\[([^\s=\]"]{1,200})((?: +[^\s=\]"]{1,200}="(?:[^"\\]|\\.)*")*) *\]/sy
const PARAMETER = / +([^\s=\]"]{1,200})="((?:[^"\\]|\\.)*)"/gs

/**
 * `[id name="value" …]…` from `start` on. Broken text there is not structured data: it begins the message, as
 * nothing of it may be lost.
 */
function readStructuredData(text: string, start: number): { data: ExtraData | undefined; end: number } {
  if (text[start] !== '[') return { data: undefined, end: text[start] === '-' ? start + 1 : start }
  const data: ExtraData = {}
  let end = start
  for (ELEMENT.lastIndex = start; ; end = ELEMENT.lastIndex) {
    const [, id, written = ''] = ELEMENT.exec(text) ?? []
    if (id === undefined) break
    const parameters: ExtraData = {}
    for (const [, name = '', value = ''] of written.matchAll(PARAMETER)) {
      putExtra(parameters, name, value.replace(/\\(["\\\]])/g, '$1'))
    }
    putExtra(data, id, parameters)
  }
  return end === start ? { data: undefined, end } : { data, end }
}
