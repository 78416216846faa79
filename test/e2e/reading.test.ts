// How one line is read in the explorer: its data as a tree, what stands around it, what is left out, what is read aloud.
import { mkdtempSync, readFileSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import type { Browser, BrowserContext, Page } from 'playwright-core'
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { openBrowser, openPage } from '../support/browser.ts'
import { launchProgram, type Program } from '../support/program.ts'

let folder: string
let program: Program
let url: string
let browser: Browser
let context: BrowserContext

type Line = {
  level: string
  message: string
  source?: string
  camera_id?: number
  logger_name?: string
  timestamp?: string
  extra_data?: object
}

/** Writes lines as an application does, with the key of the first start. */
async function write(lines: Line[]): Promise<void> {
  const key = readFileSync(join(folder, 'data/admin-api-key'), 'utf8').trim()
  const reply = await fetch(`${url}/api/logs`, {
    method: 'POST',
    headers: { 'content-type': 'application/json', authorization: `Bearer ${key}` },
    body: JSON.stringify(lines.map((line) => ({ source: 'api', ...line }))),
  })
  expect(reply.status, await reply.text()).toBeLessThan(300)
}

const row = (page: Page, text: string) => page.getByRole('row').filter({ hasText: text })
const panel = (page: Page) => page.getByRole('complementary', { name: /^Line \d+/ })
const pills = (page: Page) => page.getByRole('list', { name: 'Active filters' })

/** Opens the one line with this text. */
async function openLine(page: Page, text: string, q = `"${text}"`): Promise<void> {
  await page.goto(`${url}/logs?q=${encodeURIComponent(q)}`)
  await row(page, text).click()
  await panel(page).waitFor()
}

beforeAll(async () => {
  folder = mkdtempSync(join(tmpdir(), 'timelapser-reading-'))
  program = launchProgram({ env: { DATA_DIR: join(folder, 'data') } })
  url = await program.ready
  browser = await openBrowser()
  context = await browser.newContext({
    viewport: { width: 1440, height: 900 },
    permissions: ['clipboard-read', 'clipboard-write'],
  })
  context.setDefaultTimeout(10_000)
  const page = await context.newPage()
  await page.goto(/Sign in +(\S+)/.exec(program.output())?.[1] ?? '')
  await page.getByLabel('Name').fill('ada')
  await page.getByLabel('Password').fill('correct horse battery')
  await page.keyboard.press('Enter')
  await page.waitForURL('**/logs*')
  await page.close()
})

afterAll(async () => {
  await browser?.close()
  program?.kill('SIGTERM')
  await program?.ended
  rmSync(folder, { recursive: true, force: true })
})

describe('loggers and requests', () => {
  test('are left out from the panel, as a pill that can be turned round', async () => {
    await write([
      { level: 'INFO', message: 'poll chatter one', logger_name: 'app.chatter' },
      {
        level: 'INFO',
        message: 'poll result',
        logger_name: 'app.result',
        extra_data: { request_id: 'poll 7' },
      },
    ])
    const page = await openPage(context)
    await openLine(page, 'poll chatter one', 'poll')
    await panel(page).getByRole('button', { name: 'Not app.chatter' }).click()
    await row(page, 'poll chatter one').waitFor({ state: 'detached' })
    await row(page, 'poll result').waitFor()
    expect(await page.getByRole('searchbox').inputValue()).toBe('poll -logger:app.chatter')
    await pills(page).getByRole('button', { name: 'logger: not app.chatter', exact: true }).click()
    await row(page, 'poll result').waitFor({ state: 'detached' })
    await row(page, 'poll chatter one').waitFor()
    await pills(page).getByRole('button', { name: 'Remove the filter logger: app.chatter' }).click()
    await row(page, 'poll result').click()
    await panel(page).getByRole('button', { name: 'Not poll 7' }).click()
    await row(page, 'poll result').waitFor({ state: 'detached' })
    expect(await pills(page).textContent()).toContain('request: not poll 7')
  })

  test('are left out from the menu of a line', async () => {
    await write([
      { level: 'INFO', message: 'menu line', logger_name: 'app.menu', extra_data: { request_id: 'menu-1' } },
      { level: 'INFO', message: 'menu line kept' },
    ])
    const page = await openPage(context)
    await page.goto(`${url}/logs?q=menu`)
    await row(page, 'menu line').last().click({ button: 'right' })
    await page.getByRole('menuitem', { name: 'Not this request' }).click()
    await expect.poll(() => row(page, 'menu line').count()).toBe(1)
    await pills(page).getByRole('button', { name: 'Remove the filter request: not menu-1' }).click()
    await expect.poll(() => row(page, 'menu line').count()).toBe(2)
    await row(page, 'menu line').last().click({ button: 'right' })
    await page.getByRole('menuitem', { name: 'Not logger app.menu' }).click()
    await page.waitForURL(/q=menu\+-logger%3Aapp\.menu/)
    await expect.poll(() => row(page, 'menu line').count()).toBe(1)
  })
})
