// The modules that `serve` loads once it knows that it can start.
export { NO_PAGE } from '../../http/page.ts'
export { Metrics } from '../../service/metrics.ts'
export { openAccess } from './access.ts'
export { portsOf } from './all-ports.ts'
export { composeSystem } from './compose.ts'
export { openSystemLog } from './system-log.ts'
