import { Component, type ReactNode } from 'react'
import { addressOf } from './location.ts'

/** The last net: a defect of the page shows what happened and a way on, never a white screen. */
export class ErrorBoundary extends Component<{ children: ReactNode }, { error: Error | null }> {
  override state: { error: Error | null } = { error: null }

  static getDerivedStateFromError(error: Error) {
    return { error }
  }

  override render() {
    const { error } = this.state
    if (error === null) return this.props.children
    return (
      <main className="mx-auto grid min-h-screen max-w-md content-center gap-4 p-6">
        <h1 className="text-title font-semibold">This page has crashed</h1>
        <p className="text-muted">Nothing was changed on the server. The error:</p>
        <pre className="overflow-auto rounded-md bg-sunken p-3 font-mono text-small">{error.message}</pre>
        <a className="font-medium text-accent underline" href={addressOf('/logs')}>
          Reload the page
        </a>
      </main>
    )
  }
}
