import type { Command } from 'commander'

/** Each command by name, in the order of the help; only the requested command is loaded. */
export const COMMANDS: Readonly<Record<string, () => Promise<Command>>> = {
  serve: async () => (await import('./serve/serve.ts')).serveCommand(),
  tail: async () => (await import('./commands/tail.ts')).tailCommand(),
  query: async () => (await import('./commands/query.ts')).queryCommand(),
  stats: async () => (await import('./commands/stats.ts')).statsCommand(),
  errors: async () => (await import('./commands/patterns.ts')).errorsCommand(),
  new: async () => (await import('./commands/patterns.ts')).newCommand(),
  loggers: async () => (await import('./commands/patterns.ts')).loggersCommand(),
  fields: async () => (await import('./commands/patterns.ts')).fieldsCommand(),
  mark: async () => (await import('./commands/marks.ts')).markCommand(),
  marks: async () => (await import('./commands/marks.ts')).marksCommand(),
  export: async () => (await import('./commands/export.ts')).exportCommand(),
  mcp: async () => (await import('./commands/mcp.ts')).mcpCommand(),
  ingest: async () => (await import('./ingest/ingest.ts')).ingestCommand(),
  import: async () => (await import('./commands/import.ts')).importCommand(),
  scenarios: async () => (await import('./commands/scenarios.ts')).scenariosCommand(),
  audit: async () => (await import('./commands/audit.ts')).auditCommand(),
  scrub: async () => (await import('./commands/scrub.ts')).scrubCommand(),
  diagnose: async () => (await import('./commands/diagnose.ts')).diagnoseCommand(),
  levels: async () => (await import('./commands/levels.ts')).levelsCommand(),
  why: async () => (await import('./commands/levels.ts')).whyCommand(),
  users: async () => (await import('./commands/users.ts')).usersCommand(),
  keys: async () => (await import('./commands/keys.ts')).keysCommand(),
  settings: async () => (await import('./commands/settings.ts')).settingsCommand(),
  'parse-rules': async () => (await import('./commands/parse-rules.ts')).parseRulesCommand(),
  alerts: async () => (await import('./commands/alerts.ts')).alertsCommand(),
  cameras: async () => (await import('./commands/cameras.ts')).camerasCommand(),
  cleanup: async () => (await import('./commands/cleanup.ts')).cleanupCommand(),
  unpack: async () => (await import('./commands/unpack.ts')).unpackCommand(),
  undo: async () => (await import('./commands/cleanup.ts')).undoCommand(),
  backup: async () => (await import('./commands/backup.ts')).backupCommand(),
  restore: async () => (await import('./commands/backup.ts')).restoreCommand(),
  upgrade: async () => (await import('./commands/upgrade.ts')).upgradeCommand(),
  completion: async () => (await import('./completion.ts')).completionCommand(allCommands),
}

export function allCommands(): Promise<Command[]> {
  return Promise.all(Object.values(COMMANDS).map((load) => load()))
}
