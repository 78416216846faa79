import { readFileSync, rmSync } from 'node:fs'
import { join } from 'node:path'
import type { Browser, Page } from 'playwright-core'
import { afterAll, beforeAll, expect, test } from 'vitest'
import { seriousProblems } from '../support/axe.ts'
import { openBrowser } from '../support/browser.ts'
import { launchProgram, makeFolder, type Program } from '../support/program.ts'

const PASSWORD = 'correct horse battery'

let folder: string
let program: Program
let url: string
let browser: Browser

beforeAll(async () => {
  folder = makeFolder('access')
  program = launchProgram({ env: { DATA_DIR: join(folder, 'data') } })
  url = await program.ready
  browser = await openBrowser()
})
afterAll(async () => {
  await browser?.close()
  program?.kill('SIGTERM')
  await program?.ended
  rmSync(folder, { recursive: true, force: true })
})

async function write(lines: { message: string; camera_id: number; source: string }[]): Promise<void> {
  const key = readFileSync(join(folder, 'data/admin-api-key'), 'utf8').trim()
  const reply = await fetch(`${url}/api/logs`, {
    method: 'POST',
    headers: { 'content-type': 'application/json', authorization: `Bearer ${key}` },
    body: JSON.stringify(lines.map((line) => ({ level: 'INFO', ...line }))),
  })
  expect(reply.status).toBeLessThan(300)
}

/** The first administrator, signed in. */
let admin: Page

/** Redeems a link in a browser of its own. */
async function arrive(link: string, name: string): Promise<Page> {
  const context = await browser.newContext()
  context.setDefaultTimeout(10_000)
  const page = await context.newPage()
  await page.goto(link)
  await page.getByLabel('Name').fill(name)
  await page.getByLabel('Password').fill(PASSWORD)
  await page.keyboard.press('Enter')
  await page.waitForURL('**/logs*')
  return page
}

test('an invited viewer of one camera sees its rows and nothing of others', async () => {
  await write([
    { message: 'door opened', camera_id: 1, source: 'door-source' },
    { message: 'barn opened', camera_id: 2, source: 'barn-source' },
  ])
  admin = await arrive(/Sign in +(\S+)/.exec(program.output())?.[1] ?? '', 'ada')
  await admin.getByRole('link', { name: 'Access' }).click()
  await admin.getByLabel('Name of a user to invite').fill('vic')
  await admin.getByLabel('All logs').uncheck()
  await admin.getByRole('group', { name: 'Logs that are seen' }).getByRole('checkbox').nth(1).check()
  await admin.getByRole('button', { name: 'Invite' }).click()
  const link = (await admin.getByText(/#link=/).textContent()) ?? ''
  await admin.setViewportSize({ width: 390, height: 844 })
  expect(await admin.locator('html').evaluate(({ scrollWidth }) => scrollWidth)).toBe(390)
  expect(await seriousProblems(admin)).toEqual([])

  const viewer = await arrive(link, 'vic')
  const row = (text: string) => viewer.getByRole('row').filter({ hasText: text })
  await row('door opened').waitFor()
  await write([
    { message: 'barn closed', camera_id: 2, source: 'barn-source' },
    { message: 'door closed', camera_id: 1, source: 'door-source' },
  ])
  await row('door closed').waitFor()
  expect(await viewer.locator('body').textContent()).not.toContain('barn')
  const answers = await viewer.evaluate(async () =>
    Promise.all(
      ['/api/logs', '/api/logs/sources', '/api/logs/summary', '/api/cameras'].map(async (path) =>
        (await fetch(path)).text(),
      ),
    ),
  )
  for (const answer of answers) expect(answer).not.toMatch(/barn/)
  const { logs } = JSON.parse(answers[0] ?? '').data as { logs: { message: string }[] }
  expect(logs.map(({ message }) => message)).toEqual([
    'door closed',
    'Camera registered: Camera 1',
    'door opened',
  ])
  expect(await viewer.getByRole('link', { name: 'Settings' }).count()).toBe(0)

  await viewer.getByRole('link', { name: 'Access' }).click()
  await viewer.getByText('This one').waitFor()
  expect(await viewer.getByRole('heading', { name: 'Users' }).count()).toBe(0)
  expect(await seriousProblems(viewer)).toEqual([])
})

test('an administrator makes new links, ends single sessions and is asked before what hurts', async () => {
  await admin.getByRole('button', { name: 'Done' }).click()
  await admin.getByLabel('Name of a user to invite').fill('ben')
  await admin.getByRole('button', { name: 'Invite', exact: true }).click()
  await admin.getByRole('button', { name: 'Done' }).click()
  await admin.getByRole('button', { name: 'New link for ben' }).click()
  const link = (await admin.getByText(/#link=/).textContent()) ?? ''
  await admin.getByRole('button', { name: 'Done' }).click()
  const ben = await arrive(link, 'ben')

  await admin.reload()
  await admin.getByRole('button', { name: 'Sessions of ben' }).click()
  await admin.getByRole('button', { name: /^End Chrome on Linux, 127/ }).click()
  await admin.getByText('Signed in nowhere.').waitFor()
  await ben.waitForURL('**/sign-in*')

  const item = admin.getByRole('listitem').filter({ hasText: 'ben' })
  await item.getByRole('button', { name: 'Disable ben', exact: true }).click()
  expect(await item.textContent()).not.toContain('disabled')
  await item.getByRole('button', { name: 'Really: Disable ben' }).click()
  await item.getByText('disabled').waitFor()
  await item.getByRole('button', { name: 'Make administrator ben', exact: true }).click()
  await item.getByRole('button', { name: 'Really: Make administrator ben' }).click()
  await item.getByText('Administrator, disabled').waitFor()
})

test('a key is made with level, limit, expiry and cameras, and shown once', async () => {
  await admin.getByLabel('What it is for').fill('wall display')
  await admin.getByLabel('Scope').selectOption('read')
  await admin.getByLabel('Expiry').selectOption('90')
  await admin.getByLabel('Requests a minute at most').fill('2')
  await admin.getByLabel('Lowest level it reads').selectOption('WARNING')
  const form = admin.locator('form').filter({ hasText: 'New key' })
  await form.getByLabel('All logs').uncheck()
  await form.getByRole('checkbox').nth(1).check()
  for (const colorScheme of ['light', 'dark'] as const) {
    await admin.emulateMedia({ colorScheme })
    // Colours change over a moment.
    await expect.poll(() => seriousProblems(admin), { message: colorScheme }).toEqual([])
  }
  await form.getByRole('button', { name: 'Create key' }).click()
  const key = (await admin.getByText(/^tl_[\w-]{43}$/).textContent()) ?? ''
  const facts = admin.getByText(/read · camera 1 · Warning and above · 2 requests a minute · until /)
  await facts.waitFor()
  await admin.getByRole('button', { name: 'Done' }).click()
  expect(await admin.locator('body').textContent()).not.toContain(key)
  const statuses: number[] = []
  for (let request = 0; request < 3; request++) {
    const reply = await fetch(`${url}/api/logs`, { headers: { authorization: `Bearer ${key}` } })
    statuses.push(reply.status)
  }
  expect(statuses).toEqual([200, 200, 429])
})
