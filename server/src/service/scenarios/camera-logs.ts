import { type CameraState, type Episode, line, type Stage, traceback } from './episode.ts'

/** Captures by day, a stream that breaks by night, a flood, and cameras that come back or fall silent. */
export function generateCameraLogs(stage: Stage): Episode {
  const { random, cameras, progress } = stage
  const heard = cameras.filter(({ silentFrom }) => progress < silentFrom)
  const camera = heard[random.int(0, heard.length - 1)]
  if (!camera) return []
  // The first camera begins with its stream down, so that even a short story holds every level.
  if (camera.id === 1 && camera.frames++ === 0) return rtspTrouble(stage, camera, 3)
  if (camera.isOffline) return random.isOneIn(3) ? recovery(stage, camera) : stillOffline(stage, camera)
  // Infrared light, damp and a router that restarts at three: most trouble with streams comes in the dark.
  const isNight = stage.hour < 5 || stage.hour >= 22
  if (random.isOneIn(isNight ? 12 : 150)) return rtspTrouble(stage, camera)
  if (random.isOneIn(3000)) return flood(stage, camera)
  if (random.isOneIn(200)) return corruption(stage, camera)
  return capture(stage, camera, isNight)
}

function of(camera: CameraState, logger_name = 'camera_worker') {
  return { source: `camera_${camera.id}`, camera_id: camera.id, logger_name }
}

function capture({ random }: Stage, camera: CameraState, isNight: boolean): Episode {
  camera.frames++
  const ms = random.int(180, 1400)
  const kilobytes = random.int(isNight ? 90 : 400, isNight ? 400 : 2600)
  const brightness = isNight ? random.int(1, 40) : random.int(60, 220)
  const captured = `Captured frame ${camera.frames} (${kilobytes} kB) in ${ms} ms`
  const episode = [
    line(0, { ...of(camera), level: 'DEBUG', message: 'Capture started' }),
    line(ms, {
      ...of(camera),
      level: 'INFO',
      message: captured,
      extra_data: { frame: camera.frames, duration_ms: ms, size_kb: kilobytes, brightness },
    }),
  ]
  if (random.isOneIn(25)) {
    const message = `Frame ${camera.frames} is ${brightness < 10 ? 'almost black' : 'blurred'} (score ${random.int(1, 99) / 100})`
    episode.push(
      line(ms + 30, {
        ...of(camera, 'image_quality'),
        level: 'WARNING',
        message,
        extra_data: { brightness },
      }),
    )
  }
  return episode
}

function rtspTrouble({ random }: Stage, camera: CameraState, retries = random.int(1, 3)): Episode {
  // The address with the password in it is what careless software writes; it never reaches the table.
  const url = `rtsp://viewer:${random.hex(6)}@10.0.20.${100 + camera.id}:554/Streaming/Channels/101`
  const episode = [
    line(0, {
      ...of(camera),
      level: 'WARNING',
      message: `RTSP connection timeout after 30 seconds: ${url}`,
      extra_data: { retry_count: 0, timeout_duration: 30 },
    }),
  ]
  for (let retry = 1; retry <= retries; retry++) {
    episode.push(
      line(retry * 32_000, {
        ...of(camera),
        level: 'WARNING',
        message: `Retry ${retry} of 3 in ${2 ** retry} s`,
        extra_data: { retry_count: retry, timeout_duration: 30 },
      }),
    )
  }
  const endMs = retries * 32_000 + 30_000
  if (retries < 3) {
    const message = `Stream is back after ${Math.round(endMs / 1000)} s`
    return [
      ...episode,
      line(endMs, { ...of(camera), level: 'INFO', message, extra_data: { retry_count: retries } }),
    ]
  }
  camera.isOffline = true
  const message = traceback(
    `app.exceptions.RTSPConnectionError: Camera connection timeout after 30 seconds (camera ${camera.id})`,
    [
      'workers/camera_worker.py|164|capture|frame = await self.rtsp.grab(camera, timeout=30)',
      'app/services/rtsp_service.py|91|grab|raise RTSPConnectionError(camera.id, timeout)',
    ],
  )
  return [
    ...episode,
    line(endMs, {
      ...of(camera),
      level: 'ERROR',
      message,
      extra_data: { retry_count: 3, timeout_duration: 30 },
    }),
    line(endMs + 5, { ...of(camera), level: 'CRITICAL', message: `${camera.name} is offline` }),
  ]
}

function stillOffline({ random }: Stage, camera: CameraState): Episode {
  const message = `${camera.name} is still offline: no route to host 10.0.20.${100 + camera.id}`
  return [line(0, { ...of(camera), level: 'ERROR', message, extra_data: { retry_count: random.int(4, 90) } })]
}

function recovery({ random }: Stage, camera: CameraState): Episode {
  camera.isOffline = false
  const message = `${camera.name} is online again, ${random.int(2, 400)} captures were missed`
  return [line(0, { ...of(camera), level: 'INFO', message })]
}

/** A decoder that complains of each packet: hundreds of the same line within a second or two. */
function flood({ random }: Stage, camera: CameraState): Episode {
  const lines = random.int(100, 600)
  return Array.from({ length: lines }, (_, index) =>
    line(index * 3, {
      ...of(camera, 'ffmpeg'),
      level: 'WARNING',
      message: `[h264 @ 0x55d0c3a1b2c0] error while decoding MB ${random.int(0, 119)} ${random.int(0, 67)}, bytestream ${random.int(-60, 4000)}`,
    }),
  )
}

function corruption({ random }: Stage, camera: CameraState): Episode {
  const score = random.int(1, 49)
  return [
    line(0, {
      ...of(camera, 'corruption_detector'),
      level: 'WARNING',
      message: `Frame ${camera.frames} discarded: corruption score ${score} of 100`,
      extra_data: { score },
    }),
    line(2100, { ...of(camera), level: 'INFO', message: `Frame ${camera.frames} captured again` }),
  ]
}
