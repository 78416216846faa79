import { type IncomingHttpHeaders, type IncomingMessage, request } from 'node:http'

/** A reply as it comes: `fetch` shows neither trailers nor the bytes before they are unpacked. */
export type Download = {
  status: number
  headers: IncomingHttpHeaders
  body: Buffer
  /** The trailers after the body. */
  trailers: NodeJS.Dict<string>
}

/** Begins a request and hands over the reply while it is being sent. */
export function openDownload(url: string, headers: Record<string, string>): Promise<IncomingMessage> {
  return new Promise((resolve, reject) => {
    const sending = request(url, { headers }, resolve)
    sending.on('error', reject)
    sending.end()
  })
}

/** The whole reply; fails when it was cut off. */
export async function download(url: string, headers: Record<string, string>): Promise<Download> {
  const reply = await openDownload(url, headers)
  const parts: Buffer[] = []
  for await (const part of reply) parts.push(part as Buffer)
  const { statusCode = 0, trailers } = reply
  return { status: statusCode, headers: reply.headers, body: Buffer.concat(parts), trailers }
}
