import { Turns } from '../service/turns.ts'

const EVERY_MS = 1000

/**
 * Long work as NDJSON: how far it is, at most every second, and the reply as the last line. Something comes all the time,
 * so that no proxy between takes the server for gone.
 *
 * @param work called with what takes its progress; resolves to the reply
 * @param toReply the reply of an error
 * @param isOnce whether progress is told once: it is long
 */
export async function* progressLines(
  work: (tell: (progress: object) => void) => Promise<object>,
  toReply: (error: unknown) => object,
  everyMs = EVERY_MS,
  isOnce = false,
): AsyncGenerator<string> {
  let progress: object = {}
  const reply = work((told) => {
    progress = told
  }).catch(toReply)
  const end = new Turns(reply)
  while (!(await end.within(everyMs))) {
    yield `${JSON.stringify({ progress })}\n`
    if (isOnce) progress = {}
  }
  yield `${JSON.stringify(await reply)}\n`
}
