import { serverNow } from '../api/server-clock.ts'
import { MessageText } from '../text/message-text.tsx'
import { formatFull, formatMoment } from './format.ts'

const INSTANT = /(\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d(?:\.\d+)?(?:Z|[+-]\d\d:\d\d))/

/** Text of the server, inert, in which ISO times are shown as everywhere else: in the zone, whole on hover. */
export function TimedText({ text, zone }: { text: string; zone: string }) {
  // Split by a group, every second part is what matched.
  return text.split(INSTANT).map((part, index) =>
    index % 2 === 1 && !Number.isNaN(Date.parse(part)) ? (
      // biome-ignore lint/suspicious/noArrayIndexKey: the parts of a text have no identity but their place
      <time key={index} dateTime={part} title={formatFull(part, zone)}>
        {formatMoment(part, zone, serverNow())}
      </time>
    ) : (
      // biome-ignore lint/suspicious/noArrayIndexKey: the same
      <MessageText key={index} text={part} />
    ),
  )
}
