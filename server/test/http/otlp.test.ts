import { SeverityNumber } from '@opentelemetry/api-logs'
import { OTLPLogExporter as JsonExporter } from '@opentelemetry/exporter-logs-otlp-http'
import { OTLPLogExporter as ProtobufExporter } from '@opentelemetry/exporter-logs-otlp-proto'
import { resourceFromAttributes } from '@opentelemetry/resources'
import { BatchLogRecordProcessor, LoggerProvider } from '@opentelemetry/sdk-logs'
import { describe, expect, it } from 'vitest'
import { startWayIn } from '../support/way-in.ts'

const { server, stored, post } = await startWayIn()
const json = { 'content-type': 'application/json' }
const protobuf = { 'content-type': 'application/x-protobuf' }
const push = (body: unknown, headers: Record<string, string>) => post('/v1/logs', body, headers)

describe('OTLP over HTTP', () => {
  it.each([
    ['protobuf', ProtobufExporter, 'none'],
    ['protobuf-gzip', ProtobufExporter, 'gzip'],
    ['json', JsonExporter, 'none'],
    ['json-gzip', JsonExporter, 'gzip'],
  ] as const)("stores what OpenTelemetry's exporters send: %s", async (service, Exporter, compression) => {
    const exporter = new Exporter({
      url: `${server.url}/v1/logs`,
      headers: { authorization: `Bearer ${server.apiKey}` },
      compression: compression as never,
    })
    const provider = new LoggerProvider({
      resource: resourceFromAttributes({ 'service.name': service, 'host.name': 'edge-7' }),
      processors: [new BatchLogRecordProcessor({ exporter })],
    })
    const logger = provider.getLogger('shop.cart', '1.2.3')
    const timestamp = new Date('2026-01-02T03:04:05.678Z')
    await server.send('PUT', '/api/settings', { retention_days: 3650 })
    logger.emit({
      timestamp,
      severityNumber: SeverityNumber.WARN2,
      severityText: 'WARN2',
      body: 'cart is empty',
      attributes: {
        'camera.id': 11,
        items: [1, 'two', true, 2.5],
        deep: { a: { b: null } },
        app: 'not the source',
      },
    })
    logger.emit({ severityNumber: SeverityNumber.FATAL, body: { structured: [1] } })
    for (let index = 0; index < 600; index += 1)
      logger.emit({ severityNumber: SeverityNumber.TRACE, body: `${index}` })
    await provider.shutdown()
    const { pagination } = (await server.get(`/api/logs?source=${service}&limit=1`)).body.data
    expect(pagination.total_items).toBe(602)
    const { logs } = (await server.get(`/api/logs?source=${service}&min_level=WARNING`)).body.data
    expect(logs.map(({ level, message }: Record<string, string>) => [level, message])).toEqual([
      ['CRITICAL', '{"structured":[1]}'],
      ['WARNING', 'cart is empty'],
    ])
    expect(logs[1]).toMatchObject({
      timestamp: '2026-01-02T03:04:05.678Z',
      logger_name: 'shop.cart',
      camera_id: 11,
      extra_data: {
        severity_number: 14,
        severity_text: 'WARN2',
        items: [1, 'two', true, 2.5],
        deep: { a: { b: null } },
        app: 'not the source',
        scope: { version: '1.2.3' },
        resource: { 'host.name': 'edge-7' },
      },
    })
  })

  it('keeps trace and span, and answers a partial success', async () => {
    const logRecords = [
      { timeUnixNano: `${Date.now()}000123`, body: { stringValue: 'a' }, traceId: 'AB12', spanId: 'cd34' },
      'no record',
      7,
      { timeUnixNano: 'soon', severityNumber: 13, body: { structured: 'b' } },
      { severityText: 'Error', body: { stringValue: 'c' } },
      { severityText: 'Fatal', body: ['no form of a value'] },
      { severityText: 'Debug', body: {}, eventName: 'empty' },
    ]
    const resource = { attributes: [{ key: 'service.name', value: { stringValue: 'partly' } }] }
    const answer = await push(
      JSON.stringify({ resourceLogs: [{ resource, scopeLogs: [{ logRecords }] }] }),
      json,
    )
    expect([answer.status, await answer.json()]).toEqual([
      200,
      {
        partialSuccess: {
          rejectedLogRecords: '2',
          errorMessage: expect.stringMatching(/^record 1: .*record 2: /),
        },
      },
    ])
    const rows = await stored('partly')
    expect(rows.map(({ level }: { level: string }) => level).sort()).toEqual([
      ...['CRITICAL', 'DEBUG', 'ERROR', 'INFO', 'WARNING'],
    ])
    const messageOf = (level: string) => rows.find((row: { level: string }) => row.level === level).message
    expect([messageOf('CRITICAL'), messageOf('DEBUG')]).toEqual(['["no form of a value"]', 'empty'])
    expect(rows.find(({ level }: { level: string }) => level === 'INFO').extra_data).toEqual({
      trace_id: 'AB12',
      span_id: 'cd34',
    })
    expect(rows.find(({ level }: { level: string }) => level === 'WARNING')).toMatchObject({
      message: '{"structured":"b"}',
      extra_data: { original_timestamp: 'soon' },
    })
  })

  it('takes the text out of a body with fields, with its level where the record has none', async () => {
    const fields = (values: Record<string, string>) => ({
      kvlistValue: {
        values: Object.entries(values).map(([key, value]) => ({ key, value: { stringValue: value } })),
      },
    })
    const logRecords = [
      {
        timeUnixNano: `${Date.now()}000000`,
        body: fields({ message: 'disk full', level: 'warn', unit: 'lens' }),
      },
      { severityNumber: 17, body: fields({ log: 'ok', level: 'info' }) },
      { body: fields({ msg: 'CRITICAL gone' }) },
      { severityNumber: 9, body: fields({ unit: 'lens' }) },
    ]
    const resource = { attributes: [{ key: 'service.name', value: { stringValue: 'fields' } }] }
    await push(JSON.stringify({ resourceLogs: [{ resource, scopeLogs: [{ logRecords }] }] }), json)
    const rows = await stored('fields')
    const told = rows.map(({ level, message }: Record<string, string>) => `${level} ${message}`)
    expect(told.sort()).toEqual([
      'CRITICAL CRITICAL gone',
      'ERROR ok',
      'INFO {"unit":"lens"}',
      'WARNING disk full',
    ])
    const first = rows.find(({ message }: { message: string }) => message === 'disk full')
    expect(first.extra_data).toMatchObject({ unit: 'lens', original_level: 'warn' })
  })

  it.each([
    ['no key', '{}', { ...json, authorization: '' }, 401, json['content-type']],
    ['broken JSON', '{', json, 400, json['content-type']],
    ['broken protobuf', '\xff\xff', protobuf, 400, protobuf['content-type']],
    ['another content type', 'x', { 'content-type': 'text/plain' }, 415, protobuf['content-type']],
    ['gzip that is none', 'x', { ...json, 'content-encoding': 'gzip' }, 400, json['content-type']],
  ])('refuses %s in the encoding it was sent in', async (_name, body, headers, status, type) => {
    const answer = await push(body, headers)
    expect(answer.status).toBe(status)
    expect(answer.headers.get('content-type')).toContain(type)
    if (type === json['content-type'])
      expect(await answer.json()).toEqual({ code: expect.any(Number), message: expect.any(String) })
    else expect((await answer.bytes())[0]).toBe(8)
  })

  it('answers an empty request, and one that is stored, with an empty success', async () => {
    const answer = await push('', protobuf)
    expect([answer.status, (await answer.bytes()).length]).toEqual([200, 0])
    expect(await (await push('{"resourceLogs":[]}', json)).json()).toEqual({})
  })
})
