// Real systems' logs, where they lie beside the checkout.
import { readFileSync } from 'node:fs'
import { join } from 'node:path'
import type { Level, LogRecord } from '@timelapser/logger'
import { describe, expect, it } from 'vitest'
import { hasRealLogs, REAL_LOGS } from '../../test/support/real-logs.ts'
import { decodeLineRecords } from './line-records.ts'
import { isUtcText } from './utc-text.ts'

const NOW = '2026-01-20T00:00:00Z'

type Expected = {
  file: string
  /** Counted with grep: ` WARN `, `[error]`, … */
  levels: Partial<Record<Level, number>>
  oldest: string
  newest: string
  loggers: string[]
}

const EXPECTED: Expected[] = [
  {
    file: 'Apache.log',
    levels: { INFO: 1405, ERROR: 595 },
    oldest: '2005-12-04T04:47:44Z',
    newest: '2005-12-05T19:15:57Z',
    loggers: [],
  },
  {
    file: 'Linux.log',
    // logrotate's "ALERT exited abnormally" is syslog's alert; two lines of xinetd begin with "warning:".
    levels: { INFO: 1955, WARNING: 2, CRITICAL: 43 },
    oldest: '2025-06-14T15:16:01Z',
    newest: '2025-07-27T14:42:00Z',
    loggers: ['sshd', 'su', 'ftpd', 'kernel', 'logrotate'],
  },
  {
    file: 'OpenSSH.log',
    levels: { INFO: 1952, ERROR: 47, CRITICAL: 1 },
    oldest: '2025-12-10T06:55:46Z',
    newest: '2025-12-10T11:04:45Z',
    loggers: ['sshd'],
  },
  {
    file: 'OpenStack.log',
    levels: { INFO: 1969, WARNING: 31 },
    oldest: '2017-05-16T00:00:00.008Z',
    newest: '2017-05-16T00:14:47.687Z',
    loggers: ['nova.osapi_compute.wsgi.server', 'nova.compute.manager', 'nova.virt.libvirt.imagecache'],
  },
  {
    file: 'Zookeeper.log',
    levels: { INFO: 669, WARNING: 1318, ERROR: 13 },
    oldest: '2015-07-29T17:41:44.747Z',
    newest: '2015-08-25T11:26:28.145Z',
    loggers: ['FastLeaderElection', 'QuorumCnxManager', 'QuorumCnxManager$Listener', 'NIOServerCnxn'],
  },
]

describe.skipIf(!hasRealLogs).each(EXPECTED)('$file', ({ file, levels, oldest, newest, loggers }) => {
  const body = hasRealLogs ? readFileSync(join(REAL_LOGS, file)) : Buffer.alloc(0)
  const { records } = decodeLineRecords(body, { now: NOW })

  it('gives a record for each of its 2,000 lines', () => {
    expect(records).toHaveLength(2000)
  })

  it('has the levels that grep counts', () => {
    const counted: Partial<Record<Level, number>> = {}
    for (const { level } of records) counted[level] = (counted[level] ?? 0) + 1
    expect(counted).toEqual(levels)
  })

  it('has the times of its lines', () => {
    const times = records.map(({ timestamp }) => timestamp).sort()
    expect(times.every(isUtcText)).toBe(true)
    expect([times[0], times.at(-1)]).toEqual([oldest, newest])
  })

  it('names its loggers', () => {
    const named = new Set(records.map(({ logger_name }) => logger_name))
    expect([...named]).toEqual(expect.arrayContaining(loggers))
  })

  it('is found again by any words of a line behind its time', () => {
    const lines = body.toString('utf8').split(/\r*\n/)
    const lost = records.filter((record, index) => !holdsRest(record, lines[index] ?? ''))
    expect(lost).toEqual([])
  })
})

/** Whether all that stands behind the time of a line stands in its message. */
function holdsRest({ message, extra_data }: LogRecord, line: string): boolean {
  const written = String(extra_data?.line_time)
  const rest = line.slice(line.indexOf(written) + written.length).replace(/^[\s-]+/, '')
  return message.endsWith(rest.replace(/\r+$/, ''))
}
