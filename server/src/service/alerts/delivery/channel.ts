import { type Static, Type } from 'typebox'
import { AppError } from '../../app-error.ts'
import { FORMATS } from './formats.ts'
import { MAX_TEMPLATE } from './template.ts'

const SECURITIES = ['tls', 'starttls', 'none'] as const

const Address = Type.String({ minLength: 3, maxLength: 320, pattern: '^[^\\s<>,;]+@[^\\s<>,;]+$' })

const WebhookSchema = Type.Object(
  {
    url: Type.String({ maxLength: 2000, pattern: '^https?://', description: 'Where notices are posted to' }),
    format: Type.Optional(
      Type.Unsafe<(typeof FORMATS)[number]>({
        type: 'string',
        enum: [...FORMATS],
        description: 'json unless another service is meant',
      }),
    ),
    secret: Type.Optional(
      Type.String({ minLength: 8, maxLength: 200, description: 'Signs each notice (HMAC-SHA256)' }),
    ),
    token: Type.Optional(
      Type.String({
        maxLength: 500,
        pattern: '^[\\x21-\\x7e]+$',
        description: 'Sent as Authorization: Bearer; letters, digits and signs without spaces',
      }),
    ),
    chat_id: Type.Optional(
      Type.String({
        minLength: 1,
        maxLength: 100,
        description: 'For telegram: the chat that the bot writes to',
      }),
    ),
    template: Type.Optional(
      Type.String({
        minLength: 1,
        maxLength: MAX_TEMPLATE,
        description: 'For template: the body, with names of a notice in double braces, such as {{rule.name}}',
      }),
    ),
    content_type: Type.Optional(
      Type.String({
        maxLength: 100,
        pattern: '^[\\w.+-]+/[\\w.+-]+(; ?charset=[\\w-]+)?$',
        description: 'For template: the type of its body; application/json unless given',
      }),
    ),
  },
  { additionalProperties: false },
)
const EmailSchema = Type.Object(
  {
    host: Type.String({ minLength: 1, maxLength: 255, pattern: '^[\\w.:-]+$' }),
    port: Type.Optional(Type.Integer({ minimum: 1, maximum: 65_535 })),
    security: Type.Optional(
      Type.Unsafe<(typeof SECURITIES)[number]>({
        type: 'string',
        enum: [...SECURITIES],
        description:
          'tls from the first byte, starttls before anything is sent, or none; starttls unless given',
      }),
    ),
    username: Type.Optional(Type.String({ minLength: 1, maxLength: 320 })),
    password: Type.Optional(Type.String({ minLength: 1, maxLength: 500 })),
    trust_any_certificate: Type.Optional(
      Type.Boolean({ description: 'Whether the certificate of the mail server may be anybody’s' }),
    ),
    from: Address,
    to: Type.Array(Address, { minItems: 1, maxItems: 50 }),
  },
  { additionalProperties: false },
)

export type Webhook = Static<typeof WebhookSchema>
export type Email = Static<typeof EmailSchema>

/** How a channel is reached; kept encrypted, never shown again. */
export type ChannelSecret = { webhook: Webhook } | { email: Email }

export const ChannelInputSchema = Type.Object(
  {
    name: Type.String({ minLength: 1, maxLength: 100 }),
    webhook: Type.Optional(WebhookSchema),
    email: Type.Optional(EmailSchema),
  },
  { additionalProperties: false },
)
export type ChannelInput = Static<typeof ChannelInputSchema>

/**
 * The stored form of a channel, and the part of it that everybody may see.
 *
 * @throws {AppError} INVALID_REQUEST when it is not exactly one of the kinds, or lacks what its format needs
 */
export function readChannel({ webhook, email }: ChannelInput): {
  kind: 'webhook' | 'email'
  target: string
  secret: ChannelSecret
} {
  if ((webhook === undefined) === (email === undefined)) {
    throw new AppError('INVALID_REQUEST', 'A channel needs either webhook or email.')
  }
  if (email) {
    const target = `${email.to[0]}${email.to.length > 1 ? ` and ${email.to.length - 1} more` : ''}`
    return { kind: 'email', target, secret: { email } }
  }
  const { url = '', format = 'json', chat_id, template, content_type } = webhook ?? {}
  const parsed = URL.parse(url)
  if (!parsed) throw new AppError('INVALID_REQUEST', 'webhook.url is no web address.')
  if (format === 'telegram' && chat_id === undefined) {
    throw new AppError('INVALID_REQUEST', 'webhook.chat_id is missing: telegram needs it.')
  }
  if (format === 'template' && template === undefined) {
    throw new AppError('INVALID_REQUEST', 'webhook.template is missing: the format template needs it.')
  }
  if (format !== 'template' && (template ?? content_type) !== undefined) {
    const field = template === undefined ? 'content_type' : 'template'
    throw new AppError('INVALID_REQUEST', `webhook.${field} goes with the format template alone.`)
  }
  // Tokens of chats are in the path.
  const target = `${format === 'json' ? '' : `${format}, `}${parsed.host}`
  return { kind: 'webhook', target, secret: { webhook: webhook as Webhook } }
}
