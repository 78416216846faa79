// The stages that extract labels from a line.
import type { Extraction } from '../language/syntax.ts'
import {
  type FieldVisitor,
  JsonFault,
  type JsonPiece,
  readJsonPath,
  unescapeJson,
  valueAt,
  visitFields,
} from './json-text.ts'
import { type LineLabels, partOf, toLabelName } from './line-labels.ts'
import { compileLinePattern } from './line-pattern.ts'
import { readLogfmt } from './logfmt.ts'
import { compilePattern } from './patterns.ts'

/** Makes another line of a line, or labels; undefined drops it. */
export type LineStage = (line: string, labels: LineLabels, nanos: () => bigint) => string | undefined

const JSON_ERROR = 'JSONParserErr'
const LOGFMT_ERROR = 'LogfmtParserErr'
/** Deeper objects have no labels of their own. */
const MAX_DEPTH = 50

/** Reads what the callback reads, and notes on the labels where the JSON is broken. */
function reading(labels: LineLabels, read: () => void): void {
  try {
    read()
  } catch (error) {
    if (!(error instanceof JsonFault)) throw error
    labels.fail(JSON_ERROR, error.message)
  }
}

export const jsonStage: LineStage = (line, labels) => {
  if (!labels.isDone) reading(labels, () => visitFields(line, fieldsUnder('', labels, 0)))
  return line
}

/** Makes labels of fields, their names behind those of the objects that they are in. */
function fieldsUnder(prefix: string, labels: LineLabels, depth: number): FieldVisitor {
  return {
    field: (key, piece) => {
      const name = joined(prefix, key)
      const isValue = piece.kind !== 'array' && piece.kind !== 'null' && piece.kind !== 'object'
      const own = isValue && name !== '' ? labels.nameFor(name) : undefined
      if (own !== undefined) labels.set(own, textOf(piece))
      return !labels.isDone
    },
    object: (key) => {
      const name = joined(prefix, key)
      return depth < MAX_DEPTH && labels.needsPrefix(name) ? fieldsUnder(name, labels, depth + 1) : undefined
    },
  }
}

function joined(prefix: string, key: string): string {
  if (prefix === '') return toLabelName(key)
  const name = partOf(key)
  return name === '' ? prefix : `${prefix}_${name}`
}

function textOf({ kind, raw }: JsonPiece): string {
  if (kind !== 'string') return raw
  const text = unescapeJson(raw)
  return text.includes('\ufffd') ? text.replaceAll('\ufffd', ' ') : text
}

/** `| json first="servers[0]"`. @throws {Error} */
export function jsonFieldsStage(extractions: readonly Extraction[]): LineStage {
  const paths = extractions.map(({ label, expression }) => {
    try {
      return { label, path: readJsonPath(expression) }
    } catch (error) {
      throw new Error(`cannot parse expression [${expression}]: ${(error as Error).message}`)
    }
  })
  return (line, labels) => {
    if (line === '' || labels.isDone) return line
    if (!/^["{[]/.test(line)) {
      labels.fail(JSON_ERROR, '')
      return line
    }
    for (const { label, path } of paths) {
      let piece: JsonPiece | undefined
      try {
        piece = valueAt(line, path)
      } catch (error) {
        if (!(error instanceof JsonFault)) throw error
      }
      const name = labels.isTaken(label) ? `${label}_extracted` : label
      if (piece !== undefined) labels.set(name, piece.kind === 'null' ? '' : textOf(piece))
      else if (labels.get(label) === undefined) labels.set(label, '')
    }
    return line
  }
}

export const unpackStage: LineStage = (line, labels) => {
  if (line === '' || labels.isDone) return line
  if (!line.startsWith('{')) {
    labels.fail(JSON_ERROR, 'expecting json object(6), but it is not')
    return line
  }
  const found: [string, string][] = []
  let entry: string | undefined
  reading(labels, () => {
    const field: FieldVisitor['field'] = (key, piece) => {
      if (piece.kind !== 'string') return true
      if (key === '_entry') entry = unescapeJson(piece.raw)
      else {
        const name = labels.nameFor(key)
        if (name !== undefined) found.push([toLabelName(name), textOf(piece)])
      }
      return true
    }
    visitFields(line, { field })
    // Only a line that was packed has labels in it.
    if (entry !== undefined) for (const [name, value] of found) labels.set(name, value)
  })
  return labels.error === JSON_ERROR ? line : (entry ?? line)
}

export function logfmtStage(isStrict: boolean, keepsEmpty: boolean): LineStage {
  return (line, labels) => {
    if (labels.isDone) return line
    for (const piece of readLogfmt(line)) {
      if ('problem' in piece) {
        if (!isStrict) continue
        labels.fail(LOGFMT_ERROR, piece.problem)
        return line
      }
      const name = toLabelName(piece.key)
      const own = name === '' ? undefined : labels.nameFor(name)
      if (own === undefined || (piece.value === '' && !keepsEmpty)) continue
      labels.set(own, piece.value.replaceAll('\ufffd', ' '))
      if (labels.isDone) return line
    }
    return line
  }
}

/** `| logfmt code="status"` */
export function logfmtFieldsStage(extractions: readonly Extraction[], isStrict: boolean): LineStage {
  const wanted = new Map(extractions.map(({ label, expression }) => [toLabelName(expression), label]))
  return (line, labels) => {
    if (labels.isDone) return line
    for (const { label } of extractions) if (!labels.isTaken(label)) labels.set(label, '')
    for (const piece of readLogfmt(line)) {
      if ('problem' in piece) {
        if (!isStrict) continue
        labels.fail(LOGFMT_ERROR, piece.problem)
        return line
      }
      const label = wanted.get(toLabelName(piece.key))
      if (label !== undefined) labels.set(labels.isTaken(label) ? `${label}_extracted` : label, piece.value)
    }
    return line
  }
}

/** @throws {Error} */
export function regexpStage(source: string): LineStage {
  const pattern = compilePattern(source)
  if (pattern.names.length === 0) throw new Error('at least one named capture must be supplied')
  return (line, labels) => {
    const group = pattern.find(line)
    for (const [name, number] of group ? pattern.names : []) {
      const own = labels.nameFor(toLabelName(name))
      if (own !== undefined) labels.set(own, group?.(number) ?? '')
    }
    return line
  }
}

/** @throws {Error} */
export function patternStage(source: string): LineStage {
  const pattern = compileLinePattern(source)
  return (line, labels) => {
    if (labels.isDone) return line
    for (const [name, value] of pattern.extract(line)) {
      const own = labels.nameFor(name)
      if (own !== undefined) labels.set(own, value)
    }
    return line
  }
}
