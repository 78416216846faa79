import { type Command, Option } from 'commander'
import { readLocalApiKey } from '../../service/access/local-api-key.ts'
import { visible } from '../terminal/terminal.ts'
import { ApiClient, ApiFailure } from './api-client.ts'
import { readLocalAddress } from './local-address.ts'

/** Where the server is and what opens it; options of every command that speaks to one. */
export type ServerOptions = { url?: string; key?: string; dataDir: string }

const DEFAULT_URL = 'http://127.0.0.1:4700'

/** Adds the options; missing options are looked for in the environment, then in the server's data folder. */
export function addServerOptions(command: Command): Command {
  return command
    .addOption(
      new Option(
        '--url <url>',
        `URL of the server (default: the running server of the data folder, else ${DEFAULT_URL})`,
      ).env('TIMELAPSER_LOGS_URL'),
    )
    .addOption(new Option('--key <key>', 'API key of an administrator').env('TIMELAPSER_LOGS_API_KEY'))
    .addOption(
      new Option('--data-dir <folder>', "the server's data folder").env('DATA_DIR').default('./data'),
    )
}

/** A client for the server that is meant; without a key when none is found. */
export async function findServer(options: ServerOptions): Promise<{ client: ApiClient; hasKey: boolean }> {
  const { key, dataDir } = options
  const apiKey = key ?? (await readLocalApiKey(dataDir))
  // A key of one's own goes nowhere a file in the working directory says: only the folder's own key does.
  const local = key === undefined ? await readLocalAddress(dataDir) : undefined
  if (options.url !== undefined || local === undefined) {
    return {
      client: new ApiClient({ url: options.url ?? DEFAULT_URL, apiKey }),
      hasKey: apiKey !== undefined,
    }
  }
  // Read anew at each connection: a certificate is renewed while a command follows the lines.
  const fingerprint = async () => (await readLocalAddress(dataDir))?.fingerprint
  const client = new ApiClient({ url: local.url, apiKey, ...(local.fingerprint && { fingerprint }) })
  return { client, hasKey: apiKey !== undefined }
}

/** Says where a key may come from. */
export function noKey({ dataDir }: ServerOptions): string {
  return `No API key: give --key, set TIMELAPSER_LOGS_API_KEY, or name the server's data folder with --data-dir (there is no admin-api-key in ${dataDir}).`
}

/** Runs a command against the server; errors that the person at the terminal can mend become a sentence. */
export async function withServer(
  options: ServerOptions,
  run: (client: ApiClient) => Promise<number>,
): Promise<void> {
  const { client, hasKey } = await findServer(options)
  if (!hasKey) {
    console.error(noKey(options))
    process.exitCode = 1
    return
  }
  try {
    process.exitCode = await run(client)
  } catch (error) {
    if (!(error instanceof ApiFailure)) throw error
    console.error(visible(error.message))
    process.exitCode = 1
  }
}
