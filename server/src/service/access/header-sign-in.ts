import { isUtf8 } from 'node:buffer'
import { BlockList, isIP, isIPv6 } from 'node:net'
import type { Client } from '../../caller.ts'
import {
  type AdmissionOptions,
  ExternalAdmission,
  type ExternalOutcome,
  type Identity,
  ownPath,
} from './external-admission.ts'
import { type ExternalConfig, MAX_GROUPS } from './external-groups.ts'

/** The proxy that signs people in before the server, and the headers in which it names them. */
export type HeaderConfig = ExternalConfig & {
  /** In lower case. */
  userHeader: string
  groupsHeader: string
  /** Addresses and networks of proxies, whose headers alone are believed. */
  proxies: readonly string[]
}

/** A request that asks for a session. */
export type HeaderRequest = {
  /** The address of the connection, not one that a header names. */
  address: string | undefined
  /** As Node's `headersDistinct`: those that came twice are two. */
  headers: NodeJS.Dict<string[]>
  /** The page to go on to. */
  path: string
}

const MAX_USER_CHARACTERS = 255

/** Coming in by a header of the proxy. It is exchanged for a session once, and means nothing on other requests. */
export class HeaderSignIn {
  readonly #config: HeaderConfig
  readonly #admission: ExternalAdmission
  readonly #proxies: BlockList

  constructor(config: HeaderConfig, options: Omit<AdmissionOptions, 'config' | 'provider'>) {
    this.#config = config
    this.#admission = new ExternalAdmission({ ...options, config, provider: 'proxy' })
    this.#proxies = listOf(config.proxies)
  }

  /** On the button. */
  get name(): string {
    return this.#config.name
  }

  async signIn(request: HeaderRequest, client: Client): Promise<ExternalOutcome> {
    const path = ownPath(request.path)
    const identity = this.#identify(request)
    if ('problem' in identity) return this.#admission.refuse(path, 'failed', identity.problem)
    return this.#admission.enter(identity, path, client)
  }

  #identify({ address, headers }: HeaderRequest): Identity | { problem: string } {
    const { userHeader, groupsHeader } = this.#config
    if (!this.#isProxy(address)) return { problem: 'the request did not come from an address of TRUST_PROXY' }
    const users = headers[userHeader] ?? []
    const lists = headers[groupsHeader] ?? []
    if (users.length > 1 || lists.length > 1)
      return {
        problem: `${userHeader} or ${groupsHeader} came twice: the proxy has to replace those of a browser`,
      }
    const user = textOf(users[0] ?? '')
    const groups = textOf(lists[0] ?? '')
    if (user === undefined || groups === undefined)
      return { problem: `${userHeader} or ${groupsHeader} is not text in UTF-8, without control characters` }
    if (user === '') return { problem: `${userHeader} is not there, or empty` }
    if (user.length > MAX_USER_CHARACTERS)
      return { problem: `${userHeader} is longer than ${MAX_USER_CHARACTERS} characters` }
    const names = groups.split(',', MAX_GROUPS).map((group) => group.trim())
    return { subject: user, name: user, groups: names.filter((name) => name !== '') }
  }

  #isProxy(connected: string | undefined): boolean {
    // An address of the link has its interface behind a percent sign.
    const [address = ''] = connected?.split('%') ?? []
    return isIP(address) > 0 && this.#proxies.check(address, familyOf(address))
  }
}

/** A value of a header, which Node takes for Latin-1 and proxies write in UTF-8; undefined when it is not text. */
function textOf(value: string): string | undefined {
  const bytes = Buffer.from(value, 'latin1')
  const text = bytes.toString().trim()
  return isUtf8(bytes) && !/\p{Cc}/u.test(text) ? text : undefined
}

function listOf(proxies: readonly string[]): BlockList {
  const list = new BlockList()
  for (const proxy of proxies) {
    const [address = '', bits] = proxy.split('/')
    if (bits === undefined) list.addAddress(address, familyOf(address))
    else list.addSubnet(address, Number(bits), familyOf(address))
  }
  return list
}

function familyOf(address: string): 'ipv4' | 'ipv6' {
  return isIPv6(address) ? 'ipv6' : 'ipv4'
}
