import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { redactData, redactRecord, redactText } from './redaction.ts'

/** line as it is logged, line as it leaves the process */
const HIDDEN: [string, string][] = [
  ['rtsp://admin:12345@192.168.1.100/stream', 'rtsp://***:***@192.168.1.100/stream'],
  [
    'RTSP connect failed: rtsp://admin:p@ss@10.0.0.4:554/h264?ch=1',
    'RTSP connect failed: rtsp://***:***@10.0.0.4:554/h264?ch=1',
  ],
  ['rtsp://admin:pa/ss#w?rd@cam.local/live', 'rtsp://***:***@cam.local/live'],
  ['open "rtsps://root:pass%40word@cam-1:322/"', 'open "rtsps://***:***@cam-1:322/"'],
  ['src=rtsp%3A%2F%2Fadmin%3Asecret1%40cam.local%2Flive', 'src=rtsp%3A%2F%2F***%3A***%40cam.local%2Flive'],
  ['u=rtsp%253A%252F%252Fadmin%253Ahunter2%2540cam', 'u=rtsp%253A%252F%252F***%253A***%2540cam'],
  ['https://ghx0123456789abcdef@github.com/a/b.git', 'https://***@github.com/a/b.git'],
  ['postgres://app:s3cr3t@db:5432/logs', 'postgres://***:***@db:5432/logs'],
  ['two rtsp://a:b@h1/x and rtsp://c:d@h2/y', 'two rtsp://***:***@h1/x and rtsp://***:***@h2/y'],
  ['ffmpeg -i admin:geheim@192.168.1.10:554/ch1', 'ffmpeg -i ***:***@192.168.1.10:554/ch1'],
  ['GET /cgi/snapshot.cgi?user=admin&pwd=geheim&ch=1', 'GET /cgi/snapshot.cgi?user=admin&pwd=***&ch=1'],
  ['GET /decoder?loginuse=admin&loginpas=888888', 'GET /decoder?loginuse=admin&loginpas=***'],
  ['next=%2Fapi%3Ftoken%3Dabcdef123%26page%3D2', 'next=%2Fapi%3Ftoken%3D***%26page%3D2'],
  ['Authorization: Bearer abc.def.ghi-123', 'Authorization: Bearer ***'],
  ['authorization=Basic YWRtaW46MTIzNDU=, x=1', 'authorization=Basic ***, x=1'],
  ["curl -H 'Authorization: Bearer tok_123456' http://h/", "curl -H 'Authorization: Bearer ***' http://h/"],
  ['Authorization: Digest username="admin", response="6629fae4"', 'Authorization: Digest ***'],
  ['sent bearer 8a7b6c5d4e3f2a1b', 'sent bearer ***'],
  ['Proxy-Authorization: Basic dXNlcjpwYXNz', 'Proxy-Authorization: Basic ***'],
  ['Cookie: sid=s%3Aabc.def; theme=dark', 'Cookie: ***'],
  ['Set-Cookie: session=eyJhbGci; Path=/; HttpOnly', 'Set-Cookie: ***'],
  ['X-API-Key: 0123456789abcdef', 'X-API-Key: ***'],
  ['login failed, password=hunter2, user=joe', 'login failed, password=***, user=joe'],
  ['db_password=abc,user=joe', 'db_password=***,user=joe'],
  ['{"user":"joe","password":"a\\"b c","n":1}', '{"user":"joe","password":"***","n":1}'],
  ['"{\\"token\\":\\"abc123\\"}"', '"{\\"token\\":\\"***\\"}"'],
  ["{ apiKey: 'k-123', id: 4 }", "{ apiKey: '***', id: 4 }"],
  ['password: correct horse', 'password: *** horse'],
  ['mount --password hunter2 /mnt', 'mount --password *** /mnt'],
  ['run --api-key=abc123 --dry', 'run --api-key=*** --dry'],
  ['AWS_SECRET_ACCESS_KEY=wJalrXUtnFEMI/K7MDENG', 'AWS_SECRET_ACCESS_KEY=***'],
  ['http://h/?password=p%40ss%26w&b=2', 'http://h/?password=***&b=2'],
  ['{"url":"rtsp:\\/\\/admin:pw@host\\/x"}', '{"url":"rtsp:\\/\\/***:***@host\\/x"}'],
  ['curl -u admin:geheim http://h/', 'curl -u ***:*** http://h/'],
  ['<wsse:Password Type="Digest">abc==</wsse:Password>', '<wsse:Password Type="Digest">***</wsse:Password>'],
  ['<password>geheim</password>', '<password>***</password>'],
  ['network={ssid=x psk=abcdefgh}', 'network={ssid=x psk=***}'],
  ['pass=the&token=a', 'pass=***&token=***'],
  ['{"password":"wrong"}', '{"password":"***"}'],
  ['found AKIAIOSFODNN7EXAMPLE in env', 'found *** in env'],
  ['remote ghp_abcdefghijklmnopqrstuvwxyz0123456789', 'remote ***'],
  ['jwt is eyJhbGciOiJIUzI1NiJ9.eyJzdWIiOiIxIn0.abcDEF-_1', 'jwt is ***'],
  ['maps?key=AIzaSyA1234567890abcdefghijklmnopqrstu', 'maps?key=***'],
  [
    '-----BEGIN RSA PRIVATE KEY-----\nMIIE\nabc\n-----END RSA PRIVATE KEY----- tail',
    '-----BEGIN RSA PRIVATE KEY-----***-----END RSA PRIVATE KEY----- tail',
  ],
]

const ORDINARY = [
  'Camera connection timeout after 30 seconds',
  'rtsp://192.168.1.100/stream',
  'rtsp://192.168.1.100:554/h264?channel=1',
  'git clone ssh://git@github.com/org/repo.git',
  'see https://medium.com/@author/post-1 and https://host:8080/a@b',
  'mail from joe@example.com to ops@example.com: delivered',
  '550e8400-e29b-41d4-a716-446655440000',
  'sha256:9f86d081884c7d659a2feaa0c55ad015a3bf4f1b2b0b822cd15d6c15b0f00a08',
  '/var/lib/timelapser/images/2025-01-01/camera_1/frame-000123.jpg',
  'C:\\Users\\joe\\keys\\readme.txt',
  'Failed password for root from 218.65.30.43 port 38300 ssh2',
  'Accepted password for fztu from 119.137.62.142 port 49116 ssh2',
  'pam_unix(sshd:auth): authentication failure; logname= uid=0 euid=0 tty=ssh ruser= rhost=1.2.3.4  user=root',
  'Basic authentication failed, bearer authentication required',
  'tests: bypass=3 compass: 12 keyboard: us monkey=1 token_count=512 tokens: 12',
  'std::token::next() PWD=/home/joe',
  'password=null token: undefined {"token":null}',
  'password: must not be empty',
  'SyntaxError: Unexpected token < in JSON at position 0',
  'Token: {kind: HDFS_DELEGATION}',
  'Established session 0x14f05578bd8001b for client /10.10.34.13:40570',
  'secretary of the task-force for disk-usage said: 50% is ok',
  'private key: loaded from /etc/ssl/key.pem',
  'primary key: id; foreign key=camera_id',
  'scp file user@192.168.1.4:/tmp and 12:30:05@192.168.1.4',
  'password changed for user joe; cookies accepted',
]

describe('redactText', () => {
  it.each(HIDDEN)('masks %s', (line, masked) => {
    expect(redactText(line)).toBe(masked)
  })

  it.each(HIDDEN)('finds nothing more on a second pass over %s', (line) => {
    expect(redactText(redactText(line))).toBe(redactText(line))
  })

  it.each(ORDINARY)('leaves %s', (line) => {
    expect(redactText(line)).toBe(line)
  })

  it('never shows a password of a URL, whatever surrounds it', () => {
    const word = fc.stringMatching(/^[a-z0-9 .,=-]{0,20}$/)
    fc.assert(
      fc.property(word, word, (before, after) => {
        expect(redactText(`${before} rtsp://admin:Xq7Zk@cam/live ${after}`)).not.toContain('Xq7Zk')
      }),
    )
  })
})

describe('redactData', () => {
  it('masks fields by name at any depth and keeps what only says whether', () => {
    const data = {
      rtsp_url: 'rtsp://admin:1@cam/1',
      retry_count: 3,
      user: { name: 'joe', Password: 'x', has_password: true, password: null },
      headers: { authorization: 'Bearer abcdefgh1', 'x-api-key': 'k', accept: '*/*' },
      list: [{ refreshToken: 'r' }, 'ok'],
      cookies: { sid: 'abc', n: 1 },
      token_count: 7,
      request_id: '550e8400-e29b-41d4-a716-446655440000',
    }
    expect(redactData(data)).toEqual({
      rtsp_url: 'rtsp://***:***@cam/1',
      retry_count: 3,
      user: { name: 'joe', Password: '***', has_password: true, password: null },
      headers: { authorization: '***', 'x-api-key': '***', accept: '*/*' },
      list: [{ refreshToken: '***' }, 'ok'],
      cookies: { sid: '***', n: '***' },
      token_count: 7,
      request_id: '550e8400-e29b-41d4-a716-446655440000',
    })
    expect(data.user.Password).toBe('x')
  })

  it('masks keys and the values after their name in raw header lists', () => {
    expect(
      redactData({ 'rtsp://a:b@h': 1, rawHeaders: ['Host', 'h', 'X-Api-Key', 'k', 'Cookie', 's=1'] }),
    ).toEqual({
      'rtsp://***:***@h': 1,
      rawHeaders: ['Host', 'h', 'X-Api-Key', '***', 'Cookie', '***'],
    })
  })

  it.each([
    [
      { headers: [{ name: 'Authorization', value: 'Bearer x' }] },
      { headers: [{ name: 'Authorization', value: '***' }] },
    ],
    [{ args: ['run', '--password', 'x', '--token'] }, { args: ['run', '--password', '***', '--token'] }],
    [{ args: ['-u', 'a:x', '-u', '1000:1000'] }, { args: ['-u', '***:***', '-u', '1000:1000'] }],
    [
      {
        pem: [
          '-----BEGIN PGP PRIVATE KEY BLOCK-----',
          'lQdGBF',
          '-----END PGP PRIVATE KEY BLOCK-----',
          'after',
        ],
      },
      {
        pem: ['-----BEGIN PGP PRIVATE KEY BLOCK-----', '***', '-----END PGP PRIVATE KEY BLOCK-----', 'after'],
      },
    ],
    [
      { pan: 4111111111111111, at: 1735689600000000, id: 4111111111111112 },
      { pan: '***', at: 1735689600000000, id: 4111111111111112 },
    ],
    [
      { password: { hash: 1, 'rtsp://a:b@h': 'x' } },
      { password: { hash: '***', 'rtsp://***:***@h': '***' } },
    ],
    [
      { tests: { pass: 118, fail: 2 }, pass: 'x' },
      { tests: { pass: 118, fail: 2 }, pass: '***' },
    ],
  ])('masks %j', (data, clean) => {
    expect(redactData(data)).toEqual(clean)
    expect(redactData(clean)).toBe(clean)
  })

  it('returns the same object when there is nothing to hide', () => {
    const data = { a: 1, b: ['x', { c: 'rtsp://host/1' }] }
    expect(redactData(data)).toBe(data)
  })
})

describe('redactRecord', () => {
  it('covers message, names and data', () => {
    const url = 'rtsp://a:b@h'
    const record = redactRecord({
      timestamp: '2025-01-01T00:00:00Z',
      level: 'INFO',
      message: url,
      source: url,
      logger_name: url,
      camera_id: null,
      extra_data: { url },
    })
    expect(JSON.stringify(record)).not.toContain('a:b')
  })

  it('masks in the message what a field by the name of a secret holds', () => {
    const record = redactRecord({
      ...{
        timestamp: '2025-01-01T00:00:00Z',
        level: 'INFO',
        source: 'a',
        logger_name: null,
        camera_id: null,
      },
      message: 'joe signed in with Xq7Zk9 again',
      extra_data: { Password: 'Xq7Zk9', user: 'joe' },
    })
    expect(record.message).toBe('joe signed in with *** again')
  })
})
