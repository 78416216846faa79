import { expect } from 'vitest'
import type { Program } from './program.ts'

/** The program ends with an exit code and one line that says what is wrong and what to do, and prints nothing else. */
export async function expectRefusal(program: Program, what: string, advice: string): Promise<void> {
  const code = await program.ended
  const output = program.output()
  expect(output).toContain(what)
  expect(output).toContain(advice)
  expect(output.trim().split('\n'), output).toHaveLength(1)
  expect(code).toBe(1)
}
