// Each sender's lines in docs/ingest.md, taken from there and run.
import { spawn } from 'node:child_process'
import { accessSync } from 'node:fs'
import { chmod, mkdir, mkdtemp, readFile, rm, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { delimiter, join } from 'node:path'
import { gzipSync } from 'node:zlib'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { MAIN } from '../../test/support/program.ts'
import { openForward } from '../src/cli/serve/forward-listener.ts'
import { openGelf } from '../src/cli/serve/gelf-listener.ts'
import type { Listener } from '../src/cli/serve/listener.ts'
import { openOtlpGrpc } from '../src/cli/serve/otlp-grpc-listener.ts'
import { openSyslog, type SyslogListener } from '../src/cli/serve/syslog-listener.ts'
import { readConfig } from '../src/config.ts'
import { startTestServer, type TestServer } from './support/server.ts'

const ROOT = join(import.meta.dirname, '../..')

let server: TestServer
let syslog: SyslogListener
let folder: string
let document: string
let port = ''
/** Ports of this test by those of the document. */
const ports: Record<string, string> = {}
const listeners: Listener[] = []
const SHARED_KEY = 'a key that both sides know'

beforeAll(async () => {
  document = await readFile(join(ROOT, 'docs/ingest.md'), 'utf8')
  server = await startTestServer()
  folder = await mkdtemp(join(tmpdir(), 'timelapser-docs-'))
  const open = (kind: 'UDP' | 'TCP', at: string) =>
    openSyslog(readConfig({ [`SYSLOG_${kind}_PORT`]: at }).syslog, {
      ingest: server.system.ingestService,
      onTrouble: (error) => console.error(error),
    })
  syslog = await openBoth(open)
  const options = { ingest: server.system.ingestService, onTrouble: console.error }
  const config = readConfig({
    ...{ GELF_UDP_PORT: '0', FORWARD_PORT: '0', FORWARD_SHARED_KEY: SHARED_KEY, OTLP_GRPC_PORT: '0' },
  })
  const opened: [usual: string, listener: Listener][] = [
    ['12201', await openGelf(config.gelf, options)],
    ['24224', await openForward(config.forward, options)],
    ['4317', await openOtlpGrpc(config.otlpGrpc, server.system.app)],
  ]
  for (const [usual, listener] of opened) {
    listeners.push(listener)
    ports[usual] = /:(\d+)$/.exec(listener.addresses[0] ?? '')?.[1] ?? ''
  }
  await program('timelapser-logs', `exec "${process.execPath}" --conditions=timelapser-source "${MAIN}" "$@"`)
  // Stand-ins for a container and the journal of a machine; journald.test.ts has the real journal.
  await program('docker', 'echo "WARN captured"')
  const entry = {
    __REALTIME_TIMESTAMP: `${Date.now()}000`,
    MESSAGE: 'captured',
    PRIORITY: '4',
    SYSLOG_IDENTIFIER: 'shop-journal',
  }
  await program('journalctl', `echo '${JSON.stringify(entry)}'`)
})
afterAll(async () => {
  await syslog.close()
  for (const { close } of listeners) await close()
  await server.close()
  await rm(folder, { recursive: true, force: true })
})

/** UDP and TCP on one free port, as the document has them. */
async function openBoth(
  open: (kind: 'UDP' | 'TCP', port: string) => Promise<SyslogListener>,
): Promise<SyslogListener> {
  const tcp = await open('TCP', '0')
  port = /:(\d+)$/.exec(tcp.addresses[0] ?? '')?.[1] ?? ''
  const udp = await open('UDP', port)
  return {
    addresses: [...tcp.addresses, ...udp.addresses],
    budgets: [],
    connections: undefined,
    close: async () => void (await Promise.all([tcp.close(), udp.close()])),
  }
}

async function program(name: string, script: string): Promise<void> {
  await writeFile(join(folder, name), `#!/bin/sh\n${script}\n`)
  await chmod(join(folder, name), 0o755)
}

/** The block of the language below the heading, the nth, with this test's addresses. */
function snippet(heading: string, language: string, nth = 0): string {
  const section = document.split(/^(?=##+ )/m).find((one) => one.startsWith(`${heading}\n`)) ?? ''
  const [, code = ''] =
    [...section.matchAll(new RegExp(`^\`\`\`${language}\n(.*?)^\`\`\``, 'gms'))][nth] ?? []
  expect(code, `${heading}, ${language}`).not.toBe('')
  return code
    .replaceAll('http://127.0.0.1:4700', server.url)
    .replaceAll(/\b(12201|24224|4317)\b/g, (one) => ports[one] ?? one)
    .replace(/--port 514|port="514"|port\(514\)/g, (one) => one.replace('514', port))
}

/** Runs it to its end; answers what it printed. */
async function run(command: string, args: string[], signal?: AbortSignal): Promise<string> {
  const child = spawn(command, args, {
    cwd: ROOT,
    signal,
    killSignal: 'SIGKILL',
    env: {
      ...process.env,
      KEY: server.apiKey,
      SHARED_KEY,
      TIMELAPSER_LOGS_API_KEY: server.apiKey,
      TIMELAPSER_LOGS_URL: server.url,
      PYTHONPATH: join(ROOT, 'python'),
      PYTHONDONTWRITEBYTECODE: '1',
      PATH: [folder, process.env.PATH, '/usr/sbin'].join(delimiter),
    },
    stdio: ['ignore', 'pipe', 'pipe'],
  })
  const output: Buffer[] = []
  const errors: Buffer[] = []
  child.stdout.on('data', (chunk: Buffer) => output.push(chunk))
  child.stderr.on('data', (chunk: Buffer) => errors.push(chunk))
  const code = await new Promise((resolve) => child.on('error', resolve).on('close', resolve))
  if (!signal?.aborted) expect(code, Buffer.concat(errors).toString()).toBe(0)
  return Buffer.concat(output).toString()
}

const has = (name: string) =>
  [...(process.env.PATH ?? '').split(delimiter), '/usr/sbin'].some((directory) => {
    try {
      accessSync(join(directory, name))
      return true
    } catch {
      return false
    }
  })
const captured = async () => {
  const { logs } = (await server.get('/api/logs?limit=1000&search=captured')).body.data
  return logs.filter(({ message }: { message: string }) => /^((WARN|ERROR) )?captured/.test(message))
}
const bySource = async (source: string) =>
  (await captured()).filter((row: { source: string }) => row.source === source)
const byLogger = async (name: string) =>
  (await captured()).filter((row: { logger_name: string }) => row.logger_name === name)

describe('the lines of docs/ingest.md', () => {
  it.each([
    ['### OpenTelemetry', 'shop-otlp'],
    ['### pino-loki', 'shop-pino'],
    ['### winston-loki', 'shop-winston'],
    ['### Elasticsearch', 'shop-elastic'],
    ['### Seq', 'shop-seq'],
    ['### OpenTelemetry', 'shop-grpc', 1],
    ['### Fluentd and Fluent Bit', 'shop-fluent'],
    ['### GELF', 'shop-gelf'],
    ['### Splunk', 'shop-splunk'],
  ])('%s, %s', async (heading, source, nth = 0) => {
    await run(process.execPath, ['--input-type=module', '-e', snippet(heading, 'js', nth)])
    await expect.poll(() => bySource(source)).toMatchObject([{ level: 'WARNING', camera_id: 3 }])
  })

  it('## POST /api/logs', async () => {
    const reply = JSON.parse(await run('sh', ['-c', snippet('## POST /api/logs', 'sh')]))
    expect(reply.data).toMatchObject({ accepted: 1, rejected_count: 0 })
    const { logs } = (await server.get('/api/logs?source=worker')).body.data
    expect(logs).toMatchObject([{ level: 'WARNING', message: 'disk at 91 %' }])
  })

  it('## timelapser-logs ingest', async () => {
    const [logs, old] = [join(folder, 'log'), join(folder, 'old')]
    await mkdir(logs)
    await mkdir(old)
    const line = (level: string, text: string) => `${new Date().toISOString()} ${level} captured ${text}\n`
    await writeFile(join(logs, 'syslog'), line('WARN', 'in syslog'))
    await writeFile(join(logs, 'syslog.1.gz'), gzipSync(line('ERROR', 'in syslog.1.gz')))
    await writeFile(join(old, 'a.log'), '2019-03-04 05:06:07 ERROR captured in a.log\n')
    const lines = snippet('## timelapser-logs ingest', 'sh').replaceAll('/var/log/', `${logs}/`)
    // The third is the line of Docker below.
    const files = lines.replace('old/', `${old}/`).replace(/^docker logs .*\n/m, '')
    await run('sh', ['-ec', files])
    const found = (await captured()).map(({ level, message }: Record<string, string>) => [level, message])
    for (const [level, file] of [
      ['WARNING', 'syslog'],
      ['ERROR', 'syslog.1.gz'],
      ['ERROR', 'a.log'],
    ]) {
      expect(found).toContainEqual([level, expect.stringMatching(new RegExp(` in ${file}$`))])
    }
  })

  it('### Datadog', async () => {
    expect(await run('sh', ['-c', snippet('### Datadog', 'sh')])).toBe('{}')
    expect(await bySource('shop-datadog')).toMatchObject([{ level: 'WARNING', camera_id: 3 }])
  })

  it.skipIf(!has('rsyslogd'))('### Elasticsearch, rsyslog (skipped without it)', async () => {
    const [file, conf] = [join(folder, 'e.log'), join(folder, 'rsyslog-elastic.conf')]
    await writeFile(file, 'captured\n')
    const input = `global(workDirectory="${folder}")
module(load="imfile" mode="polling" pollingInterval="1")
input(type="imfile" file="${file}" tag="shop-rsyslog-elastic" severity="warning" freshStartTail="off")\n`
    const { port: httpPort } = new URL(server.url)
    const output = snippet('### Elasticsearch', 'rsyslog').replace('"KEY"', `"${server.apiKey}"`)
    await writeFile(conf, input + output.replace('serverport="4700"', `serverport="${httpPort}"`))
    const args = ['-n', '-f', conf, '-i', join(folder, 'e.pid')]
    await daemon('rsyslogd', args, 'shop-rsyslog-elastic')
  })

  it.skipIf(!has('python3'))('### Python (skipped without python3)', async () => {
    const program = snippet('### Python', 'python').replace('spool-python', join(folder, 'spool'))
    await run('python3', ['-c', program])
    expect(await bySource('shop-python')).toMatchObject([
      { level: 'WARNING', camera_id: 3, logger_name: 'capture' },
    ])
  })

  it.skipIf(!has('logger'))('### Syslog, logger (skipped without it)', async () => {
    await run('sh', ['-c', snippet('### Syslog', 'sh')])
    await expect
      .poll(() => byLogger('shop-logger'))
      .toMatchObject([{ level: 'WARNING', message: 'captured' }])
  })

  it.each([
    ['shop-docker', 0],
    ['shop-journal', 1],
  ])('### Docker and journald, %s', async (source, nth) => {
    await run('sh', ['-c', snippet('### Docker and journald', 'sh', nth)])
    expect(await bySource(source)).toMatchObject([{ level: 'WARNING' }])
  })

  it('## Asking as one asks Loki', async () => {
    const { data } = JSON.parse(await run('sh', ['-c', snippet('## Asking as one asks Loki', 'sh')]))
    const warnings = data.result.find(
      ({ metric }: { metric: object }) => JSON.stringify(metric) === '{"level":"WARNING"}',
    )
    expect(Number(warnings.values.at(-1)[1])).toBeGreaterThan(0)
  })

  it.skipIf(!has('rsyslogd'))('### Syslog, rsyslog (skipped without it)', async () => {
    const [file, conf] = [join(folder, 'r.log'), join(folder, 'rsyslog.conf')]
    await writeFile(file, 'captured\n')
    const input = `global(workDirectory="${folder}")
module(load="imfile" mode="polling" pollingInterval="1")
input(type="imfile" file="${file}" tag="shop-rsyslog" severity="warning" freshStartTail="off")\n`
    await writeFile(conf, input + snippet('### Syslog', 'rsyslog'))
    await daemon('rsyslogd', ['-n', '-f', conf, '-i', join(folder, 'r.pid')], 'shop-rsyslog')
  })

  it.skipIf(!has('syslog-ng'))('### Syslog, syslog-ng (skipped without it)', async () => {
    const [file, conf] = [join(folder, 'n.log'), join(folder, 'syslog-ng.conf')]
    await writeFile(file, 'captured\n')
    const input = `@version: 3.35
source s_src { file("${file}" program-override("shop-ng") flags(no-parse) default-priority(warning)); };\n`
    await writeFile(conf, input + snippet('### Syslog', 'syslog-ng'))
    const state = ['-R', join(folder, 'n.persist'), '-c', join(folder, 'n.ctl'), '-p', join(folder, 'n.pid')]
    await daemon('syslog-ng', ['-F', '--no-caps', '-f', conf, ...state], 'shop-ng')
  })
})

/** Runs a daemon until what it forwards has arrived. */
async function daemon(name: string, args: string[], logger: string): Promise<void> {
  const stop = new AbortController()
  const running = run(name, args, stop.signal)
  try {
    await expect.poll(() => byLogger(logger)).toMatchObject([{ level: 'WARNING' }])
  } finally {
    stop.abort()
    await running.catch(() => undefined)
  }
}
