import { LEVELS, type Level } from '@timelapser/logger'
import { comparable } from '../../store/database/timestamp.ts'
import type { ScannedMessage } from '../../store/reading/message-scan.ts'
import { literalOf, messageShape } from './message-shape.ts'

/** Messages of one shape. */
export type MessageGroup = {
  shape: string
  count: number
  level: Level
  sources: string[]
  logger_names: string[]
  first_at: string
  last_at: string
  last_id: number
  last_message: string
  q: string
}

/** Distinct shapes; messages of further shapes are only counted. */
const MAX_SHAPES = 5000

/** Characters of the shapes, messages and names that are kept. Further ones are counted where their shape is known. */
const MAX_CHARACTERS = 8 * 1024 * 1024

/** The most sources and loggers listed of a group, the most frequent first. */
const MAX_NAMES = 10

/** Distinct names in a group. */
const MAX_NAMES_KNOWN = 200

/** Messages by their shape, within bounded memory. */
export class MessageGroups {
  readonly #groups = new Map<string, Gathered>()
  #characters = 0
  /** Messages added. */
  total = 0

  /** Adds messages, newest first. */
  add(messages: readonly ScannedMessage[]): void {
    for (const message of messages) this.#add(message, messageShape(message.message))
    this.total += messages.length
  }

  /** Drops the groups that these messages would belong to. */
  forgetThoseOf(messages: readonly ScannedMessage[]): void {
    for (const { message } of messages) {
      const shape = messageShape(message)
      this.#characters -= this.#groups.get(shape)?.characters ?? 0
      this.#groups.delete(shape)
    }
  }

  get size(): number {
    return this.#groups.size
  }

  /** The largest groups, and how many messages are in none of them. */
  list(limit: number): { groups: MessageGroup[]; others: number } {
    const all = [...this.#groups].sort(
      ([shape, a], [other, b]) => b.count - a.count || (shape < other ? -1 : 1),
    )
    const groups = all.slice(0, limit).map(([shape, gathered]) => toGroup(shape, gathered))
    const listed = groups.reduce((sum, { count }) => sum + count, 0)
    return { groups, others: this.total - listed }
  }

  #add(message: ScannedMessage, shape: string): void {
    const known = this.#groups.get(shape)
    if (known) {
      known.count++
      known.last = newer(known.last, message)
      known.first = newer(known.first, message) === message ? known.first : message
      known.rank = Math.max(known.rank, LEVELS.indexOf(message.level))
      this.#countName(known, known.sources, message.source)
      if (message.logger_name !== null) this.#countName(known, known.loggers, message.logger_name)
    } else if (this.#groups.size < MAX_SHAPES && this.#characters < MAX_CHARACTERS) {
      // A message is kept as the first and as the last.
      const characters = shape.length + 2 * message.message.length
      this.#characters += characters
      this.#groups.set(shape, {
        ...{ count: 1, characters },
        rank: LEVELS.indexOf(message.level),
        first: message,
        last: message,
        sources: new Map([[message.source, 1]]),
        loggers: new Map(message.logger_name === null ? [] : [[message.logger_name, 1]]),
      })
    }
  }

  #countName(group: Gathered, names: Map<string, number>, name: string): void {
    const count = names.get(name)
    if (count !== undefined) names.set(name, count + 1)
    else if (names.size < MAX_NAMES_KNOWN && this.#characters < MAX_CHARACTERS) {
      names.set(name, 1)
      group.characters += name.length
      this.#characters += name.length
    }
  }
}

type Gathered = {
  count: number
  /** Characters of its shape, its messages and its names. */
  characters: number
  rank: number
  first: ScannedMessage
  last: ScannedMessage
  sources: Map<string, number>
  loggers: Map<string, number>
}

function toGroup(shape: string, { count, rank, first, last, sources, loggers }: Gathered): MessageGroup {
  const literal = literalOf(shape)
  return {
    shape,
    count,
    level: LEVELS[rank] as Level,
    sources: mostFrequent(sources),
    logger_names: mostFrequent(loggers),
    first_at: first.timestamp,
    last_at: last.timestamp,
    last_id: last.id,
    last_message: last.message,
    q: literal === '' ? '' : `message:"${literal.replace(/[\\"]/g, '\\$&')}"`,
  }
}

function newer(a: ScannedMessage, b: ScannedMessage): ScannedMessage {
  const [first, second] = [comparable(a.timestamp), comparable(b.timestamp)]
  return first > second || (first === second && a.id >= b.id) ? a : b
}

/** Most first, then by name. */
export function mostFrequent(names: ReadonlyMap<string, number>): string[] {
  const sorted = [...names].sort(([a, first], [b, second]) => second - first || (a < b ? -1 : 1))
  return sorted.slice(0, MAX_NAMES).map(([name]) => name)
}
