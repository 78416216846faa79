// Files as programs write them, and what is right about their entries: time, level, and a piece of the message. They go
// the way of `timelapser-logs ingest`, short of the server.
import { mkdtemp, rm, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { FileDecoder } from './ingest-decoder.ts'
import { inspectFile, readFileLines } from './ingest-input.ts'

let folder: string
beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), 'cases-'))
})
afterAll(() => rm(folder, { recursive: true }))

type Entry = [time: string, level: string, message: string]

async function read(content: string | Buffer) {
  const path = join(folder, 'case.log')
  await writeFile(path, content)
  const decoder = new FileDecoder('auto', { now: '2026-11-29T16:00:00Z', undated: 'previous' })
  const outcomes = []
  for await (const lines of readFileLines(await inspectFile(path), () => {}))
    for (const line of lines) outcomes.push(...decoder.push(line))
  outcomes.push(...decoder.end())
  return outcomes.map((outcome) => ('record' in outcome ? outcome.record : outcome.reason))
}

const at = (clock: string) => `2026-11-29T${clock}Z`

it('keep the blank lines inside of a trace', async () => {
  const trace = 'panic: boom\n\ngoroutine 1 [running]:\nmain.main()\n\t/x/main.go:4 +0x1d'
  expect(await read(`${trace}\n\n`)).toMatchObject([{ level: 'CRITICAL', message: trace }])
})

describe('entries', () => {
  it.each<[string, string | Buffer, Entry[]]>([
    [
      'a Java trace with its causes, behind the line that announces it',
      '2026-11-29 09:00:01,123 ERROR [main] com.acme.App - Request failed\ncom.acme.ServiceException: Something bad\n\tat com.acme.Service.call(Service.java:60)\n\tat com.acme.App.main(App.java:12)\n\tSuppressed: java.io.IOException: close failed\n\t\tat com.acme.Res.close(Res.java:9)\n\t\t... 2 more\nCaused by: java.lang.NullPointerException: Cannot invoke "String.length()" because "s" is null\n\tat com.acme.Dao.find(Dao.java:33) ~[app.jar:?]\n\t... 23 common frames omitted\n\t... 23 more\n\n2026-11-29 09:00:02,456 INFO  [main] com.acme.App - next\n',
      [
        [at('09:00:01.123'), 'ERROR', 'Caused by: java.lang.NullPointerException'],
        [at('09:00:02.456'), 'INFO', 'next'],
      ],
    ],
    [
      'two Python tracebacks of one failure',
      '2026-11-29 09:00:01,123 ERROR app.worker: job failed\nTraceback (most recent call last):\n  File "/app/w.py", line 3, in run\n    step()\nKeyError: \'id\'\n\nDuring handling of the above exception, another exception occurred:\n\nTraceback (most recent call last):\n  File "/app/w.py", line 5, in run\n    retry()\n  File "/app/w.py", line 9, in retry\n    raise RuntimeError("gave up") from e\nRuntimeError: gave up\n2026-11-29 09:00:02,456 INFO app.worker: next\n',
      [
        [at('09:00:01.123'), 'ERROR', 'RuntimeError: gave up'],
        [at('09:00:02.456'), 'INFO', 'next'],
      ],
    ],
    [
      "a trace of Ruby's logger",
      "E, [2026-11-29T09:00:01.123456 #12] ERROR -- : boom (RuntimeError)\n/app/a.rb:3:in 'Job#run'\n/app/a.rb:9:in `<main>'\nI, [2026-11-29T09:00:02.123456 #12]  INFO -- : next\n",
      [
        [at('09:00:01.123456'), 'ERROR', "/app/a.rb:9:in `<main>'"],
        [at('09:00:02.123456'), 'INFO', 'next'],
      ],
    ],
    [
      'csv with a line break and quotes in quotes',
      'time,level,message\n2026-11-29T09:00:01Z,ERROR,"one\nsaid ""two"", then\nthree",x\n2026-11-29T09:00:02Z,INFO,"next"\n',
      [
        ['2026-11-29T16:00:00Z', 'INFO', 'time,level,message'],
        [at('09:00:01'), 'ERROR', 'then\nthree",x'],
        [at('09:00:02'), 'INFO', 'next'],
      ],
    ],
    [
      'JSON that was cut, which is no csv',
      '2026-11-29 09:00:01,123 INFO a=1, b=2, c=3, payload={"a":1,"b":"cut\n2026-11-29 09:00:02,123 ERROR next\n',
      [
        [at('09:00:01.123'), 'INFO', 'cut'],
        [at('09:00:02.123'), 'ERROR', 'next'],
      ],
    ],
    [
      'a row that was cut within quotes, and lines after it',
      '2026-11-29 09:00:01,123 INFO said,"cut\n2026-11-29 09:00:02,123 ERROR next\n',
      [
        [at('09:00:01.123'), 'INFO', 'cut'],
        [at('09:00:02.123'), 'ERROR', 'next'],
      ],
    ],
    [
      "Node's trace with its properties",
      "2026-11-29T09:00:01.000Z ERROR unhandled\nError: connect ECONNREFUSED 127.0.0.1:5432\n    at TCPConnectWrap.afterConnect [as oncomplete] (node:net:1495:16)\n    at async main (file:///app/index.js:10:3) {\n  errno: -111,\n  code: 'ECONNREFUSED',\n  syscall: 'connect',\n  [cause]: Error: inner\n      at inner (file:///app/x.js:1:1)\n}\n2026-11-29T09:00:02.000Z INFO next\n",
      [
        [at('09:00:01.000'), 'ERROR', '[cause]: Error: inner'],
        [at('09:00:02.000'), 'INFO', 'next'],
      ],
    ],
    [
      "Elixir's exception, behind the line that announces it",
      '2026-11-29 09:00:01.123 [error] GenServer terminating\n** (RuntimeError) boom\n    (app 0.1.0) lib/a.ex:3: A.b/1\n2026-11-29 09:00:02.123 [info] next\n',
      [
        [at('09:00:01.123'), 'ERROR', '** (RuntimeError) boom'],
        [at('09:00:02.123'), 'INFO', 'next'],
      ],
    ],
    [
      "a group of Python's exceptions",
      '2026-11-29 09:00:01,500 - worker - ERROR - task failed\n  + Exception Group Traceback (most recent call last):\n  |   File "a.py", line 1, in <module>\n  | ExceptionGroup: two (1 sub-exception)\n  +-+---------------- 1 ----------------\n    | ValueError: a\n    +------------------------------------\n2026-11-29 09:00:02,500 - worker - INFO - next\n',
      [
        [at('09:00:01.500'), 'ERROR', 'ValueError: a'],
        [at('09:00:02.500'), 'INFO', 'next'],
      ],
    ],
    [
      'two streams of a container whose parts come in turns',
      '2026-11-29T09:00:01.000000001Z stdout P first half, \n2026-11-29T09:00:01.000000002Z stderr F level=error msg="from stderr"\n2026-11-29T09:00:01.000000003Z stdout F second half\n',
      [
        [at('09:00:01.000000'), 'ERROR', 'from stderr'],
        [at('09:00:01.000000'), 'INFO', 'first half, second half'],
      ],
    ],
    [
      'a panic of Go, apart from the line before it',
      '2026/11/29 09:00:01 starting\npanic: runtime error: index out of range [2] with length 0\n\ngoroutine 43 [running]:\ngithub.com/acme/pkg.crash()\n\t/src/pkg/x.go:308 +0xbe\ncreated by github.com/acme/pkg.Run in goroutine 1\n\t/src/pkg/x.go:166 +0xcc6\nexit status 2\n2026/11/29 09:00:02 restarted\n',
      [
        [at('09:00:01'), 'INFO', 'starting'],
        [at('09:00:01'), 'CRITICAL', 'exit status 2'],
        [at('09:00:02'), 'INFO', 'restarted'],
      ],
    ],
    [
      'a panic of Rust',
      "2026-11-29T09:00:01Z INFO start\nthread 'main' panicked at src/main.rs:3:5:\nindex out of bounds: the len is 0 but the index is 2\nstack backtrace:\n   0: rust_begin_unwind\n             at /rustc/abc/library/std/src/panicking.rs:645:5\n   1: app::main\nnote: Some details are omitted, run with `RUST_BACKTRACE=full` for a verbose backtrace.\n2026-11-29T09:00:02Z INFO restart\n",
      [
        [at('09:00:01'), 'INFO', 'start'],
        [at('09:00:01'), 'ERROR', 'note: Some details'],
        [at('09:00:02'), 'INFO', 'restart'],
      ],
    ],
    [
      "Serilog's text with a trace of .NET",
      '2026-11-29 09:00:01.123 +01:00 [ERR] Unhandled exception\nSystem.InvalidOperationException: outer\n ---> System.IO.IOException: inner\n   at Acme.Io.Read() in /src/Io.cs:line 9\n   --- End of inner exception stack trace ---\n   at Acme.Program.Main(String[] args) in /src/Program.cs:line 3\n2026-11-29 09:00:02.123 +01:00 [INF] next\n2026-11-29 09:00:03.123 +01:00 [WRN] careful\n2026-11-29 09:00:04.123 +01:00 [FTL] dead\n2026-11-29 09:00:05.123 +01:00 [DBG] detail\n',
      [
        [at('08:00:01.123'), 'ERROR', 'Program.cs:line 3'],
        [at('08:00:02.123'), 'INFO', 'next'],
        [at('08:00:03.123'), 'WARNING', 'careful'],
        [at('08:00:04.123'), 'CRITICAL', 'dead'],
        [at('08:00:05.123'), 'DEBUG', 'detail'],
      ],
    ],
    [
      "PHP's own log",
      '[29-Nov-2026 09:00:01 UTC] PHP Fatal error:  Uncaught Exception: boom in /var/www/x.php:3\nStack trace:\n#0 /var/www/y.php(9): run()\n#1 {main}\n  thrown in /var/www/x.php on line 3\n[29-Nov-2026 09:00:02 UTC] PHP Warning:  Undefined variable $a in /var/www/x.php on line 4\n[29-Nov-2026 09:00:03 Europe/Berlin] PHP Notice:  hm in /var/www/x.php on line 5\n[29-Nov-2026 09:00:04] NOTICE: fpm is running, pid 1\n',
      [
        [at('09:00:01'), 'CRITICAL', 'thrown in'],
        [at('09:00:02'), 'WARNING', 'Undefined variable'],
        [at('08:00:03'), 'INFO', 'hm'],
        [at('09:00:04'), 'INFO', 'fpm is running'],
      ],
    ],
    [
      'a message over several lines before its trace',
      '2026-11-29 20:57:49,248 ERROR [ProcThread-11] EventThread - Could not apply rule nine to item:Ite\nm [id=null, env=test, desc=a long text that was cut, data\n=null, v=4]\njava.lang.NullPointerException: null\n        at com.acme.rules.Eval.evaluate(Eval.java:577) ~[app.jar:?]\n2026-11-29 20:57:50,100 INFO [ProcThread-12] EventThread - done\n',
      [
        [at('20:57:49.248'), 'ERROR', 'Eval.java:577'],
        [at('20:57:50.100'), 'INFO', 'done'],
      ],
    ],
    [
      'a level in JUL on the second line',
      'Nov 29, 2026 1:05:09 PM com.acme.App run\nWARNING: slow\nNov 29, 2026 1:05:10 PM com.acme.App run\nINFO: fine\n',
      [
        [at('13:05:09'), 'WARNING', 'slow'],
        [at('13:05:10'), 'INFO', 'fine'],
      ],
    ],
    [
      "Docker's json-file",
      '{"log":"one\\n","stream":"stdout","time":"2026-11-29T09:00:01.36791762Z"}\n{"log":"ERROR two failed\\n","stream":"stderr","time":"2026-11-29T09:00:02.367958027Z"}\n{"log":"part one of a long","stream":"stdout","time":"2026-11-29T09:00:03.1Z"}\n{"log":" line, part two\\n","stream":"stdout","time":"2026-11-29T09:00:03.2Z"}\n{"log":"{\\"level\\":\\"error\\",\\"msg\\":\\"inner json\\",\\"time\\":\\"2026-11-29T09:00:04Z\\"}\\n","stream":"stdout","time":"2026-11-29T09:00:04.5Z"}\n{"log":"java.lang.X: boom\\n","stream":"stderr","time":"2026-11-29T09:00:05.1Z"}\n{"log":"\\u0009at a.B.c(B.java:3)\\n","stream":"stderr","time":"2026-11-29T09:00:05.2Z"}\n{"log":"\\n","stream":"stdout","time":"2026-11-29T09:00:06Z"}\n',
      [
        [at('09:00:01.367917'), 'INFO', 'one'],
        [at('09:00:03.1'), 'INFO', 'part one of a long line, part two'],
        [at('09:00:04'), 'ERROR', 'inner json'],
        [at('09:00:02.367958'), 'ERROR', 'two failed'],
        [at('09:00:05.1'), 'ERROR', 'boom\n\tat a.B.c(B.java:3)'],
      ],
    ],
    [
      'the CRI',
      '2026-11-29T09:00:01.143102151Z stdout F plain line\n2026-11-29T09:00:02.143102151Z stderr F ERROR second failed\n2026-11-29T09:00:03.1Z stdout P partial one, \n2026-11-29T09:00:03.2Z stdout P partial two, \n2026-11-29T09:00:03.3Z stdout F end of it\n2026-11-29T09:00:04.143102151Z stdout F {"level":"error","ts":"2026-11-29T09:00:04Z","msg":"json in cri","logger":"ctl"}\n2026-11-29T09:00:05.1Z stderr F java.lang.X: boom\n2026-11-29T09:00:05.2Z stderr F \tat a.B.c(B.java:3)\n2026-11-29T09:00:06.143102151+01:00 stdout F with offset\n2026-11-29T09:00:07.1Z stderr F E1129 09:00:07.000001       1 x.go:9] klog in cri\n',
      [
        [at('09:00:01.143102'), 'INFO', 'plain line'],
        [at('09:00:03.1'), 'INFO', 'partial one, partial two, end of it'],
        [at('09:00:04'), 'ERROR', 'json in cri'],
        [at('08:00:06.143102'), 'INFO', 'with offset'],
        [at('09:00:02.143102'), 'ERROR', 'second failed'],
        [at('09:00:05.1'), 'ERROR', 'boom\n\tat'],
        [at('09:00:07.000001'), 'ERROR', 'klog in cri'],
      ],
    ],
    [
      'objects over several lines',
      '{\n  "level": "error",\n  "message": "pretty printed",\n  "time": "2026-11-29T09:10:01Z"\n}\n{\n  "level": "info",\n  "message": "second pretty",\n  "time": "2026-11-29T09:10:02Z"\n}\n',
      [
        [at('09:10:01'), 'ERROR', 'pretty printed'],
        [at('09:10:02'), 'INFO', 'second pretty'],
      ],
    ],
    [
      'an array',
      '[{"level": "error", "message": "in an array 1", "time": "2026-11-29T09:10:01Z"}, {"level": "info", "message": "in an array 2", "time": "2026-11-29T09:10:02Z"}]',
      [
        [at('09:10:01'), 'ERROR', 'in an array 1'],
        [at('09:10:02'), 'INFO', 'in an array 2'],
      ],
    ],
    [
      'rows of csv with a line break in them',
      '2026-11-29 09:00:01.365 UTC,"u","db",16576,"10.0.0.1:59633",aaaaaaaa.1,2,"",2026-11-29 08:31:00 UTC,,0,FATAL,57P03,"going away now",,,,,,,,,""\n2026-11-29 09:00:02.606 +07,"postgres","hr",4988,"[local]",bbbbbbbb.2,3,"SELECT",2026-11-29 08:06:21 +07,9/0,0,LOG,00000,"duration: 12.5 ms  statement: select *\nfrom t;",,,,,,,,,"psql"\n',
      [
        [at('09:00:01.365'), 'CRITICAL', 'going away now'],
        [at('02:00:02.606'), 'INFO', 'select *\nfrom t;'],
      ],
    ],
    [
      'UTF-16 without a mark',
      Buffer.from('2026-11-29 09:00:01 INFO boot\n2026-11-29 09:00:02 ERROR Größe\n', 'utf16le'),
      [
        [at('09:00:01'), 'INFO', 'boot'],
        [at('09:00:02'), 'ERROR', 'Größe'],
      ],
    ],
    [
      'Latin-1 beside UTF-8',
      Buffer.concat([
        Buffer.from('2026-11-29 09:00:01 INFO Maß\n'),
        Buffer.from('2026-11-29 09:00:02 ERROR Größe\n', 'latin1'),
      ]),
      [
        [at('09:00:01'), 'INFO', 'Maß'],
        [at('09:00:02'), 'ERROR', 'Größe'],
      ],
    ],
    [
      'NULs that a crash left',
      `2026-11-29 09:00:01 INFO before\n${'\0'.repeat(4096)}2026-11-29 09:00:02 ERROR after\n`,
      [
        [at('09:00:01'), 'INFO', 'before'],
        [at('09:00:01'), 'WARNING', '4,096 NUL bytes'],
        [at('09:00:02'), 'ERROR', 'after'],
      ],
    ],
    [
      'logcat',
      '11-29 09:10:01.123  1234  5678 E ActivityManager: ANR in app\n11-29 09:10:02.123  1234  5678 W Tag: careful\n11-29 09:10:03.123  1234  5678 I Tag: fine\n',
      [
        [at('09:10:01.123'), 'ERROR', 'ANR'],
        [at('09:10:02.123'), 'WARNING', 'careful'],
        [at('09:10:03.123'), 'INFO', 'fine'],
      ],
    ],
    [
      'Redis',
      '1:M 29 Nov 2026 09:10:01.123 * Ready to accept connections\n1:M 29 Nov 2026 09:10:02.123 # WARNING overcommit_memory is set to 0\n',
      [
        [at('09:10:01.123'), 'INFO', 'Ready'],
        [at('09:10:02.123'), 'WARNING', 'overcommit'],
      ],
    ],
    [
      'zones by name and offset',
      '2026-11-29 10:04:05.148 PST a cst\n2026-11-29 10:04:06.148 GMT+3 b gmt+3\n2026-11-29 10:04:07.148 +07 c plus07\n2026-11-29 10:04:08 CET ERROR d cet\n2026-11-29 10:04:09 EST ERROR e est\n2026-11-29 10:04:10 UTC ERROR f utc\n2026-11-29T10:04:11+0530 ERROR g +0530\n2026-11-29 10:04:12 Europe/Berlin ERROR h name\n2026-11-29 10:04:13 PDT ERROR i pdt\n2026-11-29T10:04:14-03 ERROR j\n',
      [
        [at('18:04:05.148'), 'INFO', 'a cst'],
        [at('07:04:06.148'), 'INFO', 'b'],
        [at('03:04:07.148'), 'INFO', 'c'],
        [at('09:04:08'), 'ERROR', 'd'],
        [at('15:04:09'), 'ERROR', 'e'],
        [at('10:04:10'), 'ERROR', 'f'],
        [at('04:34:11'), 'ERROR', 'g'],
        [at('09:04:12'), 'ERROR', 'h'],
        [at('17:04:13'), 'ERROR', 'i'],
        [at('13:04:14'), 'ERROR', 'j'],
      ],
    ],
    [
      'twelve hours and dates of all kinds',
      '11/29/2026 12:00:01 AM ERROR midnight\n11/29/2026 1:05:06 AM ERROR one am\n11/29/2026 12:00:02 PM ERROR noon\n11/29/2026 01:05:07 PM WARN one pm\n2026-11-29 01:05:08 PM INFO iso pm\nNov 29, 2026 1:05:09 PM INFO java pm\n29/11/2026 13:05:10 INFO dmy\n29.11.2026 13:05:11 INFO german\n29 Nov 2026 13:05:12 INFO d mon y\n20261129 130513 INFO compact\n2026-11-29 13:05 INFO no seconds\n',
      [
        [at('00:00:01'), 'ERROR', 'midnight'],
        [at('01:05:06'), 'ERROR', 'one am'],
        [at('12:00:02'), 'ERROR', 'noon'],
        [at('13:05:07'), 'WARNING', 'one pm'],
        [at('13:05:08'), 'INFO', 'iso pm'],
        [at('13:05:09'), 'INFO', 'java pm'],
        [at('13:05:10'), 'INFO', 'dmy'],
        [at('13:05:11'), 'INFO', 'german'],
        [at('13:05:12'), 'INFO', 'd mon y'],
        [at('13:05:13'), 'INFO', 'compact'],
        [at('13:05:00'), 'INFO', 'no seconds'],
      ],
    ],
    [
      'a level before the time',
      'ERROR 2026-11-29 09:00:01 a\nWARN 2026-11-29 09:00:02 b\nINFO 2026-11-29 09:00:03 c\nERROR: 2026-11-29 09:00:04 d\nERROR [2026-11-29 09:00:05] e\n[ERROR] 2026-11-29 09:00:06 f\nERROR - 2026-11-29T09:00:07Z - g\nWARNING 2026-11-29T09:00:08Z h\nerror 2026-11-29 09:00:09 i\nERROR  2026-11-29 09:00:10,123 [main] c.a.App - j\nDEBUG|2026-11-29 09:00:11|k\nCRITICAL 29/Nov/2026:09:00:12 +0000 l\nERROR 2026/11/29 09:00:13 m\nERROR Nov 29 09:00:14 n\n',
      [
        [at('09:00:01'), 'ERROR', 'a'],
        [at('09:00:02'), 'WARNING', 'b'],
        [at('09:00:03'), 'INFO', 'c'],
        [at('09:00:04'), 'ERROR', 'd'],
        [at('09:00:05'), 'ERROR', 'e'],
        [at('09:00:06'), 'ERROR', 'f'],
        [at('09:00:07'), 'ERROR', 'g'],
        [at('09:00:08'), 'WARNING', 'h'],
        [at('09:00:09'), 'ERROR', 'i'],
        [at('09:00:10.123'), 'ERROR', 'j'],
        [at('09:00:11'), 'DEBUG', 'k'],
        [at('09:00:12'), 'CRITICAL', 'l'],
        [at('09:00:13'), 'ERROR', 'm'],
        [at('09:00:14'), 'ERROR', 'n'],
      ],
    ],
    [
      'levels with a grade',
      '2026-11-29 09:00:01 trace8 a\n2026-11-29 09:00:02 debug2 b\n2026-11-29 09:00:03 DEBUG1:  c\n2026-11-29 09:00:04 [core:trace3] [pid 7] d\n2026-11-29 09:00:05 [debug5] e\n2026-11-29 09:00:06 debug23 f\n',
      [
        [at('09:00:01'), 'DEBUG', 'a'],
        [at('09:00:02'), 'DEBUG', 'b'],
        [at('09:00:03'), 'DEBUG', 'c'],
        [at('09:00:04'), 'DEBUG', 'd'],
        [at('09:00:05'), 'DEBUG', 'e'],
        [at('09:00:06'), 'INFO', 'f'],
      ],
    ],
    [
      'levels in all brackets',
      '[2026-11-29T09:00:01,123][WARN ][o.e.X] [n] a\n[2026-11-29T09:00:02,123][INFO ][o.e.X] [n] b\n2026-11-29 09:00:03 [WARN ] c\n2026-11-29 09:00:04 [ERROR ] d\n2026-11-29 09:00:05 [ WARN] e\n2026-11-29 09:00:06 [ ERROR ] f\n2026-11-29 09:00:07 |WARN | g\n2026-11-29 09:00:08 (WARN) h\n2026-11-29 09:00:09 <Warning> i\n2026-11-29 09:00:10 {WARN} j\n2026-11-29 09:00:11 [W] k\n2026-11-29 09:00:12 W/Tag: l\n2026-11-29 09:00:13 [main] WARN  m\n2026-11-29 09:00:14 Warning: n\n2026-11-29 09:00:15 warning: o\n2026-11-29 09:00:16 Error: p\n2026-11-29 09:00:17 Fatal error: q\n2026-11-29 09:00:18 fatal error: r\n2026-11-29 09:00:19 FAIL s\n2026-11-29 09:00:20 EMERGENCY t\n2026-11-29 09:00:21 severity=error u\n2026-11-29 09:00:22 level:error v\n2026-11-29 09:00:23 "level":"error" w\n2026-11-29 09:00:24 lvl=warn x\n',
      [
        [at('09:00:01.123'), 'WARNING', 'a'],
        [at('09:00:02.123'), 'INFO', 'b'],
        [at('09:00:03'), 'WARNING', 'c'],
        [at('09:00:04'), 'ERROR', 'd'],
        [at('09:00:05'), 'WARNING', 'e'],
        [at('09:00:06'), 'ERROR', 'f'],
        [at('09:00:07'), 'WARNING', 'g'],
        [at('09:00:08'), 'WARNING', 'h'],
        [at('09:00:09'), 'WARNING', 'i'],
        [at('09:00:10'), 'WARNING', 'j'],
        [at('09:00:11'), 'WARNING', 'k'],
        [at('09:00:12'), 'WARNING', 'l'],
        [at('09:00:13'), 'WARNING', 'm'],
        [at('09:00:14'), 'WARNING', 'n'],
        [at('09:00:15'), 'WARNING', 'o'],
        [at('09:00:16'), 'ERROR', 'p'],
        [at('09:00:17'), 'CRITICAL', 'q'],
        [at('09:00:18'), 'CRITICAL', 'r'],
        [at('09:00:19'), 'ERROR', 's'],
        [at('09:00:20'), 'CRITICAL', 't'],
        [at('09:00:21'), 'ERROR', 'u'],
        [at('09:00:22'), 'ERROR', 'v'],
        [at('09:00:23'), 'ERROR', 'w'],
        [at('09:00:24'), 'WARNING', 'x'],
      ],
    ],
  ])('%s', async (_name, content, expected) => {
    const records = await read(content)
    expect(
      records.map((record) =>
        typeof record === 'string' ? record : [record.timestamp, record.level, record.message],
      ),
    ).toEqual(expected.map(([time, level, message]) => [time, level, expect.stringContaining(message)]))
  })
})
