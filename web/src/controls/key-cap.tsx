export function KeyCap({ children }: { children: string }) {
  return (
    <kbd className="inline-grid h-5 min-w-5 place-items-center rounded-sm border border-line-strong bg-canvas px-1 font-mono text-label text-muted">
      {children}
    </kbd>
  )
}
