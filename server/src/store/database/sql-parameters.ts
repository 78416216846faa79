/** The values of one statement, in the order of their placeholders. */
export class SqlParameters {
  readonly values: unknown[] = []

  /** Adds a value and returns its placeholder, `$1` and up. */
  add(value: unknown): string {
    return `$${this.values.push(value)}`
  }
}
