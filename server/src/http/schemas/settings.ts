import { type Static, Type } from 'typebox'
import { SettingsSchema } from '../../store/settings/settings-schema.ts'
import { Nullable } from './fields.ts'

/** See `store/settings/settings-schema.ts`, where each is described. */
export const Settings = SettingsSchema
export type Settings = Static<typeof Settings>

/** `POST /api/redaction/test`: the line as it would be stored. */
export const RedactionTest = Type.Object({
  message: Type.String(),
  extra_data: Nullable(Type.Unsafe<Record<string, unknown>>({ type: 'object', additionalProperties: true })),
  changed: Type.Boolean(),
})
export type RedactionTest = Static<typeof RedactionTest>
