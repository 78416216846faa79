import type { UserRole } from '../../store/accounts/accounts.ts'

/** The part of a configuration that a provider and a proxy share: the name, and the rights of groups. */
export type ExternalConfig = {
  /** On the button. */
  name: string
  adminGroups: readonly string[]
  viewerGroups: readonly string[]
  /** The cameras whose logs the members of a group see. */
  cameraGroups: ReadonlyMap<string, readonly number[]>
  /** Hours until a session ends, and groups are asked for again. */
  sessionHours: number
}

/** A role, and the cameras whose logs a viewer may see. */
export type Grant = { role: UserRole; cameras: number[] | null }

/** No person is in more groups; the rest is not looked at. */
export const MAX_GROUPS = 2000

/** The rights that a person's groups give, the largest of each; undefined when none of the groups is named. */
export function grantOf(config: ExternalConfig, groups: readonly string[]): Grant | undefined {
  const isIn = (names: readonly string[]) => names.some((name) => groups.includes(name))
  if (isIn(config.adminGroups)) return { role: 'admin', cameras: null }
  if (isIn(config.viewerGroups)) return { role: 'viewer', cameras: null }
  const cameras = groups.flatMap((group) => config.cameraGroups.get(group) ?? [])
  if (cameras.length === 0) return undefined
  return { role: 'viewer', cameras: [...new Set(cameras)].toSorted((a, b) => a - b) }
}
