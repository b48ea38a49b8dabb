package logsig

// softwareTables are the signatures of concrete software, one table per family
// in a file of its own (sw_*.go), each headed by where its message formats come
// from. A narrower row stands before the wider row of the same program.
//
// Levels: Fatal for what a program says as it gives up; Error for what it may
// survive, and for lines that only follow from a more exact one (such a line
// must not outrank it); Hint for what healthy programs say as well. AnyLevel
// stands where a program writes its end as a warning, or its worries as an alert.
var softwareTables = [][]Signature{
	swNginx,
	swProxies,
	swMesh,
	swPostgres,
	swPostgresClient,
	swMySQL,
	swKeyValue,
	swConsensus,
	swDocuments,
	swTabular,
	swSearch,
	swLogShippers,
	swQueues,
	swCluster,
	swNetwork,
	swAddons,
	swStorage,
	swObserve,
	swGPU,
	swMigrations,
	swApps,
	swBigData,
	swTools,
}
