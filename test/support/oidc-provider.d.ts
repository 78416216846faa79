declare module 'oidc-provider' {
  import type { RequestListener } from 'node:http'

  type Account = { accountId: string; claims: () => Promise<Record<string, unknown>> }
  type Configuration = Record<string, unknown> & {
    findAccount: (context: unknown, id: string) => Account | undefined
  }

  export default class Provider {
    constructor(issuer: string, configuration: Configuration)
    callback(): RequestListener
  }
}
