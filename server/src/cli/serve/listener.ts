import type { ByteBudget } from '../../byte-budget.ts'
import type { IngestService } from '../../service/ingest/ingest-service.ts'
import type { CertificateNews } from './certificate.ts'
import type { Connections } from './connections.ts'
import { type OpenPort, written } from './ports.ts'

/** A way in with ports of its own. */
export type Listener = {
  /** Where it listens, like `UDP 127.0.0.1:514`; empty when no port is set. */
  addresses: string[]
  /** The bounds of its memory. */
  budgets: readonly ByteBudget[]
  /** The connections of its ports; undefined while none is open. */
  connections: Connections | undefined
  /** Takes no more and stores what came. */
  close: () => Promise<void>
}

export type ListenerOptions = {
  ingest: IngestService
  onTrouble: (error: unknown) => void
  /** Called when the certificate of a port was read anew, or could not be. */
  onCertificate?: ((news: CertificateNews) => void) | undefined
}

/** A port by the kind of its traffic, and how it is opened when it is set. */
type Opening = [kind: string, port: number | undefined, open: (port: number) => Promise<OpenPort>]

/** Opens the ports that are set, or none when one of them cannot be opened. `close` is called when all are closed. */
export async function openAll(
  openings: readonly Opening[],
  { budgets, connections, close }: Pick<Listener, 'budgets' | 'connections' | 'close'>,
): Promise<Listener> {
  const addresses: string[] = []
  const opened: OpenPort[] = []
  const closePorts = async () => {
    for (const port of opened) await port.close()
  }
  try {
    for (const [kind, port, open] of openings) {
      if (port === undefined) continue
      const one = await open(port)
      opened.push(one)
      addresses.push(`${kind} ${written(one.address)}`)
    }
  } catch (error) {
    await closePorts()
    throw error
  }
  return {
    addresses,
    budgets,
    connections,
    close: async () => {
      await closePorts()
      await close()
    },
  }
}
