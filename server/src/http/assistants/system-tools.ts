import { Type } from 'typebox'
import type { CameraActivity } from '../schemas/camera-activity.ts'
import { withQuery } from './assistant-api.ts'
import { BoundedAnswer, cut } from './bounded-answer.ts'
import { Count, type Tool, tool } from './tool.ts'

/** Tools for sources, cameras, alerts and levels. */
export const SYSTEM_TOOLS: readonly Tool[] = [
  tool({
    name: 'sources',
    title: 'Sources',
    description: 'Every source with its lines, errors and last line.',
    input: Type.Object({}, { additionalProperties: false }),
    run: async (api) => {
      const { sources, total_sources } = (await api.request('GET', '/api/logs/sources')) as {
        sources: { error_count: number; log_count: number }[]
        total_sources: number
      }
      return new BoundedAnswer()
        .say(`Sources, those with most errors first: ${total_sources}.`)
        .add(sources.toSorted((a, b) => b.error_count - a.error_count || b.log_count - a.log_count))
    },
  }),
  tool({
    name: 'camera_activity',
    title: 'Cameras',
    description: 'Each camera with its lines, errors, last line, and whether it is silent longer than usual.',
    input: Type.Object(
      { hours: Type.Optional(Type.Union([Type.Literal(24), Type.Literal(168)])) },
      { additionalProperties: false },
    ),
    run: async (api, { hours = 24 }) => {
      const { cameras, total_cameras } = (await api.request(
        'GET',
        withQuery('/api/cameras/activity', { hours, limit: 200 }),
      )) as { cameras: CameraActivity[]; total_cameras: number }
      const order = (one: CameraActivity) => (one.silent_since === null ? 0 : 1_000_000) + one.error_count
      return new BoundedAnswer()
        .say(
          `${cameras.length} of ${total_cameras} cameras over ${hours} hours; silent ones and those with errors first.`,
        )
        .say(`On the page: ${api.origin}/cameras`)
        .add(
          cameras
            .toSorted((a, b) => order(b) - order(a))
            .map(({ logs: _, errors: __, is_silent: ___, last_log, ...camera }) => ({
              ...camera,
              last_log: last_log && { ...last_log, message: cut(last_log.message, 200) },
            })),
        )
    },
  }),
  tool({
    name: 'alerts',
    title: 'Alerts and why they fired',
    description:
      'Alert rules with their condition and state, and their last decisions, each with the reason.',
    input: Type.Object({ limit: Count(100, 20, 'Decisions') }, { additionalProperties: false }),
    run: async (api, { limit = 20 }) => {
      const { rules } = (await api.request('GET', '/api/alerts')) as {
        rules: Record<'id' | 'name' | 'enabled' | 'condition_text' | 'problem' | 'firing_count', unknown>[]
      }
      const { transitions } = (await api.request('GET', withQuery('/api/alerts/history', { limit }))) as {
        transitions: {
          rule_name: string
          label: string
          kind: string
          at: string
          text: string
          search: string | null
        }[]
      }
      return new BoundedAnswer()
        .say(`Rules: ${rules.length}. Latest decisions, newest first: ${transitions.length}.`)
        .say(`On the page: ${api.origin}/alerts`)
        .add(
          rules.map(({ id, name, enabled, condition_text, problem, firing_count }) => ({
            rule: { id, name, enabled, condition_text, problem, firing_count },
          })),
        )
        .add(
          transitions.map(({ rule_name, label, kind, at, text }) => ({ rule_name, label, kind, at, text })),
        )
    },
  }),
  tool({
    name: 'raise_level',
    title: 'Store more, for a while',
    description:
      'Stores lines of a lower level for a source, logger or camera for some minutes. Requires the key of an administrator and is recorded in the audit trail. Ask the person first.',
    isReading: false,
    input: Type.Object(
      {
        scope: Type.Union(['source', 'logger', 'camera'].map((value) => Type.Literal(value))),
        target: Type.String({
          ...{ minLength: 1, maxLength: 200 },
          description: 'Name of the source or logger, id of the camera',
        }),
        level: Type.Union(['DEBUG', 'INFO', 'WARNING'].map((value) => Type.Literal(value))),
        minutes: Type.Integer({ minimum: 1, maximum: 240 }),
        reason: Type.String({ minLength: 3, maxLength: 180 }),
      },
      { additionalProperties: false },
    ),
    run: async (api, { scope, target, level, minutes, reason }) => {
      const change = { scope, target, level, minutes, reason: `assistant: ${reason}` }
      await api.request('PUT', '/api/levels', change)
      return new BoundedAnswer().say(
        `Lines from ${level} on are stored for ${minutes} minutes; it ends automatically.`,
      )
    },
  }),
]
