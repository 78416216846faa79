// The settings screen, in one browser against one started program.
import pg from 'pg'
import type { Page } from 'playwright-core'
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { findRunningPostgres } from '../../server/src/store/cluster/embedded-postgres.ts'
import { SETTING_NAMES } from '../../server/src/store/settings/settings-schema.ts'
import { SETTING_NOTES } from '../../web/src/settings/setting-notes.ts'
import { seriousProblems } from '../support/axe.ts'
import { openPage } from '../support/browser.ts'
import { hostPage, type PageHost } from '../support/page-host.ts'

const HOUR = 3_600_000

let host: PageHost

async function open(path: string, size = { width: 1280, height: 900 }): Promise<Page> {
  const page = await openPage(host.context)
  // Colours that are still changing would be taken for too little contrast.
  await page.emulateMedia({ reducedMotion: 'reduce' })
  await page.setViewportSize(size)
  await page.goto(`${host.url}${path}`)
  return page
}

async function call(method: string, path: string, body?: unknown) {
  const reply = await host.call(method, path, body, { 'x-import': 'true' })
  expect(reply.status).toBeLessThan(300)
  return ((await reply.json()) as { data: Record<string, never> }).data
}

beforeAll(async () => {
  host = await hostPage('settings')
  await call('POST', '/api/cameras', { id: 2, name: 'Barn' })
})

afterAll(() => host.close())

describe('the settings', () => {
  test('give a camera a level for a while, count it down, and take it back', async () => {
    const page = await open('/settings')
    const form = page.getByRole('form', { name: 'Add an override' })
    await form.getByRole('combobox', { name: 'Camera', exact: true }).selectOption({ label: 'Barn (id 2)' })
    await form.getByRole('combobox', { name: 'For', exact: true }).selectOption('15 minutes')
    await form.getByLabel('Maximum lines per minute').fill('50')
    await form.getByLabel('Reason').fill('looking into the timeouts')
    await form.getByRole('button', { name: 'Add override' }).click()
    const item = page.getByRole('list', { name: 'Overrides' }).getByRole('listitem')
    await item.getByText(/14:\d\d/).waitFor()
    expect(await item.textContent()).toContain('at most 50 lines per minute')
    expect(await item.textContent()).toContain('By ada: looking into the timeouts')
    const before = await item.locator('time').textContent()
    await expect.poll(() => item.locator('time').textContent()).not.toBe(before)
    await item.getByRole('button', { name: /Remove the override/ }).click()
    await page.getByText('None. The level above applies to all lines.').waitFor()
  })

  test('keep a change, and tell at its field what is refused', async () => {
    const page = await open('/settings')
    const days = page.getByLabel('Days to keep')
    await days.fill('40000')
    const form = page.locator('form').filter({ has: days })
    await form.getByRole('button', { name: 'Save' }).click()
    await form.getByRole('alert').filter({ hasText: 'retention_days must be a whole number' }).waitFor()
    expect(await days.getAttribute('aria-invalid')).toBe('true')
    await days.fill('20')
    await form.getByLabel('Debug').fill('2')
    await form.getByLabel('Source of a new rule').fill('api')
    await page.keyboard.press('Enter')
    await form.getByRole('spinbutton', { name: 'Maximum size' }).fill('1.5')
    await form.getByRole('button', { name: 'Save' }).click()
    await page.getByText('Settings saved').waitFor()
    const { settings } = await call('GET', '/api/settings')
    expect(settings).toMatchObject({
      ...{ retention_days: 20, retention_by_level: { DEBUG: 2 }, retention_by_source: { api: 30 } },
      retention_max_bytes: 1.5 * 1024 ** 3,
    })
    await page.reload()
    await expect.poll(() => page.getByRole('spinbutton', { name: 'Maximum size' }).inputValue()).toBe('1536')
  })

  test('tell what retention would delete before it does', { tags: ['long'] }, async () => {
    await call('PUT', '/api/settings', { retention_days: 20 })
    const old = new Date(Date.now() - 25 * 24 * HOUR).toISOString()
    await call('POST', '/api/logs', [{ timestamp: old, level: 'INFO', message: 'old', source: 'worker' }])
    const page = await open('/settings')
    await page.getByText(/rows? kept in/).waitFor()
    await page.getByRole('button', { name: 'What would be deleted now?' }).click()
    await page.getByText('Retention would remove 1 log entries.').waitFor()
    expect(await page.getByRole('region', { name: 'Lines to delete' }).textContent()).toContain('too old')
    // Other rules are tried before they are saved.
    await page.getByLabel('Days to keep').fill('26')
    await page.getByText('Retention would remove').waitFor({ state: 'detached' })
    await page.getByRole('button', { name: 'What would these rules delete?' }).click()
    await page.getByText('Retention would remove 0 log entries.').waitFor()
    expect((await call('GET', '/api/settings')).settings).toMatchObject({ retention_days: 20 })
  })

  test('have a field each, which says its unit, its bounds and its default', { tags: ['long'] }, async () => {
    const page = await open('/settings')
    await page.getByLabel('Days to keep').waitFor()
    const notes = page.locator('[data-setting]')
    const said = await notes.evaluateAll((found) =>
      found
        .filter((note) => note.checkVisibility())
        .map((note) => [note.getAttribute('data-setting'), note.textContent]),
    )
    expect(said.map(([name]) => name).toSorted()).toEqual(SETTING_NAMES.toSorted())
    expect(Object.fromEntries(said)).toEqual(SETTING_NOTES)
  })

  test('mask what is stored already: searched first, then after a typed word', {
    tags: ['long'],
  }, async () => {
    const lines = [1, 2, 3].map((badge) => ({
      level: 'INFO',
      source: 'doors',
      message: `opened by BADGE-${badge}`,
    }))
    await call('POST', '/api/logs', lines)
    const page = await open('/settings')
    const form = page.getByRole('form', { name: 'Mask stored lines' })
    const pattern = form.getByLabel('Text to mask in stored lines')
    await pattern.fill('badge-(')
    await form.getByRole('button', { name: 'Search' }).click()
    await form
      .getByRole('alert')
      .getByText(/not a regular expression/)
      .waitFor()
    // Somebody else has been reading the lines, one of them in the panel.
    const reader = await open('/logs?source=doors&range=24h')
    const list = reader.getByRole('grid')
    await list.getByText('opened by BADGE-3').click()
    const panel = reader.getByRole('complementary', { name: /^Line \d+/ })
    await panel.getByText('opened by BADGE-3').first().waitFor()
    await pattern.fill('badge-\\d')
    await form.getByRole('button', { name: 'Search' }).click()
    await form.getByText(/^3 lines of [\d,]+ would be masked$/).waitFor()
    await form.getByRole('list').getByText('opened by BADGE-3').waitFor()
    await form.getByRole('list').getByText('opened by ***').first().waitFor()
    const found = async () => {
      const { pagination } = await call('GET', '/api/logs?search=BADGE-')
      return (pagination as { total_items: number } | undefined)?.total_items
    }
    expect(await found()).toBe(3)
    const mask = form.getByRole('button', { name: 'Mask 3 lines' })
    expect(await mask.isDisabled()).toBe(true)
    await form.getByLabel(/^Type “mask”/).fill('mask')
    await mask.click()
    await form.getByText(/^3 lines of [\d,]+ masked$/).waitFor()
    expect(await found()).toBe(0)
    expect(await mask.count()).toBe(0)
    await expect.poll(() => reader.getByText('BADGE-').count()).toBe(0)
    await expect.poll(() => list.getByText('opened by ***').count()).toBe(3)
    await panel.getByText('opened by ***').first().waitFor()
    // A later visit, or another browser, shows the result.
    await page.reload()
    await form.getByText(/^3 lines of [\d,]+ masked$/).waitFor()
    await form.getByText(/^Started by \S+/).waitFor()
    await page.goto(`${host.url}/audit?action=logs.scrub`)
    const entries = page.getByRole('list', { name: 'Audit entries' }).getByRole('listitem')
    await expect.poll(() => entries.count()).toBe(2)
  })

  test('masking under way tells how far it is and is stopped', { tags: ['long'] }, async () => {
    await call('POST', '/api/logs', [{ level: 'INFO', source: 'doors', message: 'opened by GUEST-1' }])
    // Other deletes or rewrites keep it waiting, so that it runs for as long as this test watches it.
    const other = new pg.Client(findRunningPostgres(host.dataDir))
    await other.connect()
    await other.query('select pg_advisory_lock(7469004)')
    const page = await open('/settings')
    const form = page.getByRole('form', { name: 'Mask stored lines' })
    await form.getByLabel('Text to mask in stored lines').fill('guest-\\d')
    await form.getByRole('button', { name: 'Search' }).click()
    await form.getByLabel(/^Type “mask”/).fill('mask')
    await form.getByRole('button', { name: 'Mask 1 line', exact: true }).click()
    await form.getByText(/lines of [\d,]+ masked so far …$/).waitFor()
    await page.reload()
    await form.getByRole('progressbar', { name: 'Lines searched' }).waitFor()
    await form.getByRole('button', { name: 'Stop masking' }).click()
    await form.getByText('Stopped. Masked lines stay masked. Start again to mask the rest.').waitFor()
    expect(await form.getByRole('progressbar').count()).toBe(0)
    const { run } = await call('GET', '/api/logs/scrub/run')
    expect(run).toMatchObject({ outcome: 'stopped', matched_rows: 0 })
    await other.end()
  })

  test('try a pattern of redaction before it is saved', { tags: ['long'] }, async () => {
    const page = await open('/settings')
    await page.getByLabel('Try it with a message').fill('badge employee-123456, password=hunter2')
    await page.getByText('badge employee-123456, password=***').waitFor()
    await page.getByLabel('A new pattern').fill('employee-\\d{6}')
    await page.getByText('badge ***, password=***').waitFor()
    await page.getByLabel('A new pattern').fill('employee-(')
    await page.getByText(/not a regular expression/).waitFor()
    await page.getByLabel('A new pattern').press('Enter')
    const section = page.getByRole('region', { name: 'Redaction' })
    await section.getByRole('button', { name: 'Save' }).click()
    await section.getByRole('alert').waitFor()
    expect((await call('GET', '/api/settings')).settings).toMatchObject({ redaction: [] })
  })

  test('write a parse rule beside the lines that it is for, and put it in force', {
    tags: ['long'],
  }, async () => {
    await call('POST', '/api/logs', [
      { message: 'user=anna took=12', source: 'parsed', level: 'ERROR' },
      { message: 'user=probe took=1', source: 'parsed', level: 'ERROR' },
    ])
    const page = await open('/settings#parsing', { width: 390, height: 844 })
    const section = page.getByRole('region', { name: 'Parsing' })
    await section.getByText('No rules.').waitFor()
    await section.getByRole('button', { name: 'Add rule' }).click()
    await section.getByRole('textbox', { name: 'Name', exact: true }).fill('pairs')
    await section.getByRole('textbox', { name: /^Sources/ }).fill('pars*')
    await section.getByRole('combobox', { name: 'Read' }).selectOption('logfmt')
    const lines = section.getByRole('list', { name: 'Lines before and after' })
    await lines.getByText('anna', { exact: true }).waitFor()
    await section.getByRole('button', { name: 'Add action' }).click()
    await section.getByRole('combobox', { name: 'Do', exact: true }).selectOption('drop')
    await section.getByRole('checkbox', { name: 'Only when' }).check()
    await section.getByText('Complete the condition of action 1.').waitFor()
    await section.getByLabel('Field of the condition').fill('user')
    await section.getByLabel(/^Values of the condition/).fill('probe')
    await lines.getByText('dropped', { exact: true }).waitFor()
    await section.getByRole('button', { name: 'Try it on the last hour' }).click()
    await section.getByText('Of 2 stored lines, 1 would change and 1 would be dropped.').waitFor()
    expect(await seriousProblems(page)).toEqual([])
    await section.getByRole('button', { name: 'Save rule' }).click()
    await section.getByRole('button', { name: 'Edit pairs' }).waitFor()
    expect((await call('GET', '/api/parse-rules')).rules).toMatchObject([
      {
        rule: {
          ...{ name: 'pairs', sources: ['pars*'], parse: { as: 'logfmt' } },
          actions: [{ do: 'drop', when: { field: 'user', equals: ['probe'] } }],
        },
      },
    ])
    await section.getByRole('button', { name: 'Remove pairs' }).click()
    await section.getByRole('button', { name: 'Confirm: Remove pairs' }).click()
    await section.getByText('No rules.').waitFor()
  })
})
