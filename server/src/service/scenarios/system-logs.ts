import { type Episode, line, type Stage, traceback } from './episode.ts'

/** The system itself: start, configuration, checks, disk, backups, and what goes wrong with them. */
export function generateSystemLogs(stage: Stage): Episode {
  const { random, isFirst } = stage
  if (isFirst || random.isOneIn(400)) return startup(stage)
  const kinds = [
    healthCheck,
    healthCheck,
    healthCheck,
    disk,
    scheduler,
    configuration,
    backup,
    clock,
  ] as const
  if (random.isOneIn(150)) return database(stage)
  return random.pick(kinds)(stage)
}

function startup({ random, cameras }: Stage): Episode {
  const pid = random.int(300, 60_000)
  return [
    line(0, {
      level: 'INFO',
      message: 'Timelapser 4.0.0 starting',
      logger_name: 'app.main',
      extra_data: { pid },
    }),
    line(40, {
      level: 'DEBUG',
      message: 'Configuration read from /etc/timelapser/config.toml',
      logger_name: 'app.config',
    }),
    line(210, {
      level: 'INFO',
      message: `Database pool ready: ${random.int(5, 20)} connections, migrations up to date`,
      logger_name: 'app.database',
    }),
    line(260, { level: 'INFO', message: `${cameras.length} cameras registered`, logger_name: 'app.cameras' }),
    line(900, {
      level: 'INFO',
      message: 'Startup complete, accepting requests',
      logger_name: 'app.main',
      extra_data: { pid },
    }),
  ]
}

function healthCheck({ random }: Stage): Episode {
  const ms = random.int(1, 40)
  const cpu_percent = random.int(3, 70)
  if (random.isOneIn(60)) {
    const message = `Health check slow: ${ms + 900} ms`
    return [line(0, { level: 'WARNING', message, logger_name: 'app.health', extra_data: { cpu_percent } })]
  }
  return [
    line(0, {
      level: 'DEBUG',
      message: `Health check passed in ${ms} ms`,
      logger_name: 'app.health',
      extra_data: { cpu_percent },
    }),
  ]
}

function disk({ random }: Stage): Episode {
  const used = random.int(40, 99)
  const free_gb = Math.round((100 - used) * 9.3)
  const level = used > 97 ? 'CRITICAL' : used > 94 ? 'ERROR' : used > 88 ? 'WARNING' : 'INFO'
  const message = `Disk /var/lib/timelapser ${used}% used, ${free_gb} GB free`
  return [line(0, { level, message, logger_name: 'app.disk', extra_data: { used_percent: used, free_gb } })]
}

function scheduler({ random }: Stage): Episode {
  const job = random.pick(['sunrise-sunset', 'thumbnail-sweep', 'corruption-scan', 'weather-refresh'])
  const ms = random.int(5, 4000)
  return [
    line(0, { level: 'DEBUG', message: `Job ${job} started`, logger_name: 'app.scheduler' }),
    line(ms, {
      level: 'INFO',
      message: `Job ${job} finished in ${ms} ms`,
      logger_name: 'app.scheduler',
      extra_data: { job, duration_ms: ms },
    }),
  ]
}

function configuration({ random }: Stage): Episode {
  const name = random.pick(['capture_interval', 'retention_days', 'log_level', 'overlay_template'])
  const message = `Setting ${name} changed from "${random.int(1, 60)}" to "${random.int(1, 60)}" by ${random.pick(['jordan', 'Šárka', '管理者', 'admin'])}`
  return [line(0, { level: 'INFO', message, logger_name: 'app.settings' })]
}

function backup({ random }: Stage): Episode {
  const size = random.int(200, 9000)
  const begin = line(0, { level: 'INFO', message: 'Backup started', logger_name: 'app.backup' })
  if (random.isOneIn(12)) {
    const message = `Backup failed after ${size} MB: [Errno 28] No space left on device: '/mnt/backup/timelapser.tar.zst'`
    return [begin, line(random.int(2000, 60_000), { level: 'ERROR', message, logger_name: 'app.backup' })]
  }
  return [
    begin,
    line(random.int(2000, 60_000), {
      level: 'INFO',
      message: `Backup of ${size} MB written`,
      logger_name: 'app.backup',
    }),
  ]
}

function clock({ random }: Stage): Episode {
  const drift = random.int(-2500, 2500)
  const level = Math.abs(drift) > 2000 ? 'WARNING' : 'DEBUG'
  return [line(0, { level, message: `Clock is ${drift} ms off pool.ntp.org`, logger_name: 'app.clock' })]
}

function database({ random }: Stage): Episode {
  const error = 'psycopg.OperationalError: consuming input failed: server closed the connection unexpectedly'
  const message = traceback(error, [
    'app/database/pool.py|142|acquire|conn = await self._pool.getconn(timeout=30)',
    'app/database/log_operations.py|88|add_log_entry|async with self.pool.acquire() as conn:',
  ])
  const lost = random.int(1, 9)
  return [
    line(0, { level: 'CRITICAL', message: 'Database connection lost', logger_name: 'app.database' }),
    line(3, { level: 'ERROR', message, logger_name: 'app.database', extra_data: { attempt: 1 } }),
    line(lost * 1000, {
      level: 'WARNING',
      message: `Database reconnect attempt ${lost} of 10`,
      logger_name: 'app.database',
    }),
    line(lost * 1000 + 350, {
      level: 'INFO',
      message: `Database back after ${lost}.35 s`,
      logger_name: 'app.database',
    }),
  ]
}
