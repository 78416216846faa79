/** RFC 5424, table 1. */
const FACILITIES =
  'kern user mail daemon auth syslog lpr news uucp cron authpriv ftp ntp audit alert clock local0 local1 local2 local3 local4 local5 local6 local7'.split(
    ' ',
  )

/** RFC 5424, table 2: 0 emergency … 7 debug. */
export const SEVERITIES = ['EMERG', 'ALERT', 'CRIT', 'ERR', 'WARNING', 'NOTICE', 'INFO', 'DEBUG'] as const

export type Priority = { severity: string; facility: string }

/** `<34>` at the start of a message, behind spaces too, and what comes after it; without one the whole text is rest. */
export function readPriority(text: string): { priority: Priority | undefined; rest: string } {
  const [written = '', digits = ''] = /^[ \ufeff]*<(\d{1,3})>/.exec(text) ?? []
  const number = Number(digits)
  const facility = FACILITIES[number >> 3]
  if (written === '' || facility === undefined) return { priority: undefined, rest: text }
  return {
    priority: { severity: SEVERITIES[number & 7] as string, facility },
    rest: text.slice(written.length),
  }
}
