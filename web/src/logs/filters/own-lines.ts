/** The loggers of the server's own lines, as the search names them. */
export const OWN_LINES = 'logger:timelapser_logs.*'

/** Whether the server itself has written a line, by the name of its logger. */
export function isOwnLogger(name: string | null): boolean {
  return name?.startsWith('timelapser_logs.') ?? false
}
