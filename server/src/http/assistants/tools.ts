import { INSIGHT_TOOLS } from './insight-tools.ts'
import { LINE_TOOLS } from './line-tools.ts'
import { SYSTEM_TOOLS } from './system-tools.ts'
import type { Tool } from './tool.ts'

/** All tools of assistants, each answered by the API as the key's owner would be. */
export const TOOLS: readonly Tool[] = [...LINE_TOOLS, ...INSIGHT_TOOLS, ...SYSTEM_TOOLS]
