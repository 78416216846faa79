import { StartupError } from './startup-error.ts'

/**
 * The roles of a server, of several on one database: it takes lines in, answers requests of the API, runs jobs
 * (retention, partitions, alert rules, backups), or serves the files of the page.
 */
const ROLES = ['ingest', 'query', 'jobs', 'page'] as const
export type Role = (typeof ROLES)[number]
export type Roles = ReadonlySet<Role>

export const ALL_ROLES: Roles = new Set(ROLES)

/** The roles in a list with commas, all when there is none. @throws {StartupError} that names the variable and the roles */
export function readRoles(text: string | undefined): Roles {
  const names = (text ?? '').split(',').flatMap((name) => name.trim() || [])
  const unknown = names.find((name) => !(ROLES as readonly string[]).includes(name))
  if (unknown !== undefined) {
    throw new StartupError(
      `SERVE is not valid ("${unknown}"). It must be a list of roles, separated by commas: ${ROLES.join(', ')}.`,
    )
  }
  return names.length === 0 ? ALL_ROLES : new Set(names as Role[])
}
