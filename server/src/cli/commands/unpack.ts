import { setTimeout as delay } from 'node:timers/promises'
import { Command } from 'commander'
import type { Packing } from '../../http/api-schemas.ts'
import type { ApiClient } from '../client/api-client.ts'
import { addServerOptions, type ServerOptions, withServer } from '../client/server-options.ts'
import { isConfirmed, isForPeople, jsonText } from '../terminal/terminal.ts'

type Options = ServerOptions & { yes?: true; wait: boolean; json?: boolean }

const LOOK_MS = 1000

const HELP = `
Sets pack_after_days to 0 and turns all packed lines into rows with indexes, partition by partition, in the background.
Shows the disk space this takes and asks for confirmation; without a terminal it needs --yes. To stop packing and keep
packed lines packed: timelapser-logs settings set pack_after_days 0.

Exit codes:
  0  done, or started with --no-wait
  1  failed: argument, address, key or server; see the message
  3  nothing was started: it was not confirmed

Examples:
  timelapser-logs unpack
  timelapser-logs unpack --yes --no-wait --json`

/** `timelapser-logs unpack`: makes rows of packed lines again. */
export function unpackCommand(): Command {
  return addServerOptions(new Command('unpack'))
    .description('turn packed lines into rows again, after a preview of the disk space')
    .option('--yes', 'skip the confirmation')
    .option('--no-wait', 'return once it has started')
    .option('--json', 'print JSON (default unless stdout is a terminal)')
    .option('--no-json', 'print a sentence, also when stdout is not a terminal')
    .addHelpText('after', HELP)
    .action((options: Options) => withServer(options, (client) => run(client, options)))
}

async function run(client: ApiClient, options: Options): Promise<number> {
  if (!options.yes) {
    const { packing } = await client.request<{ packing: Packing }>('GET', '/api/packing')
    if (packing.packed_rows === 0 && packing.pack_after_days === 0) return tell(packing, options)
    console.error(
      `${packing.packed_rows.toLocaleString('en-US')} packed lines take ${megabytes(packing.packed_bytes)} MB now, and about ${megabytes(packing.unpacked_bytes)} MB as rows.`,
    )
    if (!(await isConfirmed('Unpack them?'))) {
      console.error('Nothing was started; --yes starts without asking.')
      return 3
    }
  }
  let { packing } = await client.request<{ packing: Packing }>('POST', '/api/packing/unpack')
  while (options.wait && packing.is_unpacking) {
    await delay(LOOK_MS)
    packing = (await client.request<{ packing: Packing }>('GET', '/api/packing')).packing
  }
  return tell(packing, options)
}

function tell(packing: Packing, options: Options): number {
  if (!isForPeople(options)) console.log(jsonText({ packing }))
  else if (packing.is_unpacking)
    console.log(`${packing.packed_rows.toLocaleString('en-US')} lines are being unpacked.`)
  else console.log('No lines are packed.')
  return 0
}

function megabytes(bytes: number): string {
  return (bytes / 1e6).toLocaleString('en-US', { maximumFractionDigits: 1 })
}
