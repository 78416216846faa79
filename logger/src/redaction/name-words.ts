// The words of a name decide what its value is.

const setOf = (words: string) => new Set(words.split(' '))

/** Name a secret wherever they stand, unless a word behind them says that the value is about it: `password_policy`. */
export const STRONG = setOf(
  'password passwords passwd passphrase passcode pwd psw pw secret secrets passwort kennwort',
)
/** The same at the end of a word that is written together: `dbpassword`, `clientsecret`. */
export const STRONG_ENDS = ['password', 'passwd', 'passphrase', 'secret'] as const

/** Name a secret as the last word, or before words that only say which or in which form: `token_old`. */
export const WEAK = setOf(
  'pass psk token cookie cookies authorization credential credentials jwt apikey loginpas phpsessid jsessionid cvv cvc ' +
    'dbpass userpass smtppass ftppass mysqlpass rootpass adminpass sshpass storepass keypass mypass wifipass rtsppass',
)
export const WEAK_ENDS = ['token', 'apikey', 'authorization', 'cookie'] as const

/** Two words that name a secret together, as those of `WEAK` do. */
export const PAIRS = setOf(
  'apikey accesskey secretkey privatekey encryptionkey signingkey masterkey authkey sharedkey sessionkey accountkey ' +
    'subscriptionkey storagekey connectsid cardnumber amzsignature googsignature hubsignature',
)

/** Which one, or in which form. */
export const FORMS = setOf(
  'old new current previous prev next last confirm confirmation confirmed repeat repeated again hash hashed salt salted ' +
    'digest base value values val raw plain plaintext cleartext text string str prod production dev development test ' +
    'staging live md5 sha1 sha256 sha512 bcrypt b64 base64 hex encrypted enc encoded decoded primary secondary backup ' +
    'main default header env json pem data',
)

/** Words behind a name of `STRONG` when the value is about the secret and not the secret. */
export const ABOUT = setOf(
  'policy policies length len min max minimum maximum count counts num number numbers age days expiry expires expire ' +
    'expiration ttl lifetime at in ms seconds secs minutes hours date time timestamp reset resets change changes update ' +
    'updates required optional valid invalid validation validator validity check checks checker strength score field ' +
    'fields input prompt label placeholder hint hints type kind name names id ids uid uuid file files filename path ' +
    'paths dir directory folder url uri link endpoint route page form ref reference arn version versions manager store ' +
    'provider service backend engine algorithm algo rounds cost iterations format pattern regex rule rules rotation ' +
    'status state enabled disabled error errors message msg attempts attempt retries failures failure success ok match ' +
    'matches mismatch exists set unset missing present source mode method usage limit limits size index generator ' +
    'history help scope role owner auth authentication login recovery request requests event events action audit ' +
    'quality entropy characters chars bits scan scanner scanning santa',
)

/** Words before a name when the value says whether there is a secret. */
export const WHETHER = setOf('has is needs need requires allow allows show hide forgot use uses')
