import { printStage } from '../language/print.ts'
import type { LabelFilter, LineFilter, Matcher, Stage } from '../language/syntax.ts'
import { LogqlError } from '../language/tokens.ts'
import { compileAddress } from './ip-addresses.ts'
import { compileFilter, labelsOf } from './label-filters.ts'
import { ERROR, ERROR_DETAILS, type LineLabels } from './line-labels.ts'
import { compileFilterPattern } from './line-pattern.ts'
import {
  jsonFieldsStage,
  jsonStage,
  type LineStage,
  logfmtFieldsStage,
  logfmtStage,
  patternStage,
  regexpStage,
  unpackStage,
} from './parsers.ts'
import { compileMatcher, compilePattern } from './patterns.ts'
import { compileTemplate, type Template } from './template/template.ts'

const TEMPLATE_ERROR = 'TemplateFormatErr'
/** Colours of a terminal: the escape character, or its one-byte form, and what follows it. */
const COLOURS = new RegExp(
  `[${'\u001b'}${'\u009b'}][[\\]()#;?]*(?:(?:[a-zA-Z\\d]*(?:;[a-zA-Z\\d]*)*)?${'\u0007'}|(?:\\d{1,4}(?:;\\d{0,4})*)?[\\dA-PRZcf-ntqry=><~])`,
  'g',
)

/** The stages in the order that Loki runs them in, as one. @throws {LogqlError} that names the stage which is broken */
export function compileStages(stages: readonly Stage[]): LineStage {
  const compiled = inOrder(stages).map((stage) => {
    try {
      return compileStage(stage)
    } catch (error) {
      if (error instanceof LogqlError) throw error
      throw new LogqlError(stageProblem(stage, (error as Error).message))
    }
  })
  return (line, labels, nanos) => {
    let current: string | undefined = line
    for (const stage of compiled) {
      current = stage(current, labels, nanos)
      if (current === undefined) return undefined
    }
    return current
  }
}

function stageProblem(stage: Stage, problem: string): string {
  if (stage.kind === 'regexp' || stage.kind === 'pattern') return `invalid ${stage.kind} parser: ${problem}`
  return `stage '${printStage(stage)}' : ${problem}`
}

/** Line filters go before the parsers up to them: a line that they drop need not be parsed. */
export function inOrder(stages: readonly Stage[]): Stage[] {
  const ordered: Stage[] = []
  let [filters, others]: [Stage[], Stage[]] = [[], []]
  const flush = () => {
    ordered.push(...filters, ...others)
    filters = []
    others = []
  }
  for (const stage of stages) {
    if (stage.kind === 'line_filter') filters.push(stage)
    else if (stage.kind === 'label_filter') {
      flush()
      ordered.push(stage)
    } else {
      others.push(stage)
      if (stage.kind === 'line_format' || stage.kind === 'unpack') flush()
    }
  }
  flush()
  return ordered
}

function compileStage(stage: Stage): LineStage {
  switch (stage.kind) {
    case 'line_filter': {
      const passes = compileLineFilter(stage)
      return (line) => (passes(line) ? line : undefined)
    }
    case 'json':
      return stage.extractions.length === 0 ? jsonStage : jsonFieldsStage(stage.extractions)
    case 'logfmt':
      return stage.extractions.length === 0
        ? logfmtStage(stage.isStrict, stage.keepsEmpty)
        : logfmtFieldsStage(stage.extractions, stage.isStrict)
    case 'regexp':
      return regexpStage(stage.pattern)
    case 'pattern':
      return patternStage(stage.pattern)
    case 'unpack':
      return unpackStage
    case 'decolorize':
      return (line) => line.replace(COLOURS, '')
    case 'label_filter': {
      const passes = compileFilter(stage.filter)
      return (line, labels) => (passes(labels) ? line : undefined)
    }
    case 'line_format': {
      const template = templateOf('line', stage.template, 'invalid line template')
      return (line, labels, nanos) => formatted(template, line, labels, nanos) ?? line
    }
    case 'label_format':
      return labelFormatStage(stage)
    case 'drop':
      return dropStage(stage.labels)
    case 'keep':
      return keepStage(stage.labels)
  }
}

/** @throws {Error} */
function compileLineFilter({ operator, alternatives }: LineFilter): (line: string) => boolean {
  const conditions = alternatives.map(({ text, isIp }) => {
    if (!isIp) return compileText(operator, text)
    if (operator !== '|=' && operator !== '!=') throw new Error('ip: invalid operation')
    const isIn = compileAddress(text)
    if (isIn === undefined) throw new Error(`ip: invalid pattern: ${text}`)
    return isIn
  })
  const finds = (line: string) => conditions.some((condition) => condition(line))
  return operator.startsWith('!') ? (line) => !finds(line) : finds
}

function compileText(operator: LineFilter['operator'], text: string): (line: string) => boolean {
  if (operator === '|=' || operator === '!=') return (line) => line.includes(text)
  if (operator === '|~' || operator === '!~') {
    if (text === '') return () => true
    const pattern = compilePattern(text)
    return (line) => pattern.test(line)
  }
  const pattern = compileFilterPattern(text)
  return (line) => pattern.test(line)
}

function templateOf(name: string, text: string, problem: string): Template {
  try {
    return compileTemplate(name, text)
  } catch (error) {
    throw new Error(`${problem}: ${(error as Error).message}`)
  }
}

/** The text that the template writes; undefined, and an error on the labels, when it fails. */
function formatted(
  template: Template,
  line: string,
  labels: LineLabels,
  nanos: () => bigint,
): string | undefined {
  try {
    return template({ labels: labels.all(), line, nanos })
  } catch (error) {
    labels.fail(TEMPLATE_ERROR, (error as Error).message)
    return undefined
  }
}

function labelFormatStage({ formats }: Extract<Stage, { kind: 'label_format' }>): LineStage {
  const names = formats.map(({ label }) => label)
  if (names.includes(ERROR)) throw new Error(`${ERROR} cannot be formatted`)
  const twice = names.find((name, index) => names.indexOf(name) !== index)
  if (twice !== undefined)
    throw new Error(`multiple label name '${twice}' not allowed in a single format operation`)
  const compiled = formats.map(({ label, value, isRename }) => ({
    ...{ label, value },
    template: isRename ? undefined : templateOf('label', value, `invalid template for label '${label}'`),
  }))
  return (line, labels, nanos) => {
    for (const { label, value, template } of compiled) {
      if (template === undefined) {
        const found = labels.get(value)
        if (found === undefined) continue
        labels.set(label, found)
        labels.delete(value)
      } else {
        const text = formatted(template, line, labels, nanos)
        if (text !== undefined) labels.set(label, text)
      }
    }
    return line
  }
}

function dropStage(names: readonly (string | Matcher)[]): LineStage {
  const drops = names.map((name) => ({
    label: typeof name === 'string' ? name : name.label,
    matches: typeof name === 'string' ? () => true : compileMatcher(name),
  }))
  return (line, labels) => {
    for (const { label, matches } of drops) {
      if (label === ERROR) {
        if (matches(labels.error)) labels.error = ''
      } else if (label === ERROR_DETAILS) {
        if (matches(labels.errorDetails)) labels.errorDetails = ''
      } else if (matches(labels.get(label) ?? '')) labels.delete(label)
    }
    return line
  }
}

function keepStage(names: readonly (string | Matcher)[]): LineStage {
  const keeps = names.map((name) => ({
    label: typeof name === 'string' ? name : name.label,
    matches: typeof name === 'string' ? () => true : compileMatcher(name),
  }))
  return (line, labels) => {
    for (const [name, value] of Object.entries(labels.all())) {
      if (name.startsWith('__error') || name === '__preserve_error__') continue
      if (!keeps.some(({ label, matches }) => label === name && matches(value))) labels.delete(name)
    }
    return line
  }
}

/** Labels that stages look at, so that a metric's parsers extract them. */
export function requiredLabels(stages: readonly Stage[], filters: readonly LabelFilter[] = []): string[] {
  const ofStages = stages.flatMap((stage) => {
    if (stage.kind === 'label_filter') return labelsOf(stage.filter)
    if (stage.kind === 'line_format') return compileTemplate('line', stage.template).fields
    if (stage.kind !== 'label_format') return []
    return stage.formats.flatMap(({ value, isRename }) =>
      isRename ? [value] : compileTemplate('label', value).fields,
    )
  })
  return [...ofStages, ...filters.flatMap(labelsOf)]
}
