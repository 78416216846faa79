import type { Page } from 'playwright-core'

/** The page's, where what is evaluated runs. */
declare const requestAnimationFrame: (tick: (time: number) => void) => void

/** The times between the frames the page drew while `work` went on, in milliseconds. */
export async function framesWhile(page: Page, work: () => Promise<unknown>): Promise<number[]> {
  await page.evaluate(() => {
    const times: number[] = []
    let isRunning = true
    const tick = (time: number) => {
      times.push(time)
      if (isRunning) requestAnimationFrame(tick)
    }
    requestAnimationFrame(tick)
    Object.assign(globalThis, {
      endFrames() {
        isRunning = false
        return times
      },
    })
  })
  await work()
  const times = await page.evaluate(() =>
    (globalThis as unknown as { endFrames: () => number[] }).endFrames(),
  )
  return times.slice(1).map((time, index) => time - (times[index] ?? time))
}

/** Turns the wheel over the list for so long, to and fro. */
export async function scrollUpAndDown(page: Page, durationMs: number): Promise<void> {
  const { width, height } = page.viewportSize() ?? { width: 800, height: 600 }
  await page.mouse.move(width / 2, height * 0.7)
  const end = Date.now() + durationMs
  for (let step = 0; Date.now() < end; step++) {
    await page.mouse.wheel(0, step % 60 < 40 ? 600 : -1200)
    await page.waitForTimeout(16)
  }
}

/** The heap of the page's scripts, after a collection. */
export async function heapBytes(page: Page): Promise<number> {
  const session = await page.context().newCDPSession(page)
  await session.send('HeapProfiler.collectGarbage')
  const { usedSize } = await session.send('Runtime.getHeapUsage')
  await session.detach()
  return usedSize
}

/** The page's memory after a collection: bytes of its scripts, nodes of its document, listeners on them. */
export async function heldByPage(page: Page): Promise<{ heap: number; nodes: number; listeners: number }> {
  const heap = await heapBytes(page)
  const session = await page.context().newCDPSession(page)
  const { nodes, jsEventListeners } = await session.send('Memory.getDOMCounters')
  await session.detach()
  return { heap, nodes, listeners: jsEventListeners }
}
