// A camera falls silent, as people live through it: from the rule to the recovery, in one browser against one started program.
import { readFileSync, rmSync } from 'node:fs'
import { join } from 'node:path'
import { afterAll, beforeAll, expect, test } from 'vitest'
import { startReceiver } from '../../server/test/support/notice-receiver.ts'
import { closeContexts, openBrowser, openPage, PATIENCE_MS } from '../support/browser.ts'
import { comeIn } from '../support/come-in.ts'
import { freePort } from '../support/free-port.ts'
import { launchProgram, makeFolder, type Program } from '../support/program.ts'

/** Silence is told after a minute. */
const SILENT_MS = 120_000

let folder: string
let program: Program
let receiver: Awaited<ReturnType<typeof startReceiver>>
let browser: Awaited<ReturnType<typeof openBrowser>>

beforeAll(async () => {
  folder = makeFolder('silent-camera')
  const port = await freePort()
  receiver = await startReceiver()
  program = launchProgram({
    env: {
      ...{ DATA_DIR: join(folder, 'data'), PORT: String(port), PUBLIC_URL: `http://localhost:${port}` },
      ALERTS_ALLOW_LOCAL: 'true',
    },
  })
  await program.ready
  browser = await openBrowser()
})
afterAll(async () => {
  await closeContexts(browser)
  program?.kill('SIGTERM')
  await program?.ended
  await receiver?.close()
  rmSync(folder, { recursive: true, force: true })
})

test('a camera that is silent in its active hours is told, looked into, and told again when it is back', {
  timeout: 300_000,
}, async () => {
  const context = await browser.newContext({ reducedMotion: 'reduce' })
  context.setDefaultTimeout(PATIENCE_MS)
  const url = await comeIn(context, program)
  const key = readFileSync(join(folder, 'data/admin-api-key'), 'utf8').trim()
  const call = async (method: string, path: string, body?: unknown) => {
    const reply = await fetch(`${url}${path}`, {
      method,
      headers: { 'content-type': 'application/json', authorization: `Bearer ${key}` },
      ...(body !== undefined && { body: JSON.stringify(body) }),
    })
    expect(reply.status).toBeLessThan(300)
    // biome-ignore lint/suspicious/noExplicitAny: a test looks into whatever JSON came
    return ((await reply.json()) as { data: any }).data
  }
  const log = (line: object) =>
    call('POST', '/api/logs', { level: 'INFO', message: 'frame captured', ...line })
  for (const name of ['Garden', 'Barn']) await call('POST', '/api/cameras', { name })
  const { cameras } = await call('GET', '/api/cameras')
  const [garden, barn] = ['Garden', 'Barn'].map(
    (name) => cameras.find((camera: { name: string }) => camera.name === name).id,
  )

  const page = await openPage(context)
  await page.goto(`${url}/alerts`)
  await page.getByRole('button', { name: 'Add channel' }).click()
  const channel = page.getByRole('form', { name: 'New channel' })
  await channel.getByLabel('Channel name').fill('phone')
  await channel.getByLabel('Kind').selectOption('json')
  await channel.getByLabel('Address').fill(receiver.url)
  await channel.getByRole('button', { name: 'Save channel' }).click()
  await page.getByRole('button', { name: 'Use this: Camera offline' }).click()
  const form = page.getByRole('form', { name: 'New rule' })
  await form.getByLabel('Minutes', { exact: true }).fill('1')
  const hour = (offset: number) => new Date(Date.now() + offset * 3_600_000).toISOString().slice(11, 16)
  const hours = form.getByLabel('Only within active hours')
  await hours.check()
  await form.getByLabel('Time zone').fill('UTC')
  await form.getByLabel('From', { exact: true }).fill(hour(-3))
  await form.getByLabel('To', { exact: true }).fill(hour(3))
  await form.getByLabel('phone').check()
  await form.getByLabel('When a group fires, store more of its lines').check()
  await form.getByRole('button', { name: 'Save rule' }).click()
  const rule = page.getByRole('list', { name: 'Alert rules' }).getByRole('listitem').first()
  await rule.getByText('Camera offline').waitFor()
  // A camera is waited for from its second batch on; the barn goes on all the while.
  for (const message of ['frame captured', 'lens is fogged']) {
    await log({ camera_id: garden, source: 'garden', message })
    await log({ camera_id: barn, source: 'barn', message: 'barn is well' })
  }
  const beating = setInterval(
    () => void log({ camera_id: barn, source: 'barn', message: 'barn is well' }),
    5000,
  )
  const notices = (kind: string) => receiver.received.filter(({ body }) => body?.kind === kind)
  try {
    await expect.poll(() => notices('firing').length, { timeout: SILENT_MS }).toBe(1)
    const [notice] = notices('firing')
    expect(notice?.body).toMatchObject({
      title: '[FIRING] Camera offline: Garden',
      groups: [{ label: 'Garden' }],
    })

    await page.goto(notice?.body.link)
    const list = page.getByRole('main')
    await list.getByText('lens is fogged').first().waitFor()
    expect(await list.getByText('barn is well').count()).toBe(0)
    await expect
      .poll(async () => (await call('GET', '/api/levels')).overrides)
      .toMatchObject([{ scope: 'camera', target: String(garden), level: 'DEBUG' }])
    await page.goto(`${url}/alerts`)
    await rule.getByText('Garden').waitFor()
    await rule.getByText(/^firing for/).waitFor()

    // Below the level in force everywhere else: stored as evidence, and a sign of life.
    await log({ camera_id: garden, source: 'garden', level: 'DEBUG', message: 'DHCP lease renewed' })
    await expect.poll(() => notices('resolved').length, { timeout: SILENT_MS }).toBe(1)
    expect(notices('resolved')[0]?.body.dedup_key).toBe(notice?.body.dedup_key)
    await page.goto(`${url}/logs?q=DHCP`)
    await list.getByText('DHCP lease renewed').first().waitFor()
    // One mark where the two have no room beside each other.
    await page.getByRole('link', { name: /Alert Camera offline, Garden: is over/ }).click()
    await page.waitForURL('**/alerts?rule=*')
    await page.getByRole('list', { name: 'History' }).getByText('is over').waitFor()
    expect(notices('firing')).toHaveLength(1)
  } finally {
    clearInterval(beating)
  }
})
