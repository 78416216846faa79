import { serveStdio } from '@modelcontextprotocol/server/stdio'
import { Command } from 'commander'
import { type AssistantApi, AssistantFailure } from '../../http/assistants/assistant-api.ts'
import { assistantServer } from '../../http/assistants/assistant-server.ts'
import { VERSION } from '../../version.ts'
import { type ApiClient, ApiFailure } from '../client/api-client.ts'
import { addServerOptions, type ServerOptions, withServer } from '../client/server-options.ts'

const HELP = `
Speaks the Model Context Protocol on stdin and stdout, for assistants that start it themselves. They see what the
key may see: use a key with the scope read. docs/assistants.md shows the configuration of some clients.

Exit codes:
  0  the assistant closed the connection
  1  no key was given

Examples:
  timelapser-logs mcp --url https://logs.example.com --key tl_…
  TIMELAPSER_LOGS_API_KEY=tl_… timelapser-logs mcp`

/** `timelapser-logs mcp`: the tools of assistants over stdin and stdout. */
export function mcpCommand(): Command {
  return addServerOptions(new Command('mcp'))
    .description('serve the Model Context Protocol on stdin and stdout')
    .addHelpText('after', HELP)
    .action((options: ServerOptions) => withServer(options, run))
}

async function run(client: ApiClient): Promise<number> {
  const ended = new Promise<void>((resolve) => process.stdin.once('close', resolve))
  const handle = serveStdio(() => assistantServer(apiOf(client), VERSION))
  await ended
  await handle.close()
  return 0
}

function apiOf(client: ApiClient): AssistantApi {
  return {
    origin: client.url,
    request: async (method, path, body) => {
      const headers = body === undefined ? {} : { 'content-type': 'application/json' }
      try {
        return await client.request(method, path, { headers, ...(body && { body: JSON.stringify(body) }) })
      } catch (error) {
        if (error instanceof ApiFailure) throw new AssistantFailure(error.message)
        throw error
      }
    },
  }
}
