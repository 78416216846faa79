/** How the tools of assistants ask the API, as the one who gave the key: in the server itself, or over HTTP by the command. */
export type AssistantApi = {
  /** The `data` of a reply. @throws {AssistantFailure} */
  request: (method: 'GET' | 'PUT', path: string, body?: object) => Promise<unknown>
  /** The address of the page, for links. */
  origin: string
}

/** A request that was refused, or failed, as a sentence for the assistant. */
export class AssistantFailure extends Error {
  override name = 'AssistantFailure'
}

export type Query = { [name: string]: string | number | readonly (string | number)[] | undefined }

/** A path with its query; what is unset is left out, and several values are repeated. */
export function withQuery(path: string, query: Query): string {
  const parameters = new URLSearchParams()
  for (const [name, value] of Object.entries(query)) {
    for (const one of value === undefined ? [] : [value].flat()) parameters.append(name, String(one))
  }
  const text = parameters.toString()
  return text === '' ? path : `${path}?${text}`
}
