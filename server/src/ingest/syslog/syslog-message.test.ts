import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { utcClock } from '../time-zone.ts'
import { MAX_FRAME_BYTES, SyslogFrames } from './syslog-frames.ts'
import { decodeSyslogMessage } from './syslog-message.ts'

const origin = {
  now: '2026-01-10T00:00:00Z',
  sender: '10.0.0.21',
  cameras: new Map([['front-door', 4]]),
  clock: utcClock,
}
const decode = (text: string) => decodeSyslogMessage(Buffer.from(text), origin)

describe('a syslog message', () => {
  it.each([
    [
      'RFC 5424 with structured data',
      '<165>1 2026-01-09T22:14:15.003456Z mymachine evntslog 42 ID47 [a@1 k="v\\"\\]" e=""][b@2] \ufeffAn event',
      {
        timestamp: '2026-01-09T22:14:15.003456Z',
        level: 'INFO',
        message: 'An event',
        source: 'mymachine',
        logger_name: 'evntslog',
        extra_data: {
          original_level: 'NOTICE',
          pid: 42,
          msgid: 'ID47',
          structured_data: { 'a@1': { k: 'v"]', e: '' }, 'b@2': {} },
          facility: 'local4',
          host: 'mymachine',
        },
      },
    ],
    [
      'RFC 5424 of nothing but its head',
      '<8>1 - - - - - -',
      { timestamp: origin.now, level: 'CRITICAL', source: '10.0.0.21', message: '1 - - - - - -' },
    ],
    [
      'RFC 5424 with broken structured data, which becomes text',
      '<14>1 - host app - - [a@1 k=v] hello',
      { message: '[a@1 k=v] hello', logger_name: 'app' },
    ],
    [
      'RFC 3164',
      "<34>Oct 11 22:14:15 mymachine su[77]: 'su root' failed on /dev/pts/8",
      {
        timestamp: '2025-10-11T22:14:15Z',
        level: 'CRITICAL',
        message: "'su root' failed on /dev/pts/8",
        source: 'mymachine',
        logger_name: 'su',
        extra_data: { original_level: 'CRIT', pid: 77, facility: 'auth', host: 'mymachine' },
      },
    ],
    [
      'a camera that is known by its name',
      '<12>Jan  9 01:02:03 Front-Door motion: detected',
      { level: 'WARNING', camera_id: 4, source: 'camera_4', message: 'detected', logger_name: 'motion' },
    ],
    [
      "Cisco's sequence number, star and zone",
      '<189>29: *Jan  9 01:02:03.456: %SYS-5-CONFIG_I: Configured from console',
      {
        timestamp: '2026-01-09T01:02:03.456Z',
        logger_name: '%SYS-5-CONFIG_I',
        message: 'Configured from console',
      },
    ],
    [
      "an ASA's name, apart from its colon",
      '<166>Jan  9 2026 01:02:03 asa1 : %ASA-6-302013: Built inbound',
      {
        timestamp: '2026-01-09T01:02:03Z',
        source: 'asa1',
        logger_name: '%ASA-6-302013',
        message: 'Built inbound',
      },
    ],
    [
      'a tag and no host, with another word and a colon behind it',
      '<30>Jan  9 01:02:03 hostapd: wlan0: STA associated',
      { source: '10.0.0.21', logger_name: 'hostapd', message: 'wlan0: STA associated' },
    ],
    [
      'a tag and no host, with a level behind it',
      '<30>Jan  9 01:02:03 sshd: error: no such user',
      { source: '10.0.0.21', logger_name: 'sshd', message: 'error: no such user' },
    ],
    ...['fe80::1%eth0', '2001:DB8::7', '::1', '::ffff:10.0.0.5'].flatMap(
      (source): [string, string, object][] => [
        [
          `the address ${source} and a tag`,
          `<14>Jan  9 01:02:03 ${source} app[3]: it runs`,
          { source, logger_name: 'app', message: 'it runs' },
        ],
        [
          `the address ${source} and words alone`,
          `<14>Jan  9 01:02:03 ${source} it runs`,
          { source, logger_name: null, message: 'it runs' },
        ],
      ],
    ),
    [
      'two colons, which end no tag',
      '<14>Jan  9 01:02:03 cache::store: it runs',
      { source: '10.0.0.21', logger_name: null, message: 'cache::store: it runs' },
    ],
    [
      "MikroTik's topics behind its name",
      '<30>Jan  9 01:02:03 MikroTik system,error,critical login failure for user admin',
      { source: 'MikroTik', message: 'system,error,critical login failure for user admin' },
    ],
    [
      "UniFi's model, address and version in place of a host",
      '<30>Jan  9 01:02:03 U6-Lite,24a43cabcdef,v6.0.19: hostapd[12]: wlan0: STA associated',
      {
        ...{ source: 'U6-Lite', logger_name: 'hostapd', message: 'wlan0: STA associated' },
        extra_data: { pid: 12, device: 'U6-Lite,24a43cabcdef,v6.0.19', facility: 'daemon', host: 'U6-Lite' },
      },
    ],
    [
      'ISO time and no host',
      '<11>2026-01-09T01:02:03+02:00 app: went wrong',
      { timestamp: '2026-01-08T23:02:03Z', level: 'ERROR', message: 'went wrong', logger_name: 'app' },
    ],
    [
      'a tag alone',
      '<14>kernel: eth0 up',
      { message: 'eth0 up', logger_name: 'kernel', source: '10.0.0.21' },
    ],
    ['words alone', '<14>just some words', { message: 'just some words', logger_name: null }],
    ['no priority', 'ERROR it broke', { level: 'ERROR', message: 'ERROR it broke' }],
    ['a priority that is none', '<999>hello', { level: 'INFO', message: '<999>hello' }],
    ['a date that is none', '<14>Feb 31 01:02:03 host app: x', { timestamp: origin.now }],
  ])('%s', (_name, text, expected) => {
    expect(decode(text)).toMatchObject(expected)
  })

  it('of nothing is none', () => {
    expect([decode(''), decode('\r\n'), decode('\0')]).toEqual([undefined, undefined, undefined])
  })

  it('throws at no bytes, and keeps what it was sent', () => {
    const head = fc.constantFrom(
      '<13>',
      '<13>1 - - - - - ',
      '<13>Jan  1 01:01:01 h t: ',
      '<13>1 - - - - - [',
      '',
    )
    fc.assert(
      fc.property(head, fc.string({ unit: 'binary' }), (start, text) => {
        const record = decodeSyslogMessage(Buffer.from(`${start}${text} marked`), origin)
        expect(record?.message).toContain('marked')
      }),
      { numRuns: 500 },
    )
  })
})

describe('a header of a device', () => {
  const late = { ...origin, now: '2026-11-29T12:00:00Z' }
  it.each<[string, string, object]>([
    [
      'a year behind the time',
      '<190>Nov 29 13:10:08 2026 SW-LAB01 %%10WEB/4/LOGIN_REFUSED(l): operator was refused',
      { source: 'SW-LAB01', logger_name: '%%10WEB/4/LOGIN_REFUSED(l)', timestamp: '2026-11-29T13:10:08Z' },
    ],
    [
      'a time since the start, which is text',
      '<189>82: 00:20:10: %SYS-5-CONFIG_I: Someone changed the setup',
      {
        source: '10.0.0.21',
        message: '00:20:10: %SYS-5-CONFIG_I: Someone changed the setup',
        logger_name: '%SYS-5-CONFIG_I',
      },
    ],
    [
      'a zone that is no host',
      '<189>92: *Nov 28 00:20:14 UTC: %SYS-5-CONFIG_I: Configured e',
      { source: '10.0.0.21', timestamp: '2026-11-28T00:20:14Z' },
    ],
    [
      'a name before the time, and a zone nobody knows',
      '<188>661188: edge-rtr1: Nov 28 22:23:27.833 Lisbon: %SW_MATM-4-MACFLAP_NOTIF: Address moves between two ports',
      { source: 'edge-rtr1', message: 'Lisbon: %SW_MATM-4-MACFLAP_NOTIF: Address moves between two ports' },
    ],
    [
      'two sequence numbers',
      '<190>900012: 900010: Nov 28 22:23:28: %SEC-6-IPACCESSLOGP: list MGMT let tcp 10.0.0.1 in',
      { source: '10.0.0.21', logger_name: '%SEC-6-IPACCESSLOGP', message: 'list MGMT let tcp 10.0.0.1 in' },
    ],
    [
      'EST',
      '<189>94: *Nov 28 2026 00:20:16 EST: %SYS-5-CONFIG_I: Configured j',
      { source: '10.0.0.21', timestamp: '2026-11-28T05:20:16Z' },
    ],
    [
      'NX-OS',
      '<189>: 2026 Nov 28 10:11:15 UTC: %ETHPORT-5-IF_DOWN_LINK_FAILURE: Interface Ethernet1/1 is down',
      { timestamp: '2026-11-28T10:11:15Z', message: 'Interface Ethernet1/1 is down' },
    ],
    [
      'IOS-XR with its name before its place',
      '<190>8: edge-rtr1 RP/0/RSP0/CPU0:Nov 28 10:52:24.652 UTC: config[65]: %MGBL-CONFIG-6-DB_COMMIT : committed',
      {
        timestamp: '2026-11-28T10:52:24.652Z',
        source: 'edge-rtr1',
        logger_name: 'config',
        message: '%MGBL-CONFIG-6-DB_COMMIT : committed',
      },
    ],
    [
      'IOS-XR',
      '<189>2207: RP/0/RSP0/CPU0:Nov 28 10:11:16.123 : ifmgr[227]: %PKT_INFRA-LINK-3-UPDOWN : Interface up',
      {
        timestamp: '2026-11-28T10:11:16.123Z',
        logger_name: 'ifmgr',
        message: '%PKT_INFRA-LINK-3-UPDOWN : Interface up',
      },
    ],
    [
      'a controller of access points',
      '<132>WLC-01: *spamApTask2: Nov 28 10:11:17.123: %CAPWAP-4-DISC_INTF_ERR1: capwap_ac_sm.c:1453 Unable',
      { timestamp: '2026-11-28T10:11:17.123Z', source: 'WLC-01', logger_name: '%CAPWAP-4-DISC_INTF_ERR1' },
    ],
    [
      'Fortinet',
      '<189>date=2026-11-29 time=10:11:12 devname="FGT-A" devid="FG100E0001" eventtime=1795943472000000000 tz="+0100" logid="0000000013" type="traffic" subtype="forward" level="notice" vd="root" srcip=10.0.0.1 action="accept"',
      {
        timestamp: '2026-11-29T09:11:12Z',
        source: 'FGT-A',
        message: expect.stringMatching(/^date=.*action="accept"$/),
      },
    ],
    [
      'Fortinet, with commas',
      '<189>date=2026-11-29,time=10:11:12,devname=FGT-A,device_id=FG100E0001,type=traffic,pri=notice',
      {
        timestamp: '2026-11-29T10:11:12Z',
        source: 'FGT-A',
        message: expect.stringMatching(/^date=.*pri=notice$/),
      },
    ],
    [
      'a space before the priority',
      ' <11>Nov 29 10:00:03 host app: behind a space',
      { level: 'ERROR', timestamp: '2026-11-29T10:00:03Z', source: 'host', message: 'behind a space' },
    ],
    [
      'a byte order mark before the priority',
      '\ufeff<13>1 2026-11-29T10:00:01Z hosta app 1 - - first BOM',
      { timestamp: '2026-11-29T10:00:01Z', source: 'hosta', message: 'first BOM' },
    ],
    [
      'a byte order mark before the message',
      '<14>Nov 29 10:00:03 esp32 RC: \ufeffTemperature 25.9',
      { source: 'esp32', logger_name: 'RC', message: 'Temperature 25.9' },
    ],
    [
      'a space behind the priority',
      '<181> Nov 8 18:11:57 AAA-1 AAA_Refused 0009999 1 0 2026-11-08 18:11:57.232 -07:00 0003 5400 NOTICE Sign-in: refused',
      { timestamp: '2026-11-08T18:11:57Z', source: 'AAA-1', message: expect.stringMatching(/^AAA_Refused/) },
    ],
    [
      'a host with its domain and pairs',
      '<134>2026-11-29T10:39:52.480390+00:00 edge.lab.example   id=edge sn=0001 time="2026-11-29 14:39:52" pri=6 msg="Connection Opened"',
      { source: 'edge.lab.example', message: expect.stringMatching(/^id=edge/) },
    ],
    [
      'Meraki',
      '<134>1 1795943400.978292274 MX_FW flows src=10.1.1.1 dst=10.2.2.2 protocol=udp pattern: allow',
      {
        timestamp: '2026-11-29T09:10:00.978292Z',
        source: 'MX_FW',
        message: 'flows src=10.1.1.1 dst=10.2.2.2 protocol=udp pattern: allow',
      },
    ],
    [
      'CEF',
      'CEF:0|Vendor|Product|1.0|100|login failed|8|src=10.0.0.1 msg=bad password',
      { message: expect.stringMatching(/^CEF:0\|Vendor/), logger_name: null },
    ],
    [
      'a task in the place of a process',
      '<14> Nov 29 10:00:28 10.0.0.7-1 DOT1X[dot1xTask]: port 5 authorized',
      { source: '10.0.0.7-1', logger_name: 'DOT1X', message: 'port 5 authorized' },
    ],
    [
      'an address, which is no tag',
      '<14>Nov 29 10:20:08 host http://x/y: not a tag',
      { source: 'host', logger_name: null, message: 'http://x/y: not a tag' },
    ],
    [
      'a level, which is no tag',
      'error: no header at all',
      { level: 'ERROR', message: 'error: no header at all', logger_name: null },
    ],
    [
      'a clock, which is no tag',
      '<14>10:20:09 host: only a clock',
      { message: '10:20:09 host: only a clock', logger_name: null },
    ],
    [
      'an offset behind the time',
      '<14>Nov 29 10:20:17 +0100 host app: offset after time',
      { timestamp: '2026-11-29T09:20:17Z', source: 'host', logger_name: 'app' },
    ],
    [
      'a zone behind the time',
      '<14>Nov 29 10:20:18 CET host app: zone name after time',
      { timestamp: '2026-11-29T09:20:18Z', source: 'host', logger_name: 'app' },
    ],
  ])('is read: %s', (_name, text, expected) => {
    expect(decodeSyslogMessage(Buffer.from(text), late)).toMatchObject(expected)
  })

  it('is read in Latin-1 too', () => {
    const bytes = Buffer.from('<14>Nov 29 10:00:05 tor hausd: Tür geöffnet', 'latin1')
    expect(decodeSyslogMessage(bytes, late)).toMatchObject({ source: 'tor', message: 'Tür geöffnet' })
  })
})

describe('a stream of syslog', () => {
  const line = fc.stringMatching(/^<\d{1,3}>[ -~]{0,40}$/)
  const frame = fc.tuple(line, fc.constantFrom('counted', 'line', 'nul')).map(([text, form]) => ({
    text,
    bytes: form === 'counted' ? `${text.length} ${text}` : `${text}${form === 'nul' ? '\0' : '\n'}`,
  }))

  it('is cut into its messages, counted or a line each, wherever the chunks end', () => {
    fc.assert(
      fc.property(fc.array(frame), fc.integer({ min: 1, max: 20 }), (frames, size) => {
        const bytes = Buffer.from(frames.map((one) => one.bytes).join(''))
        const cutter = new SyslogFrames()
        const found: string[] = []
        for (let at = 0; at < bytes.length; at += size) {
          found.push(...cutter.push(bytes.subarray(at, at + size)).map(String))
        }
        expect([...found, ...cutter.end().map(String)]).toEqual(frames.map(({ text }) => text))
      }),
      { numRuns: 300 },
    )
  })

  it.each([
    ['a line', (body: string) => `<13>${body}\n`],
    ['a counted message', (body: string) => `${body.length + 4} <13>${body}`],
  ])('cuts %s that is too long, and goes on behind it', (_name, frame) => {
    const cutter = new SyslogFrames()
    const bytes = Buffer.from(`${frame('x'.repeat(3 * MAX_FRAME_BYTES))}<13>next\n`)
    const found: Buffer[] = []
    for (let at = 0; at < bytes.length; at += 65_536)
      found.push(...cutter.push(bytes.subarray(at, at + 65_536)))
    expect(found.map(({ length }) => length)).toEqual([MAX_FRAME_BYTES, '<13>next'.length])
    const lacks = 3 * MAX_FRAME_BYTES + '<13>'.length - MAX_FRAME_BYTES
    expect(found.map((message) => cutter.cutBytes(message))).toEqual([lacks, 0])
    const [first = Buffer.alloc(0)] = found
    const record = decodeSyslogMessage(first, { ...origin, cutBytes: cutter.cutBytes(first) })
    expect(record?.extra_data?.truncated_bytes).toBe(3 * MAX_FRAME_BYTES - (record?.message.length ?? 0))
  })

  it('counts what a line lacks that ends with its connection, and cuts no character in two', () => {
    const cutter = new SyslogFrames()
    const text = 'ä'.repeat(MAX_FRAME_BYTES)
    expect(cutter.push(Buffer.from(`<13>_${text}`))).toEqual([])
    expect(cutter.heldBytes).toBeLessThanOrEqual(MAX_FRAME_BYTES + 5)
    const [message = Buffer.alloc(0)] = cutter.end()
    const cutBytes = cutter.cutBytes(message)
    expect(message.length + cutBytes).toBe(5 + 2 * text.length)
    const record = decodeSyslogMessage(message, { ...origin, cutBytes })
    expect(record?.message).toMatch(/^_ä+$/)
  })

  it.each([
    ['a line', (body: string) => `<13>${body}\n`],
    ['a counted message', (body: string) => `${body.length + 4} <13>${body}`],
  ])('looks at no byte of %s again that comes byte by byte', (_name, frame) => {
    const cutter = new SyslogFrames()
    const bytes = Buffer.from(frame('x'.repeat(MAX_FRAME_BYTES - 10)).repeat(2))
    const found: number[] = []
    for (let at = 0; at < bytes.length; at++) {
      found.push(...cutter.push(bytes.subarray(at, at + 1)).map(({ length }) => length))
    }
    expect(found).toEqual([MAX_FRAME_BYTES - 6, MAX_FRAME_BYTES - 6])
  })

  it('leaves messages that it gave out as they are', () => {
    const cutter = new SyslogFrames()
    const lines = Array.from({ length: 200 }, (_, number) => `<13>${'x'.repeat(number)}`)
    const bytes = Buffer.from(`${lines.join('\n')}\n`)
    const found: Buffer[] = []
    for (let at = 0; at < bytes.length; at += 7) found.push(...cutter.push(bytes.subarray(at, at + 7)))
    expect(found.map(String)).toEqual(lines)
  })

  it('gives out a last line without its end', () => {
    const cutter = new SyslogFrames()
    expect(cutter.push(Buffer.from('<13>a\n<13>b')).map(String)).toEqual(['<13>a'])
    expect(cutter.end().map(String)).toEqual(['<13>b'])
  })
})
