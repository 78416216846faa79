// Redaction on one core: lines as applications write them, and hostile text against plain text of the same length:
// `node scripts/run.mjs bench/redaction.ts`.
import { redactText } from '../logger/src/redaction/redact-text.ts'
import { makeRecord, seeded } from './records.ts'

const LINES = 60_000
const CHARACTERS = 1_000_000
const ROUNDS = 5
const ROUND_MICROS = 200_000

const random = seeded(1)
const plain = Array.from({ length: LINES }, (_, index) => makeRecord(random, index).message)
const streams = Array.from(
  { length: LINES },
  (_, index) =>
    `opened rtsp://camera-${index % 20}.local:554/h264?channel=${index % 4}&subtype=0 codec=h264 width=1920 fps=${index % 30} request_id=req-${index.toString(16)}`,
)
const secrets = streams.map((line, index) => line.replace('rtsp://', `rtsp://admin:geheim${index}@`))

/** The least processor time of some rounds, in nanoseconds for each unit. */
function measure(texts: readonly string[], units: number): number {
  let best = Number.POSITIVE_INFINITY
  for (let round = 0; round < ROUNDS; round++) {
    const before = process.cpuUsage()
    let times = 0
    let used = 0
    // Some kernels count processor time in hundredths of a second.
    while (used < ROUND_MICROS) {
      for (const text of texts) redactText(text)
      times++
      used = process.cpuUsage(before).user
    }
    best = Math.min(best, (used / times / units) * 1000)
  }
  return best
}

for (const [name, lines] of Object.entries({ plain, streams, secrets })) {
  console.log(`${name.padEnd(22)} ${measure(lines, lines.length).toFixed(0).padStart(8)} ns a line`)
}

const repeated = (unit: string) => unit.repeat(Math.ceil(CHARACTERS / unit.length))
const base = measure([repeated(`${plain.slice(0, 100).join('\n')}\n`)], CHARACTERS)
for (const unit of [
  'pass=(\u200d',
  'Authorization: ',
  '4111 ',
  'key=',
  'password="',
  '"pass":',
  '://a:b',
  'x:y@1.1.1.1',
  'sk-',
  'k=',
  '{api key: ',
  'pwd:/',
]) {
  const ratio = measure([repeated(unit)], CHARACTERS) / base
  console.log(`${JSON.stringify(unit).padEnd(22)} ${ratio.toFixed(1).padStart(8)} × plain text`)
}
