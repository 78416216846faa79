// The parts of a LogQL query, as the parser hands them on.

export type Matcher = { label: string; operator: '=' | '!=' | '=~' | '!~'; value: string }

export type LineFilter = {
  kind: 'line_filter'
  operator: '|=' | '!=' | '|~' | '!~' | '|>' | '!>'
  /** `|= "a" or "b"`; an address or network for `ip("…")`. */
  alternatives: readonly { text: string; isIp: boolean }[]
}

export type Comparison = '==' | '!=' | '>' | '>=' | '<' | '<='

export type LabelFilter =
  | { kind: 'string'; matcher: Matcher }
  /** `value` in nanoseconds, bytes or as it is. */
  | { kind: 'number' | 'duration' | 'bytes'; label: string; comparison: Comparison; value: number }
  | { kind: 'ip'; label: string; operator: '=' | '!='; pattern: string }
  | { kind: 'and' | 'or'; left: LabelFilter; right: LabelFilter }

/** `status="response.code"` of a parser that takes single fields. */
export type Extraction = { label: string; expression: string }

export type LabelFormat = { label: string; value: string; isRename: boolean }

export type Stage =
  | LineFilter
  | { kind: 'json'; extractions: readonly Extraction[] }
  | { kind: 'logfmt'; isStrict: boolean; keepsEmpty: boolean; extractions: readonly Extraction[] }
  | { kind: 'regexp' | 'pattern'; pattern: string }
  | { kind: 'unpack' | 'decolorize' }
  | { kind: 'label_filter'; filter: LabelFilter }
  | { kind: 'line_format'; template: string }
  | { kind: 'label_format'; formats: readonly LabelFormat[] }
  | { kind: 'drop' | 'keep'; labels: readonly (string | Matcher)[] }

/** `{source="api"} |= "timeout" | json` */
export type Selection = { matchers: readonly Matcher[]; stages: readonly Stage[] }

export type Unwrap = {
  label: string
  conversion: '' | 'bytes' | 'duration' | 'duration_seconds'
  filters: readonly LabelFilter[]
}

export type Grouping = { isWithout: boolean; labels: readonly string[] }

/** Times are nanoseconds. */
export type RangeAggregation = {
  kind: 'range'
  operation: string
  parameter: number | undefined
  selection: Selection
  range: number
  offset: number
  /** `@ 1795964400`: the window ends there for every step. */
  at: number | 'start' | 'end' | undefined
  unwrap: Unwrap | undefined
  grouping: Grouping | undefined
}

export type Matching = {
  isBool: boolean
  /** `on (…)`, `ignoring (…)`. */
  labels: readonly string[]
  isOn: boolean
  group: 'none' | 'left' | 'right'
  /** Labels that `group_left (…)` takes over from the other side. */
  included: readonly string[]
}

export type Metric =
  | RangeAggregation
  | {
      kind: 'vector'
      operation: string
      parameter: number | undefined
      grouping: Grouping | undefined
      of: Metric
    }
  | { kind: 'binary'; operator: string; left: Metric; right: Metric; matching: Matching }
  | { kind: 'literal'; value: number }
  | { kind: 'constant'; value: number }
  | {
      kind: 'label_replace'
      of: Metric
      destination: string
      replacement: string
      source: string
      pattern: string
    }

export type Query = { kind: 'logs'; selection: Selection } | { kind: 'metric'; metric: Metric }
