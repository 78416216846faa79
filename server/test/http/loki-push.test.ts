import { once } from 'node:events'
import { finished } from 'node:stream/promises'
import pino from 'pino'
import pinoLoki from 'pino-loki'
import { describe, expect, it } from 'vitest'
import { createLogger } from 'winston'
import WinstonLoki from 'winston-loki'
import { startWayIn } from '../support/way-in.ts'

const { server, stored, post } = await startWayIn()
const json = { 'content-type': 'application/json' }
const protobuf = { 'content-type': 'application/x-protobuf' }
const push = (body: unknown, headers: Record<string, string>) => post('/loki/api/v1/push', body, headers)
const nanos = (offset = 0) => `${Date.now() + offset}123456`

describe("Loki's push", () => {
  it('stores what pino-loki sends', async () => {
    const stream = pinoLoki({
      host: server.url,
      basicAuth: { username: 'any', password: server.apiKey },
      labels: { app: 'pino-shop' },
      structuredMetaKey: 'meta',
      silenceErrors: false,
    })
    const logger = pino({ base: { camera_id: 5 } }, stream)
    logger.warn({ meta: { trace: 'abc' }, took: 12 }, 'from pino')
    logger.info('second')
    stream.end()
    await finished(stream)
    await expect.poll(() => stored('pino-shop')).toHaveLength(2)
    const rows = await stored('pino-shop')
    const warned = rows.find(({ level }: { level: string }) => level === 'WARNING')
    expect(warned).toMatchObject({
      message: 'from pino',
      camera_id: 5,
      extra_data: { took: 12, trace: 'abc' },
    })
  })

  it.each([false, true])('stores what winston-loki sends, JSON: %s', async (asJson) => {
    const failures: unknown[] = []
    const source = `winston-${asJson}`
    const transport = new WinstonLoki({
      host: server.url,
      basicAuth: `any:${server.apiKey}`,
      labels: { job: source, quoted: 'a "b" \\ c' },
      json: asJson,
      onConnectionError: (error: unknown) => failures.push(error),
      interval: 0.1,
    })
    const logger = createLogger({ level: 'debug', transports: [transport] })
    logger.error('from winston')
    logger.debug('zweite, mit Umläuten äöü')
    await once(logger.end(), 'finish')
    await transport.flush()
    await expect.poll(() => stored(source)).toHaveLength(2)
    const rows = await stored(source)
    expect(
      rows
        .map(({ level, message }: Record<string, string>) => [level, message?.replace(/ *\{.*/, '')])
        .sort(),
    ).toEqual([
      ['DEBUG', 'zweite, mit Umläuten äöü'],
      ['ERROR', 'from winston'],
    ])
    expect(rows[0].extra_data.quoted).toBe('a "b" \\ c')
    await transport.close()
    expect(failures).toEqual([])
  })

  it('keeps microseconds, structured metadata, and the level a line says it has', async () => {
    const streams = [
      {
        stream: { service_name: 'json', camera_id: '9' },
        values: [
          [nanos(), 'ERROR it broke', { trace_id: 'x' }],
          [nanos(1), '{"msg":"parsed","level":30,"n":1}'],
        ],
      },
    ]
    expect((await push(JSON.stringify({ streams }), json)).status).toBe(204)
    const rows = await stored('json')
    expect(rows.find(({ level }: { level: string }) => level === 'ERROR')).toMatchObject({
      message: 'ERROR it broke',
      camera_id: 9,
      timestamp: expect.stringMatching(/\d123Z$/),
      extra_data: { trace_id: 'x' },
    })
    expect(rows.find(({ message }: { message: string }) => message === 'parsed').extra_data).toEqual({
      n: 1,
      original_level: 30,
    })
  })

  it('stores good entries beside bad ones and names the bad ones', async () => {
    const streams = [
      { stream: { app: 'partly' }, values: [[nanos(), 'a'], ['now', 'b'], [nanos(), 5], 7, [nanos(), 'e']] },
      3,
    ]
    const answer = await push(JSON.stringify({ streams }), json)
    expect([answer.status, await answer.text()]).toEqual([
      200,
      expect.stringMatching(/^3 not stored; entry 2: .*entry 5: /),
    ])
    const rows = await stored('partly')
    expect(rows.map(({ message }: { message: string }) => message).sort()).toEqual(['a', 'b', 'e'])
    const late = rows.find(({ message }: { message: string }) => message === 'b')
    expect(late.extra_data).toEqual({ original_timestamp: 'now' })
  })

  it.each([
    ['no key', '{}', { ...json, authorization: '' }, 401],
    ['JSON without streams', '{}', json, 400],
    ['another content type', '{}', { 'content-type': 'text/csv' }, 415],
    ['what is no snappy', 'hello', protobuf, 400],
    ['a snappy bomb', Buffer.from([0xff, 0xff, 0xff, 0xff, 0x0f, 0, 0]), protobuf, 413],
    ['a snappy block that promises too much', Buffer.from([0x80, 0x80, 0x80, 0x04, 0, 0]), protobuf, 400],
    ['gzip that breaks off', '\x1f\x8b', { ...json, 'content-encoding': 'gzip' }, 400],
  ])('refuses %s with a line of text', async (_name, body, headers, status) => {
    const answer = await push(body, headers as Record<string, string>)
    expect([answer.status, answer.headers.get('content-type')]).toEqual([status, 'text/plain; charset=utf-8'])
    expect(await answer.text()).toMatch(/^.+\n$/)
  })
})
