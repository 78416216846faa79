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
  { pool, logOperations, auditTrail, reports, metrics, notices, events, storageGuard, levels }: Core,
  { cameras, levelService }: ReturnType<typeof administrationPart>,
  { queries }: ReturnType<typeof readingPart>,
) {
  const { key, allowLocal = false, pageUrl, heartbeatUrl } = options
  const box = new SecretBox(key)
  const digests = new DigestWriter({ pool, cameras, logOperations, pageUrl })
  const writer = new NoticeWriter({ pool, queries, cameras, logOperations, pageUrl, digests })
  const rules = new AlertRules({ pool, queries, logOperations })
  const deliverer = new Deliverer({
    ...{ pool, writer, box, allowLocal },
    onFailure: (error) => reports.onJobFailed('notices', error),
    onAttempt: (outcome) => metrics.noticeTried(outcome),
    onDead: reports.onNoticeDead,
  })
  const sifted = new SiftedEntries()
  events.on('rows', (records, firstId) => sifted.sift(records, firstId))
  const evaluator = new AlertEvaluator({
    sifted,
    ...{ pool, rules, feed: new Feed(pool, logOperations.partitions) },
    ...(heartbeatUrl !== undefined && { onMinute: heartbeat(heartbeatUrl, { allowLocal }) }),
    // A server that takes no lines cannot say that they do not come.
    isTaking: async () => !(await storageGuard.state()).isFull,
    onNotices: () => deliverer.wake(),
    onRaise: raising({
      levelService,
      overrides: async () => (await levels.get()).overrides,
      onFailure: (error) => reports.onJobFailed('alerts', error),
    }),
    onFailure: (error) => reports.onJobFailed('alerts', error),
    onGap: reports.onAlertGap,
    onStep: (step) => metrics.alertsEvaluated(step),
  })
  const digestClock = new DigestClock({
    pool,
    onNotices: () => deliverer.wake(),
    onFailure: (error) => reports.onJobFailed('digest', error),
  })
  const watchdog = new AlertWatchdog({
    pool,
    onLate: reports.onAlertsLate,
    onFailure: (error) => reports.onJobFailed('alerts', error),
  })
  const signs = new LifeSigns({
    ...{ pool, isWanted: () => rules.waitForSilence() },
    onFailure: (error) => reports.onJobFailed('alerts', error),
  })
  events.on('held-back', (record) => signs.note(record))
  const onChange = () => {
    rules.reload()
    evaluator.wake()
    deliverer.wake()
  }
  const reload = () => rules.reload()
  const services = {
    alerts: new AlertsService({
      pool,
      auditTrail,
      cameras,
      logOperations,
      queries,
      onRetry: () => deliverer.wake(),
    }),
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
    digestClock,
    start: () => {
      evaluator.start()
      deliverer.start()
      watchdog.start()
      digestClock.start()
    },
    stop: async () => {
      await watchdog.stop()
      await digestClock.stop()
      await signs.close()
      await evaluator.stop()
      await deliverer.stop()
    },
    role: 'query',
    routes: [alertRoutes(services), alertChannelRoutes(channels), alertDigestRoutes(digestService)],
    notices: { log_feed: () => evaluator.wake(), alerts: onChange, cameras: reload },
  } satisfies GivingPart
}
