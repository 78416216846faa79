import type { AlertTransition } from 'timelapser-logs/api'
import { expect, it } from 'vitest'
import { alertMarks } from './alert-marks.ts'

const at = (minute: number) => new Date(Date.UTC(2026, 0, 1, 0, minute)).toISOString()
const transition = (id: number, kind: string, minute: number, tier = 0) =>
  ({ id, kind, at: at(minute), tier, rule_id: 1, rule_name: 'Rate', label: '' }) as AlertTransition
const axis = { from: Date.parse(at(0)), to: Date.parse(at(60)), slots: 6 }

it('shows where incidents began and ended, oldest first, one mark for what has no room apart', () => {
  const newestFirst = [
    transition(7, 'firing', 90),
    transition(6, 'firing', 60),
    transition(5, 'problem', 55),
    transition(4, 'firing', 41, 1),
    transition(3, 'firing', 25),
    transition(2, 'resolved', 21),
    transition(1, 'resolved', 5),
  ]
  const marks = alertMarks(newestFirst, axis)
  expect(marks.map(({ isFiring, transitions }) => [isFiring, transitions.map(({ id }) => id)])).toEqual([
    [false, [1]],
    [true, [2, 3]],
    [true, [6]],
  ])
  expect(marks[1]?.at).toBe(Date.parse(at(25)))
})

it('shows nothing of an axis without alerts', () => {
  expect(alertMarks([], axis)).toEqual([])
})
