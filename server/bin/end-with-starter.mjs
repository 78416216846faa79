// Loaded before a program that a script of ours started: ends it when that script is gone, however it ended.
import { isMainThread } from 'node:worker_threads'

// Programs that this one starts have other parents, and inherit the environment and what is loaded first.
if (isMainThread && process.channel && process.env.TIMELAPSER_LOGS_STARTER === `${process.ppid}`) {
  delete process.env.TIMELAPSER_LOGS_STARTER
  process.once('disconnect', () => process.kill(process.pid, 'SIGTERM'))
  // The channel alone is no reason to stay.
  process.channel.unref()
}
