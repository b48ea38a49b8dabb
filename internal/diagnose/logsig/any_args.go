package logsig

// anyArgs are the ways in which argument parsers refuse a command line: Go's
// flag, pflag and cobra, kingpin, urfave/cli, go-flags, kong; getopt of glibc,
// musl, BusyBox and BSD; boost, gflags; argparse, optparse, click; commander,
// yargs; picocli, JCommander, jopt; optparse of Ruby; clap.
var anyArgs = []Signature{
	{Cause: "bad-arguments", Of: "any", Level: Fatal,
		Has: []string{"flag provided but not defined", "flag needs an argument", "unknown flag", "unknown shorthand flag", "unknown long flag", "unknown short flag", "bad flag syntax", "unknown command line flag", "expected argument for flag"},
		Re:  "(?:flag provided but not defined|flag needs an argument|unknown flag|unknown (?:shorthand|long|short) flag|bad flag syntax|unknown command line flag|expected argument for flag):? [`'\"]?(?P<arg>[^\\s`'\",]+)",
		Eg: []string{"flag provided but not defined: -retrys", "flag needs an argument: --retries", "Error: unknown flag: --retrys", "Error: unknown shorthand flag: 'x' in -xv", "ledgerd: error: unknown long flag '--retrys', try --help", "error: unknown short flag '-x'",
			"bad flag syntax: --=x", "ERROR: unknown command line flag 'retrys'", "unknown flag `retrys'", "ledgerd: error: expected argument for flag '--retries'"}},
	{Cause: "bad-arguments", Of: "any", Level: Fatal, Has: []string{"invalid value ", "invalid boolean value", "invalid argument "},
		Re: `invalid (?:boolean )?(?:value|argument) ["'](?P<name>[^"']*)["'] for (?:flag )?["']?(?P<arg>-[\w.-]+)`,
		Eg: []string{`invalid value "ten" for flag -retries: parse error`, `invalid boolean value "maybe" for -fast: parse error`, `Error: invalid argument "ten" for "--retries" flag: strconv.ParseInt: parsing "ten": invalid syntax`, "error: invalid value 'ten' for '--retries <N>': invalid digit found in string"}},
	{Cause: "bad-arguments", Of: "any", Level: Fatal,
		Has: []string{"required flag", "arg(s), ", "unknown command ", "no help topic for", "unrecognized subcommand", "unexpected argument", "required arguments were not provided", "found argument '"},
		Re:  "required flag(?:\\(s\\))?,? [`'\"]?(?P<arg>[\\w./, \"-]*?)['\"]?,? (?:not set|not provided|was not specified|must)|(?:accepts|requires) .*arg\\(s\\), (?:only )?received \\d+|unknown command \"(?P<arg2>[^\"]+)\" for|no help topic for '(?P<arg3>[^']+)'|unrecognized subcommand '(?P<arg4>[^']+)'|unexpected argument:? ['\"]?(?P<arg5>[^\\s'\"]+)|required arguments were not provided|found argument '(?P<arg6>[^']+)' which wasn't expected",
		Eg: []string{`Error: required flag(s) "db" not set`, "ledgerd: error: required flag --db not provided, try --help", "the required flag `--db' was not specified", `Required flag "db" not set`, "Error: accepts 1 arg(s), received 0", "Error: requires at least 1 arg(s), only received 0",
			`Error: unknown command "sevre" for "ledgerd"`, "No help topic for 'sevre'", "error: unrecognized subcommand 'sevre'", "error: unexpected argument '--retrys' found", "error: The following required arguments were not provided:",
			"error: Found argument '--retrys' which wasn't expected, or isn't valid in this context", "ledgerd: error: unexpected argument sevre"}},
	{Cause: "bad-arguments", Of: "any", Level: Fatal,
		Has: []string{"unrecognized option", "unrecognised option", "invalid option", "unknown option", "illegal option", "requires an argument", "is required but missing", "ambiguous option", "option '--", "unknown argument", "unrecognized argument", "unrecognized parameter"},
		Re:  "(?:unrecogni[sz]ed (?:option|arguments?|parameter)s?|(?:invalid|unknown|illegal|ambiguous) (?:option|argument)s?):?(?: --)? ['\"‘`]?(?P<arg>-{0,2}[\\w][\\w.=/-]*)|option(?: requires an argument)?(?: --)? ['\"‘`]?(?P<arg2>-{0,2}[\\w-]+)['\"’]?(?: requires an argument| is required but missing)?\\s*$",
		Not: `set: illegal option|in thread|sql|memory option|nginx|mount`,
		Eg: []string{"ledgerd: unrecognized option '--retrys'", "ledgerd: unrecognized option: retrys", "ledgerd: invalid option -- 'x'", "ledgerd: illegal option -- x", "ledgerd: unknown option -- x", "ledgerd: option '--retries' requires an argument", "ledgerd: option requires an argument -- 'r'",
			"error: unknown option '--retrys'", "unrecognised option '--retrys'", "the option '--db' is required but missing", "Unknown option: '--retrys'", "usage: ledger.py: error: unrecognized arguments: --retrys", "invalid option: --retrys (OptionParser::InvalidOption)",
			"ledgerd: ambiguous option: --re", "Unknown argument: retrys", "Unrecognized parameter: retrys"}},
	{Cause: "bad-arguments", Of: "any", Level: Fatal,
		Has: []string{": error: argument ", "following arguments are required", "no such option", "missing argument", "missing option", "no such command", "got unexpected extra argument", "missing required argument", "missing required option", "error: unknown command", "invalid value for '", "invalid choice", "not enough non-option arguments"},
		Re:  `error: argument (?P<arg>[^\s:]+):|following arguments are required: (?P<arg2>.+)|no such option:? (?P<arg3>-\S+)|missing (?:argument|option) ['"](?P<arg4>[^'"]+)|no such command ['"]?(?P<arg5>[^'"]+)|unexpected extra argument|missing required (?:argument|option)s?:? ?(?P<arg6>.*)|error: unknown command ['"]?(?P<arg7>[^'"]+)|invalid value for '(?P<arg8>-[^']+)'|invalid choice: |not enough non-option arguments`,
		Eg: []string{"ledger.py: error: argument --retries: invalid int value: 'ten'", "ledger.py: error: the following arguments are required: --db", "ledger.py: error: no such option: --retrys", "Error: Missing argument 'DB'.", "Error: Missing option '--db'.", "Error: No such command 'sevre'.",
			"Error: Got unexpected extra argument (x)", "error: missing required argument 'db'", "Missing required option: '--db'", "error: unknown command 'sevre'", "Error: Invalid value for '--retries': 'ten' is not a valid integer.", "error: argument mode: invalid choice: 'fats'",
			"Not enough non-option arguments: got 0, need at least 1"}},
	{Cause: "bad-arguments", Of: "any", Level: Hint, Has: []string{"usage: ", "try '", "for usage", "--help"},
		Re: `^\s*(?:\S+Z )?(?:std(?:out|err) F )?usage: (?P<name>\S+)|try ['"\x60].* --?h(?:elp)?['"’\x60]? for|see '.* --help'|(?:for more information,? try|use) ['"]?\S* ?--help`,
		Eg: []string{"Usage: ledgerd [OPTIONS] COMMAND", "Try 'ledgerd --help' for more information.", "See 'ledgerd --help'.", "For more information, try '--help'.", `Use "ledgerd --help" for usage`, "usage: ledger.py [-h]"}},
}

// anyEnv are environment variables that a program misses.
var anyEnv = []Signature{
	{Cause: "missing-env-var", Of: "any", Level: Error,
		Has: []string{"environment variable", "env variable", "env var", "environment var", "envvar"},
		Re: `(?:environment|env)[ -]?var(?:iable)?s?\b:? ?["'\x60\[(]*(?:\$\{?)?` + reVar + `["'\x60\]})]* (?:(?:is|are|was|were|has|have|must|should|needs?|not|but|because|cannot|can't|isn't|wasn't|hasn't|does|doesn't|could|missing|required|empty|unset|undefined)\b)(?:.*\b(?:set|defined|provided|specified|required|missing|empty|unset|found|exist|present|blank|undefined|configured)\b)?|` +
			`(?:missing|required?|undefined|unset|no|set|specify|define|provide|expected|empty|lacks?|need)\b.*?(?:environment|env)[ -]?var(?:iable)?s?:? ?["'\x60\[(]*(?:\$\{?)?(?P<var2>(?-i:[A-Z][A-Z0-9_]{2,}))|` +
			`["'\x60(]?(?:\$\{?)?(?P<var3>(?-i:[A-Z][A-Z0-9_]{2,}))["'\x60)}]*,? (?:environment|env)[ -]?var(?:iable)? (?:is|was|must|not|isn't|wasn't|needs|has|required|missing|undefined)\b|` +
			`(?:environment|env)[ -]?var(?:iable)?s? (?:is |are |was |were )?(?:not (?:set|defined|found|provided)|missing|required|undefined|unset)|missing (?:required |mandatory )?(?:environment|env)[ -]?var`,
		Not: `optional|default(?:s|ing)|deprecated|ignor|\bif\b|will be used|KUBERNETES_|falling back|using|not found: `,
		Eg: []string{"LEDGER_DB_URL environment variable is not set", "environment variable LEDGER_DB_URL must be set", "Missing required environment variable: LEDGER_DB_URL", `env: required environment variable "LEDGER_DB_URL" is not set`, "Error: environment variable 'LEDGER_DB_URL' is empty",
			"env var LEDGER_DB_URL is required", "please set the LEDGER_DB_URL env variable: env variable LEDGER_DB_URL missing", "required environment variables not set", "environment variable LEDGER_DB_URL is missing.", "the environment var LEDGER_DB_URL was not found",
			"could not fetch environment variable \"LEDGER_DB_URL\" because it is not set", "set envvar LEDGER_DB_URL"},
		Miss: []string{"environment variable LEDGER_MODE is not set, using fast", "Using env variable LEDGER_MODE"}},
	{Cause: "missing-env-var", Of: "any", Level: Error, Has: []string{"neither $", "either $"},
		Re: `n?either \$\{?` + reVar + `\}? n?or \$\{?[A-Z][A-Z0-9_]*\}? (?:is|are|must|should|has|have|need)`,
		Eg: []string{"ERROR: Neither $LEDGER_JAR nor $LEDGER_CLASS is set", "either $LEDGER_JAR or $LEDGER_CLASS must be set"}},
	{Cause: "missing-env-var", Of: "any", Level: Error, Has: []string{"missing value", "missing required value", "is not set", "not set in", "must be set", "must be defined", "is required", "not defined", "isn't set", "is unset", "is missing", "must be provided", "must be specified", "not been set"},
		Re:  `(?:required key |variable |error:? |\b|["'\x60$])(?P<var>(?-i:[A-Z][A-Z0-9]*_[A-Z0-9_]+|[A-Z][A-Z0-9]+(?:URL|KEY|TOKEN|SECRET|PASSWORD|HOST|PORT|USER|DSN|URI)))["'\x60}]*:? (?:missing (?:required )?value|(?:(?:is|was|has|isn't|wasn't) )?(?:not )?(?:been )?(?:set|unset|defined|required|missing|provided)\b|must (?:be|not be) (?:set|defined|provided|specified|empty))`,
		Not: `optional|default(?:s|ing)|deprecated|ignor|\bif\b|(?:is|was|being) set\b|will be used|using|KUBERNETES_|falling back|HTTP_|ERR_|(?-i:\bE[A-Z]{3,}:)`,
		Eg: []string{"required key LEDGER_DB_URL missing value", "LEDGER_DB_URL: missing required value", "LEDGER_DB_URL must be set", "error: LEDGER_DB_URL is not set", "LEDGER_DB_URL is required", "LEDGER_DB_URL not defined", "$LEDGER_DB_URL not set in the environment", "LEDGER_DB_URL must be defined",
			"LEDGER_DB_URL isn't set", "LEDGER_DB_URL is unset", "LEDGER_DB_URL is missing", "LEDGER_DB_URL must be provided", "LEDGER_DB_URL must be specified", "LEDGER_DB_URL has not been set"},
		Miss: []string{"LEDGER_MODE is not set, using fast", "LEDGER_MODE is set"}},
}
