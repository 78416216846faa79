import type { ExtraData } from '@timelapser/logger'

/** The writer of a line, if the line names it beyond doubt. */
export type LineParts = { logger_name: string | null; extra: ExtraData | null }

type Shape = { pattern: RegExp; names: readonly (keyof Names)[] }
type Names = { logger_name: string; host: string; pid: string; module: string; thread: string; line: string }

/** Tried in order on the text behind the time; each is anchored, so a line of another shape costs little. */
const SHAPES: readonly Shape[] = [
  {
    // Zookeeper's log4j: - INFO  [QuorumPeer[myid=1]/0:0:0:0:2181:FastLeaderElection@774] - …
    pattern: /^- [A-Z]{4,5} +\[(?:(.{0,200}?)[:)])?([A-Za-z_][\w$.]{0,199})@(\d+)\] - /,
    names: ['thread', 'logger_name', 'line'],
  },
  {
    // oslo: 25746 INFO nova.osapi_compute.wsgi.server [req-…
    pattern: /^(\d{1,10}) [A-Z]{4,8} ([A-Za-z_][\w.]{0,199}) \[/,
    names: ['pid', 'logger_name'],
  },
  {
    // python: - package.module - INFO - …
    pattern: /^- ([A-Za-z_][\w.]{0,199}) - [A-Z]{4,8} - /,
    names: ['logger_name'],
  },
  {
    // logback: INFO  [main] com.example.Store - …
    pattern: /^[A-Z]{4,5} +(?:\[([^\]]{0,200})\] +)?([A-Za-z_][\w$]{0,99}(?:\.[\w$]{1,99}){1,20})(?: -|:) /,
    names: ['thread', 'logger_name'],
  },
  {
    // rsyslog with ISO times: host sshd[19939]: …
    pattern: /^(?![A-Z]{4,8} )([\w.-]{1,255}) ([A-Za-z_][\w./-]{0,199})\[(\d{1,10})\]: /,
    names: ['host', 'logger_name', 'pid'],
  },
]

/** Only behind the time of syslog: combo sshd(pam_unix)[19939]: … */
const SYSLOG: Shape = {
  pattern:
    /^(\S{1,255}) ([A-Za-z_][\w./-]{0,199})(?:\(([\w-]{1,64})\))?(?:\[(\d{1,10})\])?(?: [\d.]{1,16})?: /,
  names: ['host', 'logger_name', 'module', 'pid'],
}
/** RFC 5424: host app-name procid msgid … */
const SYSLOG_5424: Shape = {
  pattern: /^(\S{1,255}) ([\w./-]{1,48}) (?:-|(\d{1,10})) /,
  names: ['host', 'logger_name', 'pid'],
}
/** klog: 12345 controller.go:10] … */
const KLOG: Shape = {
  pattern: /^ *(\d{1,10}) ([\w./-]{1,199}):(\d{1,7})\] /,
  names: ['pid', 'logger_name', 'line'],
}
/** WARNING:root:message */
const PYTHON_BASIC: Shape = {
  pattern: /^(?:DEBUG|INFO|WARNING|ERROR|CRITICAL):([A-Za-z_][\w.]{0,199}):/,
  names: ['logger_name'],
}

const REQUEST_ID = /\[(req-[0-9a-f-]{36})\b/

export type LineKind = 'plain' | 'syslog' | 'syslog-5424' | 'klog' | 'undated'

/** @param rest the line behind its time. */
export function readLineParts(rest: string, kind: LineKind): LineParts {
  for (const { pattern, names } of shapesOf(kind)) {
    const match = pattern.exec(rest)
    if (match === null) continue
    let loggerName: string | null = null
    const extra: ExtraData = {}
    for (const [index, name] of names.entries()) {
      const value = match[index + 1]
      if (value === undefined) continue
      if (name === 'logger_name') loggerName = value
      else extra[name] = name === 'pid' || name === 'line' ? Number(value) : value
    }
    const requestId = REQUEST_ID.exec(rest)?.[1]
    if (requestId !== undefined) extra.request_id = requestId
    return { logger_name: loggerName, extra }
  }
  return { logger_name: null, extra: null }
}

const SYSLOG_SHAPES = [SYSLOG]
const SYSLOG_5424_SHAPES = [SYSLOG_5424]
const KLOG_SHAPES = [KLOG]
const UNDATED_SHAPES = [PYTHON_BASIC]

function shapesOf(kind: LineKind): readonly Shape[] {
  if (kind === 'syslog') return SYSLOG_SHAPES
  if (kind === 'syslog-5424') return SYSLOG_5424_SHAPES
  if (kind === 'klog') return KLOG_SHAPES
  return kind === 'undated' ? UNDATED_SHAPES : SHAPES
}
