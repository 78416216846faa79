/**
 * A sentence for each set variable that is never read but nearly has the name of a known variable.
 *
 * @param known every name that is read
 */
export function misspeltVariables(
  environment: Readonly<Record<string, string | undefined>>,
  known: readonly string[],
): string[] {
  return Object.keys(environment)
    .filter((name) => !known.includes(name))
    .flatMap((name) => {
      const meant = known.find((one) => environment[one] === undefined && isNear(name, one))
      return meant === undefined
        ? []
        : [`The variable ${name} is unknown and ignored. Did you mean ${meant}?`]
    })
}

/** From this length on two letters may differ; the names of other programs are too near to shorter ones. */
const LONG = 8

function isNear(name: string, known: string): boolean {
  if (name.toUpperCase() === known) return true
  const mistakes = distance(name, known)
  if (known.length >= LONG) return mistakes <= 2
  // PROT is meant as PORT, POST and PATH are not.
  return mistakes === 1 && [...name].sort().join() === [...known].sort().join()
}

/** How many letters are missing, added, changed or swapped with their neighbour. */
function distance(one: string, other: string): number {
  if (Math.abs(one.length - other.length) > 2) return Number.POSITIVE_INFINITY
  const rows: number[][] = [Array.from({ length: other.length + 1 }, (_, index) => index)]
  const at = (row: number, column: number) => rows[row]?.[column] ?? Number.POSITIVE_INFINITY
  for (let i = 1; i <= one.length; i++) {
    const row = [i]
    rows.push(row)
    for (let j = 1; j <= other.length; j++) {
      const same = one[i - 1] === other[j - 1]
      const isSwapped = i > 1 && j > 1 && one[i - 1] === other[j - 2] && one[i - 2] === other[j - 1]
      row.push(
        Math.min(
          at(i - 1, j) + 1,
          at(i, j - 1) + 1,
          at(i - 1, j - 1) + (same ? 0 : 1),
          isSwapped ? at(i - 2, j - 2) + 1 : Number.POSITIVE_INFINITY,
        ),
      )
    }
  }
  return at(one.length, other.length)
}
