import type { Command } from 'commander'

/** Each command by name, in the order of the help; only the one that is asked for is loaded. */
export const COMMANDS: Readonly<Record<string, () => Promise<Command>>> = {
  serve: async () => (await import('./serve.ts')).serveCommand(),
  tail: async () => (await import('./tail.ts')).tailCommand(),
  query: async () => (await import('./query.ts')).queryCommand(),
  stats: async () => (await import('./stats.ts')).statsCommand(),
  errors: async () => (await import('./patterns.ts')).errorsCommand(),
  new: async () => (await import('./patterns.ts')).newCommand(),
  loggers: async () => (await import('./patterns.ts')).loggersCommand(),
  export: async () => (await import('./export.ts')).exportCommand(),
  ingest: async () => (await import('./ingest.ts')).ingestCommand(),
  scenarios: async () => (await import('./scenarios.ts')).scenariosCommand(),
  audit: async () => (await import('./audit.ts')).auditCommand(),
  scrub: async () => (await import('./scrub.ts')).scrubCommand(),
  diagnose: async () => (await import('./diagnose.ts')).diagnoseCommand(),
  levels: async () => (await import('./levels.ts')).levelsCommand(),
  why: async () => (await import('./levels.ts')).whyCommand(),
  users: async () => (await import('./users.ts')).usersCommand(),
  keys: async () => (await import('./keys.ts')).keysCommand(),
  settings: async () => (await import('./settings.ts')).settingsCommand(),
  cameras: async () => (await import('./cameras.ts')).camerasCommand(),
  cleanup: async () => (await import('./cleanup.ts')).cleanupCommand(),
  undo: async () => (await import('./cleanup.ts')).undoCommand(),
  backup: async () => (await import('./backup.ts')).backupCommand(),
  restore: async () => (await import('./backup.ts')).restoreCommand(),
  completion: async () => (await import('./completion.ts')).completionCommand(allCommands),
}

export function allCommands(): Promise<Command[]> {
  return Promise.all(Object.values(COMMANDS).map((load) => load()))
}
