import { describe, expect, it } from 'vitest'
import { literalOf, messageShape } from './message-shape.ts'

describe('the shape of a message', () => {
  it.each([
    ['Retry 3 of 3 in 8 s', 'Retry <n> of <n> in <n> s'],
    ['took 12.5 ms, drift -3', 'took <n> ms, drift <n>'],
    ['camera_12 lost its stream', 'camera_<n> lost its stream'],
    ['RTSP timeout: rtsp://***@10.0.20.1:554/ch/1 (again)', 'RTSP timeout: <url> (again)'],
    ['no route to host 10.0.20.107', 'no route to host <ip>'],
    ['listening on 127.0.0.1:4700', 'listening on <ip>'],
    ['peer fe80::1ff:fe23:4567:890a gone', 'peer <ip> gone'],
    ['job 3f5db9e0 failed', 'job <id> failed'],
    ['request 6f9619ff-8b86-d011-b42d-00c04fc964ff ended', 'request <id> ended'],
    ['at 0x55d0c3a1b2c0', 'at <id>'],
    ['defaced is a word, deadbeef too', 'defaced is a word, deadbeef too'],
    ['Setting "interval" changed by \'jordan\'', 'Setting <text> changed by <text>'],
    ["can't open the camera's file", "can't open the camera's file"],
    ['mail to a.b+c@example.org refused', 'mail to <email> refused'],
    ['since 2026-01-31T12:30:01.5Z at 12:30:01', 'since <time> at <time>'],
    ['/data/cameras/3/frames/000123.jpg is missing', '/data/cameras/<n>/frames/<n>.jpg is missing'],
    ['Größe 12 MB für Kamera 4', 'Größe <n> MB für Kamera <n>'],
    ['\n\n  second line counts\nthird', 'second line counts'],
    ['frames/day-12 of x-3', 'frames/day-<n> of x-<n>'],
    ['', ''],
  ])('of %j is %j', (message, shape) => {
    expect(messageShape(message)).toBe(shape)
  })

  it('of a stack trace is its error', () => {
    const python =
      'Traceback (most recent call last):\n  File "a.py", line 3, in x\n    y()\nKeyError: \'captured_at\''
    expect(messageShape(python)).toBe('KeyError: <text>')
    const node = 'TypeError: x is not a function\n    at f (/srv/a.js:3:1)'
    expect(messageShape(node)).toBe('TypeError: x is not a function')
  })

  it('looks at the beginning of a message alone, however long it is', () => {
    for (const hostile of [
      '"'.repeat(300),
      "'a".repeat(200),
      'a.'.repeat(200),
      ':a'.repeat(200),
      '1.'.repeat(200),
      'ffffffff'.repeat(50),
    ]) {
      // A pattern that goes back over a megabyte of these from each place in it would not come to an end.
      expect(messageShape(hostile.repeat(3000))).toBe(messageShape(hostile.repeat(3).slice(0, 300)))
    }
  })

  it('has a stretch to search for', () => {
    expect(literalOf('Retry <n> of <n> in the night <n> s')).toBe('in the night')
    expect(literalOf('<n>')).toBe('')
  })
})
