import type { QueryClient } from '@tanstack/react-query'
import type { Cameras, Facets, LogPage } from 'timelapser-logs/api'
import { type Completion, complete, type KnownNames } from './completion.ts'

/** Ways to go on at the caret, with the names this browser has seen. */
export function completionsAt(text: string, caret: number, client: QueryClient): Completion | null {
  return complete(text, caret, knownNames(client))
}

/** The names in what was fetched for the screen: completing asks the server for nothing. */
function knownNames(client: QueryClient): KnownNames {
  const answers = <T>(...queryKey: string[]) =>
    client.getQueriesData<T>({ queryKey }).flatMap(([, answer]) => answer ?? [])
  const logs = answers<LogPage>('logs', 'page').flatMap((page) => page.logs)
  const facets = answers<Facets>('logs', 'facets')
  const cameras = answers<Cameras>('cameras').flatMap((answer) => answer.cameras ?? [])
  return {
    camera: unique([
      ...facets.flatMap(({ camera_id }) => camera_id.map(({ label }) => label)),
      ...cameras.map(({ name }) => name),
    ]),
    source: unique([
      ...facets.flatMap(({ source }) => source.map(({ value }) => String(value))),
      ...logs.map(({ source }) => source),
    ]),
    logger: unique(logs.flatMap(({ logger_name }) => logger_name ?? [])),
    keys: unique(logs.flatMap(({ extra_data }) => Object.keys(extra_data ?? {}))).filter((key) =>
      /^[\w-]+$/.test(key),
    ),
  }
}

function unique(names: readonly string[]): string[] {
  return [...new Set(names)]
}
