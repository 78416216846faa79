// The page below a path of a host that has other things at its root, as a proxy puts it there.
import { createServer, request, type Server } from 'node:http'
import { type AddressInfo, connect } from 'node:net'
import { afterAll, beforeAll, expect, test } from 'vitest'
import { openPage } from '../support/browser.ts'
import { freePort } from '../support/free-port.ts'
import { hostPage, type PageHost } from '../support/page-host.ts'

const BASE = '/tools/logs'

let host: PageHost
let proxy: Server
/** Requests outside the path, where nothing of ours is. */
const strays: string[] = []
let url: string

beforeAll(async () => {
  const port = await freePort()
  proxy = createServer((incoming, outgoing) => {
    if (!incoming.url?.startsWith(`${BASE}/`)) {
      strays.push(incoming.url ?? '')
      outgoing.writeHead(404).end()
      return
    }
    const { method, headers, url: path } = incoming
    const passed = request({ port, method, headers, path }, (reply) => {
      outgoing.writeHead(reply.statusCode ?? 502, reply.headers)
      reply.pipe(outgoing)
    })
    outgoing.on('close', () => passed.destroy())
    passed.on('error', () => outgoing.destroy())
    incoming.pipe(passed)
  })
  proxy.on('upgrade', (incoming, socket) => {
    const passed = connect(port, '127.0.0.1', () => {
      const headers = incoming.rawHeaders.flatMap((text, index) =>
        index % 2 ? [] : [`${text}: ${incoming.rawHeaders[index + 1]}`],
      )
      passed.write(`GET ${incoming.url} HTTP/1.1\r\n${headers.join('\r\n')}\r\n\r\n`)
      socket.pipe(passed).pipe(socket)
    })
    passed.on('error', () => socket.destroy())
    socket.on('error', () => passed.destroy())
  })
  await new Promise<void>((resolve) => void proxy.listen(0, '127.0.0.1', resolve))
  url = `http://127.0.0.1:${(proxy.address() as AddressInfo).port}${BASE}`
  host = await hostPage('sub-path', { PUBLIC_URL: `${url}/`, PORT: `${port}` })
})

afterAll(async () => {
  await host?.close()
  proxy?.closeAllConnections()
  proxy?.close()
})

test('the link of the first start leads below the path, and lines arrive there by a WebSocket', async () => {
  expect(host.url).toBe(new URL(url).origin)
  const page = await openPage(host.context)
  const sockets: string[] = []
  page.on('websocket', (socket) => sockets.push(new URL(socket.url()).pathname))
  await page.goto(`${url}/`)
  await page.waitForURL(`${url}/logs`)
  await page.getByRole('button', { name: /^Live\./ }).waitFor()
  const body = JSON.stringify({ level: 'ERROR', message: 'fell over below a path', source: 'barn' })
  expect((await host.call('POST', `${BASE}/api/logs`, JSON.parse(body))).status).toBe(200)
  await page.getByText('fell over below a path').waitFor()
  expect(sockets).toContain(`${BASE}/api/logs/stream`)
  await page.getByText('fell over below a path').click()
  await page.waitForURL(new RegExp(`^${url}/logs\\?.*log=\\d+`))
  await page.getByRole('button', { name: 'Copy a link to this line' }).click()
  expect(await page.evaluate('navigator.clipboard.readText()')).toMatch(
    new RegExp(`^${url}/logs\\?log=\\d+$`),
  )
})

test('every screen stands below the path, when it is opened and when it is walked to', {
  tags: ['long'],
}, async () => {
  const page = await openPage(host.context)
  const names = ['Logs', 'Patterns', 'Cameras', 'Settings', 'Access', 'Audit', 'Diagnostics']
  await page.goto(`${url}/settings/levels`)
  const nav = page.getByRole('navigation', { name: 'Main' })
  for (const name of names) {
    await nav.getByRole('link', { name }).click()
    await page.waitForURL(`${url}/${name.toLowerCase()}**`)
    await expect.poll(() => page.locator('.awaiting').count()).toBe(0)
    expect(await page.getByRole('button', { name: 'Try again' }).count()).toBe(0)
    await page.reload()
    await nav.getByRole('link', { name }).and(page.locator('[aria-current=page]')).waitFor()
  }
  expect(strays).toEqual([])
})

test('who is not signed in comes back to where they were', async () => {
  const context = await host.newContext()
  const page = await openPage(context)
  await page.goto(`${url}/cameras?show=silent`)
  await page.waitForURL(`${url}/sign-in?next=*`)
  await page.getByLabel('Name').fill('ada')
  await page.getByLabel('Password').fill('correct horse battery')
  await page.keyboard.press('Enter')
  await page.waitForURL(`${url}/cameras?show=silent`)
})
