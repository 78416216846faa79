// Names for what logs are made of, as Logstash and others write them in patterns: `%{IP:client} %{NUMBER:ms}`.
import { MAX_PATTERN_CHARACTERS, ParseRuleError } from './parse-rule.ts'

/** Expanded, a pattern may be longer than it is written. */
const MAX_EXPANDED_CHARACTERS = 10 * MAX_PATTERN_CHARACTERS
const MAX_DEPTH = 8

const OCTET = '(?:25[0-5]|2[0-4]\\d|1?\\d?\\d)'

/** Written for an engine without lookaround. */
const GROK_PATTERNS: Readonly<Record<string, string>> = {
  WORD: '\\b\\w+\\b',
  NOTSPACE: '\\S+',
  SPACE: '\\s*',
  DATA: '.*?',
  GREEDYDATA: '.*',
  QUOTEDSTRING: '"(?:[^"\\\\]|\\\\.)*"|\'(?:[^\'\\\\]|\\\\.)*\'',
  QS: '%{QUOTEDSTRING}',
  INT: '[+-]?\\d+',
  POSINT: '\\b[1-9]\\d*\\b',
  NONNEGINT: '\\b\\d+\\b',
  NUMBER: '[+-]?(?:\\d+(?:\\.\\d+)?|\\.\\d+)',
  BASE10NUM: '%{NUMBER}',
  BASE16NUM: '[+-]?(?:0x)?[0-9A-Fa-f]+',
  BOOLEAN: '(?i:true|false|yes|no|on|off)',
  UUID: '[0-9A-Fa-f]{8}-(?:[0-9A-Fa-f]{4}-){3}[0-9A-Fa-f]{12}',
  USERNAME: '[a-zA-Z0-9._-]+',
  USER: '%{USERNAME}',
  EMAILLOCALPART: "[a-zA-Z0-9!#$%&'*+/=?^_`{|}~.-]{1,64}",
  EMAILADDRESS: '%{EMAILLOCALPART}@%{HOSTNAME}',
  IPV4: `\\b${OCTET}(?:\\.${OCTET}){3}\\b`,
  IPV6: '(?:[0-9A-Fa-f]{0,4}:){2,7}(?:[0-9A-Fa-f]{1,4}|%{IPV4})?(?:%[0-9A-Za-z]+)?',
  IP: '(?:%{IPV4}|%{IPV6})',
  HOSTNAME: '\\b[0-9A-Za-z][0-9A-Za-z_-]{0,62}(?:\\.[0-9A-Za-z][0-9A-Za-z_-]{0,62})*\\.?',
  HOST: '%{HOSTNAME}',
  IPORHOST: '(?:%{IP}|%{HOSTNAME})',
  HOSTPORT: '%{IPORHOST}:%{POSINT}',
  MAC: '(?:[0-9A-Fa-f]{2}[:-]){5}[0-9A-Fa-f]{2}',
  UNIXPATH: '(?:/[^\\s/]*)+',
  WINPATH: '(?:[A-Za-z]:|\\\\)(?:\\\\[^\\\\?*\\s]*)+',
  PATH: '(?:%{UNIXPATH}|%{WINPATH})',
  URIPROTO: '[A-Za-z][A-Za-z0-9+.-]+',
  URIHOST: '%{IPORHOST}(?::%{POSINT})?',
  URIPATH: '/[^\\s?#]*',
  URIPARAM: '\\?[^\\s#]*',
  URIPATHPARAM: '%{URIPATH}(?:%{URIPARAM})?',
  URI: '%{URIPROTO}://(?:%{USER}(?::[^@\\s]*)?@)?(?:%{URIHOST})?(?:%{URIPATHPARAM})?',
  MONTH:
    '\\b(?:[Jj]an(?:uary)?|[Ff]eb(?:ruary)?|[Mm]ar(?:ch)?|[Aa]pr(?:il)?|[Mm]ay|[Jj]une?|[Jj]uly?|[Aa]ug(?:ust)?|[Ss]ep(?:tember)?|[Oo]ct(?:ober)?|[Nn]ov(?:ember)?|[Dd]ec(?:ember)?)\\b',
  MONTHNUM: '(?:0?[1-9]|1[0-2])',
  MONTHDAY: '(?:0[1-9]|[12]\\d|3[01]|[1-9])',
  DAY: '(?:Mon(?:day)?|Tue(?:sday)?|Wed(?:nesday)?|Thu(?:rsday)?|Fri(?:day)?|Sat(?:urday)?|Sun(?:day)?)',
  YEAR: '\\d{4}|\\d{2}',
  HOUR: '(?:2[0-3]|[01]?\\d)',
  MINUTE: '[0-5]\\d',
  SECOND: '(?:[0-5]?\\d|60)(?:[:.,]\\d+)?',
  TIME: '%{HOUR}:%{MINUTE}(?::%{SECOND})?',
  ISO8601_TIMEZONE: '(?:Z|[+-]%{HOUR}:?%{MINUTE})',
  TZ: '(?:[APMCE][SD]T|UTC|GMT|CES?T|[A-Z]{3,4})',
  TIMESTAMP_ISO8601:
    '\\d{4}-%{MONTHNUM}-%{MONTHDAY}[T ]%{HOUR}:?%{MINUTE}(?::?%{SECOND})?(?:%{ISO8601_TIMEZONE})?',
  DATE_US: '%{MONTHNUM}[/-]%{MONTHDAY}[/-](?:%{YEAR})',
  DATE_EU: '%{MONTHDAY}[./-]%{MONTHNUM}[./-](?:%{YEAR})',
  DATE: '(?:%{DATE_US}|%{DATE_EU})',
  DATESTAMP: '%{DATE}[- ]%{TIME}',
  HTTPDATE: '%{MONTHDAY}/%{MONTH}/\\d{4}:%{TIME} [+-]?\\d+',
  SYSLOGTIMESTAMP: '%{MONTH} +%{MONTHDAY} %{TIME}',
  PROG: '[\\x21-\\x5a\\x5c\\x5e-\\x7e]+',
  SYSLOGPROG: '%{PROG:program}(?:\\[%{POSINT:pid}\\])?',
  SYSLOGHOST: '%{IPORHOST}',
  SYSLOGBASE: '%{SYSLOGTIMESTAMP:timestamp} (?:%{SYSLOGHOST:host} )?%{SYSLOGPROG}:',
  LOGLEVEL:
    '(?i:trace|debug|verbose|notice|info(?:rmation)?|warn(?:ing)?|err(?:or)?|crit(?:ical)?|fatal|severe|alert|emerg(?:ency)?|panic)',
  JAVACLASS: '(?:[a-zA-Z$_][\\w$]*\\.)*[a-zA-Z$_][\\w$]*',
  JAVAFILE: '[\\w$.-]+',
  HTTPDUSER: '%{EMAILADDRESS}|%{USER}',
  COMMONAPACHELOG:
    '%{IPORHOST:clientip} %{NOTSPACE:ident} %{NOTSPACE:auth} \\[%{HTTPDATE:timestamp}\\] "(?:%{WORD:verb} %{NOTSPACE:request}(?: HTTP/%{NUMBER:httpversion})?|%{DATA:rawrequest})" %{NUMBER:response} (?:%{NUMBER:bytes}|-)',
  COMBINEDAPACHELOG: '%{COMMONAPACHELOG} %{QS:referrer} %{QS:agent}',
}

const REFERENCE = /%\{(\w+)(?::([^:}]+))?(?::(\w+))?\}/g

/** How a field that the pattern names is kept. */
type GrokField = { field: string; kind: 'text' | 'number' | undefined }
export type Grok = { pattern: string; fields: readonly GrokField[] }

const KINDS: Readonly<Record<string, GrokField['kind']>> = {
  ...{ int: 'number', long: 'number', float: 'number', double: 'number', number: 'number' },
  ...{ string: 'text', text: 'text' },
}

/**
 * The regular expression that the names stand for. Groups of it are called `f0`, `f1` and so on, in the order of `fields`:
 * names of fields may hold characters that names of groups may not (`http.status`, `[a][b]`).
 *
 * @throws {ParseRuleError} naming the path
 */
export function expandGrok(written: string, path: string): Grok {
  const fields: GrokField[] = []
  const expand = (text: string, depth: number): string => {
    if (depth > MAX_DEPTH) throw new ParseRuleError(path, `nests more than ${MAX_DEPTH} names`)
    return text.replace(REFERENCE, (_, name: string, field?: string, kind?: string) => {
      const known = Object.hasOwn(GROK_PATTERNS, name) ? GROK_PATTERNS[name] : undefined
      if (known === undefined) {
        throw new ParseRuleError(path, `names %{${name}}, which is not a known pattern${similarTo(name)}`)
      }
      if (kind !== undefined && !Object.hasOwn(KINDS, kind)) {
        throw new ParseRuleError(path, `names the type ${kind}; known are ${Object.keys(KINDS).join(', ')}`)
      }
      const inner = (opening: string) => `${opening}${expand(known, depth + 1)})`
      if (field === undefined) return inner('(?:')
      // The outer group comes first, so its number is taken before those inside.
      fields.push({ field: nameOf(field), kind: kind === undefined ? undefined : KINDS[kind] })
      return inner(`(?P<f${fields.length - 1}>`)
    })
  }
  const named = written.replace(/\(\?P?<([A-Za-z_][\w.-]*)>/g, (_, field: string) => {
    fields.push({ field, kind: undefined })
    return `(?P<f${fields.length - 1}>`
  })
  const pattern = expand(named, 1)
  if (pattern.length > MAX_EXPANDED_CHARACTERS) {
    throw new ParseRuleError(path, `is too large: ${pattern.length} characters when its names are replaced`)
  }
  return { pattern, fields }
}

/** `[http][status]` of Logstash is a path. */
function nameOf(field: string): string {
  return field.startsWith('[') && field.endsWith(']') ? field.slice(1, -1).replaceAll('][', '.') : field
}

function similarTo(name: string): string {
  const known = Object.keys(GROK_PATTERNS).filter((one) => one.startsWith(name.slice(0, 2).toUpperCase()))
  return known.length === 0 ? '' : `; similar ones are ${known.join(', ')}`
}
