package logsig

// anyObject are the API server's answers about single objects that a program
// asked for by name, as clients pass them on (apimachinery pkg/api/errors
// NewNotFound). Controllers log them for objects of other people too.
var anyObject = []Signature{
	{Cause: "secret-missing", Of: "kubernetes", Level: Error, Has: []string{`secrets "`, `secret "`, "secrets '"},
		Re:  `(?:^|[^-\w])secrets? ["'](?:[\w.-]+/)?(?P<name>[\w.-]+)["'] (?:was )?not found`,
		Not: `pull secret|forbidden`,
		Eg: []string{`Error: secrets "ledger-db" not found`, `{"level":"error","error":"secrets \"ledger-db\" not found"}`,
			`fatal: Secret "shop/ledger-db" not found`, `secrets 'ledger-db' not found`},
		Miss: []string{`Unable to retrieve pull secret "regcred" not found`, `secrets "ledger-db" already exists`}},
	{Cause: "configmap-missing", Of: "kubernetes", Level: Error, Has: []string{`configmaps "`, `configmap "`, "configmaps '"},
		Re:   `(?:^|[^-\w])configmaps? ["'](?:[\w.-]+/)?(?P<name>[\w.-]+)["'] (?:was )?not found`,
		Eg:   []string{`panic: configmaps "ledger-settings" not found`, `level=fatal msg="configmap \"ledger-settings\" not found"`, `configmaps 'ledger-settings' not found`},
		Miss: []string{`configmaps "ledger-settings" is forbidden`}},
}
