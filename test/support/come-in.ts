import type { BrowserContext } from 'playwright-core'
import { describePage, followRequests } from './browser.ts'
import type { Program } from './program.ts'

/**
 * Has everybody in the context signed in as ada, the first administrator, by the link that a first start prints. Returns
 * the origin to go on at: the link names the host its own way, and a session is for one name of it.
 */
export async function comeIn(context: BrowserContext, program: Program): Promise<string> {
  const page = await context.newPage()
  const asked = followRequests(page)
  try {
    await page.goto(/Sign in +(\S+)/.exec(program.output())?.[1] ?? '')
    await page.getByLabel('Name').fill('ada')
    await page.getByLabel('Password').fill('correct horse battery')
    await page.keyboard.press('Enter')
    await page.waitForURL('**/logs*')
  } catch (error) {
    console.error(await describePage(page, asked))
    throw error
  }
  const { origin } = new URL(page.url())
  await page.close()
  return origin
}
