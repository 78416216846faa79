// How many lines of real log files get their right time and level: `npm run bench:accuracy -- FOLDER`.
//
// Each `NAME.log` of the folder stands beside a `NAME.truth.json` with the right answer, written by a person: a regular
// expression with the groups year, month, day, hour, minute, second, fraction, ms, half, epoch and level, as far as
// lines have them. A line it does not match has neither. Files go the way of `timelapser-logs ingest`.
//
// `npm run bench:accuracy -- FOLDER 20` also prints 20 lines of each file that are read wrongly or not at all, and
// `FOLDER 0 5-19` cuts each file into files of 5 to 19 lines first.
import { readdirSync, readFileSync } from 'node:fs'
import { join } from 'node:path'
import { FileDecoder } from '../server/src/cli/ingest/ingest-decoder.ts'
import { inspectFile, readFileLines } from '../server/src/cli/ingest/ingest-input.ts'
import { describeForm, type LogForm } from '../server/src/ingest/inference/log-form.ts'

type Truth = {
  pattern: string
  /** Hours ahead of UTC; 0 when absent. */
  offsetHours?: number
  /** The levels that the words and letters of the file stand for. */
  levels?: Record<string, string>
}
type Right = { time: string | undefined; hasYear: boolean; level: string | undefined }
type Count = { right: number; unknown: number; wrong: number; all: number }

const folder = process.argv[2]
if (folder === undefined) throw new Error('Give the folder of the log files.')
const shown = Number(process.argv[3] ?? 0)
const pieces = /^(\d+)-(\d+)$/
  .exec(process.argv[4] ?? '')
  ?.slice(1)
  .map(Number)
const MONTHS = ['jan', 'feb', 'mar', 'apr', 'may', 'jun', 'jul', 'aug', 'sep', 'oct', 'nov', 'dec']
const NOW = new Date(Math.floor(Date.now() / 1000) * 1000 + 123).toISOString()

const totals = { time: count(), level: count(), none: count() }
for (const file of readdirSync(folder).filter((name) => name.endsWith('.log'))) {
  const truth: Truth = JSON.parse(readFileSync(join(folder, file.replace(/\.log$/, '.truth.json')), 'utf8'))
  await measure(file, truth)
}
row('all', totals)

function count(): Count {
  return { right: 0, unknown: 0, wrong: 0, all: 0 }
}

async function measure(file: string, truth: Truth): Promise<void> {
  const pattern = new RegExp(truth.pattern)
  const path = join(folder as string, file)
  const expected = new Map<number, { text: string; right: Right }>()
  const got = new Map<number, { timestamp: string; level: string }>()
  const texts: string[] = []
  for await (const lines of readFileLines(await inspectFile(path), () => {})) texts.push(...lines)
  let form: LogForm | undefined
  let begins = 0
  for (const piece of piecesOf(texts)) {
    const decoder = new FileDecoder('text', { now: NOW, undated: 'arrival', sampleLines: 2000 })
    const take = (outcomes: ReturnType<typeof decoder.push>) => {
      for (const one of outcomes) if ('record' in one) got.set(begins + one.line, one.record)
    }
    for (const [index, text] of piece.entries()) {
      const match = pattern.exec(text)
      if (match !== null)
        expected.set(begins + index + 1, { text, right: rightOf(match.groups ?? {}, truth) })
      take(decoder.push(text))
    }
    take(decoder.end())
    begins += piece.length
    form = decoder.forms.at(-1)
  }
  const counts = { time: count(), level: count(), none: count() }
  let left = shown
  for (const [line, { text, right }] of expected) {
    const record = got.get(line)
    const told = [
      judge(counts.time, right.time !== undefined, timeVerdict(record?.timestamp, right)),
      judge(counts.level, right.level !== undefined, levelVerdict(record?.level, right)),
      judge(counts.none, right.level === undefined, record?.level === 'INFO' ? 'right' : 'wrong'),
    ]
    if (left > 0 && told.some((one) => one === 'wrong' || one === 'unknown')) {
      left -= 1
      console.log(
        `  ${told.join(' ')} ${record?.timestamp} ${record?.level} <- ${JSON.stringify(right)} ${text.slice(0, 160)}`,
      )
    }
  }
  for (const kind of ['time', 'level', 'none'] as const)
    for (const key of ['right', 'unknown', 'wrong', 'all'] as const) totals[kind][key] += counts[kind][key]
  row(file.replace(/\.log$/, ''), counts, form === undefined ? '' : describeForm(form))
}

/** The lines as one file, or as files of five, six, … nineteen lines, and of five again. */
function* piecesOf(lines: string[]): Generator<string[]> {
  const [least = lines.length, most = least] = pieces ?? []
  for (
    let [begin, size] = [0, least];
    begin < lines.length;
    begin += size, size = size < most ? size + 1 : least
  )
    yield lines.slice(begin, begin + size)
}

function judge(into: Count, applies: boolean, verdict: 'right' | 'unknown' | 'wrong'): string {
  if (!applies) return '-'
  into.all += 1
  into[verdict] += 1
  return verdict
}

function timeVerdict(got: string | undefined, { time, hasYear }: Right): 'right' | 'unknown' | 'wrong' {
  if (got === undefined || got === NOW) return 'unknown'
  if (time === undefined) return 'wrong'
  const read = Date.parse(got)
  const meant = Date.parse(time)
  if (Math.abs(read - meant) < 1) return 'right'
  if (hasYear) return 'wrong'
  return new Date(read).toISOString().slice(5) === new Date(meant).toISOString().slice(5) ? 'right' : 'wrong'
}

function levelVerdict(got: string | undefined, { level }: Right): 'right' | 'unknown' | 'wrong' {
  if (got === level) return 'right'
  return got === undefined || got === 'INFO' ? 'unknown' : 'wrong'
}

function rightOf(groups: Record<string, string | undefined>, truth: Truth): Right {
  const level =
    groups.level === undefined ? undefined : (truth.levels?.[groups.level] ?? groups.level.toUpperCase())
  return { ...timeOf(groups, truth), level }
}

function timeOf(groups: Record<string, string | undefined>, truth: Truth): Pick<Right, 'time' | 'hasYear'> {
  const { epoch, year, month, day, hour, minute, second = '0', fraction = '0', ms: millis, half } = groups
  if (epoch !== undefined) {
    const [whole = '', rest = ''] = epoch.split('.')
    const digits = whole + rest.padEnd(3, '0').slice(0, 3)
    const ms = whole.length > 10 ? Number(whole.slice(0, 13)) : Number(digits)
    return { time: new Date(ms).toISOString(), hasYear: true }
  }
  if (day === undefined || hour === undefined) return { time: undefined, hasYear: false }
  const index = MONTHS.indexOf((month ?? '').slice(0, 3).toLowerCase())
  const monthNumber = index === -1 ? Number(month) : index + 1
  const hasYear = year !== undefined
  const fullYear = !hasYear ? 2024 : year.length === 2 ? 2000 + Number(year) : Number(year)
  const hours = half === undefined ? Number(hour) : (Number(hour) % 12) + (/p/i.test(half) ? 12 : 0)
  const ms = millis !== undefined ? Number(millis) : Number(fraction.padEnd(3, '0').slice(0, 3))
  const utc = Date.UTC(fullYear, monthNumber - 1, Number(day), hours, Number(minute), Number(second), ms)
  return { time: new Date(utc - (truth.offsetHours ?? 0) * 3_600_000).toISOString(), hasYear }
}

function row(name: string, { time, level, none }: typeof totals, form = ''): void {
  const share = (part: number, all: number) => (all === 0 ? '-' : ((100 * part) / all).toFixed(2)).padStart(7)
  const cells = [time, level].map(
    ({ right, wrong, all }) => `${share(right, all)} ${share(wrong, all)} of ${String(all).padStart(6)}`,
  )
  console.log(
    `${name.padEnd(20)} ${cells.join(' | ')} | ${share(none.wrong, none.all)} of ${none.all} ${form}`,
  )
}
