/** `1,234`, or `10,000+` for a lower bound. */
export function formatCount(count: number, isExact: boolean): string {
  return `${count.toLocaleString()}${isExact ? '' : '+'}`
}
