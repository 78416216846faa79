// The screens beside the explorer, in one browser against one started program.
import { join } from 'node:path'
import { normaliseRecord } from '@timelapser/logger'
import type { Page } from 'playwright-core'
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { findRunningPostgres } from '../../server/src/store/cluster/embedded-postgres.ts'
import { openDatabase } from '../../server/src/store/database/open.ts'
import { LogOperations } from '../../server/src/store/log-operations.ts'
import { SettingsStore } from '../../server/src/store/settings/settings.ts'
import { seriousProblems } from '../support/axe.ts'
import { isFocused, openPage } from '../support/browser.ts'
import { type Screens, startScreens } from '../support/screens.ts'

const MINUTE = 60_000
const SCREENS = [
  '/patterns',
  '/chart',
  '/boards',
  '/cameras',
  '/alerts',
  '/settings',
  '/access',
  '/audit',
  '/diagnostics',
]

let screens: Screens

beforeAll(async () => {
  screens = await startScreens('screens')
})

afterAll(() => screens?.close())

const open: Screens['open'] = (...page) => screens.open(...page)
const call: Screens['call'] = (...request) => screens.call(...request)

describe('the cameras', () => {
  const camera = (page: Page, name: string) =>
    page.getByRole('list', { name: 'Cameras' }).getByRole('listitem').filter({ hasText: name })

  test('tell which one is silent, and a cell of the strip opens its lines', async () => {
    const page = await open('/cameras')
    await camera(page, 'Barn')
      .getByText(/^Silent for 3.h/)
      .waitFor()
    await page.getByRole('button', { name: '1 with errors' }).waitFor()
    await page.getByRole('button', { name: '1 silent' }).click()
    await page.waitForURL('**/cameras?show=silent')
    await expect.poll(() => camera(page, 'Front door').count()).toBe(0)
    await page.goBack()
    expect(await camera(page, 'Front door').textContent()).toContain('usual interval 1')
    const silent = camera(page, 'Barn').getByRole('link', { name: /silent longer than usual/ })
    // Two hours in the night and three since, in half hours whose ends may hold lines.
    expect(await silent.count()).toBeGreaterThanOrEqual(3 + 5)
    await camera(page, 'Barn')
      .getByRole('link', { name: /30 errors|: 30 lines/ })
      .first()
      .click()
    await page.waitForURL('**/logs?camera_id=2&from=*&to=*')
    await page.getByText('30 matches').or(page.getByText('30 lines')).first().waitFor()
  })

  test('are gone through by keyboard: a strip is one stop, arrows move in it', {
    tags: ['long'],
  }, async () => {
    const page = await open('/cameras?range=7d')
    const cells = camera(page, 'Barn').getByRole('group').getByRole('link')
    await cells.last().focus()
    await page.keyboard.press('ArrowLeft')
    await isFocused(page, cells.nth(-2))
    await page.keyboard.press('Home')
    await isFocused(page, cells.first())
    await page.keyboard.press('Shift+Tab')
    await page.keyboard.press('Tab')
    await isFocused(page, cells.first())
  })

  test('are renamed, and deleted after a question', { tags: ['long'] }, async () => {
    await call('POST', '/api/cameras', { id: 7, name: 'Old shed' })
    const page = await open('/cameras')
    await page.getByRole('button', { name: 'Rename Old shed' }).click()
    await page.keyboard.type(' two')
    await page.keyboard.press('Enter')
    await page.getByRole('button', { name: 'Delete Old shed two' }).click()
    const cancel = page.getByRole('button', { name: 'Cancel' })
    await isFocused(page, cancel)
    await expect.poll(() => seriousProblems(page)).toEqual([])
    await page.keyboard.press('Escape')
    await page.getByRole('button', { name: 'Delete Old shed two' }).click()
    await page.getByRole('button', { name: 'Delete', exact: true }).click()
    await page.getByText('Old shed two was deleted').waitFor()
    await expect.poll(() => camera(page, 'Old shed two').count()).toBe(0)
  })
})

describe('the patterns', () => {
  const kinds = (page: Page) => page.getByRole('list', { name: 'Kinds of messages' }).getByRole('listitem')

  test('tell what errors have in common, by the filters of the list, and lead back to their lines', async () => {
    const page = await open('/logs?camera_id=2')
    await page.getByRole('navigation', { name: 'Main' }).getByRole('link', { name: 'Patterns' }).click()
    await page.waitForURL('**/patterns?camera_id=2')
    const kind = kinds(page).filter({ hasText: 'RTSP timeout after <n> s' })
    await kind.getByText('60', { exact: true }).waitFor()
    await kind.getByText('Barn').waitFor()
    await page.getByText('Error and above, as no level is chosen.').waitFor()
    await kind.getByRole('link', { name: /^RTSP timeout/ }).click()
    await page.waitForURL('**/logs?camera_id=2&min_level=ERROR&q=message*')
    await page.getByText('60 lines').first().waitFor()
    await page.goBack()
    await kind.getByRole('link', { name: 'Newest' }).click()
    await page.waitForURL('**/logs?camera_id=2&min_level=ERROR&q=message*&log=*')
    await page.getByRole('complementary', { name: /^Line \d+/ }).waitFor()
    await page.goBack()
    await page.getByRole('button', { name: 'Include all levels' }).click()
    await page.waitForURL('**/patterns?camera_id=2&min_level=DEBUG')
    await kinds(page).filter({ hasText: 'frame captured' }).waitFor()
  })

  test('tell what is new, and which logger writes most', async () => {
    const own = ['capture', 'capture', 'upload'].map((logger_name) => ({
      ...{ level: 'WARNING', message: 'never seen before', source: 'newcomer', logger_name },
    }))
    await call('POST', '/api/logs', own)
    const page = await open('/patterns?source=newcomer&show=new')
    await kinds(page).filter({ hasText: 'never seen before' }).waitFor()
    await page.getByRole('list', { name: 'New sources' }).getByRole('link', { name: 'newcomer' }).waitFor()
    await page.getByRole('button', { name: 'Loggers' }).click()
    await page.waitForURL('**/patterns?source=newcomer&show=loggers')
    const loggers = page.getByRole('list', { name: 'Loggers' }).getByRole('listitem')
    await expect.poll(() => loggers.count()).toBe(2)
    expect(await loggers.first().textContent()).toMatch(/2capture66.7 %.*2 warning.*newcomer/)
    await loggers.first().getByRole('link').click()
    await page.waitForURL('**/logs?source=newcomer&logger_name=capture')
  })

  test('tell what fields hold, and lead from a line to the values of a field and on to their lines', {
    tags: ['long'],
  }, async () => {
    const own = [200, 200, 200, 500].map((status, index) => ({
      ...{ level: status === 500 ? 'ERROR' : 'INFO', message: 'answered', source: 'answers' },
      extra_data: { http: { status, took_ms: 10 * (index + 1) }, route: '/a' },
    }))
    await call('POST', '/api/logs', own)
    const page = await open('/patterns?source=answers')
    await page.getByRole('button', { name: 'Fields' }).click()
    await page.waitForURL('**/patterns?source=answers&show=fields')
    const values = page.getByRole('list', { name: 'Values of http.status' }).getByRole('listitem')
    await expect.poll(() => values.allTextContents()).toEqual(['2003', '500all errors1'])
    await values.last().getByRole('button', { name: 'Not 500' }).click()
    await page.waitForURL('**/patterns?source=answers&q=-extra_data.http.status%3A500&show=fields')
    await expect.poll(() => values.allTextContents()).toEqual(['2003'])

    await page.goto(`${screens.url}/logs?source=answers&level=ERROR`)
    await page.getByRole('row', { name: /answered/ }).click()
    const panel = page.getByRole('complementary', { name: /^Line \d+/ })
    await panel.getByRole('treeitem', { name: /status/ }).click({ button: 'right' })
    await page.getByRole('menuitem', { name: 'Values of http.status in these lines' }).click()
    await page.waitForURL('**/patterns?level=ERROR&source=answers&show=fields&field=http.status')
    await expect.poll(() => values.allTextContents()).toEqual(['500all errors1'])
    await values.first().getByRole('link').click()
    await page.waitForURL('**/logs?level=ERROR&source=answers&q=extra_data.http.status%3A500')
    await page.getByRole('row', { name: /answered/ }).waitFor()
  })

  test('say at the search what is not understood, and when there is nothing', {
    tags: ['long'],
  }, async () => {
    const page = await open('/patterns?q=level%3Aloud')
    await page
      .getByText(/level .*loud/i)
      .first()
      .waitFor()
    await page.goto(`${screens.url}/patterns?q=nothing-like-it`)
    await page.getByRole('heading', { name: 'No lines found' }).waitFor()
  })
})

test('the audit trail tells who changed what, narrowed by the address', async () => {
  await call('PUT', '/api/cameras/2', { name: 'Barn, west side' })
  const page = await open('/audit?action=camera.rename&entity=camera+2')
  const entry = page.getByRole('list', { name: 'Audit entries' }).getByRole('listitem')
  await entry.getByText('name: Barn → Barn, west side').waitFor()
  expect(await entry.count()).toBe(1)
  await entry.locator('summary').press('Enter')
  await entry.getByRole('cell', { name: 'Barn, west side' }).waitFor()
  await entry.getByRole('link', { name: 'All on camera 2' }).click()
  await page.waitForURL('**/audit?entity=camera+2')
  await expect.poll(() => entry.count()).toBeGreaterThan(1)
  await page.getByLabel('When').selectOption('between')
  await page.getByLabel(/^Until/).fill('2020-01-01T00:00')
  await page.getByRole('button', { name: 'Filter' }).click()
  await page.getByText('No entry matches these filters.').waitFor()
  await page.getByRole('button', { name: 'Verify' }).click()
  await page.getByText(/all as they were written/).waitFor()
  await page.goto(`${screens.url}/audit?action=link.redeemed`)
  await entry.getByText('Anonymous on user').first().waitFor()
  await entry.first().locator('summary').press('Enter')
  await page.getByRole('link', { name: 'All by anonymous' }).click()
  await page.waitForURL('**/audit?actor=nobody')
  await expect.poll(() => entry.count()).toBeGreaterThan(0)
})

test('the diagnostics look at the system, and send test lines through it', async () => {
  const page = await open('/diagnostics')
  await page.getByText(/of \d+ checks are OK/).waitFor()
  const checks = page.getByRole('list', { name: 'Checks' }).getByRole('listitem')
  const before = await checks.count()
  expect(await checks.filter({ hasText: /OK|Warning|Failure/ }).count()).toBe(before)
  await page.getByRole('button', { name: 'Send test lines' }).click()
  await page.getByRole('heading', { name: 'Results of the test lines' }).waitFor()
  expect(await checks.count()).toBeGreaterThan(before)
})

describe('every screen', () => {
  beforeAll(async () => {
    const charts = [{ title: 'By level', query: 'by=level' }]
    await call('POST', '/api/boards', { name: 'Levels', shared: true, charts })
    await call('PUT', '/api/settings', { retention_by_source: { api: 30 } })
  })

  test.each(SCREENS)('%s has no serious finding of axe in both themes and at 320 pixels', async (path) => {
    const page = await open(path)
    await page.getByRole('heading', { level: 1 }).waitFor()
    await expect.poll(() => page.locator('main .awaiting').count()).toBe(0)
    for (const colorScheme of ['light', 'dark'] as const) {
      await page.emulateMedia({ colorScheme })
      await expect.poll(() => seriousProblems(page)).toEqual([])
    }
    // As a desktop at 400 % zoom has.
    await page.setViewportSize({ width: 320, height: 640 })
    expect(await page.locator('html').evaluate(({ scrollWidth }) => scrollWidth)).toBe(320)
    await expect.poll(() => seriousProblems(page)).toEqual([])
  })

  test('is reached from every other, also where the navigation is a menu', { tags: ['long'] }, async () => {
    const page = await open('/cameras')
    const names = [
      'Logs',
      'Patterns',
      'Chart',
      'Boards',
      'Cameras',
      'Alerts',
      'Settings',
      'Access',
      'Audit',
      'Diagnostics',
    ]
    const nav = page.getByRole('navigation', { name: 'Main' })
    for (const name of names.toReversed()) {
      await nav.getByRole('link', { name }).click()
      await expect.poll(() => nav.getByRole('link', { name }).getAttribute('aria-current')).toBe('page')
    }
    await page.setViewportSize({ width: 390, height: 844 })
    await page.getByRole('button', { name: 'Screens, now Logs' }).press('Enter')
    await expect.poll(() => page.getByRole('menuitem').allTextContents()).toEqual(names)
    await page.getByRole('menuitem', { name: 'Audit' }).click()
    await page.getByRole('heading', { name: 'Audit' }).waitFor()
    await expect.poll(() => page.getByRole('menuitem').count()).toBe(0)
  })
})

test('a viewer finds no way to what only administrators may do', async () => {
  const { url: link } = await call('POST', '/api/users/link', { username: 'vic', cameras: [1] })
  const charts = [{ title: 'By camera', query: 'by=camera_id&kind=table' }]
  await call('POST', '/api/boards', { name: 'Of all', shared: true, charts })
  const own = await screens.browser.newContext()
  const page = await openPage(own)
  await page.goto(String(link))
  await page.getByLabel('Name').fill('vic')
  await page.getByLabel('Password').fill('correct horse battery')
  await page.keyboard.press('Enter')
  await page.waitForURL('**/logs*')
  await page.getByRole('button', { name: 'More', exact: true }).click()
  for (const name of [/^Delete matching lines/, /^Clear logs/]) {
    const item = page.getByRole('menuitem', { name })
    await item.waitFor()
    expect(await item.getAttribute('aria-disabled')).toBe('true')
  }
  await page.keyboard.press('Escape')
  const nav = page.getByRole('navigation', { name: 'Main' })
  await nav.getByRole('link', { name: 'Cameras' }).click()
  await page.getByRole('button', { name: 'All 1', exact: true }).waitFor()
  expect(await nav.getByRole('link').allTextContents()).toEqual([
    'Logs',
    'Patterns',
    'Chart',
    'Boards',
    'Cameras',
    'Alerts',
    'Access',
  ])
  expect(await page.getByRole('button', { name: /Rename|Delete|Add/ }).count()).toBe(0)
  await nav.getByRole('link', { name: 'Chart' }).click()
  await page.getByLabel('By', { exact: true }).fill('camera_id')
  await page.getByLabel('By', { exact: true }).press('Enter')
  await page.waitForURL('**/chart?by=camera_id')
  await page
    .getByRole('cell', { name: /^[1-9]/ })
    .first()
    .waitFor({ state: 'attached' })
  expect(await page.locator('body').textContent()).not.toContain('Barn')
  await nav.getByRole('link', { name: 'Boards' }).click()
  await page.getByRole('link', { name: /^Of all 1 chart shared by/ }).click()
  await page
    .getByRole('cell', { name: /^[1-9]/ })
    .first()
    .waitFor()
  expect(await page.locator('body').textContent()).not.toContain('Barn')
  expect(await page.getByRole('button', { name: 'Edit' }).count()).toBe(0)
  await page.goto(`${new URL(page.url()).origin}/settings`)
  await page.getByText('Settings: administrators only').waitFor()
  expect(await page.getByRole('button', { name: 'Save' }).count()).toBe(0)
})

test('of many cameras the first are shown, in the order of their numbers, and any is found', {
  tags: ['long'],
}, async () => {
  await call('PUT', '/api/cameras/2', { name: 'Barn' })
  const many = Array.from({ length: 130 }, (_, index) => ({ message: 'here', camera_id: 20 + index }))
  await call('POST', '/api/logs', many)
  const page = await open('/cameras')
  const cameras = page.getByRole('list', { name: 'Cameras' }).getByRole('listitem')
  await page.getByText('100 of 132 cameras are shown').waitFor()
  const names = await cameras.getByRole('heading').allTextContents()
  expect(names.slice(0, 3).map((name) => name.replace(/id.*/, '').trim())).toEqual([
    ...['Barn', 'Camera 20', 'Camera 21'],
  ])
  // The mark is drawn: a machine may have no font with emoji.
  await cameras.first().getByRole('heading').getByRole('img', { name: 'Camera' }).locator('svg').waitFor()
  expect(names.join()).toMatch(/Camera 99.*Camera 100.*Camera 117/)
  await page.getByRole('button', { name: 'Show 32 more' }).click()
  await expect.poll(() => cameras.count()).toBe(132)
  await page.getByRole('textbox', { name: 'Find a camera' }).fill('camera 99')
  await expect.poll(() => cameras.count()).toBe(1)
  await page.getByRole('textbox', { name: 'Find a camera' }).fill('attic')
  await page.getByText('No camera named “attic” exists.').waitFor()
})

describe('the lines of two servers on one database', () => {
  test('are announced and tinted as they arrive, also those with the lower ids', {
    tags: ['long'],
  }, async () => {
    const database = await openDatabase({
      connection: findRunningPostgres(join(screens.folder, 'data')) ?? {},
      maxConnections: 2,
      applicationName: 'second-server',
    })
    const second = new LogOperations({ pool: database.pool, settings: new SettingsStore(database.pool) })
    try {
      await call('POST', '/api/logs', { message: 'before both', source: 'two' })
      await second.addLogEntries([normaliseRecord({ message: 'first of the second', source: 'two' })])
      const page = await open('/logs?source=two')
      const row = (text: string) => page.getByRole('row').filter({ hasText: text })
      await row('first of the second').waitFor()
      await page.locator('button[aria-busy="false"][aria-label^="Live"]').waitFor()
      // A little ahead, so that however slow the machine is the line is still new.
      const timestamp = new Date(Date.now() + MINUTE).toISOString()
      await call('POST', '/api/logs', { message: 'second of the first', source: 'two', timestamp })
      await row('second of the first').locator('.arriving').waitFor()
      await page
        .getByRole('status', { name: 'Arriving lines' })
        .filter({ hasText: 'second of the first' })
        .waitFor({ state: 'attached' })
      const { rows } = await database.pool.query(
        `select message from logs where source = 'two' order by id desc limit 1`,
      )
      expect(rows[0].message).toBe('first of the second')
    } finally {
      await second.close()
      await database.close()
    }
  })
})

test('the lines of the server itself are left out by one click, and are back by another', async () => {
  await call('POST', '/api/logs', { message: 'Started by a user', source: 'api' })
  const page = await open('/logs?source=system&source=api&q=started')
  const row = (text: string) => page.getByRole('row').filter({ hasText: text })
  await row('Started on http').waitFor()
  const button = page.getByRole('button', { name: "Hide the server's own lines" })
  await button.click()
  await expect.poll(() => row('Started on http').count()).toBe(0)
  await row('Started by a user').waitFor()
  expect(await button.getAttribute('aria-pressed')).toBe('true')
  await button.click()
  await row('Started on http').waitFor()
})
