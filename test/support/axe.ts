import { readFileSync } from 'node:fs'
import { createRequire } from 'node:module'
import type { Page } from 'playwright-core'

const AXE = readFileSync(createRequire(import.meta.url).resolve('axe-core/axe.min.js'), 'utf8')

/** What axe finds serious or critical on the page, with the elements, once what fades or moves has come to its end. */
export function seriousProblems(page: Page): Promise<string[]> {
  return page.evaluate(async (source) => {
    const { document } = globalThis as unknown as { document: { getAnimations(): Animation[] } }
    type Animation = { finished: Promise<unknown>; effect: { getComputedTiming(): { endTime: number } } }
    // What breathes has no end.
    const ending = document
      .getAnimations()
      .filter(({ effect }) => effect.getComputedTiming().endTime < Infinity)
    await Promise.allSettled(ending.map(({ finished }) => finished))
    // axe-core comes as a script that sets a global.
    new Function(source)()
    type Result = { violations: { id: string; impact: string; nodes: { html: string }[] }[] }
    const { axe } = globalThis as unknown as { axe: { run(): Promise<Result> } }
    const { violations } = await axe.run()
    return violations
      .filter(({ impact }) => impact === 'serious' || impact === 'critical')
      .map(({ id, nodes }) => `${id}: ${nodes.map(({ html }) => html.slice(0, 120)).join(' | ')}`)
  }, AXE)
}
