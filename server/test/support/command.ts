import { type ChildProcess, spawn } from 'node:child_process'
import { once } from 'node:events'
import { MAIN } from '../../../test/support/program.ts'

export type Ended = { code: number; stdout: string; stderr: string }

type Server = { url: string; apiKey: string }
/** Undefined variables are left out. */
type Environment = Record<string, string | undefined>

/**
 * Starts a command as a process of its own; its environment names the server and an administrator's key. Without an input it
 * has no stdin.
 */
export function startCommand(
  { url, apiKey }: Server,
  args: readonly string[],
  env: Environment = {},
  input?: string,
): ChildProcess {
  const child = spawn(process.execPath, ['--conditions=timelapser-source', MAIN, ...args], {
    env: { ...process.env, TIMELAPSER_LOGS_URL: url, TIMELAPSER_LOGS_API_KEY: apiKey, ...env },
    stdio: [input === undefined ? 'ignore' : 'pipe', 'pipe', 'pipe'],
  })
  child.stdin?.end(input)
  return child
}

/** Resolves when it has ended. */
export async function endOf(child: ChildProcess): Promise<Ended> {
  const said = { stdout: '', stderr: '' }
  for (const stream of ['stdout', 'stderr'] as const)
    child[stream]?.setEncoding('utf8').on('data', (text: string) => (said[stream] += text))
  const [code] = await once(child, 'close')
  return { code, ...said }
}

/** Runs a command to its end. */
export function runCommand(
  server: Server,
  args: readonly string[],
  env?: Environment,
  input?: string,
): Promise<Ended> {
  return endOf(startCommand(server, args, env, input))
}
