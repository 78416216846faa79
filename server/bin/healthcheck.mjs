// Ends with 0 while the server of this environment answers, else with 1: the health check of the image.
const { HOST: host = '127.0.0.1', PORT: port = '4700' } = process.env
// A server that listens on all addresses listens on this one as well.
const here = ['', '0.0.0.0', '::'].includes(host) ? '127.0.0.1' : host
const url = `http://${here.includes(':') ? `[${here}]` : here}:${port}/healthz`

try {
  const { ok, status } = await fetch(url, { signal: AbortSignal.timeout(4000) })
  if (!ok) throw new Error(`it answers ${status}`)
} catch (error) {
  console.error(`${url}: ${error.cause?.message || error.message}`)
  process.exitCode = 1
}
