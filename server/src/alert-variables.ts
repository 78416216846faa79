import { readFileSync } from 'node:fs'
import { errorCode, StartupError } from './startup-error.ts'
import { type Environment, readAll, valid } from './variables.ts'

export type AlertConfig = {
  /** Encrypts the secrets of alert channels; the same on all servers. */
  alertsKey: string | undefined
  /** Whether notices of alerts may go to this machine and its link. */
  alertsAllowLocal: boolean
  /** Called once a minute while alert rules are evaluated. */
  alertsHeartbeatUrl: string | undefined
}

/** Guessable keys are worse than none; 16 characters of a password manager have 95 bits. */
const MIN_KEY_CHARACTERS = 16

type Read = Partial<AlertConfig & { keyFile: string }>

export const ALERT_READERS: { [name: string]: (text: string | undefined) => Read } = {
  ALERTS_KEY: (text) => ({ alertsKey: text === undefined ? undefined : validKey('ALERTS_KEY', text) }),
  ALERTS_KEY_FILE: (text) => (text === undefined ? {} : { keyFile: text }),
  ALERTS_HEARTBEAT_URL: (text) => ({
    alertsHeartbeatUrl:
      text === undefined
        ? undefined
        : valid(
            'ALERTS_HEARTBEAT_URL',
            text,
            /^https?:$/.test(URL.parse(text)?.protocol ?? ''),
            'an http or https address, like https://hc-ping.com/…',
          ),
  }),
  ALERTS_ALLOW_LOCAL: (text = 'false') => ({
    alertsAllowLocal:
      valid('ALERTS_ALLOW_LOCAL', text, text === 'true' || text === 'false', 'true or false') === 'true',
  }),
}

/** @throws {StartupError} when the key is given twice, or its file cannot be read or holds none */
export function readAlerts(environment: Environment): AlertConfig {
  const { keyFile, ...config } = readAll(ALERT_READERS, environment) as AlertConfig & Read
  if (keyFile === undefined) return config
  if (config.alertsKey !== undefined) {
    throw new StartupError('ALERTS_KEY and ALERTS_KEY_FILE are both set. Set one of them.')
  }
  return { ...config, alertsKey: validKey('ALERTS_KEY_FILE', keyIn(keyFile)) }
}

function keyIn(path: string): string {
  try {
    // Editors and `echo` end a file with a line end, which is no part of the key.
    return readFileSync(path, 'utf8').replace(/[\r\n]+$/, '')
  } catch (cause) {
    throw new StartupError(
      `ALERTS_KEY_FILE cannot be read (${path}: ${errorCode(cause)}). It must be a file with the key that encrypts the secrets of alert channels, readable by the server.`,
      { cause },
    )
  }
}

function validKey(name: string, text: string): string {
  const example = 'such as the output of openssl rand -hex 32'
  const allowed = `at least ${MIN_KEY_CHARACTERS} characters, ${example}`
  return valid(
    name,
    text,
    text.length >= MIN_KEY_CHARACTERS,
    name === 'ALERTS_KEY_FILE' ? `the path of a file with ${allowed}` : allowed,
  )
}
