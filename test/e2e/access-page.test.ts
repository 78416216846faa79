import { once } from 'node:events'
import { readFileSync, rmSync } from 'node:fs'
import { createServer } from 'node:http'
import type { AddressInfo } from 'node:net'
import { join } from 'node:path'
import type { Browser, Page, WebSocket } from 'playwright-core'
import { afterAll, beforeAll, expect, test } from 'vitest'
import { codeOf } from '../../server/test/support/authenticator.ts'
import { seriousProblems } from '../support/axe.ts'
import { closeContexts, openBrowser, PATIENCE_MS } from '../support/browser.ts'
import { freePort } from '../support/free-port.ts'
import { CLIENT, type OpenIdProvider, startOpenIdProvider } from '../support/openid-provider.ts'
import { launchProgram, makeFolder, type Program } from '../support/program.ts'

const PASSWORD = 'correct horse battery'

let folder: string
let program: Program
let url: string
let browser: Browser
let provider: OpenIdProvider
/** The application that may show cameras in a frame. */
let site: { origin: string; close: () => void }
let siteHtml = ''

beforeAll(async () => {
  folder = makeFolder('access')
  const port = await freePort()
  const publicUrl = `http://127.0.0.1:${port}`
  provider = await startOpenIdProvider(publicUrl)
  site = await openSite(() => siteHtml)
  program = launchProgram({
    env: {
      ...{ DATA_DIR: join(folder, 'data'), PORT: String(port), PUBLIC_URL: publicUrl },
      ...{ OIDC_ISSUER: provider.issuer, OIDC_CLIENT_ID: CLIENT.id, OIDC_CLIENT_SECRET: CLIENT.secret },
      ...{ EMBED_SECRET: 'a'.repeat(32), EMBED_ORIGINS: site.origin },
      ...{ OIDC_NAME: 'Our SSO', OIDC_SCOPES: 'openid profile groups', OIDC_CAMERA_GROUPS: 'barn=1' },
    },
  })
  url = await program.ready
  browser = await openBrowser()
  await write([
    { message: 'door opened', camera_id: 1, source: 'door-source' },
    { message: 'barn opened', camera_id: 2, source: 'barn-source' },
  ])
  admin = await arrive(/Sign in +(\S+)/.exec(program.output())?.[1] ?? '', 'ada')
  await admin.getByRole('link', { name: 'Access' }).click()
})
afterAll(async () => {
  await closeContexts(browser)
  program?.kill('SIGTERM')
  await program?.ended
  await provider?.close()
  site?.close()
  rmSync(folder, { recursive: true, force: true })
})

async function call(path: string, body: unknown): Promise<{ url: string }> {
  const key = readFileSync(join(folder, 'data/admin-api-key'), 'utf8').trim()
  const reply = await fetch(url + path, {
    method: 'POST',
    headers: { 'content-type': 'application/json', authorization: `Bearer ${key}` },
    body: JSON.stringify(body),
  })
  expect(reply.status).toBeLessThan(300)
  return ((await reply.json()) as { data: { url: string } }).data
}

async function write(lines: { message: string; camera_id: number; source: string }[]): Promise<void> {
  await call(
    '/api/logs',
    lines.map((line) => ({ level: 'INFO', ...line })),
  )
}

/** The first administrator, signed in. */
let admin: Page

/** Redeems a link in a browser of its own. */
async function arrive(link: string, name: string): Promise<Page> {
  const context = await browser.newContext()
  context.setDefaultTimeout(PATIENCE_MS)
  const page = await context.newPage()
  await page.goto(link)
  await page.getByLabel('Name').fill(name)
  await page.getByLabel('Password').fill(PASSWORD)
  await page.keyboard.press('Enter')
  await page.waitForURL('**/logs*')
  return page
}

test('an invited viewer of one camera sees its rows and nothing of others', async () => {
  await admin.getByLabel('Name of a user to invite').fill('vic')
  await admin.getByLabel('All logs').uncheck()
  await admin.getByRole('group', { name: 'Visible logs' }).getByRole('checkbox').nth(1).check()
  await admin.getByRole('button', { name: 'Invite' }).click()
  const link = (await admin.getByText(/#link=/).textContent()) ?? ''
  await admin.setViewportSize({ width: 390, height: 844 })
  expect(await admin.locator('html').evaluate(({ scrollWidth }) => scrollWidth)).toBe(390)
  await expect.poll(() => seriousProblems(admin)).toEqual([])
  await admin.getByRole('button', { name: 'Done' }).click()

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
  expect(logs.map(({ message }) => message)).toEqual(['door closed', 'door opened'])
  expect(await viewer.getByRole('link', { name: 'Settings' }).count()).toBe(0)

  await viewer.getByRole('link', { name: 'Access' }).click()
  await viewer.getByText('This session').waitFor()
  expect(await viewer.getByRole('heading', { name: 'Users' }).count()).toBe(0)
  await expect.poll(() => seriousProblems(viewer)).toEqual([])
})

test('an administrator makes new links, ends single sessions and is asked before what hurts', {
  tags: ['long'],
}, async () => {
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
  await admin.getByText('No active sessions.').waitFor()
  await ben.waitForURL('**/sign-in*')

  const item = admin.getByRole('listitem').filter({ hasText: 'ben' })
  await item.getByRole('button', { name: 'Disable ben', exact: true }).click()
  expect(await item.textContent()).not.toContain('disabled')
  await item.getByRole('button', { name: 'Confirm: Disable ben' }).click()
  await item.getByText('disabled').waitFor()
  await item.getByRole('button', { name: 'Make administrator ben', exact: true }).click()
  await item.getByRole('button', { name: 'Confirm: Make administrator ben' }).click()
  await item.getByText('Administrator, disabled').waitFor()
})

test('a key is made with level, limit, expiry and cameras, and shown once', async () => {
  await admin.getByLabel('Key name').fill('wall display')
  await admin.getByLabel('Scope').selectOption('read')
  await admin.getByLabel('Expiry').selectOption('90')
  await admin.getByLabel('Requests per minute').fill('2')
  await admin.getByLabel('Minimum level').selectOption('WARNING')
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
  const facts = admin.getByText(/read · camera 1 · Warning and above · 2 requests per minute · until /)
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

test('a key is rotated: the new secret is shown once, and both are taken', async () => {
  const item = admin.getByRole('listitem').filter({ hasText: 'wall display' })
  await item.getByRole('button', { name: 'Rotate wall display' }).click()
  await item.getByRole('button', { name: 'Confirm: Rotate wall display' }).click()
  await admin.getByText(/^tl_[\w-]{43}$/).waitFor()
  await admin.getByText('The old key stays valid for 24 hours.').waitFor()
  await expect.poll(() => item.count()).toBe(2)
  await item.filter({ hasText: 'replaced · until' }).waitFor()
  await expect.poll(() => seriousProblems(admin)).toEqual([])
  await admin.getByRole('button', { name: 'Done' }).click()
  expect(await admin.getByRole('button', { name: 'Rotate wall display' }).count()).toBe(1)
})

test('pages of another site send lines by a key of theirs, also while they are left', async () => {
  const { origin, close } = await openSite('<!doctype html><title>Shop</title>')
  try {
    await admin.getByLabel('Key name').fill('shop pages')
    await admin.getByLabel('Scope').selectOption('ingest')
    await admin.getByLabel('Web origins').fill(origin)
    await admin.getByRole('button', { name: 'Create key' }).click()
    const key = (await admin.getByText(/^tl_[\w-]{43}$/).textContent()) ?? ''
    await admin.getByText(`ingest · pages of ${origin} · never used`).waitFor()
    await admin.getByRole('button', { name: 'Done' }).click()

    const context = await browser.newContext()
    const shop = await context.newPage()
    await shop.goto(origin)
    const send = (path: string) =>
      `fetch(${JSON.stringify(url + path)}, {
        method: 'POST',
        headers: { authorization: 'Bearer ${key}', 'content-type': 'application/json' },
        body: JSON.stringify({ level: 'ERROR', source: 'shop', message: 'checkout failed' }),
      }).then((reply) => reply.status, () => 'refused')`
    expect(await shop.evaluate(send('/api/logs'))).toBe(200)
    // Not a route that takes lines.
    expect(await shop.evaluate(send('/api/session'))).toBe('refused')
    await shop.evaluate(`addEventListener('pagehide', () => navigator.sendBeacon(
      ${JSON.stringify(`${url}/api/logs?key=${key}`)},
      JSON.stringify({ level: 'WARNING', source: 'shop', message: 'left in the middle' }),
    ))`)
    await shop.goto('about:blank')
    await admin.goto(`${url}/logs?source=shop`)
    await admin.getByRole('row').filter({ hasText: 'left in the middle' }).waitFor()
    await admin.getByRole('row').filter({ hasText: 'checkout failed' }).waitFor()
  } finally {
    close()
  }
})

test('the lines of a camera are live in a frame of the sites that may show them, and in no other', async () => {
  const made = await call('/api/cameras/1/link', { expires_in_hours: 1 })
  const frameOf = `<!doctype html><html lang="en"><title>App</title><h1>Camera</h1><iframe title="Logs of the camera" src="${made.url}" width="390" height="600"></iframe>`
  const other = await openSite(frameOf)
  siteHtml = frameOf
  try {
    const context = await browser.newContext()
    context.setDefaultTimeout(PATIENCE_MS)
    const app = await context.newPage()
    await app.goto(site.origin)
    const frame = app.frameLocator('iframe')
    await frame.getByText('door opened').waitFor()
    await frame.getByRole('heading', { name: 'Camera 1' }).waitFor()
    await write([
      { message: 'barn again', camera_id: 2, source: 'barn-source' },
      { message: 'door again', camera_id: 1, source: 'door-source' },
    ])
    await frame.getByText('door again').waitFor()
    expect(await frame.locator('body').textContent()).not.toContain('barn')
    await frame.getByLabel('Search').fill('opened')
    await expect.poll(() => frame.getByText('door again').count()).toBe(0)
    await frame.getByText('door opened').waitFor()
    expect(await seriousProblems(app)).toEqual([])

    await app.goto(other.origin)
    await expect.poll(() => app.frames().at(-1)?.url()).toContain('chrome-error')
    await app.goto(made.url.replace(/_\d{9,}_/, '_1_'))
    await app.getByText('This link has expired').waitFor()
  } finally {
    other.close()
  }
})

/** A site that answers every request with one page. */
async function openSite(
  html: string | (() => string),
  port = 0,
): Promise<{ origin: string; close: () => void }> {
  const server = createServer((_request, response) =>
    response.setHeader('content-type', 'text/html').end(typeof html === 'string' ? html : html()),
  )
  server.listen(port, '127.0.0.1')
  await once(server, 'listening')
  const close = () => {
    server.close()
    server.closeAllConnections()
  }
  return { origin: `http://127.0.0.1:${(server.address() as AddressInfo).port}`, close }
}

/** A second window of the same browser, at the lines, and what it streams by. */
async function openWindow(beside: Page): Promise<{ page: Page; sockets: WebSocket[] }> {
  const page = await beside.context().newPage()
  const sockets: WebSocket[] = []
  page.on('websocket', (socket) => sockets.push(socket))
  await page.goto(`${url}/logs?camera_id=2`)
  await page.getByRole('row').filter({ hasText: 'barn' }).first().waitFor()
  await expect.poll(() => sockets.length).toBeGreaterThan(0)
  return { page, sockets }
}

test('signing out ends what other windows stream, and these lead to sign-in', async () => {
  const eva = await arrive((await call('/api/users/link', { username: 'eva', role: 'admin' })).url, 'eva')
  const { page, sockets } = await openWindow(eva)
  await eva.getByRole('button', { name: /eva/ }).click()
  await eva.getByRole('menuitem', { name: 'Sign out' }).click()
  await eva.waitForURL('**/sign-in*')
  await page.waitForURL('**/sign-in*')
  await page.getByLabel('Password').waitFor()
  expect(sockets.every((socket) => socket.isClosed())).toBe(true)
  await write([{ message: 'barn after sign-out', camera_id: 2, source: 'barn-source' }])
  expect(await page.locator('body').textContent()).not.toContain('barn')
})

test('who signs in over another in a second window leaves nothing open of what that one saw', {
  tags: ['long'],
}, async () => {
  const fay = await arrive((await call('/api/users/link', { username: 'fay', role: 'admin' })).url, 'fay')
  const { page, sockets } = await openWindow(fay)
  const before = [...sockets]
  const { url: link } = await call('/api/users/link', { username: 'gus', role: 'viewer', cameras: [1] })
  await fay.goto(link)
  await fay.getByLabel('Name').fill('gus')
  await fay.getByLabel('Password').fill(PASSWORD)
  await fay.keyboard.press('Enter')
  await fay.waitForURL('**/logs*')
  await expect.poll(() => before.every((socket) => socket.isClosed())).toBe(true)
  await write([{ message: 'barn after the change', camera_id: 2, source: 'barn-source' }])
  await write([{ message: 'door after the change', camera_id: 1, source: 'door-source' }])
  await fay.getByRole('row').filter({ hasText: 'door after the change' }).waitFor()
  expect(await fay.locator('body').textContent()).not.toContain('barn')
  // The other window is gus's as well now: it has loaded itself anew, without what fay had seen. When it asked in the
  // moment between the two, it has been led to sign-in.
  await page.getByRole('button', { name: /gus/ }).or(page.getByLabel('Password')).first().waitFor()
  expect(await page.getByRole('row').filter({ hasText: 'barn' }).count()).toBe(0)
})

test('somebody signs in by the provider, and out of both, and not any more without a group', {
  tags: ['long'],
}, async () => {
  provider.users.set('s-1', { preferred_username: 'Gerda', groups: ['barn'] })
  const context = await browser.newContext()
  context.setDefaultTimeout(PATIENCE_MS)
  const page = await context.newPage()
  await page.goto(`${url}/logs?search=gate`)
  await page.getByRole('button', { name: 'Sign in with Our SSO' }).click()
  await page.getByPlaceholder('Enter any login').fill('s-1')
  await page.getByPlaceholder('and password').fill('any')
  await page.getByRole('button', { name: 'Sign-in' }).click()
  await page.getByRole('button', { name: 'Continue' }).click()
  await page.waitForURL(`${url}/logs?search=gate`)
  await page.goto(`${url}/access`)
  await page.getByRole('heading', { name: 'Your sessions' }).waitFor()
  expect(await page.getByRole('heading', { name: 'Your password' }).count()).toBe(0)
  await admin.goto(`${url}/access`)
  const item = admin.getByRole('listitem').filter({ hasText: 'Gerda' })
  await item.getByText('Viewer, camera 1, through the provider').waitFor()
  expect(await item.getByRole('button').allTextContents()).toEqual(['Sessions…', 'Disable', 'Delete'])

  await page.getByRole('button', { name: 'Account: Gerda' }).click()
  await page.getByRole('menuitem', { name: 'Sign out' }).click()
  await page.getByRole('button', { name: 'Yes, sign me out' }).click()
  await page.waitForURL(`${url}/sign-in`)

  provider.users.set('s-1', { preferred_username: 'Gerda', groups: [] })
  await page.getByRole('button', { name: 'Sign in with Our SSO' }).click()
  await page.getByPlaceholder('Enter any login').fill('s-1')
  await page.getByPlaceholder('and password').fill('any')
  await page.getByRole('button', { name: 'Sign-in' }).click()
  await page.getByRole('button', { name: 'Continue' }).click()
  await page.getByRole('alert').getByText('None of your groups has access').waitFor()
  expect(await seriousProblems(page)).toEqual([])
})

test('a second factor is set up with a QR code, and asked for at the next sign-in', {
  tags: ['long'],
}, async () => {
  const link = await call('/api/users/link', { username: 'hilda', role: 'viewer' })
  const page = await arrive(link.url, 'hilda')
  await page.goto(`${url}/access`)
  await page.getByRole('button', { name: 'Set up…' }).click()
  await page.getByLabel('Confirm with your password').fill('not hers')
  await page.getByRole('button', { name: 'Set up', exact: true }).click()
  await page.getByRole('alert').getByText('The current password is wrong.').waitFor()
  await page.getByLabel('Confirm with your password').fill(PASSWORD)
  await page.keyboard.press('Enter')
  await page.getByRole('img', { name: 'QR code of the key' }).waitFor()
  const secret =
    (await page
      .locator('code')
      .filter({ hasText: /^[A-Z2-7]{32,}$/ })
      .textContent()) ?? ''
  const codes = await page.getByRole('list', { name: 'Backup codes' }).getByRole('listitem').allTextContents()
  expect(codes).toHaveLength(10)
  for (const width of [390, 1440]) {
    await page.setViewportSize({ width, height: 900 })
    expect(await page.locator('html').evaluate(({ scrollWidth }) => scrollWidth)).toBe(width)
  }
  expect(await seriousProblems(page)).toEqual([])
  await page.getByLabel('Current code of the app').fill(codeOf(secret))
  await page.keyboard.press('Enter')
  await page
    .getByText('On: sign-in requires a code from your authenticator app. 10 backup codes are left.')
    .waitFor()

  await page.getByRole('button', { name: 'Account: hilda' }).click()
  await page.getByRole('menuitem', { name: 'Sign out' }).click()
  await page.getByLabel('Name').fill('hilda')
  await page.getByLabel('Password').fill(PASSWORD)
  await page.keyboard.press('Enter')
  await page.getByText('Enter a code for hilda.').waitFor()
  expect(await page.getByLabel('Code').inputValue()).toBe('')
  await page.getByLabel('Code').fill(codeOf(secret))
  await page.keyboard.press('Enter')
  await page.getByRole('alert').getByText('The code is wrong, already used').waitFor()
  expect(await seriousProblems(page)).toEqual([])
  await page.getByLabel('Code').fill(codes[0] ?? '')
  await page.keyboard.press('Enter')
  await page.waitForURL('**/logs*')

  await admin.reload()
  const item = admin.getByRole('listitem').filter({ hasText: 'hilda' })
  await item.getByText('with second factor').waitFor()
  await item.getByRole('button', { name: 'Remove second factor hilda' }).click()
  await item.getByRole('button', { name: 'Confirm: Remove second factor hilda' }).click()
  await item.getByText('with second factor').waitFor({ state: 'detached' })
})
