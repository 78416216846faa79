import type { ExtraData } from '@timelapser/logger'

/** What a message says, whichever of the two forms it has. */
export type SyslogParts = {
  /** ISO 8601 in UTC; arrival when undefined. */
  timestamp: string | undefined
  host: string | undefined
  /** APP-NAME or TAG. */
  app: string | undefined
  message: string
  /** Process, message id, structured data. */
  extra: ExtraData
}
