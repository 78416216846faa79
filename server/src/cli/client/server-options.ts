import { type Command, Option } from 'commander'
import { ApiClient, ApiFailure, readLocalApiKey } from './api-client.ts'

/** Where the server is and what opens it; options of every command that speaks to one. */
export type ServerOptions = { url: string; key?: string; dataDir: string }

/** Adds the options; a key is looked for in `--key`, then the environment, then the server's data folder. */
export function addServerOptions(command: Command): Command {
  return command
    .addOption(
      new Option('--url <url>', 'address of the server')
        .env('TIMELAPSER_LOGS_URL')
        .default('http://127.0.0.1:4700'),
    )
    .addOption(new Option('--key <key>', 'API key of an administrator').env('TIMELAPSER_LOGS_API_KEY'))
    .addOption(
      new Option('--data-dir <folder>', "the server's data folder").env('DATA_DIR').default('./data'),
    )
}

/** Runs a command against the server; what the person at the terminal can do something about becomes a sentence. */
export async function withServer(
  options: ServerOptions,
  run: (client: ApiClient) => Promise<number>,
): Promise<void> {
  const apiKey = options.key ?? (await readLocalApiKey(options.dataDir))
  if (apiKey === undefined) {
    console.error(
      `No API key: give --key, set TIMELAPSER_LOGS_API_KEY, or name the server's data folder with --data-dir (there is no admin-api-key in ${options.dataDir}).`,
    )
    process.exitCode = 1
    return
  }
  try {
    process.exitCode = await run(new ApiClient({ url: options.url, apiKey }))
  } catch (error) {
    if (!(error instanceof ApiFailure)) throw error
    console.error(error.message)
    process.exitCode = 1
  }
}
