import type { ExtraData } from '@timelapser/logger'

/** The parts of a message in either form. */
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
