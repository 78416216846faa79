import { LEVEL_WORDS, levelOfLetter, levelOfWord, type WrittenLevel } from './level-words.ts'
import { readPriority } from './syslog/priority.ts'

export type { WrittenLevel } from './level-words.ts'

/** How much of a line is looked at: levels stand near the front, and further on the words are just words. */
const HEAD_CHARACTERS = 200
/** Bare words count only this near: `INFO` in the middle of a sentence is not the line's level. */
const BARE_CHARACTERS = 64

const W = LEVEL_WORDS

const KLOG = /^([IWEF])(?:\d{4})?\d{4} \d\d:\d\d:\d\d\.\d+ +\d+ [^\]\s]+:\d+\]/
/** Letters in the place some known programs have for them: logcat, MongoDB's old form, `[W] …`, `W/Tag: …`. */
const LETTERED =
  /^(?:\d{1,7} +\d{1,7} ([VDIWEFA]) +\S|([VDIWEFA])\/[\w.$-]{1,60} *[(:]|\[([VTDIWECF])\] |([DIWEF])\d? +[A-Z_-]{1,12} +\[|([DIWEFA]), \[)/
/** Redis writes its level as a sign: debug, verbose, notice, warning. */
const REDIS = /^\d{1,10}:[A-Z] /
const REDIS_SIGNS: Readonly<Record<string, string>> = {
  '.': 'DEBUG',
  '-': 'VERBOSE',
  '*': 'NOTICE',
  '#': 'WARNING',
}

const KEYED =
  /(?:^|[\s,{"'|([])(?:level|lvl|severity|loglevel|log_level|levelname|log\.level|error_severity)["']?\s?[=:]\s?["']?([A-Za-z]+)/
const SQUARE = new RegExp(String.raw`\[ {0,4}(?:[a-z_]{0,40}:)?(${W}) {0,4}\]`, 'i')
const BRACKETED = new RegExp(
  String.raw`(?:^|[\s\]])(?:\( {0,4}(${W}) {0,4}\)|< {0,4}(${W}) {0,4}>|\{ {0,4}(${W}) {0,4}\})(?=[\s:[]|$)|\| {0,4}(${W}) {0,4}\||(?:^|\t)(${W})\t`,
  'i',
)
const BARE = new RegExp(
  String.raw`(?:^|(?<!\b[Nn][Oo]|\b[Ww]ithout|\b0)[\s|:,\]-])(?<!\w-|\b[A-Z]{2,20} (?=ALERT:))(${W}|LOG)(?=[\s|:,\][(-]|$)`,
)
/** `[Server thread/INFO]`, `app.ERROR: …` */
const SUFFIXED = new RegExp(String.raw`(?:[\w #-]{1,60}/(${W})\]|(?:^|\s)[\w-]{1,40}\.(${W}):)`)
/** `sshd[1]: error: …`, `zone: debug 1: …`, `panic: …`, `PHP Fatal error: …`, `WARNING:root:…`, but not the number of an error, `error:1417C086:`. */
const LABELLED = new RegExp(
  `(?:^|: |\\] |PHP (?:Recoverable |Catchable |Core |Compile |User )?)((?:fatal |parse |catchable )?(?:${W}))(?: \\d)?(?=:(?![\\dA-F]{6}))`,
  'i',
)
/** `daemon.err hostapd: …` and dmesg's `kern  :err   : …` */
const FACILITY =
  /(?:^|\s)(?:(?:kern|user|mail|daemon|auth|syslog|lpr|news|uucp|cron|authpriv|ftp|local[0-7])(?:\.| {0,6}:)(emerg|alert|crit|err|error|warning|warn|notice|info|debug))(?=[\s:]|$)/

/** The first word behind a time, as some programs write their level: `Warn Server: …`. */
const FIRST_WORD = /^(Trace|Debug|Info|Warn|Warning|Error|Fatal|Critical)(?= {1,10}[A-Z[(]| {2})/

/** PostgreSQL's csvlog has its level in the twelfth field, behind the start of the session. */
const CSVLOG =
  /,\d{4}-\d\d-\d\d \d\d:\d\d:\d\d [^,]{1,40},[^,]{0,20},\d{0,20},(DEBUG\d?|LOG|INFO|NOTICE|WARNING|ERROR|FATAL|PANIC),[0-9A-Z]{5},/

const ANYWHERE = [SQUARE, BRACKETED, BARE, SUFFIXED, LABELLED, FACILITY]

/**
 * The level that the fixed forms give a line: syslog's priority, klog's letter. They stand before the time.
 */
export function readHeadLevel(line: string): WrittenLevel | undefined {
  const first = line.charCodeAt(0)
  if (first === 60) {
    const { priority } = readPriority(line)
    if (priority !== undefined) return levelOfWord(priority.severity)
  }
  if (first === 73 || first === 87 || first === 69 || first === 70) {
    const letter = KLOG.exec(line)?.[1]
    if (letter !== undefined) return levelOfLetter(letter)
  }
  return undefined
}

/**
 * The level a line says it has, or undefined.
 *
 * @param line the whole line, for what stands before its time (syslog, klog).
 * @param rest the line behind its time.
 */
export function readLineLevel(line: string, rest: string): WrittenLevel | undefined {
  return readHeadLevel(line) ?? readTextLevel(line, rest)
}

/** Looks for a level in the text; the first of several counts. */
export function readTextLevel(line: string, rest: string): WrittenLevel | undefined {
  const head = withoutColours(rest.slice(0, HEAD_CHARACTERS))
  const lettered = LETTERED.exec(head)
  if (lettered !== null) return levelOfLetter(lettered.slice(1).find((one) => one !== undefined) ?? '')
  const sign = REDIS_SIGNS[head[0] ?? '']
  if (sign !== undefined && head[1] === ' ' && REDIS.test(line)) return levelOfWord(sign)
  const first = rest.length < line.length ? FIRST_WORD.exec(head) : null
  if (first !== null) return written(first)
  const near = head.slice(0, BARE_CHARACTERS)
  const csv = head.startsWith(',') ? CSVLOG.exec(rest.slice(0, 1000)) : null
  if (csv !== null) return levelOfWord((csv[1] ?? '').replace(/\d$/, ''))
  const keyed = KEYED.exec(head)
  if (keyed !== null && (head.startsWith('{') || keyed.index <= 1)) return written(keyed)
  let best: RegExpExecArray | undefined
  for (const pattern of ANYWHERE) {
    // A level alone in a pair of brackets also counts further on.
    const match = pattern.exec(pattern === SQUARE ? head : near)
    if (match !== null && (best === undefined || match.index < best.index)) best = match
  }
  if (keyed !== null && written(keyed) !== undefined && (best === undefined || keyed.index < best.index))
    best = keyed
  return best === undefined ? undefined : written(best)
}

function written(match: RegExpExecArray): WrittenLevel | undefined {
  const text = match.slice(1).find((one) => one !== undefined) ?? ''
  // `Fatal error` and `Parse error` are levels of PHP; the last word alone would be too little for the first.
  const [first = '', second] = text.split(' ')
  if (second === undefined) return levelOfWord(text)
  const level = first.toLowerCase() === 'parse' ? levelOfWord(second) : levelOfWord('FATAL')
  return level && { level: level.level, written: text }
}

const ALONE = new RegExp(String.raw`^[\s[(<{|"'*-]*(${W})[\s\])>}|"'*:,-]*\[?$`, 'i')

/** `[ERROR|auth|L83] 2026-11-29 …` */
const FIRST_OF_SEVERAL = new RegExp(`^[[(<{|"'*-]*(${W})(?=[|:,/])`)

/** The level that stands alone before the time: `ERROR 2026-11-29 …`, `[warn] …`, `E [29/Nov/2026:…`. */
export function readLevelBefore(before: string): WrittenLevel | undefined {
  const word = ALONE.exec(before)?.[1] ?? FIRST_OF_SEVERAL.exec(before)?.[1]
  if (word !== undefined) return levelOfWord(word)
  const letter = /^[[(<]?([VDIWEFC])[\])>]?[,:]? ?\[?$/.exec(before)?.[1]
  return letter === undefined ? undefined : levelOfLetter(letter)
}

/** The text without the sequences by which terminals colour it. */
export function withoutColours(text: string): string {
  // biome-ignore lint/suspicious/noControlCharactersInRegex: colours begin with ESC
  return text.includes('\x1b') ? text.replace(/\x1b\[[\d;:]{0,30}[mK]/g, '') : text
}
