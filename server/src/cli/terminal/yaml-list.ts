import { readFile } from 'node:fs/promises'
import { parseDocument } from 'yaml'
import { ApiFailure } from '../client/api-client.ts'

/** Longer files are no rules. */
const MAX_FILE_BYTES = 1024 * 1024

/**
 * The list under a name in a file of YAML or JSON, or the file's own list; the form of its members is checked by the server,
 * which says what is wrong.
 */
export async function readYamlList<T>(file: string, name: string): Promise<T[]> {
  const written = await readFile(file, 'utf8').catch((error: NodeJS.ErrnoException) => {
    throw new ApiFailure(`${file} cannot be read (${error.code}).`)
  })
  if (written.length > MAX_FILE_BYTES)
    throw new ApiFailure(`${file} is larger than 1 MB, the limit for a file of rules.`)
  // JSON is YAML as well. Aliases could make much of little.
  const document = parseDocument(written, { prettyErrors: true })
  const [problem] = document.errors
  if (problem) throw new ApiFailure(`${file} is neither YAML nor JSON: ${problem.message.trim()}`)
  const content: unknown = document.toJS({ maxAliasCount: 100 })
  const list = Array.isArray(content) ? content : (content as Record<string, unknown> | null)?.[name]
  if (!Array.isArray(list))
    throw new ApiFailure(`${file} has no list of rules: it must begin with "${name}:".`)
  return list as T[]
}
