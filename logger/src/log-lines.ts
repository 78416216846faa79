/** `1 log line`, `2,000 log lines`. */
export function logLines(count: number): string {
  return `${count.toLocaleString('en-US')} log ${count === 1 ? 'line' : 'lines'}`
}

/** `1 log line waits`, `2 log lines wait`. */
export function waiting(count: number): string {
  return `${logLines(count)} ${count === 1 ? 'waits' : 'wait'}`
}
