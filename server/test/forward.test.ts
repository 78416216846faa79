// Fluentd's forward protocol, from programs that we did not write, on ports of its own.
import { once } from 'node:events'
import { readFile } from 'node:fs/promises'
import { connect } from 'node:net'
import { FluentClient, type FluentClientOptions, FluentSocketEvent } from '@fluent-org/logger'
import { decode, encode } from '@msgpack/msgpack'
import { describe, expect, it } from 'vitest'
import { openForward } from '../src/cli/serve/forward-listener.ts'
import { readConfig } from '../src/config.ts'
import { startPorts } from './support/way-in.ts'

const SHARED_KEY = 'the key that both sides know'

const { stored, rejected, cert, key, options, open } = await startPorts()
const secured = readConfig({
  ...{ FORWARD_PORT: '0', FORWARD_TLS_PORT: '0', FORWARD_SHARED_KEY: SHARED_KEY },
  ...{ FORWARD_TLS_CERT: cert, FORWARD_TLS_KEY: key },
})
const forwardPorts = await open(openForward(secured.forward, options))
const openPorts = await open(openForward(readConfig({ FORWARD_PORT: '0' }).forward, options))

describe('the forward protocol from @fluent-org/logger', () => {
  const emit = async (tag: string, options: FluentClientOptions, port = openPorts.TCP) => {
    const socket = { host: '127.0.0.1', port: port as number, disableReconnect: true }
    const client = new FluentClient(tag, { ...options, socket: { ...socket, ...options.socket } })
    await client.connect()
    try {
      const time = new Date('2026-11-29T09:00:01.250Z')
      await Promise.all([
        client.emit({ log: 'captured', level: 'warn', camera_id: 3, disk: 91 }, time),
        client.emit({ log: 'captured', level: 'warn', camera_id: 3, disk: 91 }, time),
      ])
    } finally {
      await client.disconnect()
    }
  }
  const ROW = { level: 'WARNING', message: 'captured', camera_id: 3, extra_data: { disk: 91 } }

  it.each(['Message', 'Forward', 'PackedForward', 'CompressedPackedForward'] as const)(
    'in the mode %s, acknowledged when it is stored',
    async (eventMode) => {
      const tag = `forward.${eventMode}`
      await emit(tag, { eventMode, ack: { ackTimeout: 20_000 }, milliseconds: true, flushInterval: 1 })
      const rows = await stored(tag)
      expect(rows).toMatchObject([ROW, ROW])
    },
  )

  it('without an acknowledgement', async () => {
    await emit('forward.unanswered', { milliseconds: true })
    await expect.poll(() => stored('forward.unanswered')).toHaveLength(2)
  })

  it('with a shared key, over TLS', async () => {
    const ca = await readFile(cert)
    const security = { clientHostname: 'client.example', sharedKey: SHARED_KEY }
    const tls = { ca, checkServerIdentity: () => undefined }
    const options = { security, ack: { ackTimeout: 20_000 }, socket: { tls } }
    await emit('forward.tls', options, forwardPorts.TLS)
    expect(await stored('forward.tls')).toHaveLength(2)
  })

  it('is refused with another key, and without one', async () => {
    const security = { clientHostname: 'client.example', sharedKey: 'another key altogether' }
    const client = new FluentClient('forward.refused', {
      ...{ security, disableAutoconnect: true },
      socket: { host: '127.0.0.1', port: forwardPorts.TCP as number, disableReconnect: true },
    })
    const failure = new Promise((resolve) => client.socketOn(FluentSocketEvent.ERROR, resolve))
    await client.connect()
    expect(await failure).toMatchObject({ message: expect.stringContaining('shared key mismatch') })
    const socket = connect(forwardPorts.TCP as number, '127.0.0.1')
    socket.write(encode(['forward.refused', 0, { log: 'captured' }]))
    const said = Buffer.concat(await socket.toArray())
    // HELO, then the refusal.
    const helo = Buffer.from(encode(['HELO', { nonce: 'x'.repeat(24), auth: '', keepalive: true }])).length
    expect((decode(said.subarray(helo)) as unknown[]).slice(0, 3)).toEqual([
      'PONG',
      false,
      'a PING is expected: this server has a shared key',
    ])
    expect(await stored('forward.refused')).toEqual([])
  })
})

describe('the forward protocol', () => {
  const talk = async (...messages: Uint8Array[]) => {
    const socket = connect(openPorts.TCP as number, '127.0.0.1')
    await once(socket, 'connect')
    const answers = socket.toArray()
    for (const message of messages) socket.write(message)
    socket.end()
    return Buffer.concat((await answers) as Buffer[])
  }

  // As moby/daemon/logger/fluentd writes it, recorded from its source.
  it("takes what Docker's driver sends: the container is the source, the stream no source", async () => {
    const record = {
      container_id: '0f1e2d3c',
      container_name: '/shop-web',
      source: 'stderr',
      log: 'ERROR captured',
    }
    await talk(encode(['0f1e2d3c', Math.floor(Date.now() / 1000), record, { chunk: 'YQ==' }]))
    expect(await stored('shop-web')).toMatchObject([
      { level: 'ERROR', message: 'ERROR captured', extra_data: { stream: 'stderr', tag: '0f1e2d3c' } },
    ])
  })

  // Parts as moby/daemon/logger/fluentd sends them, recorded from its source: from two containers on one connection.
  it("puts the parts together that Docker's driver cuts long lines into", async () => {
    const seconds = Math.floor(Date.now() / 1000)
    const part = (id: string, ordinal: number, isLast: boolean, log: string, option?: object) => {
      const place = { partial_message: 'true', partial_id: id, partial_ordinal: String(ordinal) }
      const record = { container_name: `/parts-${id}`, source: 'stdout', log, ...place }
      const message = ['parts', seconds + ordinal, { ...record, partial_last: String(isLast) }]
      return encode(option === undefined ? message : [...message, option])
    }
    const long = JSON.stringify({ level: 'error', msg: 'x'.repeat(40_000) })
    const [one, two, three] = [long.slice(0, 16_384), long.slice(16_384, 32_768), long.slice(32_768)] as const
    const answer = await talk(
      part('whole', 1, false, one),
      part('broken', 1, false, 'its beginning '),
      part('whole', 2, false, two),
      part('whole', 3, true, three),
      part('late', 2, false, 'not the first'),
      part('asked', 1, false, 'told to be stored', { chunk: 'ZQ==' }),
    )
    expect(decode(answer)).toEqual({ ack: 'ZQ==' })
    const [whole] = await stored('parts-whole')
    expect(whole).toMatchObject({ level: 'ERROR', message: 'x'.repeat(40_000) })
    expect(whole?.extra_data).not.toHaveProperty('partial_id')
    expect(Date.parse(whole?.timestamp as string)).toBe((seconds + 1) * 1000)
    // Said to be stored, or left when the connection ended.
    await expect.poll(() => stored('parts-broken')).toHaveLength(1)
    const rest = [
      ...(await stored('parts-broken')),
      ...(await stored('parts-late')),
      ...(await stored('parts-asked')),
    ]
    expect(rest).toMatchObject([
      { message: 'its beginning ', extra_data: { partial_id: 'broken' } },
      { message: 'not the first', extra_data: { partial_id: 'late' } },
      { message: 'told to be stored', extra_data: { partial_id: 'asked' } },
    ])
  })

  // As fluent-bit/plugins/out_forward writes it, recorded from its source: times with metadata, and signals that are no logs.
  it('takes what Fluent Bit sends, and refuses its metrics', async () => {
    const entry = encode([[1_795_942_801, { otlp: 'x' }], { log: 'captured\n', stream: 'stdout' }])
    const before = await rejected()
    const answer = await talk(
      encode(['fluent-bit', Buffer.concat([entry, entry]), { size: 2, chunk: 'Yg==', fluent_signal: 0 }]),
      encode(['fluent-bit', entry, { fluent_signal: 1, chunk: 'Yw==' }]),
    )
    expect(answer).toEqual(Buffer.concat([encode({ ack: 'Yg==' }), encode({ ack: 'Yw==' })]))
    expect(await stored('fluent-bit')).toMatchObject([{ message: 'captured' }, { message: 'captured' }])
    expect(await rejected()).toBe(before + 1)
  })

  it('keeps what is good beside what is bad, and ends a connection that cannot be read on', async () => {
    const good = encode(
      [1_795_942_801, { log: 'captured', big: 12_345_678_901_234_567_890n, bytes: Buffer.from('é') }],
      {
        useBigInt64: true,
      },
    )
    const before = await rejected()
    const answer = await talk(
      encode([
        'forward.mixed',
        Buffer.concat([good, encode(7), good, Buffer.from([0x92, 0xc1])]),
        { chunk: 'ZA==' },
      ]),
      encode('GET / HTTP/1.1'),
      encode(['forward.mixed', 0, { log: 'never read' }]),
    )
    expect(decode(answer)).toEqual({ ack: 'ZA==' })
    const rows = await stored('forward.mixed')
    expect(rows).toMatchObject(
      Array(2).fill({ message: 'captured', extra_data: { big: '12345678901234567890', bytes: 'é' } }),
    )
    await expect.poll(rejected).toBe(before + 3)
  })
})
