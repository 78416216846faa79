import type { ExternalConfig } from './service/access/external-groups.ts'
import { StartupError } from './startup-error.ts'
import { valid } from './variables.ts'

const MAX_SESSION_HOURS = 720
const MAX_NAME_CHARACTERS = 40

/** The variables that a provider and a proxy share, each with its own prefix. */
export function externalReaders(prefix: string) {
  return {
    [`${prefix}_NAME`]: (text = 'single sign-on') => ({
      name: valid(
        `${prefix}_NAME`,
        text,
        text.length <= MAX_NAME_CHARACTERS,
        `the name on the button, at most ${MAX_NAME_CHARACTERS} characters`,
      ),
    }),
    [`${prefix}_ADMIN_GROUPS`]: (text = '') => ({ adminGroups: listOf(text) }),
    [`${prefix}_VIEWER_GROUPS`]: (text = '') => ({ viewerGroups: listOf(text) }),
    [`${prefix}_CAMERA_GROUPS`]: (text = '') => ({
      cameraGroups: readCameraGroups(`${prefix}_CAMERA_GROUPS`, text),
    }),
    [`${prefix}_SESSION_HOURS`]: (text = '24') => ({
      sessionHours: Number(
        valid(
          `${prefix}_SESSION_HOURS`,
          text,
          /^[1-9]\d{0,2}$/.test(text) && Number(text) <= MAX_SESSION_HOURS,
          `a whole number from 1 to ${MAX_SESSION_HOURS}`,
        ),
      ),
    }),
  } satisfies { [name: string]: (text: string | undefined) => Partial<ExternalConfig> }
}

/** @throws {StartupError} when nobody could come in; `given` is a variable that is set */
export function checkGroups(prefix: string, given: string, config: ExternalConfig): void {
  if (config.adminGroups.length + config.viewerGroups.length + config.cameraGroups.size > 0) return
  throw new StartupError(
    `${prefix}_VIEWER_GROUPS is not set, but ${given} is. No user could sign in: set groups in ${prefix}_ADMIN_GROUPS, ${prefix}_VIEWER_GROUPS or ${prefix}_CAMERA_GROUPS.`,
  )
}

function listOf(text: string): string[] {
  return text.split(',').flatMap((name) => name.trim() || [])
}

function readCameraGroups(variable: string, text: string): ReadonlyMap<string, readonly number[]> {
  const groups = new Map<string, number[]>()
  for (const pair of listOf(text)) {
    const [, group = '', ids = ''] = /^(.+?)\s*=\s*([\d+\s]+)$/.exec(pair) ?? []
    const cameras = ids.split('+').map((id) => id.trim())
    valid(
      variable,
      text,
      group !== '' && cameras.every((id) => /^[1-9]\d{0,8}$/.test(id)),
      'groups and camera ids separated by commas, like barn team=3+4,gate=7',
    )
    groups.set(group, cameras.map(Number))
  }
  return groups
}
