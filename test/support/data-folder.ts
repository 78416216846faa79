import { readFileSync } from 'node:fs'
import { join } from 'node:path'
import { expect } from 'vitest'

/** Stores one line, as the administrator whose key lies in the data folder. */
export async function write(url: string, dataDir: string, message: string): Promise<void> {
  const response = await fetch(`${url}/api/logs`, {
    method: 'POST',
    headers: { 'content-type': 'application/json', ...keyOf(dataDir) },
    body: JSON.stringify({ level: 'INFO', message, source: 'test' }),
  })
  expect(response.status, await response.text()).toBeLessThan(300)
}

/** The messages of a source, newest first. */
export async function messages(url: string, dataDir: string, source = 'test'): Promise<string[]> {
  const response = await fetch(`${url}/api/logs?source=${source}`, { headers: keyOf(dataDir) })
  expect(response.status, await response.clone().text()).toBe(200)
  const body = (await response.json()) as { data: { logs: { message: string }[] } }
  return body.data.logs.map(({ message }) => message)
}

function keyOf(dataDir: string): Record<string, string> {
  return { 'x-api-key': readFileSync(join(dataDir, 'admin-api-key'), 'utf8').trim() }
}
