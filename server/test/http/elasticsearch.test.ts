import { Client } from '@elastic/elasticsearch'
import { afterAll, describe, expect, it } from 'vitest'
import { startWayIn } from '../support/way-in.ts'

const { server, stored } = await startWayIn()
const client = new Client({ node: `${server.url}/elastic`, auth: { apiKey: server.apiKey }, maxRetries: 0 })
afterAll(() => client.close())

const ndjson = { 'content-type': 'application/x-ndjson' }
const lines = (...all: (object | string)[]) =>
  `${all.map((one) => (typeof one === 'string' ? one : JSON.stringify(one))).join('\n')}\n`

describe("Elasticsearch's _bulk", () => {
  it('takes what the official client sends, after its handshake', async () => {
    const info = await client.info()
    expect(info.version.number).toMatch(/^9\./)
    const result = await client.helpers.bulk({
      datasource: [
        {
          '@timestamp': new Date().toISOString(),
          message: 'one',
          log: { level: 'warn', logger: 'a.b', file: 'x' },
        },
        {
          '@timestamp': new Date().toISOString(),
          message: 'two',
          service: { name: 'ecs' },
          camera: { id: 4 },
        },
      ],
      onDocument: () => ({ create: { _index: 'ecs' } }),
    })
    expect(result).toMatchObject({ total: 2, successful: 2, failed: 0 })
    const rows = (await stored('ecs')).sort((a: { message: string }, b: { message: string }) =>
      a.message < b.message ? -1 : 1,
    )
    expect(rows[0]).toMatchObject({ message: 'one', level: 'WARNING', logger_name: 'a.b' })
    expect(rows[0].extra_data).toEqual({ original_level: 'warn', log: { file: 'x' } })
    expect(rows[1]).toMatchObject({ message: 'two', camera_id: 4, extra_data: null })
  })

  it('tells the client which documents failed and stores the others', async () => {
    const answer = await client.bulk({
      index: 'partly',
      operations: [
        { index: {} },
        { message: 'good' },
        { create: { _id: 'b' } },
        'no document' as unknown as object,
        { delete: { _id: 'x' } },
        { index: { _id: 'd' } },
        { nothing: 'but fields' },
        { index: { _id: 'e' } },
        { message: 'of a bad time', '@timestamp': 'yesterday' },
      ],
    })
    expect(answer.errors).toBe(true)
    const outcomes = answer.items.map((item) =>
      Object.entries(item).map(([a, b]) => [a, b?.status, b?.error?.type]),
    )
    expect(outcomes).toEqual([
      [['index', 201, undefined]],
      [['create', 400, 'document_parsing_exception']],
      [['delete', 404, undefined]],
      [['index', 201, undefined]],
      [['index', 201, undefined]],
    ])
    const rows = await stored('partly')
    const messages = rows.map(({ message }: { message: string }) => message)
    expect(messages.sort()).toEqual(['good', 'of a bad time', '{"nothing":"but fields"}'])
    const late = rows.find(({ message }: { message: string }) => message === 'of a bad time')
    expect(late.extra_data).toEqual({ original_timestamp: 'yesterday' })
  })

  it('finds the next action behind lines that are none', async () => {
    const sent = lines(
      { index: {} },
      '{broken',
      { index: {} },
      { index: {} },
      { message: 'a' },
      '5',
      { create: {} },
      {
        message: 'b',
      },
    )
    const { status, body } = await server.send('POST', '/odd/_bulk', sent, ndjson)
    expect(status).toBe(200)
    expect(body.items.map((item: object) => Object.values(item)[0].status)).toEqual([400, 400, 201, 400, 201])
    expect(await stored('odd')).toHaveLength(2)
  })

  it('answers what shippers ask before they send', async () => {
    const license = await server.get('/_license')
    expect(license.body.license.status).toBe('active')
    expect(license.headers.get('x-elastic-product')).toBe('Elasticsearch')
    expect((await server.get('/elastic/_cluster/health')).body.status).toBe('green')
  })

  it.each([
    ['no key', lines({ index: {} }, {}), { authorization: '' }, 401, 'security_exception'],
    ['another content type', 'x', { 'content-type': 'image/png' }, 415, 'media_type_header_exception'],
    ['nothing', '', ndjson, 400, 'illegal_argument_exception'],
    ['gzip that is none', 'x', { 'content-encoding': 'gzip' }, 400, 'illegal_argument_exception'],
  ])("refuses %s in Elasticsearch's own form", async (_name, sent, headers, status, type) => {
    const { body, ...answer } = await server.send('POST', '/_bulk', sent, headers)
    expect([answer.status, body.status, body.error.type]).toEqual([status, status, type])
    expect(body.error.root_cause).toHaveLength(1)
  })

  it('tells the client that its key is wrong', async () => {
    const other = new Client({ node: `${server.url}/elastic`, auth: { apiKey: 'wrong' }, maxRetries: 0 })
    await expect(other.bulk({ operations: [{ index: {} }, { message: 'a' }] })).rejects.toMatchObject({
      name: 'ResponseError',
      meta: { statusCode: 401 },
    })
    await other.close()
  })

  it('takes the key as id and key, and as a password', async () => {
    for (const auth of [
      { apiKey: { id: 'any', api_key: server.apiKey } },
      { username: 'elastic', password: server.apiKey },
    ]) {
      const other = new Client({ node: `${server.url}/elastic`, auth })
      await expect(other.info()).resolves.toMatchObject({ name: 'timelapser-logs' })
      await other.close()
    }
  })
})
