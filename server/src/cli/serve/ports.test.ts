import { once } from 'node:events'
import { connect, createServer, type Socket } from 'node:net'
import { expect, onTestFinished, test, vi } from 'vitest'
import { ByteBudget } from '../../byte-budget.ts'
import { type Frames, receiveMessages } from './ports.ts'

/** Messages end with a line break. */
function lines(): Frames {
  let held = ''
  return {
    get heldBytes() {
      return held.length
    },
    push: (chunk) => {
      const pieces = (held + chunk).split('\n')
      held = pieces.pop() ?? ''
      return pieces.map((text) => Buffer.from(text))
    },
    end: () => (held === '' ? [] : [Buffer.from(held)]),
  }
}

/** A connection whose messages wait until there is room, and what became of them. */
async function connected(limitBytes: number) {
  const taken: string[] = []
  const crowdedOut: string[] = []
  const asked: string[] = []
  const room = Promise.withResolvers<void>()
  const closing = new AbortController()
  const unfinished = new ByteBudget('unfinished', limitBytes)
  const server = createServer({ allowHalfOpen: true })
  const accepted = once(server.listen(0, '127.0.0.1'), 'connection') as Promise<[Socket]>
  await once(server, 'listening')
  const client = connect((server.address() as { port: number }).port, '127.0.0.1')
  const [socket] = await accepted
  socket.on('error', () => undefined)
  onTestFinished(() => {
    client.destroy()
    server.close()
  })
  const intake = {
    take: (message: Buffer) => void crowdedOut.push(String(message)),
    takeInTurn: async (message: Buffer, _sender: string, signal: AbortSignal) => {
      asked.push(String(message))
      const givenUp = once(signal, 'abort').then(() => Promise.reject(new Error('no room')))
      givenUp.catch(() => undefined)
      await Promise.race([room.promise, givenUp])
      taken.push(String(message))
    },
    end: vi.fn(),
  }
  const connection = { socket, sender: '127.0.0.1', onData: () => undefined, closing: closing.signal }
  receiveMessages(connection, { frames: lines(), intake, unfinished })
  const breakOff = async () => {
    const closed = new Promise((resolve) => socket.once('close', resolve))
    client.resetAndDestroy()
    await closed
  }
  return { client, taken, crowdedOut, asked, room, closing, unfinished, intake, breakOff }
}

test('what was read before a connection broke waits for its room', async () => {
  const { client, taken, crowdedOut, asked, room, unfinished, intake, breakOff } = await connected(1000)
  client.write('one\ntwo\nthe rest')
  await expect.poll(() => asked).toEqual(['one'])
  await breakOff()
  expect(unfinished.usedBytes).toBe('onetwothe rest'.length)
  room.resolve()
  await expect.poll(() => intake.end).toHaveBeenCalledOnce()
  expect([taken, crowdedOut]).toEqual([['one', 'two', 'the rest'], []])
  expect(unfinished.usedBytes).toBe(0)
})

test.each(['beyond the bound', 'when the port closes'])('it does not wait %s', async (why) => {
  const limit = why === 'beyond the bound' ? 10 : 1000
  const { client, crowdedOut, asked, closing, unfinished, intake, breakOff } = await connected(limit)
  // A budget that is free lets in one that is larger than it.
  unfinished.take('another', 1)
  client.write('one\ntwo\nthree\nfour\n')
  await expect.poll(() => asked).toEqual(['one'])
  await breakOff()
  if (why !== 'beyond the bound') closing.abort()
  await expect.poll(() => intake.end).toHaveBeenCalledOnce()
  expect(crowdedOut).toEqual(['one', 'two', 'three', 'four'])
  expect(unfinished.usedBytes).toBe(1)
})
