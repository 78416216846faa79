import { expect, it } from 'vitest'
import { RedactionPatterns } from '../../store/settings/redaction-patterns.ts'
import { type ExplainState, explainLine, type QuestionedLine } from './explain-line.ts'

const STATE: ExplainState = {
  rules: {
    log_level: 'INFO',
    overrides: [
      {
        ...{ scope: 'camera', target: '3', level: 'DEBUG' },
        ...{ expires_at: '2026-06-01T12:30:00Z', max_lines_per_minute: 50 },
      },
      { scope: 'source', target: 'noisy', level: 'ERROR', expires_at: null, max_lines_per_minute: 50 },
    ],
  },
  settings: { retention_days: 30, retention_by_level: { ERROR: 90 }, retention_by_source: {} },
  nowMs: Date.parse('2026-06-01T12:00:00Z'),
  patterns: RedactionPatterns.ofNew('badge \\d+'),
  cappedUntilMs: () => undefined,
  isDiskFull: false,
}
const LINE: QuestionedLine = {
  ...{ level: 'DEBUG', source: 'system', logger_name: null, camera_id: null },
  ...{ message: undefined, timestamp: undefined },
}
const OLD = '2026-04-01T00:00:00Z'

it.each<[Partial<QuestionedLine>, string, string | null, string]>([
  [{ level: 'INFO' }, 'stored', null, 'Stored: INFO reaches INFO, set by the global level.'],
  [{}, 'held_back', null, 'Held back: DEBUG is below INFO, set by the global level.'],
  [{ source: 'camera_3' }, 'stored', '2026-06-01T12:30:00Z', 'camera 3 until 2026-06-01T12:30:00Z'],
  [{ source: 'noisy', level: 'WARNING' }, 'held_back', null, 'the override of source noisy'],
  [{ level: 'INFO', timestamp: OLD }, 'past_retention', null, 'before 2026-05-02T12:00:00'],
  [{ level: 'ERROR', timestamp: OLD }, 'stored', null, 'Stored'],
  [{ level: 'INFO', message: 'rtsp://a:b@host/' }, 'stored', null, 'search for: rtsp://***:***@host/'],
  [{ level: 'INFO', message: 'badge 12 seen' }, 'stored', null, 'search for: *** seen'],
])('tells of %j that it is %s', (line, verdict, until, sentence) => {
  const told = explainLine({ ...LINE, ...line }, STATE)
  expect(told).toMatchObject({ verdict, until })
  expect(told.sentence).toContain(sentence)
})

it('tells of a line beyond the cap until when', () => {
  const cappedUntilMs = () => STATE.nowMs + 20_000
  const told = explainLine({ ...LINE, camera_id: 3 }, { ...STATE, cappedUntilMs })
  expect(told).toMatchObject({ verdict: 'rate_limited', override: { scope: 'camera', target: '3' } })
  expect(told.sentence).toContain('50 lines per minute')
  expect(explainLine({ ...LINE, camera_id: 3, level: 'INFO' }, { ...STATE, cappedUntilMs }).verdict).toBe(
    'stored',
  )
})

it('tells of the message as it would be stored, held back or not', () => {
  const asked = (message: string | undefined) => explainLine({ ...LINE, message }, STATE)
  expect(asked('badge 12 seen')).toMatchObject({ is_masked: true, stored_message: '*** seen' })
  expect(asked('all clear')).toMatchObject({ is_masked: false, stored_message: 'all clear' })
  expect(asked(undefined)).toMatchObject({ is_masked: false, stored_message: null })
})

it('tells of a full disk only what would be stored otherwise', () => {
  const isFull = { ...STATE, isDiskFull: true }
  expect(explainLine({ ...LINE, level: 'INFO' }, isFull)).toMatchObject({
    verdict: 'disk_full',
    sentence: expect.stringContaining('disk_reserve_bytes'),
  })
  expect(explainLine(LINE, isFull).verdict).toBe('held_back')
})
