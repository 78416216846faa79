declare module 'splunk-logging' {
  export class Logger {
    constructor(options: { token: string; url: string })
    error: (error: unknown) => void
    send(
      context: { message: unknown; severity?: string; metadata?: Record<string, string> },
      done: (error: unknown, response: unknown, body: unknown) => void,
    ): void
  }
}
