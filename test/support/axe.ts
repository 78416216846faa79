import { readFileSync } from 'node:fs'
import { createRequire } from 'node:module'
import type { Page } from 'playwright-core'

const AXE = readFileSync(createRequire(import.meta.url).resolve('axe-core/axe.min.js'), 'utf8')

/** The serious or critical findings of axe on the page, with the elements, once fades and moves have ended. */
export async function seriousProblems(page: Page): Promise<string[]> {
  // axe-core comes as a script that sets a global. The page's policy forbids eval but to the debugger, and to it before the
  // first await alone.
  if (!(await page.evaluate('"axe" in globalThis')))
    await page.evaluate((source) => new Function(source)(), AXE)
  return page.evaluate(async () => {
    type Animation = { finished: Promise<unknown>; effect: { getComputedTiming(): { endTime: number } } }
    type Result = { violations: { id: string; impact: string; nodes: { html: string }[] }[] }
    const { axe, document } = globalThis as unknown as {
      axe: { run(options: { resultTypes: string[] }): Promise<Result> }
      document: { getAnimations(): Animation[] }
    }
    // A pulsing animation has no end.
    const ending = document
      .getAnimations()
      .filter(({ effect }) => effect.getComputedTiming().endTime < Infinity)
    await Promise.allSettled(ending.map(({ finished }) => finished))
    // Elements that pass are not gathered.
    const { violations } = await axe.run({ resultTypes: ['violations'] })
    return violations
      .filter(({ impact }) => impact === 'serious' || impact === 'critical')
      .map(({ id, nodes }) => `${id}: ${nodes.map(({ html }) => html.slice(0, 120)).join(' | ')}`)
  })
}
