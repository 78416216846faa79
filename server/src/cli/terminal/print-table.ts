import { visible } from './terminal.ts'

/** Lines of columns, as wide as their widest cell, for people at a terminal. */
export function printTable(head: readonly string[], rows: readonly (readonly string[])[]): void {
  const lines = [head, ...rows].map((line) => line.map((cell) => visible(cell).replaceAll(/[\t\n]/g, ' ')))
  const widths = head.map((_, column) =>
    lines.reduce((most, line) => Math.max(most, line[column]?.length ?? 0), 0),
  )
  for (const line of lines) {
    console.log(
      line
        .map((cell, column) => cell.padEnd(widths[column] ?? 0))
        .join('  ')
        .trimEnd(),
    )
  }
}
