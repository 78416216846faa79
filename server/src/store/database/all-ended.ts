/**
 * The results of concurrent work, once all of it has ended: a caller that gets a failure may count on nothing
 * being left of it on the server.
 *
 * @throws the reason of the first that failed
 */
export async function allEnded<T>(running: readonly Promise<T>[]): Promise<T[]> {
  const results: T[] = []
  for (const outcome of await Promise.allSettled(running)) {
    if (outcome.status === 'rejected') throw outcome.reason
    results.push(outcome.value)
  }
  return results
}
