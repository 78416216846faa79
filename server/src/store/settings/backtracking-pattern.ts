import { type Context, createContext, Script } from 'node:vm'

const REPLACE = new Script('text.replace(pattern, mask)')

/** A pattern that may take any time; it is ended when its time is over, which V8 does for scripts alone. */
export class BacktrackingPattern {
  readonly #context: Context

  /** @throws {SyntaxError} when the pattern is no regular expression, or finds matches where nothing is */
  constructor(pattern: string, mask: string) {
    const compiled = new RegExp(pattern, 'giu')
    if (compiled.test('')) throw new SyntaxError('matches where nothing is')
    this.#context = createContext({ text: '', pattern: compiled, mask })
  }

  /** The text with all matches masked; undefined when that would have taken longer. */
  replace(text: string, timeoutMs: number): string | undefined {
    if (timeoutMs < 1) return undefined
    this.#context.text = text
    try {
      return String(REPLACE.runInContext(this.#context, { timeout: timeoutMs }))
    } catch (error) {
      if ((error as { code?: unknown }).code === 'ERR_SCRIPT_EXECUTION_TIMEOUT') return undefined
      throw error
    } finally {
      this.#context.text = ''
    }
  }
}
