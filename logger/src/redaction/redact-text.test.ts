// Masked and unmasked texts, line by line. «» marks a part that becomes ***; the rest stays as it is.
import { describe, expect, it } from 'vitest'
import { redactText } from './redact-text.ts'

const SECRET = String.raw`
password=«hunter2»
password = «hunter2»
password:«hunter2»
password: «hunter2»
password:= «hunter2»
password := "«hunter2»"
password == «hunter2»
password === '«hunter2»'
password => «hunter2»
password:	«hunter2»
password:			«hunter2»
password	«hunter2x»
PASSWORD=«hunter2»
Password="«hunter 2»"
password='«hunter 2»'
password=«hunter2», user=joe
password=«hunter2»;user=joe
password=«hunter2»|user=joe
password=«hunter2»).
password=(«hunter2»)
password=[«hunter2»]
password={«hunter2»}
password: («hunter2»)
password: [«hunter2»]
password: <«hunter2»>
password=("«hunter2»")
passwords=["«a1»", "«b2»"]
secrets: ['«a1»', '«b2»']
passwd=«hunter2»
passphrase=«correct»
passcode: «4711»
pass=«hunter2»
pwd=«hunter2»
pw=«hunter2»
psk=«abcdefgh»
psw: «hunter2»
passwort=«geheim»
kennwort: «geheim»
secret=«s3cr3t»
client_secret=«s3cr3t»
clientSecret: «s3cr3t»
SECRET_KEY_BASE=«0a1b2c3d4e»
SECRET_KEY=«django-insecure»
db_password=«abc»
db_password_old=«abc»
db_password_2=«abc»
DB_PASSWORD=«abc»
password2=«abc»
password_confirmation=«abc»
passwordHash=«$2b$10$abcdefghijklm»
password_hash: «5f4dcc3b5aa765d61d8327deb882cf99»
passwordSalt=«abc»
passwordhash=«abc»
new_password=«abc»
oldPassword: «abc»
password[]=«abc»
password[0]=«abc»
user[password]=«abc»
POST /login user[password]=«abc»&ok=1
user.password=«abc»
spring.datasource.password=«abc»
dbpassword=«abc»
dbpass=«abc»
mypassword: «abc»
MYSQL_ROOT_PASSWORD=«abc»
POSTGRES_PASSWORD: «abc»
REDIS_PASS=«abc»
wifi_psk="«abcdefgh»"
jwt=«abc123»
token=«abc123»
token: "«abc123»"
access_token=«abc123»&scope=a
accessToken: '«abc123»'
refresh_token="«abc123»"
id_token=«abc123»
csrfToken=«abc123»
x-auth-token: «abc123»
X-Vault-Token: «s.abc123»
PRIVATE-TOKEN: «abc123»
session_token=«abc123»
api_key=«abc123»
apiKey: "«abc123»"
api-key=«abc123»
api key: «abc123»
APIKEY=«abc123»
X-API-Key: «abc123»
x-functions-key: ok subscription_key=«abc123»
Ocp-Apim-Subscription-Key: «abc123»
secret_key=«abc123»
secretkey=«abc123»
access_key=«abc123»
private_key="«abc123»"
encryption_key=«abc123»
signing-key: «abc123»
master_key=«abc123»
auth_key=«abc123»
shared_key: «abc123»
AccountKey=«abc123==»;EndpointSuffix=core.windows.net
DefaultEndpointsProtocol=https;AccountName=x;AccountKey=«abc123/+=»
SharedAccessKeyName=root;SharedAccessKey=«abc123=»
AWS_SECRET_ACCESS_KEY=«wJalrXUtnFEMI/K7MDENG»
aws_session_token = «FwoGZXIvYXdzEB»
credentials=«joe/abc»
credential: «abc»
PHPSESSID=«0123456789abcdef»
JSESSIONID=«0123456789abcdef»
connect.sid=«s%3Aabc.def»
cvv=«123»
card_number: «123»
timelapser_session_0f3a91bc=«abc.def%3D»
__Host-timelapser_session_0f3a91bc=«abc.def%3D»
http://logs.local/sign-in#link=«abcdefghijklmnopqrstuvwxyz0123456789-_ABCDE»
key is «tl_abcdefghijklmnopqrstuvwxyz0123456789-_ABCDEFG» ok
Bearer «tl_abcdefghijklmnopqrstuvwxyz0123456789-_ABCDEFG»
Authorization: «abcdef»
Authorization: Bearer «abc.def.ghi-123»
Authorization: Basic «YWRtaW46MTIzNDU=»
Authorization: Token «abc»
authorization: Negotiate «abc»
Authorization: ApiKey «abc»
Authorization: Custom «abc123»
Authorization: SharedKey «account:abc123=»
Authorization: AWS4-HMAC-SHA256 «Credential=AKID/20250101/eu/s3/aws4_request, SignedHeaders=host, Signature=abc123»
Authorization: Digest «username="admin", realm="cam", response="6629fae4"»
Proxy-Authorization: Basic «dXNlcjpwYXNz»
"Authorization": "Bearer «abc»"
'authorization': 'Basic «YTpi»'
sent bearer «8a7b6c5d4e3f2a1b» to host
using Basic «YWRtaW46MTIzNDU=» now
Cookie: «sid=abc; theme=dark»
Set-Cookie: «session=abc; Path=/; HttpOnly»
cookies: «a=b»
{"password":"«abc»"}
{"password" : "«abc»", "n":1}
{"password":"«a\"b c»","n":1}
{"user":{"password":"«abc»"}}
{"password":{"value":"«abc»","n":true}}
{"token":["«a1»","«b2»"],"n":1}
{"credentials":{"login":"«joe»","list":["«c»",null]},"n":1}
{"name":"Authorization","value":"«abc»"}
{"name":"X-Api-Key","value":"«abc»"},{"name":"Host","value":"h"}
[{"key":"db_password","value":"«abc»"}]
{ name: 'Cookie', value: '«a=b»' }
<add key="Password" value="«abc»"/>
name=Authorization value=«abc»
["--password","«abc»"]
["--password", "«abc»", "--user", "joe"]
["curl","-u","«joe»:«abc»","http://h/"]
["--api-key","«abc»"]
['--token', '«abc»']
run --password «abc» --verbose
run --password=«abc» --verbose
run --db-password «abc»
run --token "«a b»"
curl -u «joe»:«abc» http://h/
curl -u "«joe»:«abc»" http://h/
curl --user «joe»:«abc» http://h/
"{\"password\":\"«abc»\"}"
{"log":"{\"token\":\"«abc»\",\"n\":1}"}
"{\"a\":{\"password\":{\"v\":\"«abc»\"}}}"
{ password: { value: '«abc»' } }
{ apiKey: '«abc»', n: 1 }
<password>«abc»</password>
<wsse:Password Type="x">«abc»</wsse:Password>
<ns:apiKey>«abc»</ns:apiKey>
<clientSecret>«abc»</clientSecret>
rtsp://«admin»:«12345»@192.168.1.100/stream
rtsp://«admin»:«pa/ss#w?rd»@cam.local/live
https://«joe»:«abc»@host:8443/x?a=b
https://«ghx0123456789abcdef»@github.com/a/b.git
redis://«»:«abc»@cache:6379/0
postgres://«app»:«s3cr3t»@db:5432/logs
mongodb+srv://«app»:«s3cr3t»@db/logs
src=rtsp%3A%2F%2F«admin»%3A«secret1»%40cam.local%2Flive
{"url":"rtsp:\/\/«admin»:«pw»@host\/x"}
ffmpeg -i «admin»:«geheim»@192.168.1.10:554/ch1
GET /x?token=«abc»&page=2
GET /x?key=«0123456789abcdef0»&page=2
GET /x?sig=«0123456789abcdef%3D»&se=1
GET /x?X-Amz-Signature=«0123456789abcdef»&X-Amz-Date=1
GET /x?X-Amz-Security-Token=«abc»&x=1
GET /x?X-Amz-Credential=«AKID%2Fa»&x=1
GET /x?X-Goog-Signature=«abc»
GET /cb?code=«0123456789abcdef»&state=1
next=%2Fapi%3Ftoken%3D«abc»%26page%3D2
found «AKIAIOSFODNN7EXAMPLE» in env
found «ASIAIOSFODNN7EXAMPLE» in env
remote «ghp_abcdefghijklmnopqrstuvwxyz0123456789»
remote «github_pat_11ABCDEFG0abcdefghijkl_abc»
ci «glpat-abcdefghijklmnopqrst»
slack «xoxb-123456789012-abcdef»
slack «xapp-1-A0123-456-abcdef»
https://hooks.slack.com/services/«T000/B000/abcdef»
https://discord.com/api/webhooks/«123/abc-def»
https://x.webhook.office.com/«webhookb2/abc»
POST https://api.telegram.org/bot123456789:«AAHdqTcvCH1vGWJxfSeofSAs0K5PALDsaw1»/send
openai «sk-abcdefghijklmnopqrstuvwxyz0123456789»
openai «sk-proj-abc123def456ghi789jkl»
anthropic «sk-ant-api03-abcdefghijkl»
stripe «sk_live_abcdefghijklmnop»
stripe «rk_live_abcdefghijklmnop»
google «ya29.a0AfH6SMBabcdefghijklmn»
google «AIzaSyA1234567890abcdefghijklmnopqrstu»
hub «hf_abcdefghijklmnopqrstuvwxyz»
mail «SG.abcdefghijklmnopqrst12.uvwxyz»
npm «npm_abcdefghijklmnopqrstuvwxyz0123456789»
jwt is «eyJhbGciOiJIUzI1NiJ9.eyJzdWIiOiIxIn0.abcDEF-_1»
card «4111111111111111» declined
card «4111 1111 1111 1111» declined
card «4111-1111-1111-1111» declined
pan=«5555555555554444»
amex «378282246310005»
amex «3782 822463 10005»
mastercard «2223003122003222»
discover «6011111111111117»
jcb «3530111333300000»
`

const HARMLESS = String.raw`
password policy updated
password policy: at least 12 characters
password_policy: strict
passwordPolicy=strict
the token bucket is empty
token bucket: 5 left
token_bucket=5
token_count=512
tokens: 12
prompt_tokens=512 completion_tokens=17
max_tokens=4096
token_type=bearer
token_expires_in=3600
tokenizer=bpe
bypass=3 compass: 12
pass=118 fail=2 skip=0
keyboard: us monkey=1
key=value
primary key: id
primary_key=id
foreign key=camera_id
public_key=abc
cache_key=users:12
partition key: 17
sort_key=created_at
KeyError: 'name'
key: 42
secretary=Jane
secretary: Jane
password is required
password must not be empty
password: must not be empty
password: required
password: invalid
password: null
password=null
password="" user=joe
password=undefined
password: ********
password=***
password=[REDACTED]
password: <redacted>
password: [FILTERED]
password=%s
password=?
password=$PASSWORD
password=$DB_PASSWORD
password={}
password={0}
password: {password}
password=<password>
password_length=12
passwordLength: 12
password_min_length=8
password_changed_at=2025-01-01
password_expires=2025-01-01
password_reset: done
password_reset_url=/reset
password_attempts=3
password_field=#login
has_password=yes
is_secret: yes
show_password=on
PasswordAuthentication yes
PermitEmptyPasswords no
passwordless sudo
Failed password for root from 218.65.30.43 port 38300 ssh2
Accepted password for fztu from 119.137.62.142 port 49116 ssh2
password changed for user joe
forgot password? ask
secret_name=db/prod
secret_arn=arn:aws:secretsmanager:eu:1:x
secret_version=3
secretName: tls-cert
secrets loaded: 5
secret: /run/secrets/db
private_key: /etc/ssl/private/key.pem
ssl_key_file=/etc/ssl/key.pem
PWD=/home/joe
OLDPWD=/home/joe
pwd: ~/x
cookie_name=sid
cookies accepted
cookie consent: yes
cookie_max_age=3600
credentials provider: file
credentials: none
authorization failed for joe
authorization: required
Authorization header missing
Basic authentication failed
bearer authentication required
basic auth disabled
basically nothing
Bearer token missing
sessions: 12
session_id=550e8400-e29b-41d4-a716-446655440000
sessionid:0x14ede63a5a70001 type:create
sid=abc
Established session 0x14f05578bd8001b for client /10.10.34.13:40570
signature valid
signature: ok
jwt expired
jwt_ttl=3600
author=joe
authority=eu
authored: joe
auth=ok
auth_type=oidc
Token: {kind: HDFS_DELEGATION}
Unexpected token < in JSON at position 0
SyntaxError: Unexpected token } in JSON
std::token::next()
if (token != null) return
password != null
token >= 3
a::password::b
--verbose --user 1000:1000
docker run -u 1000:1000 x
date -u 12:30:05
run --password --user joe
run --token-count 5
sort -u a.txt
commit 9f86d081884c7d659a2feaa0c55ad015a3bf4f1b
git hash 3f2c1ab fixed the token refresh
sha256:9f86d081884c7d659a2feaa0c55ad015a3bf4f1b2b0b822cd15d6c15b0f00a08
550e8400-e29b-41d4-a716-446655440000
trace_id=4bf92f3577b34da6a3ce929d0e0e4736
1735689600000
1735689600000000
1735689600000000000
at 1735689600 epoch
ts=1735689600123456
2025-01-01T12:30:00.123456Z
20250101123000
20250101123000123
order 4111111111111112
order 1234567890123456
id 9999999999999999
x4111111111111111
4111111111111111x
0.4111111111111111
4111111111111111.5
1-4111111111111111
4111 1111 1111 1112
1111 2222 3333 4444
0000 0000 0000 0000
+49 170 1234567
0x14f05578bd8001b
10.10.34.13:40570
192.168.1.100:554
12:30:05@192.168.1.4
user@192.168.1.4:/tmp
joe@example.com
mail from joe@example.com to ops@example.com
rtsp://192.168.1.100/stream
rtsp://192.168.1.100:554/h264?channel=1&subtype=0
rtsp://[fe80::1]:554/a@b
ssh://git@github.com/org/repo.git
https://medium.com/@author/post-1
https://host:8080/a@b
https://host/path?key=short
https://host/path?code=200
https://host/path?sig=abc
https://hooks.example.com/services/T000
https://discord.com/channels/1/2
https://t.me/bot123
ratio 123456789:AA
/var/lib/timelapser/images/2025-01-01/camera_1/frame-000123.jpg
C:\Users\joe\keys\readme.txt
file:///etc/passwd
/etc/passwd: no such file
sk-learn is a library
task-force for disk-usage
risk_live_data ready
hf_hub_download called
npm_config_cache=/root/.npm
npm_lifecycle_event=test
tl_short
SG.short
ya29.short
xoxb-short
glpat-x
AKIA1234
eyJhbGciOiJIUzI1NiJ9
eyJ
asia-pacific
AIzawa
-----BEGIN CERTIFICATE-----
-----BEGIN PUBLIC KEY-----
---------- done ----------
== done ==
a=b c=d e=f
<Token>
<token/>
<passwords></passwords>
<status>ok</status>
{"status":"ok","key":"value"}
{"name":"joe","value":"x"}
{"name":"Host","value":"h"}
["--verbose","x"]
["password","email"]
{"password":null,"token":""}
{"has_password":true}
{"tokens":12}
{"token_count":12}
{"password_policy":{"min":8}}
{"level":"info","msg":"password changed"}
camera_1: connection timeout after 30 seconds
SELECT password FROM users WHERE id = 1
update users set password = ? where id = 1
insert into users (name, password) values ($1, $2)
column "password" of relation "users"
field password is too short
Invalid password.
Wrong passphrase!
Enter passphrase for key '/root/.ssh/id_rsa':
keepalive=60 turkey=1 hotkey: F1
whiskey: 12 donkey=1 jockey: 2
hockey=1 monkey: 2
compressed=1 passenger=Joe
passive=true passed=3
passthrough: on
passing=3 surpass: 1
tokenize: yes
stoken_ring=1
`

const linesOf = (table: string) => table.split('\n').filter((line) => line !== '')

describe('the table', () => {
  it('has at least 200 lines of each kind', () => {
    expect([linesOf(SECRET).length >= 200, linesOf(HARMLESS).length >= 200]).toEqual([true, true])
  })

  it.each(linesOf(SECRET))('masks %s', (marked) => {
    const line = marked.replace(/[«»]/g, '')
    const masked = marked.replace(/«[^»]*»/g, '***')
    expect(redactText(line)).toBe(masked)
    expect(redactText(masked)).toBe(masked)
  })

  it.each(linesOf(HARMLESS))('leaves %s', (line) => {
    expect(redactText(line)).toBe(line)
  })
})
