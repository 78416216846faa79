import { type Episode, line, type Stage, traceback } from './episode.ts'

/** Background work: thumbnails, videos, overlays, uploads, cleanup, weather. */
export function generateWorkerLogs(stage: Stage): Episode {
  const kinds = [thumbnails, thumbnails, thumbnails, overlay, video, upload, cleanup, weather] as const
  return stage.random.pick(kinds)(stage)
}

const worker = (logger_name: string, job_id: string) => ({
  source: 'worker',
  logger_name,
  extra_data: { job_id },
})

function thumbnails({ random, cameras }: Stage): Episode {
  const job = worker('worker.thumbnails', random.hex(8))
  const images = random.int(1, 240)
  const ms = images * random.int(4, 30)
  const name = cameras[random.int(0, cameras.length - 1)]?.name
  return [
    line(0, { ...job, level: 'DEBUG', message: `Thumbnail batch of ${images} images queued for ${name}` }),
    line(ms, { ...job, level: 'INFO', message: `Generated ${images} thumbnails in ${ms} ms` }),
  ]
}

function overlay({ random }: Stage): Episode {
  const job = worker('worker.overlay', random.hex(8))
  if (!random.isOneIn(20))
    return [line(0, { ...job, level: 'DEBUG', message: `Overlay drawn in ${random.int(8, 90)} ms` })]
  const message = `Overlay font 'Inter-Medium.ttf' is missing, using the default; text: "${random.pick(['Tür ⛅ 21 °C', 'Día 42 – “Obra”', '工事現場 3日目', 'пятница ❄'])}"`
  return [line(0, { ...job, level: 'WARNING', message })]
}

/** Minutes of work with progress, sometimes ended by ffmpeg; its command is a long line. */
function video({ random, cameras }: Stage): Episode {
  const job = worker('worker.video', random.hex(8))
  const camera = cameras[random.int(0, cameras.length - 1)]
  const frames = random.int(300, 20_000)
  const step = random.int(1500, 9000)
  const inputs = Array.from(
    { length: random.int(2, 60) },
    (_, index) => `-i /data/cameras/${camera?.id}/frames/day-${index}/%06d.jpg`,
  )
  const command = `ffmpeg -y -framerate 30 ${inputs.join(' ')} -vf scale=1920:-2,format=yuv420p -c:v libx264 -crf 20 -preset medium /data/videos/${job.extra_data.job_id}.mp4`
  const story = [
    line(0, { ...job, level: 'INFO', message: `Video of ${frames} frames started for ${camera?.name}` }),
    line(5, { ...job, level: 'DEBUG', message: command }),
    ...[25, 50, 75].map((percent, index) =>
      line((index + 1) * step, {
        ...job,
        level: 'DEBUG',
        message: `Video ${percent}% done, ${Math.round((frames * percent) / 100)} of ${frames} frames`,
      }),
    ),
  ]
  if (!random.isOneIn(8)) {
    const message = `Video finished: ${Math.round(frames / 900)} MB in ${Math.round((4 * step) / 1000)} s`
    return [...story, line(4 * step, { ...job, level: 'INFO', message })]
  }
  const code = random.pick([1, 137, 234])
  const message = traceback(`app.exceptions.VideoGenerationError: ffmpeg exited with code ${code}`, [
    'workers/video_worker.py|211|process_job|await self._render(job)',
    'workers/video_worker.py|298|_render|raise VideoGenerationError(f"ffmpeg exited with code {process.returncode}")',
  ])
  return [
    ...story,
    line(4 * step, { ...job, level: 'ERROR', message, extra_data: { ...job.extra_data, exit_code: code } }),
  ]
}

function upload({ random }: Stage): Episode {
  const job = worker('worker.upload', random.hex(8))
  const megabytes = random.int(1, 900)
  const tries = random.isOneIn(6) ? random.int(1, 4) : 0
  const retries = Array.from({ length: tries }, (_, index) =>
    line(2000 * 2 ** index, {
      ...job,
      level: 'WARNING',
      message: `Upload to s3://timelapser-archive/${random.hex(6)} failed (503 Slow Down), retry ${index + 1} of 4 in ${2 ** (index + 1)} s`,
    }),
  )
  const endMs = 2000 * 2 ** tries + megabytes * 12
  const end =
    tries === 4
      ? line(endMs, {
          ...job,
          level: 'ERROR',
          message: `Upload given up after 4 retries, ${megabytes} MB wait in the queue`,
        })
      : line(endMs, { ...job, level: 'INFO', message: `Uploaded ${megabytes} MB` })
  return [...retries, end]
}

function cleanup({ random }: Stage): Episode {
  const job = worker('worker.cleanup', random.hex(8))
  return [
    line(0, {
      ...job,
      level: 'INFO',
      message: `Removed ${random.int(0, 4000)} images older than 30 days, ${random.int(1, 900)} MB freed`,
    }),
  ]
}

function weather({ random }: Stage): Episode {
  const job = worker('worker.weather', random.hex(8))
  if (random.isOneIn(10))
    return [
      line(0, { ...job, level: 'WARNING', message: 'Weather service answered 429, keeping the last report' }),
    ]
  return [
    line(0, {
      ...job,
      level: 'DEBUG',
      message: `Weather: ${random.int(-12, 35)} °C, ${random.pick(['klar', 'bewölkt', 'Regen', 'Schnee ❄'])}`,
    }),
  ]
}
