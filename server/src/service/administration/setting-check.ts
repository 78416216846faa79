import { Value } from 'typebox/value'
import {
  SETTING_NAMES,
  SETTING_PROPERTIES,
  type SettingProperty,
  type Settings,
} from '../../store/settings/settings-schema.ts'
import { AppError } from '../app-error.ts'
import { parseLevelName } from '../logs/log-query.ts'
import { parseTimeZone } from '../logs/time-zone.ts'
import { compileAll } from '../masking/redaction-service.ts'
import { checkLineLinks } from './line-links.ts'

/** Levels are taken in any case. */
const FORGIVING: Partial<Record<keyof Settings, (value: unknown) => unknown>> = {
  log_level: (value) => parseLevelName(String(value)),
  retention_by_level: (value) =>
    isObject(value)
      ? Object.fromEntries(Object.entries(value).map(([level, days]) => [parseLevelName(level), days]))
      : value,
}

/** Checks that no schema can express. */
const MORE: { [N in keyof Settings]?: (value: Settings[N], stored?: Settings[N]) => unknown } = {
  timezone: parseTimeZone,
  line_links: checkLineLinks,
  redaction: (patterns, stored) => compileAll('redaction', patterns, stored),
}

/**
 * The value of a setting as it will be stored.
 *
 * @param stored its value until now: parts that earlier rules accepted may stay
 * @throws {AppError} INVALID_REQUEST or INVALID_LEVEL that names the field and its limit
 */
function checkSetting<N extends keyof Settings>(name: N, given: unknown, stored?: Settings[N]): Settings[N] {
  const value = FORGIVING[name]?.(given) ?? given
  const problem = problemOf(name, SETTING_PROPERTIES[name], value)
  if (problem !== undefined) throw new AppError('INVALID_REQUEST', problem)
  MORE[name]?.(value as Settings[N], stored)
  return value as Settings[N]
}

/**
 * Changes of some settings as they will be stored.
 *
 * @param names those that may be changed here
 * @throws {AppError} INVALID_REQUEST or INVALID_LEVEL that names the field
 */
export function checkSettings(
  changes: Record<string, unknown>,
  names: readonly (keyof Settings)[] = SETTING_NAMES,
  stored?: Settings,
): Partial<Settings> {
  const checked: Partial<Settings> = {}
  for (const [given, value] of Object.entries(changes)) {
    const name = names.find((known) => known === given)
    if (!name)
      throw new AppError('INVALID_REQUEST', `${given} is not a setting. Settings: ${names.join(', ')}.`)
    Object.assign(checked, { [name]: checkSetting(name, value, stored?.[name]) })
  }
  return checked
}

/** The first thing that is wrong by the schema, as a sentence; undefined when nothing is. */
function problemOf(name: string, schema: SettingProperty, value: unknown): string | undefined {
  if (schema.type === 'object' && isObject(value)) {
    for (const [key, item] of Object.entries(value)) {
      const { minLength = 0, maxLength = Number.POSITIVE_INFINITY } = schema.propertyNames ?? {}
      if (key.length < minLength || key.length > maxLength)
        return `A name in ${name} must have ${minLength} to ${maxLength} characters.`
      const rule = schema.properties?.[key] ?? schema.additionalProperties
      const problem = rule && problemOf(`${name}.${key}`, rule, item)
      if (problem) return problem
    }
  }
  return Value.Check(schema, value) ? undefined : `${name} must be ${wanted(schema)}.`
}

function wanted(schema: SettingProperty): string {
  if (schema.enum) return `one of ${schema.enum.join(', ')}`
  if (schema.type === 'boolean') return 'true or false'
  if (schema.type === 'array') return `a list of patterns, at most ${schema.maxItems}`
  if (schema.type === 'object')
    return `an object of names and ${valuesOf(schema)}, at most ${schema.maxProperties}`
  if (schema.type === 'string') return 'text'
  const unit = schema.unit ? ` of ${schema.unit}` : ''
  return `a whole number${unit} from ${schema.minimum} to ${schema.maximum}`
}

function valuesOf({ additionalProperties }: SettingProperty): string {
  if (!additionalProperties) return 'days'
  return KINDS[additionalProperties.type] ?? 'days'
}

const KINDS: Partial<Record<SettingProperty['type'], string>> = { boolean: 'true or false', string: 'text' }

function isObject(value: unknown): value is Record<string, unknown> {
  return typeof value === 'object' && value !== null && !Array.isArray(value)
}
