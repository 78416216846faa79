import { hostname } from 'node:os'
import { join } from 'node:path'
import { styleText } from 'node:util'
import type { Config } from '../../config.ts'
import { ALL_ROLES } from '../../roles.ts'
import type { Access } from './access.ts'

export type WelcomeFacts = {
  url: string
  config: Config
  /** For example "PostgreSQL 18, in /srv/data/postgres". */
  database: string
  access: Access
  startMs: number
}

/** Prints the facts for a person who has just started the server. */
export function sayReady({ url, config, database, access, startMs }: WelcomeFacts): void {
  const link = access.signInLink(config.publicUrl ?? url)
  const rows: [string, string][] = [
    ['Address', styleText('cyan', config.publicUrl ?? url)],
    ...(link ? ([['Sign in', `${styleText('cyan', link)}\n${INDENT}once, within 24 hours`]] as const) : []),
    ...(access.newApiKey
      ? ([
          ['API key', `${access.newApiKey}\n${INDENT}kept in ${join(config.dataDir, 'admin-api-key')}`],
        ] as const)
      : []),
    ...(config.roles.size < ALL_ROLES.size ? ([['Serves', [...config.roles].join(', ')]] as const) : []),
    ['Data', config.dataDir],
    ['Database', database],
  ].map(([name = '', value = '']) => [name, value])
  const seconds = (startMs / 1000).toFixed(1)
  console.log(`\n  ${styleText('bold', 'Timelapser Logs')} is ready after ${seconds} s. Ctrl-C stops it.\n`)
  for (const [name, value] of rows) console.log(`  ${name.padEnd(WIDTH)}${value}`)
  const isEverywhere = config.host === '0.0.0.0' || config.host === '::'
  if (isEverywhere && config.publicUrl === undefined) {
    console.log(
      `\n  The server listens on every address of this machine, but links contain localhost, which works only here.\n  Set PUBLIC_URL to the address that users open, such as PUBLIC_URL=${new URL(url).protocol}//${hostname()}:${new URL(url).port || DEFAULT_PORTS[config.tls ? 'https' : 'http']}.`,
    )
  }
  console.log()
}

const DEFAULT_PORTS = { http: 80, https: 443 }
const WIDTH = 10
const INDENT = ' '.repeat(WIDTH + 2)
