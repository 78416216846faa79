// How the plain lines of a key are written is remembered from body to body, the same on all servers.
import { describe, expect, it } from 'vitest'
import { RememberedForms } from '../../src/service/ingest/remembered-forms.ts'
import { startWayIn } from '../support/way-in.ts'

const { server, post } = await startWayIn()
await server.send('PUT', '/api/settings', { retention_days: 0 })
const text = { 'content-type': 'text/plain' }

const day = (index: number) => String(10 + (index % 18)).padStart(2, '0')
const written = (index: number) =>
  `unit${index} | ${day(index)}.03.2026 10:11:12,${100 + index} | ${index % 2 ? 'Error' : 'Debug'} | shutter ${index}`
const other = (index: number) => `A;${1_780_000_000 + index};lens ${index}`
const body = (write: (index: number) => string, from: number, count: number) =>
  Array.from({ length: count }, (_, index) => write(from + index)).join('\n')

async function keyOf(): Promise<{
  send: (sent: string, mark?: Record<string, string>, source?: string) => Promise<Response>
  rotate: () => Promise<void>
}> {
  const created = await server.send('POST', '/api/keys', { name: crypto.randomUUID(), scope: 'ingest' })
  let { key, secret } = created.body.data
  return {
    send: (sent, mark = {}, source = '') =>
      post(`/api/logs${source && `?source=${source}`}`, sent, {
        ...{ ...text, ...mark, authorization: `Bearer ${secret}` },
      }),
    rotate: async () => {
      ;({ key, secret } = (await server.send('POST', `/api/keys/${key.id}/rotate`, {})).body.data)
    },
  }
}

async function newest() {
  const { logs } = (await server.get('/api/logs?limit=1000')).body.data
  return logs.toSorted((a: { id: string }, b: { id: string }) => Number(a.id) - Number(b.id)).at(-1)
}

describe('the form of plain lines', () => {
  it('is remembered for bodies that are too short to tell, by key', async () => {
    const own = await keyOf()
    const stranger = await keyOf()
    expect((await own.send(written(1))).status).toBe(200)
    expect((await newest()).timestamp).not.toMatch(/^2026-03/)
    expect((await own.send(body(written, 2, 30))).status).toBe(200)
    await own.send(written(33))
    expect(await newest()).toMatchObject({
      timestamp: '2026-03-25T10:11:12.133Z',
      level: 'ERROR',
      message: written(33),
    })
    await stranger.send(written(34))
    expect((await newest()).timestamp).not.toMatch(/^2026-03/)
  })

  it('is remembered by source, and by a key that is rotated', async () => {
    const own = await keyOf()
    await own.send(body(written, 1, 30), {}, 'shutters')
    await own.rotate()
    await own.send(written(33), {}, 'lenses')
    const lens = await newest()
    expect([lens.source, lens.timestamp]).toEqual(['lenses', expect.not.stringMatching(/^2026-03/)])
    await own.send(written(34), {}, 'shutters')
    expect(await newest()).toMatchObject({ source: 'shutters', timestamp: '2026-03-26T10:11:12.134Z' })
    expect((await own.send(written(35), {}, 'x'.repeat(101))).status).toBe(400)
  })

  it('is revised when lines stop fitting, for later ones', async () => {
    const own = await keyOf()
    await own.send(body(written, 1, 30))
    await own.send(body(other, 1, 30))
    await own.send(other(40))
    expect((await newest()).timestamp).toBe('2026-05-28T20:27:20Z')
  })

  it('is fixed for a batch when it is first received, so that a repeat is stored once', async () => {
    const own = await keyOf()
    const sender = crypto.randomUUID()
    const mark = (batch: number) => ({ 'x-sender': sender, 'x-batch': String(batch) })
    const answerTo = async (sent: string, batch: number): Promise<{ data: { first_id: number } }> =>
      (await (await own.send(sent, mark(batch))).json()) as never
    const first = await answerTo(written(1), 1)
    await own.send(body(written, 2, 30))
    const repeat = await answerTo(written(1), 1)
    expect(repeat.data).toMatchObject({ first_id: first.data.first_id, accepted: 1 })
    await own.send(written(33), mark(2))
    expect((await newest()).timestamp).toBe('2026-03-25T10:11:12.133Z')
  })

  it('is the same on all servers, one version after the other', async () => {
    const { pool } = server.database.database
    const servers = [new RememberedForms(pool), new RememberedForms(pool)] as const
    const place = { holder: 'key:test', wayIn: 'text', source: 'labels' }
    const mark = { sender: crypto.randomUUID(), batch: 7 }
    const form = { version: 1, time: 'fixed', order: 'day first', lines: 20, dated: 20, leveled: 0 } as const
    const none = { version: 0, form: undefined }
    expect(await servers[0].find(place, undefined)).toEqual(none)
    await Promise.all(servers.map((one) => one.learn(place, none, form)))
    const first = { version: 1, form }
    expect(await servers[1].find(place, mark)).toEqual(first)
    const second = { version: 2, form: { ...form, order: 'month first' } } as const
    await servers[0].learn(place, first, second.form)
    expect(await servers[1].find(place, undefined)).toEqual(second)
    expect(await servers[0].find(place, mark)).toEqual(first)
    expect(await servers[0].find(place, { ...mark, batch: 8 })).toEqual(second)
  })
})
