// The screen of the alerts, in a browser against a started program.
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { isFocused } from '../support/browser.ts'
import { type Screens, startScreens } from '../support/screens.ts'

let screens: Screens

beforeAll(async () => {
  screens = await startScreens('alerts-page')
})

afterAll(() => screens?.close())

const open: Screens['open'] = (...page) => screens.open(...page)
const call: Screens['call'] = (...request) => screens.call(...request)

describe('the alerts', () => {
  test('begin with ready rules, show when these would have fired, what fires, and what is held back', async () => {
    const page = await open('/alerts')
    await page.getByRole('button', { name: 'Use this: Worker stopped' }).waitFor()
    await page.getByRole('button', { name: 'Use this: Error rate' }).click()
    const form = page.getByRole('form', { name: 'New rule' })
    await form.getByText('It would not have fired in the last 7 days.').waitFor()
    // The barn had an error a minute for an hour; other tests write other errors.
    await form.getByLabel('Search').fill('RTSP')
    await form.getByLabel('Lines', { exact: true }).fill('3')
    await form.getByText('It would have fired once in the last 7 days.').waitFor()
    await form.getByRole('button', { name: 'Save rule' }).click()
    const rule = page.getByRole('list', { name: 'Alert rules' }).getByRole('listitem').first()
    await rule.getByText('normal').waitFor()
    const line = { level: 'ERROR', message: 'RTSP timeout', source: 'camera_2', camera_id: 2 }
    await call(
      'POST',
      '/api/logs',
      Array.from({ length: 5 }, () => line),
      false,
    )
    await expect
      .poll(async () => {
        await page.reload()
        await rule.waitFor()
        return page.getByRole('link', { name: 'Alerts: 1 firing' }).count()
      })
      .toBe(1)
    await rule.getByText(/^firing for/).waitFor()
    await page.getByRole('list', { name: 'History' }).getByText('5 lines in the 5 minutes').waitFor()
    await rule.getByRole('button', { name: 'Silence Error rate' }).click()
    await rule.getByLabel('Reason').fill('works on the barn')
    await rule.getByRole('button', { name: 'Silence', exact: true }).click()
    await page.getByText('works on the barn').waitFor()
    await page.getByRole('button', { name: 'End the silence of Error rate' }).click()
    await page.getByRole('button', { name: 'Confirm: End the silence of Error rate' }).click()
    await page.getByText('No notice is held back.').waitFor()
    await rule.getByRole('link', { name: 'Lines' }).click()
    await page.waitForURL('**/logs?min_level=ERROR&q=RTSP&from=*')
    await page.getByRole('link', { name: /^Alert Error rate: fires/ }).click()
    await page.waitForURL('**/alerts?rule=*')
    await isFocused(page, rule)
    await rule.getByRole('button', { name: 'Delete Error rate' }).click()
    await rule.getByRole('button', { name: 'Confirm: Delete Error rate' }).click()
    await page.getByRole('button', { name: 'Use this: Error rate' }).waitFor()
  })

  test('are made of what the list shows', { tags: ['long'] }, async () => {
    const page = await open('/logs?source=camera_2&camera_id=2&q=timeout')
    await page.getByRole('button', { name: 'More', exact: true }).click()
    await page.getByRole('menuitem', { name: 'Alert on this' }).click()
    const form = page.getByRole('form', { name: 'New rule' })
    await form.getByText('And: camera Barn').waitFor()
    expect(await form.getByLabel('Source').inputValue()).toBe('camera_2')
    expect(await form.getByLabel('Search').inputValue()).toBe('timeout')
    await form.getByLabel('Condition').selectOption('any')
    await form.getByText(/It would have fired/).waitFor()
    await page.goto(`${screens.url}/patterns?min_level=ERROR`)
    await page.getByRole('link', { name: 'Alert on RTSP timeout after' }).click()
    expect(await form.getByLabel('Search').inputValue()).toBe('message:"RTSP timeout after"')
    await page.goto(`${screens.url}/cameras`)
    await page.getByRole('link', { name: 'Alert on Barn' }).click()
    await form.getByText('And: camera Barn').waitFor()
    await form.getByLabel('Name').fill('By day')
    await form.getByText('Only within active hours').click()
    await form.getByLabel('Day').selectOption('sun')
    await form.getByText('Latitude goes from -90 to 90').waitFor()
    await form.getByLabel('Latitude').fill('52.52')
    await form.getByLabel('Longitude').fill('13.4')
    await form.getByText(/It would (not )?have fired/).waitFor()
    await form.getByLabel('Hold notices back in quiet hours').check()
    const quiet = form.getByRole('group', { name: 'Quiet hours' })
    await quiet.getByLabel('To', { exact: true }).fill('05:30')
    for (const day of ['Sat', 'Sun']) await quiet.getByLabel(day, { exact: true }).uncheck()
    await form.getByRole('button', { name: 'Save rule' }).click()
    const rule = page.getByRole('list', { name: 'Alert rules' }).getByRole('listitem').first()
    await rule
      .getByText(/active from sunrise to sunset .*, quiet from 22:00 to 05:30 on Mon, Tue, Wed, Thu, Fri /)
      .waitFor()
    await rule.getByRole('button', { name: 'Delete By day' }).click()
    await rule.getByRole('button', { name: 'Confirm: Delete By day' }).click()
    await rule.waitFor({ state: 'detached' })
  })

  test('are told by channels that administrators add and try', { tags: ['long'] }, async () => {
    const page = await open('/alerts')
    await page.getByRole('button', { name: 'Add channel' }).click()
    const form = page.getByRole('form', { name: 'New channel' })
    await form.getByLabel('Channel name').fill('ops')
    await form.getByLabel('Kind').selectOption('json')
    await form.getByLabel('Address').fill('http://169.254.169.254/latest')
    await form.getByRole('button', { name: 'Save channel' }).click()
    await page.getByRole('button', { name: 'Send a test to ops' }).click()
    await page.getByText('169.254.169.254 is an address of this machine or its link').waitFor()
    const digest = page.getByRole('region', { name: 'Daily digest' })
    await digest.getByRole('button', { name: 'Show the last 24 hours' }).click()
    await digest.getByText('New kinds of message at WARNING and above').waitFor()
    await digest.getByRole('button', { name: 'Send daily' }).click()
    await digest.getByLabel('Time', { exact: true }).fill('06:30')
    await digest.getByLabel('ops').check()
    await digest.getByRole('button', { name: 'Save' }).click()
    await digest.getByText(/^At 06:30 \(.+\) to ops/).waitFor()
    await page.getByRole('button', { name: 'Delete ops' }).click()
    await page.getByRole('button', { name: 'Confirm: Delete ops' }).click()
    await page.getByText('The daily digest of ada goes to this channel').waitFor()
    await digest.getByRole('button', { name: 'Switch off' }).click()
    await digest.getByRole('button', { name: 'Send daily' }).waitFor()
    await page.getByRole('button', { name: 'Delete ops' }).click()
    await page.getByRole('button', { name: 'Confirm: Delete ops' }).click()
    await page.getByText('No channels yet').waitFor()
  })
})
