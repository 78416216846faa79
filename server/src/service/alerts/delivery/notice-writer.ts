import type { Level } from '@timelapser/logger'
import type pg from 'pg'
import type { StoredDelivery } from '../../../store/alerts/alert-deliveries.ts'
import { findRule, type StoredRule } from '../../../store/alerts/alert-rules.ts'
import { findTransitions, firingsOf, type StoredTransition } from '../../../store/alerts/alert-transitions.ts'
import { fromMillis } from '../../../store/database/timestamp.ts'
import type { LogFilter } from '../../../store/filter/log-filter.ts'
import type { LogOperations } from '../../../store/log-operations.ts'
import type { CameraService } from '../../administration/camera-service.ts'
import { inLine } from '../../in-line.ts'
import type { SearchQueries } from '../../logs/log-query.ts'
import { conditionOf } from '../alert-condition.ts'
import { filterOf } from '../alert-query.ts'
import type { AlertDefinition } from '../alert-rule.ts'
import type { DigestWriter } from '../digest/digest-writer.ts'
import { type Grouping, groupNode } from '../grouping.ts'
import { OwnerSight } from '../owner-sight.ts'
import { definitionAt } from '../thresholds.ts'
import { describeCondition, describeTransition } from './describe.ts'
import { boundsOf, evidenceQuery, searchOf } from './evidence.ts'
import {
  cut,
  type Notice,
  type NoticeGroup,
  type NoticeKind,
  type NoticeLine,
  type RaisedNotice,
  titleOf,
} from './notice.ts'
import { raisedLines, searchOfRaised } from './raised-lines.ts'

/** Lines of evidence in a notice, and groups that a digest names. */
const MAX_LINES = 5
const MAX_NAMED = 30

export type NoticeWriterOptions = {
  pool: pg.Pool
  queries: SearchQueries
  cameras: CameraService
  logOperations: Pick<LogOperations, 'getLogs'>
  /** Where people reach the page. */
  pageUrl: string | undefined
  /** The level in force without overrides. */
  generalLevel: () => Promise<Level>
  digests: Pick<DigestWriter, 'write'>
}

/** Writes notices when they are sent: text that was masked or deleted since the decision is not in them. */
export class NoticeWriter {
  readonly #options: NoticeWriterOptions

  constructor(options: NoticeWriterOptions) {
    this.#options = options
  }

  /** Undefined when the rule, or what was decided, is gone, or the owner of a digest may not read any more. */
  async write(delivery: StoredDelivery): Promise<Notice | undefined> {
    const { pool, digests } = this.#options
    if (delivery.digest) return digests.write(delivery, delivery.digest)
    const [rule, transitions] = await Promise.all([
      findRule(pool, delivery.rule_id),
      findTransitions(pool, delivery.transitions),
    ])
    if (!rule || transitions.length === 0) return undefined
    // Each notice is about one threshold; see `deliveriesOf`.
    const definition = definitionAt(rule.rule as AlertDefinition, transitions[0]?.tier ?? 0)
    const kind = delivery.kind as NoticeKind
    const isOfRule = kind === 'problem' || kind === 'recovered'
    const groups = isOfRule ? [] : await this.#groups(definition, transitions)
    const lines = kind === 'firing' ? await this.#evidence(rule, definition, transitions) : []
    return {
      id: `alert-${delivery.id}-${Date.parse(rule.created_at)}`,
      kind,
      dedup_key: delivery.dedup_key,
      at: delivery.created_at,
      rule: {
        ...{ id: rule.id, name: rule.name, severity: definition.severity ?? 'warning' },
        condition: describeCondition(definition),
        ...{ note: definition.note ?? null, group_by: definition.group_by ?? null },
      },
      groups,
      title: titleOf(kind, rule.name, groups),
      text: isOfRule ? problemText(kind, transitions[0]) : groupsText(definition, transitions, groups),
      link: isOfRule ? null : this.link(definition, transitions),
      lines,
      ...(kind === 'resolved' && { raised: await this.#raised(rule, definition, transitions) }),
    }
  }

  /** A notice that a person asks for, to see whether the way is open. */
  test(channelName: string): Notice {
    const { pageUrl } = this.#options
    return {
      ...{ id: `alert-test-${Date.now()}`, kind: 'test', dedup_key: 'timelapser-alert-test' },
      at: fromMillis(Date.now()),
      rule: {
        ...{ id: 0, name: 'Test', severity: 'info', condition: 'none' },
        ...{ note: null, group_by: null },
      },
      groups: [],
      title: titleOf('test', `Channel ${channelName}`, []),
      text: 'This is a test: notices of Timelapser Logs arrive here.',
      ...{ link: pageUrl === undefined ? null : `${pageUrl}/`, lines: [] },
    }
  }

  /** The list of the lines that transitions are about, over fixed bounds. */
  link(definition: AlertDefinition, transitions: readonly StoredTransition[]): string | null {
    const { pageUrl } = this.#options
    const [first, ...others] = transitions
    if (pageUrl === undefined || !first) return null
    return `${pageUrl}/logs${searchOf(definition, [first, ...others])}`
  }

  async #groups(
    { group_by }: AlertDefinition,
    transitions: readonly StoredTransition[],
  ): Promise<NoticeGroup[]> {
    const names = group_by === 'camera' ? await this.#options.cameras.names() : undefined
    return transitions.map(({ group_key, value, threshold, at, first_at, last_at, late_ms }) => ({
      ...{ key: group_key, label: labelOf(group_key, names), value, threshold },
      ...{ at, first_at, last_at, late_ms },
    }))
  }

  async #evidence(
    rule: StoredRule,
    definition: AlertDefinition,
    transitions: readonly StoredTransition[],
  ): Promise<NoticeLine[]> {
    const { pool, queries, logOperations } = this.#options
    const [transition] = transitions
    const sight = await new OwnerSight(pool).of(rule.owner)
    if (!transition || !sight) return []
    try {
      const filter = await filterOf(
        queries,
        evidenceQuery(definition, transition.group_key),
        sight.visibility,
      )
      const { start, end } = boundsOf(definition, transition)
      const asked: LogFilter = {
        ...withGroup(filter, definition.group_by, transition.group_key),
        start: fromMillis(start),
        end: fromMillis(end),
      }
      const isSilence = conditionOf(definition.condition).kind === 'silence'
      const rows = isSilence
        ? await logOperations.getLogs(asked, { offset: 0, limit: MAX_LINES })
        : await logOperations.getLogs(asked, {
            ...{ beyond: { timestamp: fromMillis(start - 1), id: 0 }, order: 'oldest', limit: MAX_LINES },
          })
      return linesOf(rows)
    } catch {
      // A notice without evidence is better than none.
      return []
    }
  }

  /** The lines that the incident of a group brought by raising its level: those next to the fault. */
  async #raised(
    rule: StoredRule,
    definition: AlertDefinition,
    transitions: readonly StoredTransition[],
  ): Promise<RaisedNotice | undefined> {
    const { pool, queries, logOperations, pageUrl, generalLevel } = this.#options
    if (!definition.raise_level) return undefined
    const [firing] = await firingsOf(pool, transitions)
    const sight = await new OwnerSight(pool).of(rule.owner)
    const raised = firing && raisedLines(definition, firing, await generalLevel())
    // As in `rule-set.ts`: others raise nothing.
    if (!raised || !sight?.isAdmin) return undefined
    try {
      const filter = await filterOf(queries, raised.query.toString(), sight.visibility)
      const asked: LogFilter = { ...filter, start: raised.start, end: raised.end }
      const rows = await logOperations.getLogs(asked, {
        ...{ beyond: { timestamp: firing.first_at ?? firing.at, id: 0 }, order: 'oldest', limit: MAX_LINES },
      })
      const some =
        rows.length > 0 ? rows : await logOperations.getLogs(asked, { offset: 0, limit: MAX_LINES })
      if (some.length === 0) return undefined
      const link = pageUrl === undefined ? null : `${pageUrl}/logs${searchOfRaised(raised)}`
      return { level: raised.level, link, lines: linesOf(some) }
    } catch {
      return undefined
    }
  }
}

function linesOf(rows: readonly NoticeLine[]): NoticeLine[] {
  return rows
    .map(({ timestamp, level, source, camera_name, message }) => ({
      ...{ timestamp, level, source, camera_name },
      message: cut(message, 2000),
    }))
    .toSorted((a, b) => (a.timestamp < b.timestamp ? -1 : 1))
}

/** How a group is called. */
export function labelOf(key: string, cameraNames: ReadonlyMap<number, string> | undefined): string {
  if (key === '' || cameraNames === undefined) return inLine(key)
  const name = cameraNames.get(Number(key))
  return name === undefined ? `camera ${key}` : inLine(name)
}

/** The filter within a group. */
export function withGroup(filter: LogFilter, group_by: Grouping | undefined, key: string): LogFilter {
  const node = group_by && groupNode(group_by, key)
  if (!node) return filter
  return { ...filter, q: { kind: 'and', nodes: filter.q ? [filter.q, node] : [node] } }
}

function groupsText(
  definition: AlertDefinition,
  transitions: readonly StoredTransition[],
  groups: readonly NoticeGroup[],
): string {
  const told = transitions.slice(0, MAX_NAMED).map((transition, index) => {
    const label = groups[index]?.label ?? ''
    const sentence = describeTransition(definition, transition)
    return label === '' ? sentence : `${label}: ${sentence}`
  })
  const more = transitions.length - told.length
  return more > 0 ? `${told.join('\n')}\nand ${more} more` : told.join('\n')
}

function problemText(kind: NoticeKind, transition: StoredTransition | undefined): string {
  if (kind === 'recovered') return 'The rule is evaluated again. Lines that came meanwhile are passed over.'
  return `The rule cannot be evaluated: ${transition?.held ?? 'the reason is not known'} It sends no alerts until this is fixed.`
}
