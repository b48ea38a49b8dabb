package logsig

// anyStale are what programs say that find data of another installation where
// their own should be: the identity in it is not theirs.
var anyStale = []Signature{
	{Cause: "data-dir-stale", Of: "any", Level: Error,
		Has: []string{"does not match", "doesn't match", "different cluster", "another cluster", "other cluster", "wrong cluster", "different node", "another node", "another instance", "different installation"},
		Re: `(?:key(?:ring)?|cluster|fsid|member|node|server|broker|instance|identity|system|deployment|store|peer)(?:[ _-]?(?:id|uuid|name|identifier|key|identity))?\b[^.;]{0,80}?(?:does not|doesn't) match (?:the |what is |that of the )?(?:existing|stored|persisted|on[- ]disk|saved|previous|data)|` +
			`(?:data|directory|dir|disk|drive|volume|store|file|path)\b.* belongs? to (?:a |an )?(?:different|another|other|wrong) (?:cluster|node|member|installation|deployment|instance|broker)`,
		Not: `checksum|digest|password|selector|label|certificate|x509|schema|migration`,
		Eg: []string{"cluster id 7a1 in /data/meta does not match the stored one", "member id doesn't match the existing data", "the node id does not match the persisted id", "data directory /data belongs to a different cluster",
			"disk /data belongs to another cluster", "file /data/id belongs to an other cluster", "volume belongs to the wrong cluster: data in /data belongs to wrong cluster", "directory belongs to a different node", "store /data belongs to another node", "dir /data belongs to another instance", "path /data belongs to a different installation",
			"instance id does not match the saved one"},
		Miss: []string{"selector does not match the existing template labels", "password does not match the stored hash", "checksum of node file does not match the stored one"}},
}
