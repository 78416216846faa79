import { RE2JS } from 're2js'
import { ParseRuleError } from './parse-rule.ts'

/** Instructions of a pattern; the time for a character grows with them. */
const MAX_PROGRAM = 5000

/**
 * The work that a line may cost, by all rules together: characters of text times instructions of patterns, a fifth of a
 * second at worst. Counted, not timed, so that the same line has the same fate on every machine.
 */
export const MAX_STEPS_A_LINE = 4_000_000

/** The work that is left for a line. */
export type StepBudget = { left: number }

/** The line would cost more than one may. */
export class StepsSpent extends Error {
  override name = 'StepsSpent'
}

/** A pattern that people set. Its time is linear in any text: this engine does not backtrack. */
export class Pattern {
  readonly #compiled: RE2JS
  readonly #size: number
  /** Names of its groups, by their number. */
  readonly names: readonly (readonly [name: string, group: number])[]

  /** @throws {ParseRuleError} naming the path */
  constructor(pattern: string, path: string) {
    try {
      this.#compiled = RE2JS.compile(RE2JS.translateRegExp(pattern))
    } catch (error) {
      const message = error instanceof Error ? error.message : String(error)
      throw new ParseRuleError(
        path,
        `is not a regular expression: ${message.replace(/^error parsing regexp: /, '')}`,
      )
    }
    this.#size = this.#compiled.programSize()
    if (this.#size > MAX_PROGRAM) {
      throw new ParseRuleError(
        path,
        `is too large: ${this.#size} steps a character, ${MAX_PROGRAM} are the most`,
      )
    }
    this.names = Object.entries(this.#compiled.namedGroups()).sort(([, one], [, other]) => one - other)
  }

  /** Whether it is found in the text. @throws {StepsSpent} */
  test(text: string, budget: StepBudget): boolean {
    this.#spend(text, budget)
    return this.#compiled.test(text)
  }

  /** The texts of its groups by number where it is first found; undefined when it is not. @throws {StepsSpent} */
  find(text: string, budget: StepBudget): ((group: number) => string | null) | undefined {
    this.#spend(text, budget)
    const matcher = this.#compiled.matcher(text)
    return matcher.find() ? (group) => matcher.group(group) : undefined
  }

  /** The text with another in place of each match. @throws {StepsSpent} */
  replaceAll(text: string, by: string, budget: StepBudget): string {
    this.#spend(text, budget)
    return this.#compiled.matcher(text).replaceAll(() => by)
  }

  #spend(text: string, budget: StepBudget): void {
    budget.left -= text.length * this.#size
    if (budget.left < 0) throw new StepsSpent('the line is too long for the patterns of its rules')
  }
}
