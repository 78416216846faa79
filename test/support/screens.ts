import { readFileSync, rmSync } from 'node:fs'
import { join } from 'node:path'
import type { Browser, Page } from 'playwright-core'
import { expect } from 'vitest'
import { closeContexts, openBrowser, openPage, PATIENCE_MS } from './browser.ts'
import { comeIn } from './come-in.ts'
import { launchProgram, makeFolder } from './program.ts'

const MINUTE = 60_000
const HOUR = 60 * MINUTE

/** A started program with two cameras and a day of their lines, and a browser that is signed in to it. */
export type Screens = {
  folder: string
  url: string
  browser: Browser
  /** Calls the API as the administrator; as an import unless told otherwise. */
  call: (method: string, path: string, body?: unknown, isImport?: boolean) => Promise<Record<string, never>>
  open: (path: string, size?: { width: number; height: number }) => Promise<Page>
  close: () => Promise<void>
}

export async function startScreens(name: string): Promise<Screens> {
  const folder = makeFolder(name)
  const program = launchProgram({ env: { DATA_DIR: join(folder, 'data') } })
  let browser: Browser | undefined
  const close = async () => {
    await closeContexts(browser)
    program.kill('SIGTERM')
    await program.ended
    rmSync(folder, { recursive: true, force: true })
  }
  try {
    const call = callsTo(await program.ready, folder)
    browser = await openBrowser()
    // Colours that are still changing would be taken for too little contrast.
    const context = await browser.newContext({ reducedMotion: 'reduce' })
    context.setDefaultTimeout(PATIENCE_MS)
    await call('POST', '/api/cameras', { id: 1, name: 'Front door' })
    await call('POST', '/api/cameras', { id: 2, name: 'Barn' })
    await call('POST', '/api/logs', linesOfADay())
    const url = await comeIn(context, program)
    const open: Screens['open'] = async (path, size = { width: 1280, height: 900 }) => {
      const page = await openPage(context)
      await page.setViewportSize(size)
      await page.goto(`${url}${path}`)
      return page
    }
    return { folder, url, browser, call, open, close }
  } catch (error) {
    await close()
    throw error
  }
}

function callsTo(url: string, folder: string): Screens['call'] {
  return async (method, path, body, isImport = true) => {
    const key = readFileSync(join(folder, 'data/admin-api-key'), 'utf8').trim()
    const reply = await fetch(`${url}${path}`, {
      method,
      headers: {
        'content-type': 'application/json',
        authorization: `Bearer ${key}`,
        ...(isImport && { 'x-import': 'true' }),
      },
      ...(body !== undefined && { body: JSON.stringify(body) }),
    })
    expect(reply.status).toBeLessThan(300)
    return ((await reply.json()) as { data: Record<string, never> }).data
  }
}

/** A line a minute over a day; the barn's has been missing for three hours, and was for two in the night. */
function linesOfADay() {
  const now = Date.now()
  const lines = []
  for (let ago = MINUTE; ago < 24 * HOUR; ago += MINUTE) {
    const timestamp = new Date(now - ago).toISOString()
    lines.push({ timestamp, level: 'INFO', message: 'frame captured', source: 'camera_1', camera_id: 1 })
    if (ago < 3 * HOUR || (ago > 8 * HOUR && ago < 10 * HOUR)) continue
    const isError = Math.floor(ago / HOUR) === 5
    const message = isError ? 'RTSP timeout after 30 s' : 'frame captured'
    lines.push({ timestamp, level: isError ? 'ERROR' : 'INFO', message, source: 'camera_2', camera_id: 2 })
  }
  return lines
}
