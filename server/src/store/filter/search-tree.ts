import type { Level } from '@timelapser/logger'

/** Conditions joined by and, or and not. */
export type Tree<Leaf> =
  | Leaf
  | { kind: 'and' | 'or'; nodes: readonly Tree<Leaf>[] }
  | { kind: 'not'; node: Tree<Leaf> }

export type Comparison = '=' | '>' | '>=' | '<' | '<='

/** One condition of a search. */
export type SearchCondition =
  /** Case-insensitive substring of message or logger name. */
  | { kind: 'text'; text: string }
  /** Case-insensitive substring of the message alone. */
  | { kind: 'message'; text: string }
  /** Regular expression of PostgreSQL on message or logger name, case-insensitive. */
  | { kind: 'regex'; pattern: string }
  /** Regular expression of PostgreSQL on the message alone, case-sensitive. */
  | { kind: 'line'; pattern: string }
  | { kind: 'level'; comparison: Comparison; level: Level }
  /** As the camera filter finds them, by id or source; null: those without a camera. */
  | { kind: 'camera'; id: number | null }
  /** The exact name; with `isGlob` each `*` of it stands for anything. */
  | { kind: 'source' | 'logger_name'; value: string; isGlob: boolean }
  | { kind: 'id'; id: number }
  | { kind: 'request_id'; value: string }
  | { kind: 'extra_data'; path: readonly string[]; match: ExtraMatch }

/** The condition on a value in `extra_data`. */
export type ExtraMatch =
  | { kind: 'exists' }
  /** The text, or, unless it was meant as text only, the number or truth value or null it spells. */
  | { kind: 'is'; text: string; isTextOnly: boolean }
  | { kind: 'glob'; text: string }
  /** A number compared with this one, which is kept as it was written. */
  | { kind: 'compare'; comparison: Exclude<Comparison, '='>; number: string }

/** A search, ready to be compiled. An empty `and` matches everything, an empty `or` nothing. */
export type SearchNode = Tree<SearchCondition>

/** The parts of which every one has to match. */
export function conjuncts(node: SearchNode | undefined): readonly SearchNode[] {
  if (!node) return []
  return node.kind === 'and' ? node.nodes : [node]
}

/** Whether level, source and camera alone decide, so that the kept counts can answer. */
export function isDimensional(node: SearchNode): boolean {
  if (node.kind === 'and' || node.kind === 'or') return node.nodes.every(isDimensional)
  if (node.kind === 'not') return isDimensional(node.node)
  return node.kind === 'level' || node.kind === 'source' || node.kind === 'camera'
}
