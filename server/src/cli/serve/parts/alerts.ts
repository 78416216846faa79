import { alertChannelRoutes } from '../../../http/alert-channels.ts'
import { alertDigestRoutes } from '../../../http/alert-digest.ts'
import { alertRoutes } from '../../../http/alerts.ts'
import { AlertEvaluator } from '../../../service/alerts/alert-evaluator.ts'
import { AlertsService } from '../../../service/alerts/alerts-service.ts'
import { ChannelsService } from '../../../service/alerts/channels-service.ts'
import { Deliverer } from '../../../service/alerts/delivery/deliverer.ts'
import { heartbeat } from '../../../service/alerts/delivery/heartbeat.ts'
import { NoticeWriter } from '../../../service/alerts/delivery/notice-writer.ts'
import { DigestClock } from '../../../service/alerts/digest/digest-clock.ts'
import { DigestService } from '../../../service/alerts/digest/digest-service.ts'
import { DigestWriter } from '../../../service/alerts/digest/digest-writer.ts'
import { LifeSigns } from '../../../service/alerts/life-signs.ts'
import { raising } from '../../../service/alerts/raising.ts'
import { AlertRules } from '../../../service/alerts/rule-set.ts'
import { RulesService } from '../../../service/alerts/rules-service.ts'
import { SiftedEntries } from '../../../service/alerts/sieve/sifted-entries.ts'
import { SilencesService } from '../../../service/alerts/silences-service.ts'
import { AlertWatchdog } from '../../../service/alerts/watchdog.ts'
import { SecretBox } from '../../../service/secret-box.ts'
import { Feed } from '../../../store/feed/feed.ts'
import type { SystemOptions } from '../system-options.ts'
import type { administrationPart } from './administration.ts'
import type { Core } from './core.ts'
import type { GivingPart } from './part.ts'
import type { readingPart } from './reading.ts'

/** Alerts: rules over the feed, their incidents, and the notices to channels. */
export function alertsPart(
  { alerts: options = {} }: Pick<SystemOptions, 'alerts'>,
  core: Core,
  administration: ReturnType<typeof administrationPart>,
  { queries }: ReturnType<typeof readingPart>,
) {
  const { pool, logOperations, auditTrail, reports, metrics, notices, settings } = core
  const { cameras } = administration
  const { key, allowLocal = false, pageUrl } = options
  const box = new SecretBox(key)
  const digests = new DigestWriter({ pool, cameras, logOperations, pageUrl })
  const generalLevel = async () => (await settings.get()).log_level
  const lines = { pool, queries, cameras, logOperations, generalLevel }
  const writer = new NoticeWriter({ ...lines, pageUrl, digests })
  const rules = new AlertRules({ pool, queries, logOperations })
  const deliverer = new Deliverer({
    ...{ pool, writer, box, allowLocal },
    onFailure: (error) => reports.onJobFailed('notices', error),
    onAttempt: (outcome) => metrics.noticeTried(outcome),
    onDead: reports.onNoticeDead,
  })
  const onNotices = () => deliverer.wake()
  const evaluator = makeEvaluator(core, administration, { rules, onNotices, options })
  const clocks = makeClocks(core, rules, onNotices)
  const onChange = () => {
    rules.reload()
    evaluator.wake()
    deliverer.wake()
  }
  const reload = () => rules.reload()
  const services = {
    alerts: new AlertsService({ ...lines, auditTrail, onRetry: onNotices }),
    rules: new RulesService({ pool, auditTrail, queries, cameras, logOperations, onChange }),
    silences: new SilencesService({ pool, auditTrail, onChange }),
  }
  const channels = new ChannelsService({ pool, auditTrail, box, writer, allowLocal })
  // A rule sees what its owner sees.
  notices.on('api_keys', reload)
  notices.on('sessions', reload)
  const digestService = new DigestService({ pool, cameras, logOperations, auditTrail })
  return {
    evaluator,
    digestClock: clocks.digestClock,
    start: () => {
      evaluator.start()
      deliverer.start()
      clocks.start()
    },
    stop: async () => {
      await clocks.stop()
      await evaluator.stop()
      await deliverer.stop()
    },
    role: 'query',
    routes: [alertRoutes(services), alertChannelRoutes(channels), alertDigestRoutes(digestService)],
    notices: { log_feed: () => evaluator.wake(), alerts: onChange, cameras: reload },
  } satisfies GivingPart
}

type Evaluation = {
  rules: AlertRules
  onNotices: () => void
  options: NonNullable<SystemOptions['alerts']>
}

function makeEvaluator(
  { pool, logOperations, reports, metrics, events, storageGuard, levels }: Core,
  { levelService }: ReturnType<typeof administrationPart>,
  { rules, onNotices, options: { allowLocal = false, heartbeatUrl } }: Evaluation,
): AlertEvaluator {
  const onFailure = (error: unknown) => reports.onJobFailed('alerts', error)
  const sifted = new SiftedEntries()
  events.on('rows', (records, firstId) => sifted.sift(records, firstId))
  return new AlertEvaluator({
    sifted,
    ...{ pool, rules, feed: new Feed(pool, logOperations.partitions) },
    ...(heartbeatUrl !== undefined && { onMinute: heartbeat(heartbeatUrl, { allowLocal }) }),
    // A server that takes no lines cannot say that they do not come.
    isTaking: async () => !(await storageGuard.state()).isFull,
    onNotices,
    onRaise: raising({ levelService, overrides: async () => (await levels.get()).overrides, onFailure }),
    onFailure,
    onGap: reports.onAlertGap,
    onStep: (step) => metrics.alertsEvaluated(step),
  })
}

/** The parts that run by a clock of their own: digests, the watch over the evaluation, signs of life of silent sources. */
function makeClocks({ pool, reports, events }: Core, rules: AlertRules, onNotices: () => void) {
  const onFailure = (error: unknown) => reports.onJobFailed('alerts', error)
  const onDigestFailure = (error: unknown) => reports.onJobFailed('digest', error)
  const digestClock = new DigestClock({ pool, onNotices, onFailure: onDigestFailure })
  const watchdog = new AlertWatchdog({ pool, onLate: reports.onAlertsLate, onFailure })
  const signs = new LifeSigns({ pool, isWanted: () => rules.waitForSilence(), onFailure })
  events.on('held-back', (record) => signs.note(record))
  return {
    digestClock,
    start: () => {
      watchdog.start()
      digestClock.start()
    },
    stop: async () => {
      await watchdog.stop()
      await digestClock.stop()
      await signs.close()
    },
  }
}
