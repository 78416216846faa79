import { execFile, execFileSync, spawn } from 'node:child_process'
import { once } from 'node:events'
import { accessSync } from 'node:fs'
import { mkdtemp, rm, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { delimiter, join } from 'node:path'
import { connect } from 'node:tls'
import { promisify } from 'node:util'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { openSyslog, type SyslogListener } from '../src/cli/serve/syslog-listener.ts'
import { readConfig } from '../src/config.ts'
import { startTestServer, type TestServer } from './support/server.ts'

const run = promisify(execFile)

function has(program: string): boolean {
  return [...(process.env.PATH ?? '').split(delimiter), '/usr/sbin'].some((folder) => {
    try {
      accessSync(join(folder, program))
      return true
    } catch {
      return false
    }
  })
}

let server: TestServer
let syslog: SyslogListener
let folder: string
const ports: Record<string, string> = {}
const troubles: unknown[] = []

beforeAll(async () => {
  server = await startTestServer()
  await server.send('PUT', '/api/settings', { log_level: 'DEBUG' })
  folder = await mkdtemp(join(tmpdir(), 'timelapser-syslog-'))
  const [cert, key] = [join(folder, 'cert.pem'), join(folder, 'key.pem')]
  execFileSync(
    'openssl',
    `req -x509 -newkey ec -pkeyopt ec_paramgen_curve:P-256 -nodes -days 2 -subj /CN=localhost -keyout ${key} -out ${cert}`.split(
      ' ',
    ),
    { stdio: 'ignore' },
  )
  const config = readConfig({
    SYSLOG_UDP_PORT: '0',
    SYSLOG_TCP_PORT: '0',
    SYSLOG_TLS_PORT: '0',
    SYSLOG_TLS_CERT: cert,
    SYSLOG_TLS_KEY: key,
    SYSLOG_CAMERAS: 'door-cam=7',
  })
  syslog = await openSyslog(config.syslog, {
    ingest: server.system.ingestService,
    onTrouble: (error) => troubles.push(error),
  })
  for (const address of syslog.addresses) {
    const [, kind = '', port = ''] = /^(\w+) .*:(\d+)$/.exec(address) ?? []
    ports[kind] = port
  }
})
afterAll(async () => {
  await syslog.close()
  await server.close()
  await rm(folder, { recursive: true, force: true })
  expect(troubles).toEqual([])
})

const stored = async (logger: string) => {
  const { logs } = (await server.get(`/api/logs?limit=1000`)).body.data
  return logs.filter(({ logger_name }: { logger_name: string }) => logger_name === logger)
}

describe.skipIf(!has('logger'))("syslog from util-linux's logger (skipped where it is not installed)", () => {
  it.each([
    ['udp-5424', ['--udp', '--rfc5424'], 'UDP'],
    ['udp-3164', ['--udp', '--rfc3164'], 'UDP'],
    ['tcp-lines', ['--tcp', '--rfc5424'], 'TCP'],
    ['tcp-counted', ['--tcp', '--rfc5424', '--octet-count'], 'TCP'],
    ['tcp-3164', ['--tcp', '--rfc3164'], 'TCP'],
  ])('%s', async (tag, flags, kind) => {
    const target = [
      '--server',
      '127.0.0.1',
      '--port',
      ports[kind] ?? '',
      '--tag',
      tag,
      '--priority',
      'local0.err',
    ]
    const before = Date.now()
    await run('logger', [...target, ...flags, 'disk is full'])
    await expect.poll(() => stored(tag)).toHaveLength(1)
    const [row] = await stored(tag)
    expect(row).toMatchObject({ level: 'ERROR', message: 'disk is full', extra_data: { facility: 'local0' } })
    // Its header has whole seconds.
    expect(Date.parse(row.timestamp)).toBeGreaterThanOrEqual(before - 1000)
    expect(Date.parse(row.timestamp)).toBeLessThanOrEqual(Date.now())
  })

  it('brings structured data along', async () => {
    const flags = [
      '--udp',
      '--rfc5424',
      '--sd-id',
      'zoo@1',
      '--sd-param',
      'tiger="hungry"',
      '--tag',
      'sd',
      'fed?',
    ]
    await run('logger', ['--server', '127.0.0.1', '--port', ports.UDP ?? '', ...flags])
    await expect.poll(() => stored('sd')).toHaveLength(1)
    expect((await stored('sd'))[0].extra_data.structured_data['zoo@1']).toEqual({ tiger: 'hungry' })
  })
})

describe('syslog', () => {
  it('is taken over TLS, and the sender becomes the camera it is known as', async () => {
    const socket = connect({ port: Number(ports.TLS), host: '127.0.0.1', rejectUnauthorized: false })
    await once(socket, 'secureConnect')
    socket.end('<12>1 - door-cam motion - - - someone is there')
    await expect.poll(() => stored('motion')).toHaveLength(1)
    expect((await stored('motion'))[0]).toMatchObject({ camera_id: 7, source: 'camera_7', level: 'WARNING' })
  })
})

/** Runs a daemon that forwards what is appended to a file, until `logger` has `count` lines. */
async function forwarding(program: string, args: string[], logger: string, count: number): Promise<void> {
  const daemon = spawn(program, args, { stdio: ['ignore', 'pipe', 'pipe'] })
  const exited = once(daemon, 'exit')
  try {
    await expect.poll(() => stored(logger)).toHaveLength(count)
  } finally {
    daemon.kill('SIGKILL')
    await exited
  }
}

describe('syslog forwarded by a daemon of Debian (skipped where it is not installed)', () => {
  const lines = Array.from({ length: 50 }, (_, number) => `line ${number}`)

  it.skipIf(!has('rsyslogd'))('rsyslog, octet counting', async () => {
    const file = join(folder, 'rsyslog.log')
    await writeFile(file, `${lines.join('\n')}\n`)
    const conf = join(folder, 'rsyslog.conf')
    await writeFile(
      conf,
      `global(workDirectory="${folder}")
module(load="imfile" mode="polling" pollingInterval="1")
input(type="imfile" file="${file}" tag="by-rsyslog" severity="warning" facility="local1" freshStartTail="off")
*.* action(type="omfwd" target="127.0.0.1" port="${ports.TCP}" protocol="tcp" TCP_Framing="octet-counted"
  template="RSYSLOG_SyslogProtocol23Format")
`,
    )
    await forwarding('rsyslogd', ['-n', '-f', conf, '-i', join(folder, 'rsyslog.pid')], 'by-rsyslog', 50)
    const rows = await stored('by-rsyslog')
    expect(rows.map(({ message }: { message: string }) => message).sort()).toEqual(lines.toSorted())
    expect(rows[0]).toMatchObject({ level: 'WARNING', extra_data: { facility: 'local1' } })
  })

  it.skipIf(!has('syslog-ng'))('syslog-ng, RFC 5424', async () => {
    const file = join(folder, 'syslog-ng.log')
    await writeFile(file, `${lines.join('\n')}\n`)
    const conf = join(folder, 'syslog-ng.conf')
    await writeFile(
      conf,
      `@version: 3.35
source s { file("${file}" program-override("by-syslog-ng") flags(no-parse) default-priority(error)); };
destination d { syslog("127.0.0.1" port(${ports.TCP}) transport("tcp")); };
log { source(s); destination(d); };
`,
    )
    const state = [
      '-R',
      join(folder, 'ng.persist'),
      '-c',
      join(folder, 'ng.ctl'),
      '-p',
      join(folder, 'ng.pid'),
    ]
    await forwarding('syslog-ng', ['-F', '--no-caps', '-f', conf, ...state], 'by-syslog-ng', 50)
    expect((await stored('by-syslog-ng'))[0]).toMatchObject({ level: 'ERROR' })
  })
})
