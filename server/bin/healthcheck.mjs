// Ends with 0 while the server of this environment answers, else with 1: the health check of the image.
import { request as requestHttp } from 'node:http'
import { request as requestHttps } from 'node:https'

const { HOST: host = '127.0.0.1', PORT: port = '4700', TLS_CERT: certificate = '' } = process.env
const isSecure = certificate.trim() !== ''
// A server that listens on all addresses listens on this one as well.
const here = ['', '0.0.0.0', '::'].includes(host) ? '127.0.0.1' : host
const url = `${isSecure ? 'https' : 'http'}://${here.includes(':') ? `[${here}]` : here}:${port}/healthz`
const PATIENCE_MS = 4000

try {
  const status = await new Promise((resolve, reject) => {
    // The certificate is made for the name that people use. Nothing secret is sent.
    const options = { signal: AbortSignal.timeout(PATIENCE_MS), agent: false, rejectUnauthorized: false }
    const request = isSecure ? requestHttps : requestHttp
    request(url, options, (response) => {
      response.resume()
      resolve(response.statusCode)
    })
      .on('error', reject)
      .end()
  })
  if (status !== 200) throw new Error(`it answers ${status}`)
} catch (error) {
  console.error(`${url}: ${error.cause?.message || error.message}`)
  process.exitCode = 1
}
