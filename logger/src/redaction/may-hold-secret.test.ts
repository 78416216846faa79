import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { mayHoldSecret } from './may-hold-secret.ts'
import { PAIRS, STRONG, STRONG_ENDS, WEAK, WEAK_ENDS } from './name-words.ts'
import { scanText } from './redact-text.ts'
import { PREFIXES } from './tokens.ts'

const HALVES =
  /^(api|access|secret|private|encryption|signing|master|auth|shared|session|account|subscription|storage|connect|card|amz|goog|hub)(\w+)$/

const NAMES = [
  ...[STRONG, STRONG_ENDS, WEAK, WEAK_ENDS].flatMap((words) => [...words]),
  ...[...PAIRS].flatMap((pair) => ['', '_', '-', '.', '__'].map((sign) => pair.replace(HALVES, `$1${sign}$2`))),
  ...[...PAIRS].map((pair) => pair.replace(HALVES, (_, one: string, two: string) => one + two.charAt(0).toUpperCase() + two.slice(1))),
] // biome-ignore format: a table

/** Pieces of everything that the scanner knows, whole tokens among them. */
const PIECES = [
  ...NAMES,
  ...PREFIXES.map((prefix) => `${prefix}pat_live_v1_api_0123456789abcdefghijklmnopqrstuvwxyzABCDEF`),
  ...['=', ':', ': ', '\t', '%3D', '%253A', ' ', '"', '\\"', '\'', '[', '{', '(', '<', '>', '</', '--', '-u ', '-u=', '"-u","', '--user '],
  ...['hunter2', 'a:b', '@', '%40', '%252540', '1.1.1.1', '://', ':\\/\\/', '%3A%2F%2F', 'host/', '?', '&', '#', 'sig=', 'code=', 'auth=', 'link='],
  ...['0123456789abcdef', 'bearer ', 'Basic\t', 'YWRtaW46MTIzNDU=', '123456789:AAHdqTcvCH1vGWJxfSeofSAs0K5PALDsaw1', 'eyJhbGciOiJIUzI1NiJ9.eyJzdWIiOiIxIn0'],
  ...['AKIAIOSFODNN7EXAMPLE', 'ASIAIOSFODNN7EXAMPLE', 'AIzaSyA1234567890abcdefghijklmnopqrstu', '4111111111111111', '3782-822463-10005', '3056 930902 5904', '5555 5555 5555 4444'],
  ...['hooks.slack.com/services/', 'discord.com/api/webhooks/', 'x.webhook.office.com/', 'chat.googleapis.com/v1/spaces/', '-----BEGIN PRIVATE KEY-----'],
  ...['timelapser_session', 'é', '\u0141', '\u200d', 'name=', 'value='],
] // biome-ignore format: a table

describe('the look that lets most lines through', () => {
  it.each(NAMES)('takes the name %s, in upper case too', (name) => {
    const texts = [`${name}=x`, `${name.toUpperCase()}: x`, `my_${name}\tx`]
    expect(texts.map(mayHoldSecret)).toEqual([true, true, true])
  })

  it('lets no line through in which the scanner finds something', () => {
    const text = fc.array(fc.constantFrom(...PIECES), { maxLength: 6 }).map((pieces) => pieces.join(''))
    fc.assert(
      fc.property(text, (line) => {
        expect(mayHoldSecret(line) || scanText(line).result === line).toBe(true)
      }),
      { numRuns: 20_000, seed: 16 },
    )
  })

  it('finds a piece wherever the windows of a long text meet', () => {
    for (let length = 16_375; length < 16_390; length++) {
      expect(mayHoldSecret(`${'x '.repeat(8_000)}${'.'.repeat(length - 16_000)}jwt=x`)).toBe(true)
    }
  })

  it.each([
    'thumbnail overlay finished after 29999 ms, job 12345678',
    'opened rtsp://camera-1.local:554/h264?channel=1&subtype=0 codec=h264 width=1920 fps=29 request_id=req-1a2b',
    'mail from joe@example.com to ops@example.com, status ok',
    '2025-01-01T12:30:05.123456Z 10.10.34.13:40570 connected after 1735689600123456',
  ])('needs no scanner for %s', (line) => expect(mayHoldSecret(line)).toBe(false))
})
