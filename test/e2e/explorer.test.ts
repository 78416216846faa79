// Details of the explorer: each a sentence of docs/page.md that no journey passes.
import { readFileSync, rmSync } from 'node:fs'
import { join } from 'node:path'
import type { Browser, BrowserContext, BrowserContextOptions, Page } from 'playwright-core'
import { afterAll, beforeAll, expect, onTestFinished, test } from 'vitest'
import { seriousProblems } from '../support/axe.ts'
import { closeContexts, openBrowser, openPage, PATIENCE_MS } from '../support/browser.ts'
import { comeIn } from '../support/come-in.ts'
import { launchProgram, makeFolder, type Program } from '../support/program.ts'

const SCREENS = [
  '/logs',
  '/patterns',
  '/chart',
  '/cameras',
  '/alerts',
  '/settings',
  '/access',
  '/audit',
  '/diagnostics',
]
const LINES = 1200

let folder: string
let program: Program
let url: string
let browser: Browser
let context: BrowserContext

async function call(method: string, path: string, body?: unknown): Promise<void> {
  const key = readFileSync(join(folder, 'data/admin-api-key'), 'utf8').trim()
  const reply = await fetch(`${url}${path}`, {
    method,
    headers: { authorization: `Bearer ${key}`, ...(body ? { 'content-type': 'application/json' } : {}) },
    ...(body ? { body: JSON.stringify(body) } : {}),
  })
  expect(reply.status, await reply.text()).toBeLessThan(300)
}

async function openUrl(path: string): Promise<Page> {
  const page = await openPage(context)
  await page.goto(`${url}${path}`)
  return page
}

/** A context of its own with the same session; gone with the test. */
async function like(options: BrowserContextOptions): Promise<BrowserContext> {
  const other = await browser.newContext({ storageState: await context.storageState(), ...options })
  other.setDefaultTimeout(PATIENCE_MS)
  onTestFinished(() => other.close())
  return other
}

/** Answers of the API that match wait until they are let go. */
async function hold(page: Page, pattern: string | RegExp): Promise<() => void> {
  const { promise, resolve } = Promise.withResolvers<void>()
  await page.route(pattern, async (route) => {
    await promise
    await route.continue().catch(() => {})
  })
  return resolve
}

const row = (page: Page, text: string) => page.getByRole('row').filter({ hasText: text })
const styleOf = (page: Page, text: string, property: string) =>
  row(page, text)
    .first()
    .getByRole('gridcell')
    .last()
    .locator('span[dir]')
    .evaluate((one, name) => one.ownerDocument.defaultView?.getComputedStyle(one)[name], property)

/** A page whose stream is known to be open: a line that was just written has come by it. */
async function openLive(path: string): Promise<Page> {
  const page = await openUrl(path)
  const message = `a sign of life ${Math.random()}`
  await page.getByRole('row').nth(1).waitFor()
  await expect
    .poll(
      async () => {
        await call('POST', '/api/logs', { level: 'ERROR', source: 'alpha', message })
        return row(page, message).count()
      },
      { interval: 500 },
    )
    .toBeGreaterThan(1)
  return page
}

beforeAll(async () => {
  folder = makeFolder('explorer')
  program = launchProgram({ env: { DATA_DIR: join(folder, 'data') } })
  url = await program.ready
  browser = await openBrowser()
  context = await browser.newContext({ colorScheme: 'dark', viewport: { width: 1440, height: 900 } })
  context.setDefaultTimeout(PATIENCE_MS)
  url = await comeIn(context, program)
  await call('POST', '/api/cameras', { id: 7, name: 'Old Barn' })
  await call('POST', '/api/logs', [
    ...Array.from({ length: LINES }, (_, at) => ({ level: 'INFO', source: 'many', message: `line ${at}` })),
    { level: 'ERROR', source: 'alpha', message: 'alpha fell over' },
    { level: 'WARNING', source: 'beta', message: 'beta is late' },
    { level: 'INFO', source: 'camera_7', camera_id: 7, message: 'last words of a camera' },
  ])
  await call('DELETE', '/api/cameras/7')
})

afterAll(async () => {
  await closeContexts(browser)
  program?.kill('SIGTERM')
  await program?.ended
  rmSync(folder, { recursive: true, force: true })
})

test('a newer search ends the request of the one before', async () => {
  const page = await openUrl('/logs')
  await row(page, 'alpha fell over').waitFor()
  const letGo = await hold(page, '**/api/logs?*q=alp&*')
  const asked = page.waitForRequest(/\/api\/logs\?.*q=alp&/)
  const ended = page.waitForEvent('requestfailed', (request) => /\/api\/logs\?.*q=alp&/.test(request.url()))
  await page.getByRole('searchbox').fill('alp')
  await asked
  await page.getByRole('searchbox').fill('beta')
  expect((await ended).failure()?.errorText).toBe('net::ERR_ABORTED')
  letGo()
  await row(page, 'alpha fell over').waitFor({ state: 'detached' })
  expect(await row(page, 'beta is late').count()).toBe(1)
})

test('old lines stay, marked as busy and legible, until the new ones are here', {
  tags: ['long'],
}, async () => {
  const page = await openUrl('/logs')
  await row(page, 'alpha fell over').waitFor()
  const letGo = await hold(page, /\/api\/logs(\/histogram|\/stats)?\?.*source=beta/)
  await page
    .getByRole('complementary', { name: /^Values/ })
    .getByLabel('beta', { exact: false })
    .first()
    .check()
  await page.locator('[role="grid"][aria-busy="true"]').waitFor()
  expect(await row(page, 'alpha fell over').count()).toBe(1)
  expect(await seriousProblems(page)).toEqual([])
  letGo()
  await page.locator('[role="grid"][aria-busy="false"]').waitFor()
  await row(page, 'alpha fell over').waitFor({ state: 'detached' })
})

test('old patterns stay, marked as busy and legible, until the new ones are here', {
  tags: ['long'],
}, async () => {
  const page = await openUrl('/patterns')
  const main = page.getByRole('main')
  await main.getByText('alpha fell over').first().waitFor()
  const letGo = await hold(page, /\/api\/debug\/errors\?.*min_level=DEBUG/)
  await main.getByRole('button', { name: 'Include all levels' }).click()
  await main.locator('[aria-busy="true"]').getByText('alpha fell over').first().waitFor()
  expect(await seriousProblems(page)).toEqual([])
  letGo()
  await main.getByText('last words of a camera').first().waitFor()
})

test('counts that are on their way, and those that failed, are no zeros', { tags: ['long'] }, async () => {
  const page = await openPage(context)
  const letGo = await hold(page, '**/api/logs/stats*')
  await page.goto(`${url}/logs`)
  const card = page.getByRole('group', { name: /by level/ }).getByRole('button', { name: /^Error/ })
  await row(page, 'alpha fell over').waitFor()
  expect(await card.textContent()).toBe('Errorloading')
  letGo()
  await expect.poll(() => card.textContent()).toBe('Error1')
  await page.unrouteAll()
  await page.route('**/api/logs/stats*', (route) => route.fulfill({ status: 500, json: {} }))
  await page.reload()
  await expect.poll(() => card.textContent()).toBe('Error–')
})

test('an end before its start is refused with a sentence', async () => {
  const page = await openUrl('/logs')
  await page
    .getByRole('button', { name: /last 24 hours/i })
    .last()
    .click()
  await page.getByLabel(/^Since a time/).fill('today 15:30 to today 14:00')
  await page.keyboard.press('Enter')
  await expect.poll(() => page.getByRole('alert').first().textContent()).toMatch(/before|after/)
  expect(new URL(page.url()).search).toBe('')
})

test('times are those of UTC, of the browser or of the settings, and the zone is named', {
  tags: ['long'],
}, async () => {
  const far = await openPage(await like({ timezoneId: 'America/New_York' }))
  await far.goto(`${url}/logs?source=alpha`)
  const head = far.getByRole('columnheader', { name: /^Time/ })
  await expect.poll(() => head.textContent()).toContain('UTC')
  const time = row(far, 'alpha fell over').locator('time')
  const before = await time.getAttribute('title')
  await far
    .getByRole('button', { name: /last 24 hours/i })
    .last()
    .click()
  await far.getByLabel('Times in').selectOption('local')
  await expect.poll(() => head.textContent()).toContain('America/New_York')
  expect(before).toMatch(/\+00:00 UTC$/)
  expect(await time.getAttribute('title')).toMatch(/-0[45]:00 America\/New_York$/)
})

test('a camera that was deleted can still be chosen', async () => {
  const page = await openUrl('/logs')
  await row(page, 'last words of a camera').waitFor()
  await page
    .getByRole('complementary', { name: /^Values/ })
    .getByRole('checkbox', { name: /^Camera 7/ })
    .check()
  await page.waitForURL(/camera_id=7/)
  await page.getByRole('list', { name: 'Active filters' }).getByText('Camera 7').waitFor()
  await row(page, 'alpha fell over').waitFor({ state: 'detached' })
  expect(await row(page, 'last words of a camera').count()).toBe(1)
})

test('lines are wrapped and roomier by a key, and stay so', { tags: ['long'] }, async () => {
  const page = await openUrl('/logs?source=alpha')
  const height = async () => (await row(page, 'alpha fell over').boundingBox())?.height ?? 0
  await row(page, 'alpha fell over').waitFor()
  const compact = await height()
  expect(await styleOf(page, 'alpha', 'white-space-collapse')).toBe('preserve')
  expect(await styleOf(page, 'alpha', 'text-wrap-mode')).toBe('nowrap')
  await page.keyboard.press('w')
  await page.keyboard.press('d')
  await expect.poll(height).toBeGreaterThan(compact)
  await page.reload()
  await expect.poll(height).toBeGreaterThan(compact)
  expect(await styleOf(page, 'alpha', 'text-wrap-mode')).toBe('wrap')
  await page.keyboard.press('w')
  await page.keyboard.press('d')
  await expect.poll(height).toBe(compact)
})

test('keys are letters in a field, and leave it with Escape', async () => {
  const page = await openUrl('/logs')
  await row(page, 'alpha fell over').waitFor()
  await page.keyboard.press('/')
  await page.keyboard.type('jkdrwlm?')
  expect(await page.getByRole('searchbox').inputValue()).toBe('jkdrwlm?')
  expect(await page.getByRole('dialog').count()).toBe(0)
  await page.keyboard.press('Escape')
  await page.keyboard.press('Escape')
  await page.keyboard.press('?')
  await page.getByRole('dialog').waitFor()
})

test('a dialog keeps the focus within itself and gives it back', async () => {
  const page = await openUrl('/logs')
  const button = page.getByRole('button', { name: 'Export' })
  await button.focus()
  await page.keyboard.press('Enter')
  const dialog = page.getByRole('dialog')
  await dialog.getByText(/lines match the filters/).waitFor()
  await dialog.locator(':focus').waitFor()
  let stops = 0
  for (let stop = 0; stop < 12; stop++) {
    await page.keyboard.press('Tab')
    // It may pass through the browser's own bars, never through the page behind.
    expect(await page.locator('#root :focus').count(), `stop ${stop}`).toBe(0)
    stops += await dialog.locator(':focus').count()
  }
  expect(stops).toBeGreaterThan(6)
  // A button that is disabled by its own press keeps it.
  const letGo = await hold(page, '**/api/logs/export*')
  const start = dialog.getByRole('button', { name: 'Export' })
  await start.press('Enter')
  await expect.poll(() => start.isDisabled()).toBe(true)
  // A browser takes it away with the next frame.
  await page.evaluate('new Promise((done) => requestAnimationFrame(() => requestAnimationFrame(done)))')
  expect(await start.evaluate((one) => one === one.ownerDocument.activeElement)).toBe(true)
  await page.keyboard.press('Shift+Tab')
  expect(await dialog.getByRole('button', { name: 'Cancel' }).locator(':scope:focus').count()).toBe(1)
  letGo()
  await page.keyboard.press('Escape')
  await dialog.waitFor({ state: 'detached' })
  await expect.poll(() => button.evaluate((one) => one === one.ownerDocument.activeElement)).toBe(true)
})

test('the title of the window tells what waits and what is looked at', { tags: ['long'] }, async () => {
  const page = await openLive('/logs?level=ERROR')
  await expect.poll(() => page.title()).toBe('Logs – Error')
  await row(page, 'alpha fell over').click()
  await call('POST', '/api/logs', { level: 'ERROR', source: 'gamma', message: 'gamma fell over' })
  await expect.poll(() => page.title()).toBe('(1) Logs – Error')
})

test('the link to the logs leads back to the filters of before', async () => {
  const page = await openUrl('/logs?level=ERROR&source=alpha')
  await row(page, 'alpha fell over').waitFor()
  await page.getByRole('link', { name: 'Access' }).click()
  await page.waitForURL('**/access')
  await page.getByRole('link', { name: 'Logs', exact: true }).click()
  await page.waitForURL(/\/logs\?level=ERROR&source=alpha/)
})

test('the theme that was chosen is there before anything is painted', { tags: ['long'] }, async () => {
  const light = await openPage(await like({ colorScheme: 'dark' }))
  await light.addInitScript(`{
    localStorage.setItem('timelapser.theme', 'light')
    new MutationObserver(() => {
      if (document.body) globalThis.themeAtBody ??= document.documentElement.className || 'light'
    }).observe(document, { childList: true, subtree: true })
  }`)
  await light.goto(`${url}/logs`)
  await row(light, 'alpha fell over').waitFor()
  expect(await light.evaluate('themeAtBody')).toBe('light')
})

test('numbers are written as the reader writes them, and nothing moves for who wants no motion', {
  tags: ['long'],
}, async () => {
  const page = await openPage(await like({ locale: 'de-DE', reducedMotion: 'reduce' }))
  await page.goto(`${url}/logs`)
  await page
    .getByRole('group', { name: /by level/ })
    .getByText(/^1\.2\d\d$/)
    .first()
    .waitFor()
  const longest = await page.evaluate(`Math.max(...document.getAnimations().map(
    (one) => Number(one.effect.getComputedTiming().duration) * one.effect.getComputedTiming().iterations), 0)`)
  expect(longest).toBeLessThan(1)
})

test.each(SCREENS)(
  'on %s whatever takes the focus has a name and shows it',
  { tags: ['long'] },
  async (path) => {
    const page = await openUrl(path)
    await page.getByRole('main').waitFor()
    await expect.poll(() => page.locator('.awaiting').count()).toBe(0)
    const faults: string[] = []
    for (let stop = 0; stop < 45; stop++) {
      await page.keyboard.press('Tab')
      const fault = await page.evaluate(`{
      const one = document.activeElement
      const style = getComputedStyle(one)
      const labels = [...(one.labels ?? [])].map((label) => label.textContent).join('')
      const labelled = (one.getAttribute('aria-labelledby') ?? '').split(' ').map((id) => document.getElementById(id)?.textContent ?? '').join('')
      const name = one.getAttribute('aria-label') || labels || labelled || one.textContent.trim() || one.title
      const seen = style.outlineStyle !== 'none' && parseFloat(style.outlineWidth) >= 1
      one === document.body || (name && seen) ? null : one.outerHTML.slice(0, 160)
    }`)
      if (fault !== null) faults.push(String(fault))
    }
    expect([...new Set(faults)]).toEqual([])
  },
)

test('below a bar of two rows the head of the list stays in sight, and j goes on from there', {
  tags: ['long'],
}, async () => {
  const page = await openUrl('/logs?range=all&limit=500')
  await page.setViewportSize({ width: 790, height: 600 })
  await page.getByRole('row').nth(5).waitFor()
  await page.evaluate('scrollTo(0, 1500)')
  const head = page.getByRole('columnheader', { name: 'Level' })
  const search = page.getByRole('searchbox')
  const source = page.getByRole('button', { name: 'Source' })
  // Both rows of the bar are above the head, and nothing lies over it.
  await expect
    .poll(async () => ((await head.boundingBox())?.y ?? 0) - ((await source.boundingBox())?.y ?? 0))
    .toBeGreaterThanOrEqual(32)
  expect((await source.boundingBox())?.y).toBeGreaterThan((await search.boundingBox())?.y ?? 0)
  await head.click({ trial: true })
  const scrolled = Number(await page.evaluate('scrollY'))
  await page.keyboard.press('j')
  const active = page.locator('[role="row"] > .outline-solid')
  await expect.poll(() => active.count()).toBe(1)
  expect(Math.abs(Number(await page.evaluate('scrollY')) - scrolled)).toBeLessThan(60)
  const top = (await active.boundingBox())?.y ?? 0
  const box = await head.boundingBox()
  expect(top).toBeGreaterThanOrEqual((box?.y ?? 0) + (box?.height ?? 0) - 1)
})

test.each([
  { what: 'text that is selected', begin: 'selection', end: 'getSelection().removeAllRanges()' },
  { what: 'a list that is scrolled', begin: 'scroll', end: 'scrollTo(0, 0)' },
])('$what pauses new lines, and lets go of them after', async ({ begin, end }) => {
  const page = await openLive('/logs')
  await page.getByRole('button', { name: /^Live\./ }).waitFor()
  if (begin === 'scroll') await page.evaluate('scrollTo(0, 900)')
  else await row(page, 'alpha fell over').getByText('alpha fell over').selectText()
  await page.getByRole('button', { name: /^Paused\./ }).waitFor()
  const message = `written during a ${begin}`
  await call('POST', '/api/logs', { level: 'INFO', source: 'many', message })
  await page.getByRole('button', { name: /1 new line/ }).waitFor()
  expect(await row(page, message).count()).toBe(0)
  await page.evaluate(end)
  await row(page, message).waitFor()
  await page.getByRole('button', { name: /^Live\./ }).waitFor()
})
