import type { LabelSet } from '../line-labels.ts'
import { FUNCTIONS, LAZY } from './functions.ts'
import { GoTime } from './go-time.ts'
import { type Expression, type Node, type Pipeline, parseTemplate } from './parse-template.ts'
import { isTrue, TemplateError, textOf, type Value } from './values.ts'

/** The line and labels that a template is run on. */
type TemplateInput = { labels: LabelSet; line: string; nanos: () => bigint }

export type Template = ((input: TemplateInput) => string) & {
  /** Names of labels that it reads. */
  fields: string[]
}

/** Characters that a template may write; a line is not longer either. */
const MAX_OUTPUT = 262_144
/** Actions of one run; loops within loops could run for ever. */
const MAX_STEPS = 20_000
/** Characters that the functions of one run may be given together: some ten milliseconds of work. */
const MAX_WORK = 4_000_000

/** @throws {TemplateError} */
export function compileTemplate(name: string, text: string): Template {
  let nodes: Node[]
  try {
    nodes = parseTemplate(text)
    checkFunctions(nodes)
  } catch (error) {
    throw new TemplateError(`template: ${name}:1: ${(error as Error).message}`)
  }
  const run = (input: TemplateInput) => {
    try {
      return new Run(input).text(nodes)
    } catch (error) {
      throw new TemplateError(`template: ${name}:1: executing "${name}": ${(error as Error).message}`)
    }
  }
  return Object.assign(run, { fields: [...new Set(fieldsOf(nodes))] })
}

type Flow = 'break' | 'continue' | undefined

class Run {
  readonly #input: TemplateInput
  readonly #pieces: string[] = []
  #length = 0
  #steps = 0
  #work = 0
  #scopes: Map<string, Value>[] = []

  constructor(input: TemplateInput) {
    this.#input = input
  }

  text(nodes: readonly Node[]): string {
    const root: Value = this.#input.labels
    this.#scopes = [new Map([['$', root]])]
    this.#nodes(nodes, root)
    return this.#pieces.join('')
  }

  #nodes(nodes: readonly Node[], dot: Value): Flow {
    for (const node of nodes) {
      this.#steps += 1
      if (this.#steps > MAX_STEPS) throw new TemplateError(`more than ${MAX_STEPS} actions were run`)
      switch (node.kind) {
        case 'text':
          this.#write(node.text)
          break
        case 'action': {
          const value = this.#pipeline(node.pipeline, dot)
          if (node.pipeline.variables.length === 0) this.#write(textOf(value))
          break
        }
        case 'if':
        case 'with': {
          const flow = this.#scoped(() => {
            const value = this.#pipeline(node.pipeline, dot)
            if (!isTrue(value)) return this.#nodes(node.otherwise, dot)
            return this.#nodes(node.then, node.kind === 'with' ? value : dot)
          })
          if (flow !== undefined) return flow
          break
        }
        case 'range':
          this.#range(node, dot)
          break
        default:
          return node.kind
      }
    }
    return undefined
  }

  #range(node: Extract<Node, { kind: 'if' | 'with' | 'range' }>, dot: Value): void {
    const { pipeline, then, otherwise } = node
    const entries = entriesOf(this.#pipeline({ ...pipeline, variables: [] }, dot))
    if (entries.length === 0) {
      this.#scoped(() => this.#nodes(otherwise, dot))
      return
    }
    for (const [key, value] of entries) {
      const flow = this.#scoped(() => {
        const [first, second] = pipeline.variables
        const scope = this.#scopes.at(-1) as Map<string, Value>
        if (second !== undefined) {
          scope.set(first as string, key)
          scope.set(second, value)
        } else if (first !== undefined) scope.set(first, value)
        return this.#nodes(then, value)
      })
      if (flow === 'break') return
    }
  }

  #scoped<T>(run: () => T): T {
    this.#scopes.push(new Map())
    try {
      return run()
    } finally {
      this.#scopes.pop()
    }
  }

  #pipeline({ variables, isAssignment, commands }: Pipeline, dot: Value): Value {
    const value = this.#commands(commands, dot)
    const [name] = variables
    if (name !== undefined) {
      const scope = isAssignment ? this.#scopes.findLast((one) => one.has(name)) : this.#scopes.at(-1)
      if (!scope) throw new TemplateError(`undefined variable "${name}"`)
      scope.set(name, value)
    }
    return value
  }

  #commands(commands: readonly (readonly Expression[])[], dot: Value): Value {
    let value: Value
    for (const [index, command] of commands.entries()) {
      value = this.#command(command, index === 0 ? [] : [value], dot)
    }
    return value
  }

  #command([first, ...rest]: readonly Expression[], last: Value[], dot: Value): Value {
    if (first?.kind === 'call' && first.name.trim() !== '') return this.#call(first.name, rest, last, dot)
    if (first?.kind === 'field' && rest.length + last.length > 0) {
      const target = first.of ? this.#value(first.of, dot) : dot
      const args = [...rest.map((one) => this.#value(one, dot)), ...last]
      return fieldsIn(target, first.path, args)
    }
    if (first === undefined || rest.length + last.length > 0)
      throw new TemplateError("can't give argument to non-function")
    return this.#value(first, dot)
  }

  #call(name: string, rest: readonly Expression[], last: Value[], dot: Value): Value {
    this.#steps += 1
    if (name === '__line__') return this.#input.line
    if (name === '__timestamp__') return new GoTime(this.#input.nanos())
    if (LAZY.has(name)) {
      const isAnd = name === 'and'
      let value: Value
      for (const one of [
        ...rest.map((argument) => () => this.#value(argument, dot)),
        ...last.map((given) => () => given),
      ]) {
        value = one()
        if (isTrue(value) !== isAnd) return value
      }
      return value
    }
    const run = FUNCTIONS[name]
    if (run === undefined) throw new TemplateError(`function "${name}" not defined`)
    const values = [...rest.map((argument) => this.#value(argument, dot)), ...last]
    for (const value of values) this.#work += typeof value === 'string' ? value.length : 1
    if (this.#work > MAX_WORK) throw new TemplateError(`functions read more than ${MAX_WORK} characters`)
    const made = run(...values)
    if (typeof made === 'string' && made.length > MAX_OUTPUT)
      throw new TemplateError(`more than ${MAX_OUTPUT} characters were made`)
    return made
  }

  #value(expression: Expression, dot: Value): Value {
    switch (expression.kind) {
      case 'literal':
        return expression.value
      case 'dot':
        return dot
      case 'variable': {
        const scope = this.#scopes.findLast((one) => one.has(expression.name))
        if (!scope) throw new TemplateError(`undefined variable "${expression.name}"`)
        return scope.get(expression.name)
      }
      case 'field':
        return fieldsIn(
          expression.of ? this.#value(expression.of, dot) : dot,
          expression.path,
          [],
          dot === this.#input.labels,
        )
      case 'call':
        if (expression.name === '')
          return this.#commands(
            expression.arguments.map((command) => (command.kind === 'call' ? command.arguments : [command])),
            dot,
          )
        return this.#call(expression.name, [], [], dot)
    }
  }

  #write(text: string): void {
    this.#length += text.length
    if (this.#length > MAX_OUTPUT) throw new TemplateError(`more than ${MAX_OUTPUT} characters were written`)
    this.#pieces.push(text)
  }
}

/** The value at the path; a label that is not there is empty. */
function fieldsIn(of: Value, path: readonly string[], args: readonly Value[] = [], isLabels = false): Value {
  let value = of
  for (const [index, name] of path.entries()) {
    if (value instanceof GoTime) value = methodOf(value, name, index === path.length - 1 ? args : [])
    else if (typeof value === 'object' && value !== null && !Array.isArray(value)) {
      const found: Value = Object.hasOwn(value, name) ? value[name] : undefined
      value = found ?? (isLabels && index === 0 ? '' : found)
    } else throw new TemplateError(`can't evaluate field ${name} in type ${typeof value}`)
  }
  return value
}

function methodOf(time: GoTime, name: string, [first]: readonly Value[]): Value {
  switch (name) {
    case 'Unix':
      return time.nanos / 1_000_000_000n
    case 'UnixMilli':
      return time.nanos / 1_000_000n
    case 'UnixMicro':
      return time.nanos / 1000n
    case 'UnixNano':
      return time.nanos
    case 'UTC':
    case 'Local':
      return time
    case 'Format':
      return time.format(textOf(first))
    case 'String':
      return time.toString()
    default:
      throw new TemplateError(`can't evaluate field ${name} in type time.Time`)
  }
}

function entriesOf(value: Value): [Value, Value][] {
  if (Array.isArray(value)) return value.map((one, index) => [BigInt(index), one])
  if (typeof value === 'bigint')
    return Array.from({ length: Math.min(Math.max(0, Number(value)), MAX_STEPS) }, (_, index) => [
      BigInt(index),
      BigInt(index),
    ])
  if (value === null || value === undefined) return []
  if (typeof value === 'object' && !(value instanceof GoTime))
    return Object.keys(value)
      .sort()
      .map((key) => [key, value[key]])
  throw new TemplateError(`range can't iterate over ${textOf(value)}`)
}

function checkFunctions(nodes: readonly Node[]): void {
  for (const { name } of callsIn(nodes)) {
    const isKnown =
      name.trim() === '' || name.startsWith('__') || LAZY.has(name) || Object.hasOwn(FUNCTIONS, name)
    if (!isKnown || (name.startsWith('__') && name !== '__line__' && name !== '__timestamp__'))
      throw new TemplateError(`function "${name}" not defined`)
  }
}

function callsIn(nodes: readonly Node[]): { name: string }[] {
  return expressionsIn(nodes).flatMap((one) => (one.kind === 'call' ? [one] : []))
}

function fieldsOf(nodes: readonly Node[]): string[] {
  return expressionsIn(nodes).flatMap((one) => (one.kind === 'field' ? one.path : []))
}

function expressionsIn(nodes: readonly Node[]): Expression[] {
  const all: Expression[] = []
  const add = (expression: Expression) => {
    all.push(expression)
    if (expression.kind === 'call') expression.arguments.forEach(add)
    if (expression.kind === 'field' && expression.of) add(expression.of)
  }
  for (const node of nodes) {
    if ('pipeline' in node) for (const command of node.pipeline.commands) command.forEach(add)
    if ('then' in node) all.push(...expressionsIn(node.then), ...expressionsIn(node.otherwise))
  }
  return all
}
