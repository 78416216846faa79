import type { StatementTiming } from '../../src/store/database/statement-watch.ts'

/** Each statement once, by its name. */
export function listingOf(timings: readonly StatementTiming[]): string {
  const texts = new Map<string, Set<string>>()
  for (const { name, text } of timings) {
    const known = withoutNames(name)
    texts.set(known, (texts.get(known) ?? new Set()).add(withoutNames(text)))
  }
  return [...texts]
    .filter(([name]) => !name.startsWith('rollback to'))
    .toSorted(([a], [b]) => (a < b ? -1 : 1))
    .map(([name, of]) => `-- ${name}\n${[...of].toSorted().join(';\n\n')};\n`)
    .join('\n')
}

/** Names and bounds of partitions follow the rows, time limits what is left of a budget. */
function withoutNames(text: string): string {
  return text
    .replaceAll(/((?:statement|lock)_timeout =) [1-9]\d*/g, '$1 …')
    .replaceAll(/\blogs_\d+\w*/g, 'logs_of_a_range')
    .replaceAll(/'\d{4}-\d\d-\d\dT[\d:.]+Z'/g, "'…'")
}
