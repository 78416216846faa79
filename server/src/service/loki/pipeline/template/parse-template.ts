// Go's text/template, as far as lines and labels are formatted by it.
import { unquote } from '../../../../ingest/loki/labels.ts'
import { TemplateError, type Value } from './values.ts'

export type Expression =
  | { kind: 'literal'; value: Value }
  /** `.a.b`, `$name.a`, or fields of what a bracket gave. */
  | { kind: 'field'; of: Expression | undefined; path: readonly string[] }
  | { kind: 'dot' }
  | { kind: 'variable'; name: string }
  | { kind: 'call'; name: string; arguments: readonly Expression[] }

/** `a | b 1`: each command gets the value of the one before as its last argument. */
export type Pipeline = {
  variables: readonly string[]
  isAssignment: boolean
  commands: readonly Expression[][]
}

export type Node =
  | { kind: 'text'; text: string }
  | { kind: 'action'; pipeline: Pipeline }
  | { kind: 'if' | 'with' | 'range'; pipeline: Pipeline; then: readonly Node[]; otherwise: readonly Node[] }
  | { kind: 'break' | 'continue' }

const MAX_DEPTH = 50

/** @throws {TemplateError} */
export function parseTemplate(text: string): Node[] {
  const pieces = cut(text)
  let at = 0
  const readList = (depth: number, isInner: boolean): { nodes: Node[]; end: string } => {
    if (depth > MAX_DEPTH) throw new TemplateError('actions lie too deep within each other')
    const nodes: Node[] = []
    for (;;) {
      const piece = pieces[at]
      if (piece === undefined) {
        if (isInner) throw new TemplateError('unexpected EOF')
        return { nodes, end: '' }
      }
      at += 1
      if ('text' in piece) {
        if (piece.text !== '') nodes.push({ kind: 'text', text: piece.text })
        continue
      }
      const { action } = piece
      const word = /^(if|with|range|else|end|break|continue)(?![\w.])/.exec(action)?.[1]
      if (word === 'end' || word === 'else') {
        if (!isInner) throw new TemplateError(`unexpected {{${word}}}`)
        return { nodes, end: action }
      }
      if (word === 'break' || word === 'continue') nodes.push({ kind: word })
      else if (word === 'if' || word === 'with' || word === 'range')
        nodes.push(readBranch(word, action.slice(word.length), depth))
      else nodes.push({ kind: 'action', pipeline: parsePipeline(action) })
    }
  }
  const readBranch = (kind: 'if' | 'with' | 'range', condition: string, depth: number): Node => {
    const pipeline = parsePipeline(condition)
    const { nodes: then, end } = readList(depth + 1, true)
    if (end === 'end') return { kind, pipeline, then, otherwise: [] }
    const next = /^else\s+(if|with)(?![\w.])([\s\S]*)$/.exec(end)
    if (next)
      return {
        kind,
        pipeline,
        then,
        otherwise: [readBranch(next[1] as 'if' | 'with', next[2] ?? '', depth + 1)],
      }
    const otherwise = readList(depth + 1, true)
    if (otherwise.end !== 'end') throw new TemplateError(`expected end; found {{${otherwise.end}}}`)
    return { kind, pipeline, then, otherwise: otherwise.nodes }
  }
  return readList(0, false).nodes
}

/** Texts and actions in their order, the blanks taken off that `{{-` and `-}}` take off. */
function cut(text: string): ({ text: string } | { action: string })[] {
  const pieces: ({ text: string } | { action: string })[] = []
  let at = 0
  let trims = false
  for (;;) {
    const open = text.indexOf('{{', at)
    const found = text.slice(at, open < 0 ? undefined : open)
    const plain = trims ? found.trimStart() : found
    if (open < 0) {
      pieces.push({ text: plain })
      return pieces
    }
    const inner = open + 2 + (/^-\s/.test(text.slice(open + 2, open + 4)) ? 1 : 0)
    pieces.push({ text: inner > open + 2 ? plain.trimEnd() : plain })
    const isComment = text.startsWith('/*', inner) || text.startsWith('/*', inner + 1)
    const close = isComment ? text.indexOf('}}', text.indexOf('*/', inner)) : endOfAction(text, inner)
    if (close < 0) throw new TemplateError('unclosed action')
    trims = /\s-$/.test(text.slice(close - 2, close))
    if (!isComment) pieces.push({ action: text.slice(inner, trims ? close - 1 : close).trim() })
    at = close + 2
  }
}

/** Where the `}}` of an action stands, outside of its texts. */
function endOfAction(text: string, start: number): number {
  for (let at = start; at < text.length; at += 1) {
    const character = text[at] as string
    if (character === '}' && text[at + 1] === '}') return at
    if (!'"\'`'.includes(character)) continue
    const quote = character
    for (at += 1; text[at] !== quote; at += 1) {
      if (at >= text.length) throw new TemplateError('unterminated quoted string')
      if (text[at] === '\\' && quote !== '`') at += 1
    }
  }
  return -1
}

const TOKEN =
  /\s+|"(?:[^"\\\n]|\\.)*"|`[^`]*`|'(?:[^'\\]|\\.)*'|[-+]?(?:0[xX][\da-fA-F]+|\d+(?:\.\d*)?(?:[eE][-+]?\d+)?)|\$?[\p{L}_][\p{L}\p{N}_]*|(?:\.[\p{L}_][\p{L}\p{N}_]*)+|\$|:=|[=|(),.]/uy

function tokensOf(text: string): string[] {
  const tokens: string[] = []
  TOKEN.lastIndex = 0
  while (TOKEN.lastIndex < text.length) {
    const place = TOKEN.lastIndex
    const found = TOKEN.exec(text)?.[0]
    if (found === undefined)
      throw new TemplateError(`unexpected ${JSON.stringify(text[place])} in ${JSON.stringify(text)}`)
    tokens.push(/^\s/.test(found) ? ' ' : found)
  }
  return tokens
}

function parsePipeline(text: string): Pipeline {
  const tokens = tokensOf(text.trim())
  let at = 0
  const skip = () => {
    while (tokens[at] === ' ') at += 1
  }
  const head = /^\s*(\$[\p{L}_][\p{L}\p{N}_]*)(?:\s*,\s*(\$[\p{L}_][\p{L}\p{N}_]*))?\s*(:?=)(?!=)/u.exec(text)
  const variables = head ? [head[1], head[2]].filter((name) => name !== undefined) : []
  if (head) at = tokens.indexOf(head[3] as string) + 1
  const readCommands = (depth: number): Expression[][] => {
    if (depth > MAX_DEPTH) throw new TemplateError('brackets lie too deep within each other')
    const commands: Expression[][] = [[]]
    for (;;) {
      skip()
      const token = tokens[at]
      const command = commands.at(-1) as Expression[]
      if (token === undefined || token === ')') {
        if (command.length === 0) throw new TemplateError('missing value for command')
        return commands
      }
      at += 1
      if (token === '|') {
        if (command.length === 0) throw new TemplateError('missing value for command')
        commands.push([])
      } else command.push(readOperand(token, depth))
    }
  }
  const readOperand = (token: string, depth: number): Expression => {
    let operand: Expression
    if (token === '(') {
      const commands = readCommands(depth + 1)
      if (tokens[at] !== ')') throw new TemplateError('unclosed left paren')
      at += 1
      operand = nested(commands)
    } else operand = simple(token)
    const path = tokens[at]
    const takesFields = token === '(' || token.startsWith('$') || /^[\p{L}_]/u.test(token)
    if (!takesFields || path === undefined || !/^\.[\p{L}_]/u.test(path)) return operand
    at += 1
    return { kind: 'field', of: operand, path: path.slice(1).split('.') }
  }
  const commands = readCommands(0)
  if (at < tokens.length) throw new TemplateError(`unexpected ${JSON.stringify(tokens[at])} in operand`)
  return { variables, isAssignment: head?.[3] === '=', commands }
}

/** A pipeline in brackets as one expression. */
function nested(commands: readonly Expression[][]): Expression {
  return {
    kind: 'call',
    name: '',
    arguments: commands.map((command) => ({ kind: 'call', name: ' ', arguments: command })),
  }
}

function simple(token: string): Expression {
  if (token === '.') return { kind: 'dot' }
  if (token.startsWith('.')) return { kind: 'field', of: undefined, path: token.slice(1).split('.') }
  if (token.startsWith('$')) return { kind: 'variable', name: token }
  if (token.startsWith('"') || token.startsWith('`')) {
    const text = unquote(token)
    if (text === undefined) throw new TemplateError('invalid syntax')
    return { kind: 'literal', value: text }
  }
  if (token.startsWith("'")) return { kind: 'literal', value: BigInt(unquote(token)?.codePointAt(0) ?? 0) }
  if (/^[-+]?\d/.test(token)) {
    const isWhole = /^[-+]?(?:0x[\da-f]+|\d+)$/i.test(token)
    return { kind: 'literal', value: isWhole ? wholeOf(token) : Number(token) }
  }
  if (token === 'true' || token === 'false') return { kind: 'literal', value: token === 'true' }
  if (token === 'nil') return { kind: 'literal', value: null }
  if (!/^[\p{L}_]/u.test(token)) throw new TemplateError(`unexpected ${JSON.stringify(token)} in operand`)
  return { kind: 'call', name: token, arguments: [] }
}

function wholeOf(token: string): bigint {
  return token.startsWith('-') ? -BigInt(token.slice(1)) : BigInt(token.replace(/^\+/, ''))
}
