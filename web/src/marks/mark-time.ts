/** The first whole second of a step that is in the range: forms know seconds, and the first step may begin before the range. */
export function markTimeOf(step: string, start: string): number {
  return Math.ceil(Math.max(Date.parse(step), Date.parse(start)) / 1000) * 1000
}
