import type { ExtraMatch } from '../../store/filter/search-conditions.ts'
import type { ParsedCondition, ParsedSearch } from './search-syntax.ts'

/** Writes a search so that parsing the text gives the same search. */
export function formatSearch(tree: ParsedSearch): string {
  switch (tree.kind) {
    case 'and':
      return tree.nodes.map((node) => (node.kind === 'or' ? bracketed(node) : formatSearch(node))).join(' ')
    case 'or':
      return tree.nodes.map(formatSearch).join(' or ')
    case 'not': {
      const { kind } = tree.node
      return `-${kind === 'and' || kind === 'or' || kind === 'not' ? bracketed(tree.node) : formatSearch(tree.node)}`
    }
    default:
      return formatCondition(tree)
  }
}

function bracketed(tree: ParsedSearch): string {
  return `(${formatSearch(tree)})`
}

function formatCondition(condition: ParsedCondition): string {
  switch (condition.kind) {
    case 'text':
      return /^[\p{L}\p{N}_]+$/u.test(condition.text) && !/^or$/i.test(condition.text)
        ? condition.text
        : quoted(condition.text)
    case 'message':
      return `message:${quoted(condition.text)}`
    case 'regex':
      return `/${condition.pattern}/`
    case 'level':
      return `level:${condition.comparison === '=' ? '' : condition.comparison}${condition.level.toLowerCase()}`
    case 'camera':
      return `camera:${condition.id ?? 'none'}`
    case 'camera_name':
      return `camera:${quoted(condition.name)}`
    case 'source':
    case 'logger_name':
      return `${condition.kind}:${condition.isGlob ? condition.value : quoted(condition.value)}`
    case 'id':
      return `id:${condition.id}`
    case 'request_id':
      return `request_id:${quoted(condition.value)}`
    case 'extra_data':
      return `extra_data.${condition.path.join('.')}:${formatMatch(condition.match)}`
  }
}

function formatMatch(match: ExtraMatch): string {
  if (match.kind === 'exists') return '*'
  if (match.kind === 'glob') return match.text
  if (match.kind === 'compare') return `${match.comparison}${match.number}`
  return match.isTextOnly ? quoted(match.text) : match.text
}

function quoted(text: string): string {
  return `"${text.replace(/["\\]/g, '\\$&')}"`
}
