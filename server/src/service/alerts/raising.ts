import type { LevelService } from '../administration/level-service.ts'
import type { Raise } from './evaluation.ts'
import type { Grouping } from './grouping.ts'

const SCOPES: Partial<Record<Grouping, 'camera' | 'source' | 'logger'>> = {
  ...{ camera: 'camera', source: 'source', logger_name: 'logger' },
}

/** Groups of one step whose level is raised; with more, what is wrong is wrong everywhere. */
const MAX_RAISED = 20

export type RaisingOptions = {
  levelService: Pick<LevelService, 'manage'>
  /** Targets that people gave a level: theirs stays. */
  overrides: () => Promise<readonly { scope: string; target: string; author: string }[]>
  onFailure: (error: unknown) => void
}

/** The author of overrides that rules set. */
const authorOf = (rule: string) => `alert ${rule}`

/** Has everything of a group stored for a while when it begins to fire: what leads to a fault is rarely at WARNING. */
export function raising(options: RaisingOptions): (raises: readonly Raise[]) => void {
  const raise = async (raises: readonly Raise[]) => {
    const there = await options.overrides()
    for (const { rule, group_key, level, minutes } of raises.slice(0, MAX_RAISED)) {
      const { group_by } = rule.definition
      const scope = group_by && SCOPES[group_by]
      if (scope === undefined) continue
      const target = group_key
      const known = there.find((one) => one.scope === scope && one.target === target)
      if (known && !known.author.startsWith(authorOf(''))) continue
      const set = [{ scope, target, level, minutes, reason: `The alert "${rule.name}" fires` }]
      await options.levelService.manage({ set }, authorOf(rule.name).slice(0, 200))
    }
  }
  return (raises) => void raise(raises).catch(options.onFailure)
}
