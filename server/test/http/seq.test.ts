import { Logger } from 'seq-logging'
import { describe, expect, it } from 'vitest'
import { startWayIn } from '../support/way-in.ts'

const { server, stored } = await startWayIn()
const clef = { 'content-type': 'application/vnd.serilog.clef' }

describe("Seq's way in", () => {
  it('stores what seq-logging sends', async () => {
    const errors: unknown[] = []
    const logger = new Logger({
      serverUrl: server.url,
      apiKey: server.apiKey,
      onError: (error) => errors.push(error),
    })
    const timestamp = new Date()
    logger.emit({
      timestamp,
      level: 'Warning',
      messageTemplate: 'Camera {camera_id} is {State}',
      properties: { camera_id: 7, State: 'dark', Application: 'shop', SourceContext: 'Shop.Cameras' },
      exception: 'Error: no light\n  at look()',
    })
    logger.emit({
      timestamp,
      level: 'Verbose',
      messageTemplate: 'second',
      properties: { Application: 'shop' },
    })
    await logger.close()
    expect(errors).toEqual([])
    const rows = await stored('shop')
    expect(rows.map(({ message, level }: { message: string; level: string }) => [level, message])).toEqual([
      ['DEBUG', 'second'],
      ['WARNING', 'Camera 7 is dark'],
    ])
    expect(rows[1]).toMatchObject({
      timestamp: timestamp.toISOString().replace(/\.?0*Z$/, 'Z'),
      camera_id: 7,
      logger_name: 'Shop.Cameras',
      extra_data: {
        State: 'dark',
        exception: 'Error: no light\n  at look()',
        message_template: 'Camera {camera_id} is {State}',
      },
    })
  })

  it('fills no secret into a message, and finds those that the sender filled in', async () => {
    const lines = [
      '{"@mt":"{User} came in with {Password}","User":"joe","Password":"pw1","Application":"vault"}',
      '{"@m":"joe came in with geheim7","@mt":"{User} came in with {Password}","Password":"geheim7","Application":"vault"}',
    ]
    await server.send('POST', '/ingest/clef', lines.join('\n'), clef)
    const rows = await stored('vault')
    expect(rows.map(({ message }: { message: string }) => message)).toEqual([
      'joe came in with ***',
      'joe came in with ***',
    ])
  })

  it('stores good events beside bad ones and names the bad ones', async () => {
    const lines = [
      '{"@mt":"{A} and {{B}}","A":1,"Application":"kiosk"}',
      '{broken',
      '{}',
      '{"@t":"never","@l":{"a":1},"@m":{"b":2},"Application":"kiosk"}',
      '{"@m":"last","@@x":"escaped","Application":"kiosk"}',
    ]
    const { status, body } = await server.send('POST', '/ingest/clef', lines.join('\n'), clef)
    expect([status, body.Error]).toEqual([201, expect.stringMatching(/^2 not stored; event 1: .*event 2: /)])
    const rows = await stored('kiosk')
    expect(rows.map(({ message }: { message: string }) => message)).toEqual(['last', lines[3], '1 and {B}'])
    expect(rows[0].extra_data).toEqual({ '@x': 'escaped' })
    expect(rows[1].extra_data).toEqual({ original_level: '{"a":1}', original_timestamp: 'never' })
  })

  it.each([
    ['no key', '{"@m":"a"}', { authorization: '' }, 401],
    ['nothing but a bad event', '[', clef, 400],
    ['another content type', '{"@m":"a"}', { 'content-type': 'image/png' }, 415],
    ['gzip that is none', '{"@m":"a"}', { 'content-encoding': 'gzip' }, 400],
  ])("refuses %s in Seq's own form", async (_name, sent, headers, status) => {
    const answer = await server.send('POST', '/api/events/raw', sent, headers)
    expect([answer.status, answer.body]).toEqual([status, { Error: expect.any(String) }])
  })
})
