import { SkeletonRows } from '../controls/skeleton-rows.tsx'
import { SCREEN } from '../controls/surfaces.ts'
import type { Screen } from './screens.ts'

/** A screen whose code, or whose reader, is not known yet: its name in its place. */
export function AwaitingScreen({ screen }: { screen: Screen | undefined }) {
  if (screen === undefined || screen.path === '/logs') return null
  return (
    <main id="content" className={SCREEN}>
      <h1 className="text-figure/8 font-semibold tracking-tight">{screen.name}</h1>
      <SkeletonRows name={screen.name.toLowerCase()} rows={6} height="h-16" />
    </main>
  )
}
