import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { createSseParser, type SseEvent } from './sse-parser.ts'

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
