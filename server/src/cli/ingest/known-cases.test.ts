// Inputs made up after public bug reports (server/test/cases), and what is right about each: time, level, and what the message
// begins with or holds. Files and the journal's output go the way of `timelapser-logs ingest`, datagrams through the decoder.
import { readdirSync, readFileSync } from 'node:fs'
import { join } from 'node:path'
import type { LogRecord } from '@timelapser/logger'
import { describe, expect, it } from 'vitest'
import { decodeSyslogMessage } from '../../ingest/syslog/syslog-message.ts'
import { utcClock } from '../../ingest/time-zone.ts'
import { FileDecoder, type Format } from './ingest-decoder.ts'
import { inspectFile, readFileLines } from './ingest-input.ts'

const CASES = join(import.meta.dirname, '../../../test/cases')
const now = '2026-11-29T16:00:00Z'
const at = (clock: string) => `2026-11-29T${clock}Z`

async function read(path: string, format: Format) {
  const decoder = new FileDecoder(format, { now, undated: 'previous' })
  const outcomes = []
  for await (const lines of readFileLines(await inspectFile(join(CASES, path)), () => {}))
    for (const line of lines) outcomes.push(...decoder.push(line))
  outcomes.push(...decoder.end())
  return outcomes.map((outcome) => ('record' in outcome ? outcome.record : outcome.reason))
}

type Entry = [time: string, level: string, text: string, more?: Partial<LogRecord>]

const FILES: Record<string, Entry[]> = {
  'f03_utf16le_nobom.log': [
    [at('09:00:01.100'), 'INFO', 'boot ok'],
    [at('09:00:02.200'), 'ERROR', 'Größe 7'],
    [at('09:00:03.300'), 'WARNING', 'slow'],
  ],
  'f05_latin1.log': [
    [at('09:00:01.100'), 'INFO', 'boot ok'],
    [at('09:00:02.200'), 'ERROR', 'Größe 7'],
    [at('09:00:03.300'), 'WARNING', 'slow'],
  ],
  'f08_nul.log': [
    [at('09:00:01'), 'INFO', 'before'],
    [at('09:00:01'), 'WARNING', '4,096 NUL bytes'],
    [at('09:00:02'), 'INFO', 'after the crash'],
  ],
  'f11_ansi.log': [
    [at('09:00:01.480413'), 'INFO', 'bridge::cmd: started'],
    [at('09:00:02.480413'), 'ERROR', 'bridge::cmd: lost'],
  ],
  'f11b_ansi_chalk.log': [
    [at('09:00:01'), 'ERROR', '[ERROR] chalk red'],
    [at('09:00:02'), 'WARNING', '[warn]: winston colour'],
    [at('09:00:03'), 'ERROR', 'app:main:9 - loguru red'],
  ],
  'f12_java.log': [
    [at('09:00:01.123'), 'ERROR', '... 23 more', { logger_name: 'com.acme.App' }],
    [at('09:00:02.456'), 'INFO', 'next'],
  ],
  'f12c_java_multiline_msg.log': [
    ['2018-07-26T20:57:49.248Z', 'ERROR', 'Eval.java:577'],
    ['2018-07-26T20:57:50.100Z', 'INFO', 'done'],
  ],
  'f13_python.log': [
    [at('09:00:01.123'), 'ERROR', 'RuntimeError: gave up', { logger_name: 'app.worker' }],
    [at('09:00:02.456'), 'INFO', 'next'],
  ],
  'f14_node.log': [
    [at('09:00:01.000'), 'ERROR', '\n}'],
    [at('09:00:02.000'), 'INFO', 'next'],
  ],
  'f15_go.log': [
    [at('09:00:01'), 'INFO', 'starting'],
    [at('09:00:01'), 'CRITICAL', 'exit status 2'],
    [at('09:00:02'), 'INFO', 'restarted'],
  ],
  'f16_dotnet.log': [
    [at('08:00:01.123'), 'ERROR', 'Program.cs:line 3'],
    [at('08:00:02.123'), 'INFO', 'next'],
    [at('08:00:03.123'), 'WARNING', 'careful'],
    [at('08:00:04.123'), 'CRITICAL', 'dead'],
    [at('08:00:05.123'), 'DEBUG', 'detail'],
  ],
  'f16b_dotnet_console.log': [
    [now, 'INFO', 'Now listening'],
    [now, 'ERROR', 'W.cs:line 3'],
    [now, 'WARNING', 'slow'],
    [now, 'CRITICAL', 'dying'],
    [now, 'DEBUG', 'detail'],
  ],
  'f17b_php.log': [
    [at('09:00:01'), 'CRITICAL', 'on line 3'],
    [at('09:00:02'), 'WARNING', 'on line 4'],
    [at('08:00:03'), 'INFO', 'on line 5'],
    [at('09:00:04'), 'INFO', 'fpm is running'],
  ],
  'f17c_rust.log': [
    [at('09:00:01'), 'INFO', 'start'],
    [at('09:00:01'), 'ERROR', 'note: Some details'],
    [at('09:00:02'), 'INFO', 'restart'],
  ],
  'f21_tz.log': [
    // docs/ingest.md says that CST is UTC-6.
    [at('16:04:05.148'), 'INFO', 'a cst'],
    [at('07:04:06.148'), 'INFO', 'b gmt+3'],
    [at('03:04:07.148'), 'INFO', 'c plus07'],
    [at('09:04:08'), 'ERROR', 'ERROR d cet'],
    [at('15:04:09'), 'ERROR', 'ERROR e est'],
    [at('10:04:10'), 'ERROR', 'ERROR f utc'],
    [at('04:34:11'), 'ERROR', 'ERROR g +0530'],
    [at('09:04:12'), 'ERROR', 'ERROR h name'],
    [at('17:04:13'), 'ERROR', 'ERROR i pdt'],
    [at('13:04:14'), 'ERROR', 'ERROR j'],
  ],
  'f22_12h.log': [
    [at('00:00:01'), 'ERROR', 'midnight'],
    [at('01:05:06'), 'ERROR', 'one am'],
    [at('12:00:02'), 'ERROR', 'noon'],
    [at('13:05:07'), 'WARNING', 'one pm'],
    [at('13:05:08'), 'INFO', 'iso pm'],
    [at('13:05:09'), 'INFO', 'java pm'],
    [at('13:05:10'), 'INFO', 'dmy'],
    [at('13:05:11'), 'INFO', 'german'],
    [at('13:05:12'), 'INFO', 'd mon y'],
    [at('13:05:13'), 'INFO', 'compact'],
    [at('13:05:00'), 'INFO', 'no seconds'],
  ],
  'f26b_pg.csv': [
    [at('09:00:01.365'), 'CRITICAL', '"going away now"'],
    [at('02:00:02.606'), 'INFO', 'select *\nfrom t;'],
  ],
  'f26c_pg.json': [
    [at('09:00:01.123'), 'ERROR', 'duplicate key'],
    [at('08:00:02.123'), 'INFO', 'checkpoint starting'],
  ],
  'f27_docker.log': [
    [at('09:00:01.367917'), 'INFO', 'one'],
    [at('09:00:03.1'), 'INFO', 'part one of a long line, part two'],
    [at('09:00:04'), 'ERROR', 'inner json'],
    [at('09:00:02.367958'), 'ERROR', 'two failed'],
    [at('09:00:05.1'), 'ERROR', 'boom\n\tat a.B.c(B.java:3)'],
  ],
  'f28_cri.log': [
    [at('09:00:01.143102'), 'INFO', 'plain line'],
    [at('09:00:03.1'), 'INFO', 'partial one, partial two, end of it'],
    [at('09:00:04'), 'ERROR', 'json in cri', { logger_name: 'ctl' }],
    [at('08:00:06.143102'), 'INFO', 'with offset'],
    [at('09:00:02.143102'), 'ERROR', 'second failed'],
    [at('09:00:05.1'), 'ERROR', 'boom\n\tat a.B.c(B.java:3)'],
    [at('09:00:07.000001'), 'ERROR', 'klog in cri'],
  ],
  'f29g_slog.log': [
    [
      at('08:10:01.123456'),
      'ERROR',
      'slog err',
      { extra_data: { source: { function: 'main.main', file: '/x.go', line: 3 } } },
    ],
    [at('09:10:02'), 'WARNING', 'slog warn+1', { extra_data: { original_level: 'WARN+1' } }],
    [at('09:10:03'), 'DEBUG', 'slog trace'],
    [at('09:10:04'), 'INFO', 'slog notice'],
    [at('09:10:05'), 'ERROR', 'slog error+4'],
  ],
  'f29i_loguru.log': [
    [at('06:10:01.239496'), 'ERROR', 'loguru err', { camera_id: 3, logger_name: 'app' }],
    [at('09:10:02'), 'INFO', 'loguru success'],
  ],
  'f29j_log4j2.log': [
    [at('09:10:01.123'), 'ERROR', 'log4j2 json', { logger_name: 'com.acme.App' }],
    [at('09:10:02.123'), 'CRITICAL', 'log4j2 timeMillis', { logger_name: 'com.acme.App' }],
    [at('09:10:03.123'), 'WARNING', 'ecs java', { logger_name: 'com.acme.App' }],
  ],
  'f29k_logback.log': [
    [at('08:10:01.123'), 'ERROR', 'logstash encoder', { logger_name: 'com.acme.App' }],
    [at('09:10:02.123'), 'WARNING', 'logback JsonEncoder says 5', { logger_name: 'com.acme.App' }],
  ],
  'f29n_serilog.log': [
    [at('08:10:01.424341'), 'ERROR', 'Hello "bob"', { logger_name: 'Acme.App' }],
    [at('08:10:02'), 'WARNING', 'Only template bob'],
    [at('09:10:03'), 'ERROR', 'Hello nb'],
    [at('09:10:04'), 'WARNING', 'rendered'],
    [at('09:10:05'), 'ERROR', 'ms json console', { logger_name: 'Acme.W' }],
  ],
  'f29o_rust.log': [
    [at('09:10:01.123456'), 'ERROR', 'tracing json', { logger_name: 'app::db' }],
    [at('09:10:02'), 'WARNING', 'slog bunyan'],
  ],
  'f29p_mongo.log': [
    [at('09:10:01.123'), 'INFO', 'Connection accepted'],
    [at('09:10:02.123'), 'ERROR', 'mongo error'],
    [at('09:10:03.123'), 'WARNING', 'mongo warn'],
    [at('09:10:04.123'), 'CRITICAL', 'mongo fatal'],
    [at('09:10:05.123'), 'DEBUG', 'mongo debug'],
  ],
  'f31_redis.log': [
    [at('09:10:01.123'), 'INFO', 'Ready to accept'],
    [at('09:10:02.123'), 'WARNING', 'overcommit_memory'],
  ],
  'f32_es.log': [
    [at('09:10:01.123'), 'WARNING', 'high disk watermark'],
    [at('09:10:02.123'), 'ERROR', 'Exception'],
  ],
  'f36_logcat.log': [
    [at('09:10:01.123'), 'ERROR', 'ANR in app'],
    [at('09:10:02.123'), 'WARNING', 'careful'],
    [at('09:10:03.123'), 'INFO', 'fine'],
  ],
  'f46_pretty.json': [
    [at('09:10:01'), 'ERROR', 'pretty printed'],
    [at('09:10:02'), 'INFO', 'second pretty'],
  ],
  'f47_array.json': [
    [at('09:10:01'), 'ERROR', 'in an array 1'],
    [at('09:10:02'), 'INFO', 'in an array 2'],
  ],
  'm01_levelbeforetime.log': [
    [at('09:00:01'), 'ERROR', 'a'],
    [at('09:00:02'), 'WARNING', 'b'],
    [at('09:00:03'), 'INFO', 'c'],
    [at('09:00:04'), 'ERROR', 'd'],
    [at('09:00:05'), 'ERROR', 'e'],
    [at('09:00:06'), 'ERROR', 'f'],
    [at('09:00:07'), 'ERROR', 'g'],
    [at('09:00:08'), 'WARNING', 'h'],
    [at('09:00:09'), 'ERROR', 'i'],
    [at('09:00:10.123'), 'ERROR', 'j'],
    [at('09:00:11'), 'DEBUG', 'k'],
    [at('09:00:12'), 'CRITICAL', 'l'],
    [at('09:00:13'), 'ERROR', 'm'],
    [at('09:00:14'), 'ERROR', 'n'],
  ],
  'm02_levelforms.log': levelForms(),
  'm03_javajoin.log': [
    [at('09:00:01'), 'ERROR', 'IllegalStateException: x\n\tat a.B.c'],
    [at('09:00:02'), 'ERROR', 'NullPointerException\n\tat a.B.c'],
    [at('09:00:03'), 'ERROR', 'Caused by: java.io.IOException: z\n\tat q.R.s'],
    [at('09:00:04'), 'INFO', 'fine'],
  ],
  'm04_ansi.log': [
    [now, 'WARNING', 'warn: winston simple colour'],
    [now, 'ERROR', 'error: winston simple colour error'],
    [now, 'WARNING', 'warn: winston simple plain'],
    [now, 'ERROR', 'error: winston simple plain'],
    [at('09:00:01'), 'ERROR', '[Nest] 123  - ERROR [App] nest error'],
    [at('09:00:02'), 'ERROR', '[error] bracket colour'],
    [at('09:00:03'), 'WARNING', 'WARN tracing'],
  ],
  'm05_slog_source.log': [
    [
      at('09:00:01'),
      'INFO',
      'x',
      { extra_data: { source: { function: 'main.main', file: '/x.go', line: 3 } } },
    ],
    [at('09:00:02'), 'WARNING', 'y', { extra_data: { original_level: 'WARN+1' } }],
  ],
}

function levelForms(): Entry[] {
  const W = ['a', 'c', 'e', 'g', 'h', 'i', 'j', 'k', 'l', 'm', 'n', 'o', 'x']
  const others: Record<string, string> = { b: 'INFO', q: 'CRITICAL', r: 'CRITICAL', t: 'CRITICAL' }
  return [...'abcdefghijklmnopqrstuvwx'].map((letter, index) => [
    at(`09:00:${String(index + 1).padStart(2, '0')}${index < 2 ? '.123' : ''}`),
    others[letter] ?? (W.includes(letter) ? 'WARNING' : 'ERROR'),
    letter,
  ])
}

const JOURNALS: Record<string, Entry[]> = {
  'j02_null.json': [
    [at('09:40:01.123456'), 'ERROR', 'too long to be exported'],
    [at('09:40:02.123456'), 'INFO', ''],
    [at('09:40:03.123456'), 'INFO', ''],
  ],
  'j07_export.txt': [
    [at('09:41:40.123456'), 'ERROR', 'from export format', { source: 'app' }],
    [at('09:41:41.123456'), 'WARNING', 'bin\nmulti'],
  ],
  'j08_pretty.json': [
    [at('09:40:01.123456'), 'INFO', 'pretty one'],
    [at('09:40:02.123456'), 'INFO', 'pretty two'],
  ],
  'j09_sse.json': [
    [at('09:40:01.123456'), 'INFO', 'sse one'],
    [at('09:40:02.123456'), 'INFO', 'sse two'],
  ],
  'j10_seq.json': [
    [at('09:40:01.123456'), 'INFO', 'json-seq one'],
    [at('09:40:02.123456'), 'INFO', 'json-seq two'],
  ],
}

function expectEntries(records: (LogRecord | string)[], expected: Entry[]): void {
  expect(
    records.map((one) => (typeof one === 'string' ? one : [one.timestamp, one.level, one.message])),
  ).toEqual(expected.map(([time, level, text]) => [time, level, expect.stringContaining(text)]))
  for (const [index, [, , , more]] of expected.entries())
    if (more !== undefined) expect(records[index]).toMatchObject(more)
}

describe('files of the known cases', () => {
  it.each(Object.entries(FILES))('%s', async (file, expected) => {
    expectEntries(await read(`files/${file}`, 'auto'), expected)
  })

  it('m06_levels.ndjson: every record is stored, unknown levels as INFO beside what was sent', async () => {
    const lines = readFileSync(join(CASES, 'files/m06_levels.ndjson'), 'utf8').trim().split('\n')
    const records = (await read('files/m06_levels.ndjson', 'auto')) as LogRecord[]
    expect(records).toHaveLength(lines.length)
    const unknown = ['none', 'unknown', '-', 'off', 'input', 's', '']
    for (const level of unknown) {
      const [record] = records.filter(({ extra_data }) => extra_data?.original_level === level)
      expect([level, record?.level]).toEqual([level, 'INFO'])
    }
  })

  it('has a row for each file', () => {
    expect(readdirSync(join(CASES, 'files')).filter((file) => !(file in FILES))).toEqual([
      'm06_levels.ndjson',
    ])
  })
})

describe("the journal's output of the known cases", () => {
  it.each(
    Object.entries(JOURNALS).flatMap(([file, expected]) => [
      { file, format: 'journald' as const, expected },
      { file, format: 'auto' as const, expected },
    ]),
  )('$file as $format', async ({ file, format, expected }) => {
    expectEntries(await read(`journald/${file}`, format), expected)
  })
})

const SYSLOG: Record<string, Partial<LogRecord>> = {
  'u06_hp_yearafter.udp': { timestamp: at('13:10:08'), source: 'SW-LAB01', message: 'operator was refused' },
  'u07a_cisco_uptime.udp': { logger_name: '%SYS-5-CONFIG_I', source: '10.9.9.9' },
  'u07e_cisco_utc.udp': { timestamp: '2026-11-28T00:20:14Z', source: '10.9.9.9', message: 'Configured e' },
  'u07f_cisco_msutc.udp': { timestamp: '2026-11-28T00:20:15.663Z', source: '10.9.9.9' },
  'u07g_cisco_origin.udp': {
    source: 'edge-rtr1',
    timestamp: '2026-11-28T22:23:27.833Z',
    level: 'WARNING',
    message: 'Lisbon: %SW_MATM-4-MACFLAP_NOTIF: Address moves between two ports',
  },
  'u07h_cisco_twoseq.udp': { logger_name: '%SEC-6-IPACCESSLOGP', timestamp: '2026-11-28T22:23:28Z' },
  'u07j_cisco_est.udp': { timestamp: '2026-11-28T05:20:16Z', source: '10.9.9.9', message: 'Configured j' },
  'u07o_nxos.udp': { timestamp: '2026-11-28T10:11:15Z', message: 'Interface Ethernet1/1 is down' },
  'u07p_iosxr.udp': { timestamp: '2026-11-28T10:11:16.123Z', logger_name: 'ifmgr' },
  'u07q_wlc.udp': { timestamp: '2026-11-28T10:11:17.123Z', source: 'WLC-01', level: 'WARNING' },
  'u08_fortinet.udp': { timestamp: at('09:11:12'), source: 'FGT-A', level: 'INFO' },
  'u08b_forti_err.udp': { timestamp: at('09:11:13'), source: 'FGT-A', level: 'ERROR' },
  'u16b_bomstart.udp': {
    timestamp: at('10:00:01'),
    source: 'hosta',
    logger_name: 'app',
    message: 'first BOM',
  },
  'u16d_bom3164.udp': { source: 'esp32', logger_name: 'RC', message: 'Temperature 25.9' },
  'u17b_latin1.udp': { source: 'tor', message: 'Tür geöffnet, Fuß über Zaun' },
  'u26_ise.udp': { source: 'AAA-1', message: expect.stringMatching(/^AAA_Refused/) },
  'u27_fqdn_kv.udp': { source: 'edge.lab.example', message: expect.stringMatching(/^id=edge .*Opened"$/) },
  'u29_meraki.udp': {
    timestamp: at('09:10:00.978292'),
    message: expect.stringMatching(/^flows src=10\.1\.1\.1 dst=10\.2\.2\.2/),
    extra_data: { facility: 'local0', host: 'MX_FW' },
  },
  'u31_cef.udp': { message: expect.stringMatching(/^CEF:0\|Vendor/) },
  'u45_netgear.udp': { source: '10.0.0.7-1', logger_name: 'DOT1X', message: 'port 5 authorized' },
  'v08_url.udp': { source: 'host', message: 'http://x/y: not a tag' },
  'v09_colonfirst.udp': { level: 'ERROR', message: 'error: no header at all' },
  'v10_time_msg.udp': { logger_name: null, message: expect.stringContaining('only a clock') },
  'v18_tz.udp': { timestamp: at('09:20:17'), source: 'host', message: 'offset after time' },
  'v19_cet.udp': { timestamp: at('09:20:18'), source: 'host', message: 'zone name after time' },
}

describe('datagrams of the known cases', () => {
  const origin = { now, sender: '10.9.9.9', cameras: new Map(), clock: utcClock }
  it.each(readdirSync(join(CASES, 'syslog')))('%s', (file) => {
    const record = decodeSyslogMessage(readFileSync(join(CASES, 'syslog', file)), origin)
    expect(SYSLOG[file]).toBeDefined()
    expect(record).toMatchObject(SYSLOG[file] as object)
  })
})
