import { type Level, parseLevel } from '@timelapser/logger'

/** A level and the word that said so. */
export type WrittenLevel = { level: Level; written: string }

/** How much of a line is looked at: levels stand near the front, and further on the words are just words. */
const HEAD_CHARACTERS = 200
/** Bare words count only this near: `INFO` in the middle of a sentence is not the line's level. */
const BARE_CHARACTERS = 64

const WORDS =
  'TRACE|TRC|DEBUG|DBG|FINEST|FINER|FINE|VERBOSE|INFORMATION|INFO|INF|NOTICE|WARNING|WARN|WRN|ERROR|ERR|SEVERE|CRITICAL|CRIT|FATAL|FTL|ALERT|EMERGENCY|EMERG|PANIC'

const SYSLOG_PRIORITY = /^<(\d{1,3})>/
const KLOG = /^([IWEF])\d{4} \d\d:\d\d:\d\d\.\d+ +\d+ [^\]\s]+:\d+\]/
const KEYED = /(?:^|[\s,{"'])(?:level|lvl|severity|loglevel|log_level)["']?[=:] ?["']?([A-Za-z]+)/
const BRACKETED = new RegExp(String.raw`[[(](?:[a-z_]{1,40}:)?(${WORDS})[\])]`, 'i')
const BARE = new RegExp(String.raw`(?:^|[\s|:,\]-])(${WORDS}|LOG)(?=[\s|:,\]-]|$)`)
/** `sshd[1]: error: …`, `panic: …` */
const LABELLED = new RegExp(`(?:^|: )(${WORDS})(?=:)`, 'i')

/** 0 emergency … 7 debug, RFC 5424. */
const SYSLOG_SEVERITIES = ['EMERG', 'ALERT', 'CRIT', 'ERR', 'WARNING', 'NOTICE', 'INFO', 'DEBUG'] as const

/**
 * The level a line says it has, or undefined.
 *
 * @param line the whole line, for what stands before its time (syslog, klog).
 * @param rest the line behind its time.
 */
export function readLineLevel(line: string, rest: string): WrittenLevel | undefined {
  const first = line.charCodeAt(0)
  if (first === 60) {
    const priority = SYSLOG_PRIORITY.exec(line)?.[1]
    if (priority !== undefined && Number(priority) <= 191) {
      return named(SYSLOG_SEVERITIES[Number(priority) & 7])
    }
  }
  if (first === 73 || first === 87 || first === 69 || first === 70) {
    const letter = KLOG.exec(line)?.[1]
    if (letter !== undefined) return named(letter)
  }
  const head = withoutColours(rest.slice(0, HEAD_CHARACTERS))
  const near = head.slice(0, BARE_CHARACTERS)
  const match = KEYED.exec(head) ?? BRACKETED.exec(near) ?? BARE.exec(near) ?? LABELLED.exec(near)
  return named(match?.[1])
}

function named(written: string | undefined): WrittenLevel | undefined {
  const level = parseLevel(written)
  return level === undefined || written === undefined ? undefined : { level, written }
}

function withoutColours(text: string): string {
  // biome-ignore lint/suspicious/noControlCharactersInRegex: colours begin with ESC
  return text.includes('\x1b') ? text.replace(/\x1b\[[\d;]{0,12}m/g, '') : text
}
