import { readFileSync, rmSync } from 'node:fs'
import { join } from 'node:path'
import type { Browser, BrowserContext, Page } from 'playwright-core'
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { seriousProblems } from '../support/axe.ts'
import { closeContexts, openBrowser, openPage, PATIENCE_MS } from '../support/browser.ts'
import { comeIn } from '../support/come-in.ts'
import { launchProgram, makeFolder, type Program } from '../support/program.ts'

let folder: string
let program: Program
let url: string
let browser: Browser
let context: BrowserContext

type Line = { level: string; message: string; source?: string; camera_id?: number; timestamp?: string }

/** Writes lines as an application does, with the key of the first start. */
async function write(lines: Line[]): Promise<void> {
  const key = readFileSync(join(folder, 'data/admin-api-key'), 'utf8').trim()
  const reply = await fetch(`${url}/api/logs`, {
    method: 'POST',
    headers: { 'content-type': 'application/json', authorization: `Bearer ${key}` },
    body: JSON.stringify(lines.map((line) => ({ source: 'test', ...line }))),
  })
  expect(reply.status, await reply.text()).toBeLessThan(300)
}

const row = (page: Page, text: string) => page.getByRole('row').filter({ hasText: text })
const card = (page: Page, level: string) =>
  page.getByRole('group', { name: /by level/ }).getByRole('button', { name: level })

beforeAll(async () => {
  folder = makeFolder('page')
  program = launchProgram({ env: { DATA_DIR: join(folder, 'data') } })
  url = await program.ready
  browser = await openBrowser()
  context = await browser.newContext({ viewport: { width: 1440, height: 900 }, bypassCSP: false })
  context.setDefaultTimeout(PATIENCE_MS)
  url = await comeIn(context, program)
})

afterAll(async () => {
  await closeContexts(browser)
  program?.kill('SIGTERM')
  await program?.ended
  rmSync(folder, { recursive: true, force: true })
})

describe('the logs page', () => {
  test('shows a line as it is written, with the name of its camera', async () => {
    const page = await openPage(context)
    await page.goto(`${url}/logs`)
    await page.getByRole('button', { name: /^Live/ }).waitFor()
    // How soon that is `npm run bench:page` prints.
    await write([{ level: 'ERROR', message: 'RTSP timeout', source: 'camera_7', camera_id: 7 }])
    await row(page, 'RTSP timeout').waitFor()
    expect(await row(page, 'RTSP timeout').textContent()).toContain('Camera 7')
    await expect.poll(() => card(page, 'Error').textContent()).toMatch(/Error1/)
  })

  test('holds new lines back while a line is open, and says how many', async () => {
    const page = await openPage(context)
    await write([{ level: 'INFO', message: 'to be opened' }])
    await page.goto(`${url}/logs`)
    await row(page, 'to be opened').click()
    await page.getByRole('complementary').waitFor()
    await page.getByRole('button', { name: /^Paused/ }).waitFor()
    await write([
      { level: 'INFO', message: 'held back one' },
      { level: 'INFO', message: 'held back two' },
    ])
    await page.getByRole('button', { name: '2 new lines – show' }).click()
    await row(page, 'held back two').waitFor()
  })

  test('keeps its filters in the URL, through reload and back', async () => {
    const page = await openPage(context)
    await write([
      { level: 'WARNING', message: 'disk 87 % full' },
      { level: 'INFO', message: 'disk is fine' },
    ])
    await page.goto(`${url}/logs`)
    await card(page, 'Warning').click()
    await page.waitForURL(/level=WARNING/)
    await page.keyboard.press('/')
    await page.keyboard.type('87 %')
    await page.waitForURL(/[?&]q=87/)
    await expect.poll(() => row(page, 'disk is fine').count()).toBe(0)
    expect(await row(page, 'disk').locator('mark').allTextContents()).toEqual(['87', '%'])
    await page.reload()
    await row(page, '87 % full').waitFor()
    expect(await page.getByRole('searchbox').inputValue()).toBe('87 %')
    await page.goBack()
    await page.waitForURL((where) => !where.search.includes('q='))
  })

  test('says that nothing matches, and clears the filters', async () => {
    const page = await openPage(context)
    await write([{ level: 'INFO', message: 'something is here' }])
    await page.goto(`${url}/logs?search=no+such+words+anywhere`)
    await page.getByRole('heading', { name: 'Nothing matches these filters' }).waitFor()
    await page.getByRole('button', { name: 'Clear the filters' }).click()
    await row(page, 'something is here').waitFor()
  })

  test('shows hostile messages inert and their hidden characters by name', async () => {
    const page = await openPage(context)
    await write([
      { level: 'INFO', message: 'hostile <img src=x onerror=alert(1)> user\u202Egpj.exe \u001b[31mred' },
    ])
    await page.goto(`${url}/logs?search=hostile`)
    const line = row(page, 'hostile')
    await line.waitFor()
    expect(await line.textContent()).toContain('<img src=x onerror=alert(1)> userRLOgpj.exe red')
    expect(await line.locator('img').count()).toBe(0)
  })

  test('is worked by keyboard alone', async () => {
    const page = await openPage(context)
    await write([
      { level: 'INFO', message: 'keyboard older' },
      { level: 'INFO', message: 'keyboard newer' },
    ])
    await page.goto(`${url}/logs?search=keyboard`)
    await row(page, 'keyboard newer').waitFor()
    await page.keyboard.press('j')
    await page.keyboard.press('Enter')
    await page.waitForURL(/log=\d+/)
    const opened = () => page.getByRole('complementary').locator('pre').first().textContent()
    await expect.poll(opened).toBe('keyboard newer')
    await page.keyboard.press('j')
    await expect.poll(opened).toBe('keyboard older')
    await page.keyboard.press('Escape')
    await page.waitForURL((where) => !where.search.includes('log='))
    await page.keyboard.press('?')
    await page.getByRole('dialog', { name: 'Keyboard shortcuts' }).waitFor()
  })

  test.each([1440, 390])('has nothing serious for axe in both themes at %i pixels', async (width) => {
    const page = await openPage(context)
    await page.setViewportSize({ width, height: 844 })
    await write([{ level: 'CRITICAL', message: 'seen by axe' }])
    await page.goto(`${url}/logs`)
    await row(page, 'seen by axe').first().waitFor()
    for (const colorScheme of ['dark', 'light'] as const) {
      await page.emulateMedia({ colorScheme, reducedMotion: 'reduce' })
      await expect.poll(() => seriousProblems(page), { message: colorScheme }).toEqual([])
    }
  })

  test('clears everything only after its count was shown and the word was typed, and undoes it', async () => {
    const page = await openPage(context)
    await write([{ level: 'INFO', message: 'about to go' }])
    await page.goto(`${url}/logs`)
    await page.getByRole('button', { name: 'More' }).click()
    await page.getByRole('menuitem', { name: 'Clear logs…' }).click()
    const dialog = page.getByRole('alertdialog')
    await dialog.getByText(/\d lines of all cameras and sources will be deleted/).waitFor()
    expect(await dialog.getByRole('button', { name: 'Cancel' }).and(page.locator(':focus')).count()).toBe(1)
    expect(await dialog.getByRole('button', { name: 'Delete' }).isDisabled()).toBe(true)
    await dialog.getByRole('textbox').fill('delete')
    await dialog.getByRole('button', { name: 'Delete' }).click()
    await page.getByText(/^Cleaned up [\d,]+ old log entries$/).waitFor()
    await expect.poll(() => row(page, 'about to go').count()).toBe(0)
    await page.getByRole('button', { name: 'Undo' }).click()
    await row(page, 'about to go').first().waitFor()
  })

  test('deletes what matches after its number and range were shown and the word was typed', async () => {
    const page = await openPage(context)
    const doomed = [1, 2].map((door) => ({ level: 'WARNING', message: `doomed door ${door}` }))
    await write([...doomed, { level: 'INFO', message: 'door that stays' }])
    await page.goto(`${url}/logs?level=WARNING&search=doomed`)
    await row(page, 'doomed door 1').waitFor()
    const dialog = page.getByRole('alertdialog', { name: 'Delete matching lines' })
    const open = async () => {
      await page.getByRole('button', { name: 'More' }).click()
      await page.getByRole('menuitem', { name: 'Delete matching lines…' }).click()
      await dialog.getByText(/2 lines that match the filters .*, from .* to .*, will be deleted/).waitFor()
    }
    await open()
    const cancel = dialog.getByRole('button', { name: 'Cancel' })
    expect(await cancel.and(page.locator(':focus')).count()).toBe(1)
    await page.keyboard.press('Enter')
    await dialog.waitFor({ state: 'detached' })
    await open()
    const remove = dialog.getByRole('button', { name: 'Delete', exact: true })
    expect(await remove.isDisabled()).toBe(true)
    await dialog.getByRole('textbox').fill('delete')
    await remove.click()
    await page.getByText('Deleted 2 log entries').waitFor()
    await expect.poll(() => row(page, 'doomed door').count()).toBe(0)
    await page.goto(`${url}/logs?search=door`)
    await row(page, 'door that stays').waitFor()
    expect(await row(page, 'doomed door').count()).toBe(0)
    await page.goto(`${url}/logs?search=doomed`)
    await page.getByRole('button', { name: 'More' }).click()
    await page.getByRole('menuitem', { name: 'Delete matching lines…' }).click()
    await dialog.getByText('No line matches.').waitFor()
    await dialog.getByRole('textbox').fill('delete')
    expect(await remove.isDisabled()).toBe(true)
  })

  test('leads to sign-in when the session has ended, and back to the same screen', async () => {
    const stranger = await browser.newContext()
    const page = await openPage(stranger)
    await page.goto(`${url}/logs?level=ERROR&search=timeout`)
    await page.getByRole('heading', { name: 'Sign in' }).waitFor()
    await page.getByLabel('Name').fill('ada')
    await page.getByLabel('Password').fill('correct horse battery')
    await page.getByRole('button', { name: 'Sign in' }).click()
    await page.waitForURL(/\/logs\?level=ERROR&search=timeout/)
    await stranger.close()
  })
})
