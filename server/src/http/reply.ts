import type { FastifyPluginAsyncTypebox } from '@fastify/type-provider-typebox'
import { type Static, type TSchema, Type } from 'typebox'

/** The server to which a file adds its routes, with their schemas. */
export type App = Parameters<FastifyPluginAsyncTypebox>[0]

export const ErrorReply = Type.Object({
  success: Type.Literal(false),
  message: Type.String(),
  status_code: Type.Integer(),
  code: Type.String(),
  /** Only with INVALID_QUERY: the character of `q` where the error is, counted from 1. */
  position: Type.Optional(Type.Integer()),
  request_id: Type.String(),
})
export type ErrorReply = Static<typeof ErrorReply>

/** The envelope of every reply that is not an error. */
export const Reply = <T extends TSchema>(data: T) =>
  Type.Object({ success: Type.Literal(true), message: Type.String(), data })
export type Reply<T> = { success: true; message: string; data: T }

/** A reply in its envelope. */
export function reply<T>(message: string, data: T): Reply<T> {
  return { success: true, message, data }
}

/** A count as the messages of the spec print it: `1,247`. */
export function grouped(count: number): string {
  return count.toLocaleString('en-US')
}
