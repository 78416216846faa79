// One attempt to bring a notice to a channel.
import { createHmac } from 'node:crypto'
import { isIP, Socket } from 'node:net'
import { createTransport } from 'nodemailer'
import type { ChannelSecret, Email, Webhook } from './channel.ts'
import { resolveChecked } from './checked-addresses.ts'
import { postChecked } from './checked-request.ts'
import { render } from './formats.ts'
import { type Notice, plainText } from './notice.ts'

/** How an attempt ended. */
export type Attempt = {
  isSent: boolean
  /** The receiver's reply. */
  reply: string | null
  error: string | null
  /** How long the other side asks to be left alone. */
  retryAfterMs?: number | undefined
}

export type SendOptions = {
  /** Whether notices may go to this machine and its link. */
  allowLocal: boolean
  timeoutMs?: number
}

/** Sends a notice; a failure is an outcome, not an exception. */
export async function send(channel: ChannelSecret, notice: Notice, options: SendOptions): Promise<Attempt> {
  try {
    return 'webhook' in channel
      ? await post(channel.webhook, notice, options)
      : await mail(channel.email, notice, options)
  } catch (error) {
    return { isSent: false, reply: null, error: sentenceOf(error) }
  }
}

async function post(
  { url, format = 'json', secret, token, chat_id, template, content_type }: Webhook,
  notice: Notice,
  options: SendOptions,
): Promise<Attempt> {
  const { body, headers, notes } = render(notice, format, { chat_id, template, content_type })
  const timestamp = String(Math.floor(Date.now() / 1000))
  const signature = secret && createHmac('sha256', secret).update(`${timestamp}.${body}`).digest('hex')
  const { status, text, retryAfterMs } = await postChecked(url, {
    ...options,
    body,
    headers: {
      'user-agent': 'timelapser-logs',
      'x-alert-id': notice.id,
      'x-alert-dedup-key': notice.dedup_key,
      'x-alert-timestamp': timestamp,
      ...(signature && { 'x-alert-signature': `sha256=${signature}` }),
      ...(token && { authorization: `Bearer ${token}` }),
      ...headers,
    },
  })
  const isSent = status >= 200 && status < 300
  const error = isSent ? null : `It answered ${status}.`
  const noted = notes.length > 0 ? ` (template: ${notes.join('; ')})` : ''
  return { isSent, reply: `${`${status} ${text}`.trim()}${noted}`, error, retryAfterMs }
}

/** How long a mail server may be silent, and how long all of a mail may take: an attempt ends before its lease does. */
const MAIL_TIMEOUT_MS = 20_000
const MAIL_LONGEST = 3

async function mail(email: Email, notice: Notice, { allowLocal, timeoutMs }: SendOptions): Promise<Attempt> {
  const { host, security = 'starttls', username, password, from, to, trust_any_certificate = false } = email
  const port = email.port ?? (security === 'tls' ? 465 : security === 'starttls' ? 587 : 25)
  const patience = timeoutMs ?? MAIL_TIMEOUT_MS
  const socket = new Socket()
  const tooLate = new Promise<never>((_, reject) => {
    const late = new Error('The mail server did not take it in time.')
    const timer = setTimeout(() => {
      reject(late)
      socket.destroy(late)
    }, MAIL_LONGEST * patience).unref()
    socket.once('close', () => clearTimeout(timer))
  })
  // A server that drips its replies ends none of the limits for silence.
  tooLate.catch(() => undefined)
  const [address] = await Promise.race([resolveChecked(host, allowLocal), tooLate])
  if (!address) throw new Error(`${host} has no address`)
  const transport = createTransport({
    // The address that was checked; its certificate has to be of the name.
    host: address.address,
    port,
    socket,
    secure: security === 'tls',
    requireTLS: security === 'starttls',
    ignoreTLS: security === 'none',
    tls: {
      // Names alone: an address is none.
      ...(isIP(host) === 0 && { servername: host }),
      rejectUnauthorized: !trust_any_certificate,
    },
    ...(username !== undefined && { auth: { user: username, pass: password ?? '' } }),
    connectionTimeout: patience,
    greetingTimeout: patience,
    socketTimeout: patience,
    disableFileAccess: true,
    disableUrlAccess: true,
  })
  try {
    const sent = transport.sendMail({
      from,
      to,
      subject: notice.title,
      text: plainText(notice),
      messageId: `<${notice.id}@timelapser-logs>`,
      headers: {
        'X-Alert-Id': notice.id,
        'X-Alert-Dedup-Key': notice.dedup_key,
        'Auto-Submitted': 'auto-generated',
        // Mail programs put what belongs to an incident together.
        References: `<${notice.dedup_key}@timelapser-logs>`,
      },
    })
    const { response } = await Promise.race([sent, tooLate])
    return { isSent: true, reply: String(response).slice(0, 500), error: null }
  } finally {
    transport.close()
    socket.destroy()
  }
}

function sentenceOf(error: unknown): string {
  const { message = '', code } = error as { message?: string; code?: string }
  return (message || code || 'It failed for an unknown reason.').slice(0, 500)
}
