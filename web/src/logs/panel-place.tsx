import { Skeleton } from '../controls/skeleton.tsx'

/** Where an open line stands: beside the list, or over it where there is no room. */
export const PANEL =
  'flex flex-col border-line bg-surface print:hidden max-xl:fixed max-xl:inset-y-0 max-xl:right-0 max-xl:z-30 max-xl:w-[min(30rem,100vw)] max-xl:border-l max-xl:shadow-float xl:sticky xl:top-(--bar) xl:ml-4 xl:h-[calc(100dvh-var(--bar)-1rem)] xl:w-[27rem] xl:shrink-0 xl:rounded-lg xl:border'

/** The panel before its code is here: the list moves aside once, and not again when it comes. */
export function PanelPlace({ id }: { id: number }) {
  return (
    <div aria-busy className={PANEL}>
      <h2 className="figures border-b border-line px-4 py-3 font-semibold">Line {id}</h2>
      <PanelSkeleton />
    </div>
  )
}

export function PanelSkeleton() {
  return (
    <div className="grid gap-3 p-4">
      <Skeleton className="h-4 w-3/4" />
      <Skeleton className="h-4 w-1/2" />
      <Skeleton className="h-4 w-2/3" />
    </div>
  )
}
