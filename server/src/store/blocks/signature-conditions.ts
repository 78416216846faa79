import type { SqlParameters } from '../database/sql-parameters.ts'
import type { LogFilter } from '../filter/log-filter.ts'
import { conjuncts, type ExtraMatch, type SearchNode } from '../filter/search-conditions.ts'
import { RUN, runsOf } from './signatures.ts'

type Parameters = Pick<SqlParameters, 'add'>

/** Runs of a text that are looked for in a signature: these let one block in a million through for nothing. */
const MOST_RUNS = 10

/**
 * Conditions on a block `b` that hold for each that has a row of the filter: on what its signature says of the text
 * that is looked for.
 */
export function blockConditions(filter: LogFilter, parameters: Parameters): string[] {
  const texts = [filter.search, filter.request_id && jsonText(filter.request_id)]
  const conditions = [
    ...texts.map((text) => text && hasText(text, parameters)),
    ...conjuncts(filter.q).map((node) => mayHold(node, parameters)),
  ].filter((condition) => condition !== undefined && condition !== '')
  return conditions.length > 0 ? [`(b.signature is null or ${conditions.join(' and ')})`] : []
}

/**
 * Conditions on an opened block, with its joined messages `o.messages`, that hold for each that has a row of the filter:
 * looking through the text at once takes a third of what separating the messages and comparing each does.
 */
export function openedConditions(filter: LogFilter, parameters: Parameters): string[] {
  const nodes: SearchNode[] = [
    ...(filter.search ? [{ kind: 'text' as const, text: filter.search }] : []),
    ...conjuncts(filter.q),
  ]
  return nodes.filter(isSeen).map((node) => mayShow(node, parameters))
}

/** Whether the joined messages say something of it. */
function isSeen(node: SearchNode): boolean {
  switch (node.kind) {
    case 'and':
      return node.nodes.some(isSeen)
    case 'or':
      return node.nodes.length > 0 && node.nodes.every(isSeen)
    case 'text':
    case 'message':
      return node.text !== '' && [...node.text].every((character) => character < '\u0080')
    case 'regex':
    case 'line':
      return matchesAnywhere(node.pattern)
    default:
      return false
  }
}

function mayShow(node: SearchNode, parameters: Parameters): string {
  switch (node.kind) {
    case 'and':
      return `(${node.nodes
        .filter(isSeen)
        .map((part) => mayShow(part, parameters))
        .join(' and ')})`
    case 'or':
      return `(${node.nodes.map((part) => mayShow(part, parameters)).join(' or ')})`
    case 'text':
      return inMessagesOrLoggers(parameters.add(anyCase(node.text)))
    case 'message':
      return `o.messages ~* ${parameters.add(anyCase(node.text))}`
    case 'regex':
      return inMessagesOrLoggers(parameters.add(withinOne(node.pattern)))
    case 'line':
      return `o.messages ~ ${parameters.add(withinOne(node.pattern))}`
    default:
      return 'true'
  }
}

function inMessagesOrLoggers(pattern: string): string {
  return `(o.messages ~* ${pattern} or exists (select from unnest(b.loggers) as name where name ~* ${pattern}))`
}

/** A pattern of the text; `ilike` takes these for ASCII letters as well, in some locales. */
function anyCase(text: string): string {
  const plain = text.replace(/[^A-Za-z0-9 ]/g, (character) =>
    character < ' ' ? `[${character}]` : `\\${character}`,
  )
  return plain.replace(/i/gi, '[i\u0130\u0131]').replace(/k/gi, '[k\u212a]')
}

/** The pattern with each `.` kept from going on into the next message. */
function withinOne(pattern: string): string {
  return pattern.replace(/\\.|\[\^?\]?(?:\\.|\[[:.=].*?[:.=]\]|[^\]\\])*\]|\./gsu, (part) =>
    part === '.' ? '[^\u001e]' : part,
  )
}

/**
 * Whether what the pattern finds in a text it finds in any longer one: it has no anchors, looks neither ahead nor back, and
 * means by escapes only classes and characters.
 */
function matchesAnywhere(pattern: string): boolean {
  const rest = pattern.replace(/\\[dswDSW.()[\]{}+*?|/-]/g, '')
  return !/[\\^$]|\(\?|^\*\*\*/.test(rest)
}

/** Undefined when the signature says nothing of it. */
function mayHold(node: SearchNode, parameters: Parameters): string | undefined {
  switch (node.kind) {
    case 'and': {
      const parts = node.nodes.map((part) => mayHold(part, parameters)).filter((part) => part !== undefined)
      return parts.length > 0 ? `(${parts.join(' and ')})` : undefined
    }
    case 'or': {
      // With one part that it says nothing of, parameters of the others would be left over.
      if (node.nodes.length === 0 || !node.nodes.every(isTold)) return undefined
      return `(${node.nodes.map((part) => mayHold(part, parameters)).join(' or ')})`
    }
    default: {
      const text = textOf(node)
      return text === undefined ? undefined : hasText(text, parameters)
    }
  }
}

function isTold(node: SearchNode): boolean {
  if (node.kind === 'and') return node.nodes.some(isTold)
  if (node.kind === 'or') return node.nodes.length > 0 && node.nodes.every(isTold)
  const text = textOf(node)
  return text !== undefined && runsOf(text).length > 0
}

/** Text that each row of the condition has in its message, logger name or `extra_data`. */
function textOf(node: SearchNode): string | undefined {
  switch (node.kind) {
    case 'text':
    case 'message':
      return node.text
    case 'regex':
    case 'line':
      return literalOf(node.pattern)
    case 'logger_name':
      return node.isGlob ? undefined : node.value
    case 'request_id':
      return jsonText(node.value)
    case 'extra_data':
      return textOfMatch(node.match)
    default:
      return undefined
  }
}

/** A number may be written in several ways; text stands in JSON as it is, but for escapes. */
function textOfMatch(match: ExtraMatch): string | undefined {
  if (match.kind !== 'is') return undefined
  return match.isTextOnly ? jsonText(match.text) : undefined
}

/**
 * The text as JSON holds it, without the characters that JSON may escape: they stand as they are where it is the text of an
 * object.
 */
function jsonText(text: string): string {
  return text.replace(/["\\\p{Cc}]/gu, '\u001e')
}

/** The longest text that every match of the pattern holds, as far as is plain to see. */
function literalOf(pattern: string): string | undefined {
  // Groups, classes, escapes, counts and alternatives may mean anything; `***` and `(?` change what the rest means.
  if (/[|()[\]{}\\]|^\*\*\*/.test(pattern)) return undefined
  const parts = pattern.replace(/.[*?]\??/gsu, '.').split(/[.^$+]/)
  const longest = parts.reduce((most, part) => (part.length > most.length ? part : most), '')
  return longest.length >= RUN ? longest : undefined
}

function hasText(text: string, parameters: Parameters): string | undefined {
  const runs = runsOf(text).slice(0, MOST_RUNS)
  if (runs.length === 0) return undefined
  return `(${runs.map((run) => hasRun(parameters.add(run))).join(' and ')})`
}

function hasRun(run: string): string {
  const place = `(${run}::integer & (b.signature_bits - 1))`
  return `get_byte(substr(b.signature, (${place} >> 3) + 1, 1), 0) & (1 << (${run}::integer & 7)) <> 0`
}
