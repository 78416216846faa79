/** How the command ends when it does not store everything. */
export const EXIT = { failed: 1, tooOld: 2, someRejected: 3 } as const

/** Ends the command with a sentence and an exit code. */
export class IngestStop extends Error {
  readonly exitCode: number

  constructor(message: string, exitCode: number) {
    super(message)
    this.name = 'IngestStop'
    this.exitCode = exitCode
  }
}
