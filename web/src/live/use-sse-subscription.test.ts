import { createServer } from 'node:http'
import type { AddressInfo } from 'node:net'
import fc from 'fast-check'
import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest'
import { WebSocketServer } from 'ws'
import {
  createSseParser,
  mayUseSockets,
  readSocket,
  restSockets,
  type SseEvent,
} from './use-sse-subscription.ts'

function parse(...chunks: string[]): SseEvent[] {
  const events: SseEvent[] = []
  const push = createSseParser((event) => events.push(event))
  for (const chunk of chunks) push(chunk)
  return events
}
const stream =
  'retry: 2000\n\n: still here\n\nid: 7.2\n\nevent: log_rows\nid: 8.0\ndata: {"rows":[],\ndata: "skipped":0}\n\ndata\n\n'
const events = [
  { event: 'message', id: '7.2', data: '' },
  { event: 'log_rows', id: '8.0', data: '{"rows":[],\n"skipped":0}' },
  { event: 'message', id: null, data: '' },
]

describe('the parser of event streams', () => {
  it('reads events, positions alone and data of several lines, and drops comments', () => {
    expect(parse(stream)).toEqual(events)
  })

  it('does not mind where chunks end, or how lines do', () => {
    const cuts = fc.array(fc.nat(stream.length), { maxLength: 8 })
    fc.assert(
      fc.property(cuts, fc.constantFrom('\n', '\r\n', '\r'), (places, ending) => {
        const text = stream.replaceAll('\n', ending)
        const at = [0, ...places.sort((a, b) => a - b), text.length]
        // A last carriage return waits for what follows it.
        const chunks = at.slice(1).map((end, index) => text.slice(at[index], end))
        expect(parse(...chunks, ': end')).toEqual(events)
      }),
    )
  })
})

describe('the WebSocket of a stream', () => {
  const MINUTE = 60_000

  beforeEach(() => {
    vi.useFakeTimers({ toFake: ['Date'] })
  })
  afterEach(() => {
    vi.useRealTimers()
  })

  /** How many minutes pass until sockets are tried again. */
  function rest(): number {
    restSockets()
    let minutes = 0
    for (; !mayUseSockets(); minutes++) vi.setSystemTime(Date.now() + MINUTE)
    return minutes
  }

  it('sockets that do not come through rest for longer each time, for a day at most', () => {
    expect(mayUseSockets()).toBe(true)
    expect(Array.from({ length: 10 }, rest)).toEqual([5, 10, 20, 40, 80, 160, 320, 640, 1280, 1440])
  })

  it('one that brought something is forgiven what was before', async () => {
    rest()
    const server = createServer()
    const sockets = new WebSocketServer({ server })
    sockets.on('connection', (socket) => {
      socket.send('a line')
      socket.close()
    })
    await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve))
    const heard: string[] = []
    const url = new URL(`http://127.0.0.1:${(server.address() as AddressInfo).port}`)
    const outcome = await readSocket(url, new AbortController().signal, (text) => heard.push(text))
    server.close()
    expect([outcome, heard]).toEqual(['read', ['a line']])
    expect(rest()).toBe(5)
  })
})
