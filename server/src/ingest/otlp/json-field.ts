// Names in OTLP's JSON: camelCase as the specification says, or as the `.proto` has them, which protobuf's own JSON reads too.
import type { ExtraData, Json } from '@timelapser/logger'

const SNAKE = new Map<string, string>()

/** The field of this name in camelCase, or else in snake_case. */
export function jsonField(object: ExtraData, name: string): Json | undefined {
  const value = object[name]
  if (value !== undefined) return value
  let snake = SNAKE.get(name)
  if (snake === undefined) {
    snake = name.replace(/[A-Z]/g, (letter) => `_${letter.toLowerCase()}`)
    SNAKE.set(name, snake)
  }
  return object[snake]
}

export function toCamel(name: string): string {
  return name.replace(/_([a-z])/g, (_, letter: string) => letter.toUpperCase())
}
