import { assistantRoutes } from '../../../http/assistants.ts'
import type { SystemOptions } from '../system-options.ts'
import type { Part } from './part.ts'

/** The questions of assistants; each is a request to the other parts. */
export function assistantsPart({ publicUrl }: Pick<SystemOptions, 'publicUrl'>): Part {
  return { role: 'query', routes: [assistantRoutes(publicUrl)] }
}
