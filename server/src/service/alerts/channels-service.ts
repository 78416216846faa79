import type pg from 'pg'
import * as store from '../../store/alerts/alert-channels.ts'
import { listDigests } from '../../store/alerts/alert-digests.ts'
import { listRules } from '../../store/alerts/alert-rules.ts'
import type { Principal } from '../access/access.ts'
import type { AuditTrail } from '../access/audit-trail.ts'
import { AppError } from '../app-error.ts'
import type { SecretBox } from '../secret-box.ts'
import type { AlertDefinition } from './alert-rule.ts'
import { type ChannelInput, type ChannelSecret, readChannel } from './delivery/channel.ts'
import type { NoticeWriter } from './delivery/notice-writer.ts'
import { type Attempt, type SendOptions, send } from './delivery/send.ts'
import { namedChannels } from './thresholds.ts'

const MAX_CHANNELS = 100

export type ChannelsServiceOptions = SendOptions & {
  pool: pg.Pool
  auditTrail: AuditTrail
  box: SecretBox
  writer: NoticeWriter
}

/**
 * Channels of notices: administrators set them up, every rule may use them. Their credentials are never shown again.
 */
export class ChannelsService {
  readonly #options: ChannelsServiceOptions

  constructor(options: ChannelsServiceOptions) {
    this.#options = options
  }

  async list() {
    return (await store.listChannels(this.#options.pool)).map(shown)
  }

  /** Whether channels can be kept here. */
  get hasKey(): boolean {
    return this.#options.box.isOpen
  }

  /** @throws {AppError} INVALID_REQUEST; CONFLICT when the name is taken, or without a key to encrypt with */
  async create(input: ChannelInput, author: Principal) {
    const name = input.name.trim()
    if (name === '') throw new AppError('INVALID_REQUEST', 'name must not be blank.')
    const { kind, target, secret } = readChannel(input)
    const sealed = this.#options.box.seal(secret)
    const channel = await this.#options.auditTrail.change(async (client) => {
      const all = await store.listChannels(client)
      if (all.length >= MAX_CHANNELS) {
        throw new AppError(
          'CONFLICT',
          `There are ${all.length} channels, as many as may be. Delete one first.`,
        )
      }
      const fields = { name, kind, target, sealed, author: author.name }
      const result = await store.createChannel(client, fields)
      if (!result) throw new AppError('CONFLICT', `There is a channel called "${name}" already.`)
      return {
        result,
        entry: { action: 'alert_channel.create', entity: `channel ${name}`, after: { kind, target } },
      }
    })
    return shown(channel)
  }

  /** Replaces how a channel is reached; its name stays, as rules know it by that. @throws {AppError} NOT_FOUND, CONFLICT */
  async replace(id: number, input: Omit<ChannelInput, 'name'>) {
    const { kind, target, secret } = readChannel({ ...input, name: '-' })
    const sealed = this.#options.box.seal(secret)
    const channel = await this.#options.auditTrail.change(async (client) => {
      const before = await this.#lock(client, id)
      const result = (await store.saveChannel(client, { id, kind, target, sealed })) ?? before
      const entry = {
        ...{ action: 'alert_channel.update', entity: `channel ${before.name}` },
        ...{ before: { kind: before.kind, target: before.target }, after: { kind, target } },
      }
      return { result, entry }
    })
    return shown(channel)
  }

  /** @throws {AppError} NOT_FOUND; CONFLICT while rules name it */
  async delete(id: number) {
    const channel = await this.#options.auditTrail.change(async (client) => {
      const result = await this.#lock(client, id)
      const naming = (await listRules(client)).filter(({ rule }) =>
        namedChannels(rule as AlertDefinition).includes(result.name),
      )
      if (naming.length > 0) {
        const names = naming.slice(0, 5).map((rule) => `"${rule.name}"`)
        throw new AppError(
          'CONFLICT',
          `${naming.length === 1 ? 'A rule notifies' : `${naming.length} rules notify`} this channel: ${names.join(', ')}. Remove it from them first.`,
        )
      }
      const digests = (await listDigests(client)).filter(({ channels }) => channels.includes(result.name))
      if (digests.length > 0) {
        const owners = digests.slice(0, 5).map(({ owner_name }) => owner_name)
        throw new AppError(
          'CONFLICT',
          `The daily digest of ${owners.join(', ')} goes to this channel. Remove it there first.`,
        )
      }
      await store.deleteChannel(client, id)
      const { name, kind, target } = result
      return {
        result,
        entry: { action: 'alert_channel.delete', entity: `channel ${name}`, before: { kind, target } },
      }
    })
    return shown(channel)
  }

  /** Sends a notice the whole way and answers with what the other side said. @throws {AppError} NOT_FOUND, CONFLICT */
  async test(id: number): Promise<Attempt> {
    const { pool, box, writer, auditTrail } = this.#options
    const channel = (await store.listChannels(pool)).find((one) => one.id === id)
    if (!channel) throw missing(id)
    const secret = box.open<ChannelSecret>(channel.sealed)
    const { isSent, reply, error } = await send(secret, writer.test(channel.name), this.#options)
    await auditTrail.writeOften(
      { action: 'alert_channel.test', entity: `channel ${channel.name}`, after: { is_sent: isSent } },
      20,
    )
    return { isSent, reply, error }
  }

  async #lock(client: pg.PoolClient, id: number): Promise<store.StoredChannel> {
    const channel = await store.lockChannel(client, id)
    if (channel) return channel
    throw missing(id)
  }
}

function shown({ sealed: _, ...channel }: store.StoredChannel) {
  return channel
}

function missing(id: number): AppError {
  return new AppError('NOT_FOUND', `There is no channel ${id}.`)
}
