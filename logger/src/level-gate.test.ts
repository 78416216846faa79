import { describe, expect, it } from 'vitest'
import { LevelGate } from './level-gate.ts'
import { compileRules, findOverride, type LevelOverride } from './level-rules.ts'
import { readRules } from './level-watch.ts'
import type { LogRecord } from './record.ts'

const NOW = Date.parse('2026-01-01T00:00:00Z')

function override(text: string, more: Partial<LevelOverride> = {}): LevelOverride {
  const [scope, target, level] = text.split(' ') as [LevelOverride['scope'], string, LevelOverride['level']]
  return { scope, target, level, expires_at: null, max_lines_per_minute: 100, ...more }
}

describe('findOverride', () => {
  const rules = compileRules({
    log_level: 'INFO',
    overrides: [
      override('camera 3 DEBUG'),
      override('camera 4 DEBUG', { expires_at: '2025-12-31T23:59:59Z' }),
      override('logger a ERROR'),
      override('logger a.b.c WARNING'),
      override('logger a.b DEBUG', { expires_at: '2026-01-01T00:00:00Z' }),
      override('source worker CRITICAL'),
    ],
  })
  it.each([
    [{ camera_id: 3, logger_name: 'a.b.c', source: 'worker' }, 'camera 3'],
    [{ camera_id: null, logger_name: null, source: 'camera_3' }, 'camera 3'],
    [{ camera_id: 33, logger_name: null, source: 'camera_33' }, undefined],
    [{ camera_id: 4, logger_name: null, source: 'camera_4' }, undefined],
    [{ camera_id: null, logger_name: 'a.b.c.d', source: 'worker' }, 'logger a.b.c'],
    [{ camera_id: null, logger_name: 'a.b.x', source: 'worker' }, 'logger a'],
    [{ camera_id: null, logger_name: 'ab', source: 'worker' }, 'source worker'],
    [{ camera_id: null, logger_name: '.a', source: 'x' }, undefined],
    [{ camera_id: null, logger_name: '', source: '' }, undefined],
    [{ camera_id: null, logger_name: 'constructor', source: '__proto__' }, undefined],
  ])('for %j is %s', (place, expected) => {
    const found = findOverride(rules, place, NOW)
    expect(found && `${found.scope} ${found.target}`).toBe(expected)
  })
})

describe('LevelGate', () => {
  const camera = { camera_id: 1, logger_name: null, source: 'camera_1' }
  const other = { camera_id: null, logger_name: null, source: 'system' }

  it('lets everything pass until rules are set', () => {
    expect(new LevelGate().admit('DEBUG', other)).toBe('pass')
  })

  it('wants what any override could want, until it expires', () => {
    let nowMs = NOW
    const gate = new LevelGate({ now: () => nowMs })
    gate.setRules({
      log_level: 'WARNING',
      overrides: [override('camera 1 DEBUG', { expires_at: '2026-01-01T00:00:10Z' })],
    })
    expect(gate.couldPass('DEBUG')).toBe(true)
    expect(gate.admit('DEBUG', camera)).toBe('pass')
    expect(gate.admit('INFO', other)).toBe('level')
    nowMs += 10_000
    expect(gate.couldPass('DEBUG')).toBe(false)
    expect(gate.couldPass('INFO')).toBe(false)
    expect(gate.admit('INFO', camera)).toBe('level')
    expect(gate.admit('WARNING', camera)).toBe('pass')
  })

  it('caps what only the override lets through, minute by minute, and tells how much it held back', () => {
    let nowMs = NOW
    const told: LogRecord[] = []
    const gate = new LevelGate({ now: () => nowMs, onHeldBack: (record) => told.push(record) })
    const rules = () => ({
      log_level: 'INFO' as const,
      overrides: [override('camera 1 DEBUG', { max_lines_per_minute: 2 })],
    })
    gate.setRules(rules())
    const many = (count: number) => Array.from({ length: count }, () => gate.admit('DEBUG', camera))
    expect(many(4)).toEqual(['pass', 'pass', 'rate', 'rate'])
    gate.setRules(rules())
    expect(gate.admit('DEBUG', camera)).toBe('rate')
    expect(gate.admit('INFO', camera)).toBe('pass')
    nowMs += 60_000
    expect(many(3)).toEqual(['pass', 'pass', 'rate'])
    expect(told.map(({ extra_data }) => extra_data?.held_back)).toEqual([3])
    gate.close()
    expect(told.map(({ extra_data }) => extra_data?.held_back)).toEqual([3, 1])
  })
})

describe('what a flight recorder brings', () => {
  it('passes a gate that is closed to it, up to a cap', () => {
    const told: LogRecord[] = []
    const gate = new LevelGate({
      rules: { log_level: 'ERROR', overrides: [] },
      onHeldBack: (record) => told.push(record),
    })
    const line = { camera_id: null, logger_name: null, source: 'system', extra_data: { recorded: true } }
    const verdicts = Array.from({ length: 6_002 }, () => gate.admit('DEBUG', line))
    expect(verdicts.filter((verdict) => verdict === 'pass')).toHaveLength(6_000)
    expect(verdicts.at(-1)).toBe('rate')
    expect(gate.admit('DEBUG', { ...line, extra_data: { recorded: 'yes' } })).toBe('level')
    gate.close()
    expect(told[0]?.message).toBe(
      '2 log lines were held back: flight recorders may bring at most 6,000 lines a minute',
    )
  })
})

describe('readRules', () => {
  it('moves expiries to the clock of this machine', () => {
    const data = {
      now: '2026-01-01T01:00:00Z',
      log_level: 'INFO',
      overrides: [override('camera 1 DEBUG', { expires_at: '2026-01-01T01:00:30Z' })],
    }
    const rules = readRules(JSON.stringify({ data }), NOW)
    expect(rules?.overrides[0]?.expires_at).toBe('2026-01-01T00:00:30.000Z')
  })

  it.each(['', 'null', '[]', '{}', '{"data":{"log_level":"LOUD","overrides":[]}}', '<html>'])(
    'finds none in %j',
    (text) => expect(readRules(text, NOW)).toBeUndefined(),
  )

  it('passes over overrides it does not understand', () => {
    const overrides = [
      null,
      1,
      {},
      override('camera 1 DEBUG', { expires_at: 'soon' }),
      override('camera 2 DEBUG'),
    ]
    const rules = readRules(JSON.stringify({ data: { log_level: 'INFO', overrides } }), NOW)
    expect(rules?.overrides.map(({ target }) => target)).toEqual(['2'])
  })
})
