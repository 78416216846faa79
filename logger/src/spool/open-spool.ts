import type { BatchingSpool } from '../batching-options.ts'
import { isEnabled, parseLevel } from '../level.ts'
import type { ProblemReporter } from '../loss-record.ts'
import type { SpoolClass } from './batch-files.ts'
import { Spool, type SpoolOptions } from './spool.ts'

export type SpoolUse<Item> = {
  durable: boolean
  /** The receiver of the batches; batches for another destination are left to others. */
  destination: string
  /** An item as JSON of a record. */
  encode(item: Item): string
  /** @throws when the text is no item */
  decode(text: string): Item
}

/** As `JSON.stringify` writes a record; a message cannot come before its level. */
const LEVEL = /^\{"timestamp":"[^"]*","level":"([A-Z]+)"/

/** The spool of a handler, or none when its folder cannot be used: then lines wait in memory, and a sentence says why. */
export function openSpool<Item>(
  options: SpoolOptions,
  { durable, destination, encode, decode }: SpoolUse<Item>,
  onProblem: ProblemReporter,
): BatchingSpool<Item> | undefined {
  try {
    const store = new Spool(options, destination, onProblem)
    return {
      store,
      durable,
      decode,
      encode(item) {
        const text = encode(item)
        return { class: classOf(text), text }
      },
    }
  } catch (error) {
    const reason = error instanceof Error ? error.message : String(error)
    onProblem(`The spool ${options.directory} cannot be used (${reason}); lines wait in memory.`)
    return undefined
  }
}

function classOf(text: string): SpoolClass {
  const level = parseLevel(LEVEL.exec(text)?.[1] ?? (JSON.parse(text) as { level?: string }).level ?? '')
  return level !== undefined && isEnabled(level, 'WARNING') ? 'high' : 'low'
}
