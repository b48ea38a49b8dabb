package paste

import (
	"strings"
	"sync"
)

// place says where in a describe output a key stands; a key may have several.
type place uint8

const (
	atTop place = 1 << iota
	atContainer
	atState
	atVolume
	// opens: the lines below belong to the key until the next key of its level.
	opens
	// raw: those lines are free text.
	raw
)

// key is a field name of describe.
type key struct {
	// name is the newest spelling, which the readers compare with.
	name string
	at   place
	// weight: 3 for a name that only describe prints at the start of a line, 1
	// for an ordinary word.
	weight int
}

// describeKeys lists, place by place, the field names that kubectl describe has
// printed since 1.2, and a few that graphical tools show in its place. "Old=New"
// names another spelling. A star marks names that
// nothing else prints. Source: kubectl v0.36.3 pkg/describe/describe.go and its
// forerunners pkg/printers/internalversion/describe.go (1.6 to 1.15) and
// pkg/kubectl/describe.go (1.2 to 1.5).
var describeKeys = []struct {
	at    place
	names string
}{
	{atTop, `Name,Namespace,Priority,*Priority Class Name,*PriorityClassName=Priority Class Name,*Runtime Class Name,` +
		`*Service Account,Node,*Host Network,*Start Time,Status,Reason,Message,*Termination Grace Period,IP,*SeccompProfile,*LocalhostProfile,` +
		`*Controlled By,*Controllers=Controlled By,*Replication Controllers=Controlled By,*NominatedNodeName,*QoS Class,*Security Policy,` +
		`*Image(s),CreationTimestamp,Created=CreationTimestamp,Selector,Replicas,*StrategyType,*Strategy,*MinReadySeconds,*RollingUpdateStrategy,` +
		`*OldReplicaSets,*NewReplicaSet,*Update Strategy,*Pods Status,*Pods Statuses,*Desired Number of Nodes Scheduled,` +
		`*Current Number of Nodes Scheduled,*Number of Nodes Scheduled with Up-to-date Pods,*Number of Nodes Scheduled with Available Pods,` +
		`*Number of Nodes Misscheduled,*Parallelism,*Completions,*Completion Mode,*Completed Indexes,Suspend,*Backoff Limit,` +
		`*TTL Seconds After Finished,*Completed At,Duration,*Active Deadline Seconds,Schedule,*Concurrency Policy,` +
		`*Last Schedule Time,*Active Jobs,*Successful Job History Limit,*Failed Job History Limit,*Starting Deadline Seconds,Time Zone,` +
		`StorageClass,Volume,Finalizers,*Access Modes,*VolumeMode,Claim,*Reclaim Policy,*Node Affinity,Roles,Role=Roles,` +
		`Unschedulable,*PodCIDR,*PodCIDRs,*ProviderID,*ExternalID,Phase,Type,*TargetPort,*NodePort,*Endpoints,*Session Affinity,` +
		`*IP Families,*IP Family Policy,*External Traffic Policy,*LoadBalancer Ingress,Provisioner,*IsDefaultClass,*ReclaimPolicy,` +
		`*AllowVolumeExpansion,*VolumeBindingMode,*Mountable secrets,*Image pull secrets,Subsets,Reference,*Min replicas,*Max replicas,` +
		`*Latest Version,Triggers,*Deployment pods`},
	{atTop | opens, `Labels,Annotations,*Node-Selectors,*Node-Selector=Node-Selectors,*Tolerations,*Topology Spread Constraints,*Taints,` +
		`Addresses,Capacity,*Allocatable,*System Info,*Non-terminated Pods,*Allocated resources,*Used By,*Mounted By=Used By,Lease,` +
		`*Volume Claims,Source,DataSource,Parameters,Metrics,Rules,IPs,Resources`},
	{atTop | opens, `*Init Containers,*Containers,*Ephemeral Containers,*Conditions,*Volumes,*Readiness Gates,*Events,*Pod Template`},
	{atContainer, `*Container ID,Image,*Image ID,Port,Ports=Port,*Host Port,*Host Ports=Host Port,State,*Last State,` +
		`*Last Termination State=Last State,Last Status=Last State,Ready,*Restart Count,Liveness,Readiness,Startup,*SeccompProfile,*LocalhostProfile`},
	{atContainer | opens | raw, `Command,Args`},
	{atContainer | opens, `Limits,Requests,*Environment,*Environment Variables=Environment,*Environment Variables from,*Mounts,` +
		`*Volume Mounts=Mounts,Devices,*QoS Tier`},
	{atState, `Reason,*Exit Code,Signal,Started,Finished,Started at=Started,Finished at=Finished`},
	{atState | opens | raw, `Message`},
	{atVolume, `Type,Name,SecretName,Optional,ClaimName,ReadOnly,Medium,SizeLimit,Path,HostPathType,Server,Driver,FSType,ConfigMapName,` +
		`ConfigMapOptional,SecretOptionalName,DownwardAPI,TokenExpirationSeconds,StorageClass,Volume,Capacity,Access Modes,VolumeMode,` +
		`Reference,PullPolicy,PDName,VolumeID,Partition,DiskName,DiskURI,Kind,CachingMode,SecretNamespace,ShareName,Repository,Revision,` +
		`CephMonitors,RBDImage,RBDPool,RadosUser,Keyring,SecretRef,EndpointsName,TargetPortal,IQN,Lun,Monitors,User,SecretFile,` +
		`Labels,Annotations,VolumePath,StoragePolicyName,DatasetName,DatasetUUID,TargetWWNs,LUN,Options`},
	{atVolume | opens, `VolumeAttributes,Items`},
}

// keyIndex finds a key by its exact spelling; lowerKeys by its lower-case one.
var keyIndex = sync.OnceValue(func() map[string]key {
	m := map[string]key{}
	for _, group := range describeKeys {
		for name := range strings.SplitSeq(group.names, ",") {
			weight := 1
			if rest, ok := strings.CutPrefix(name, "*"); ok {
				name, weight = rest, 3
			}
			name, newest, old := strings.Cut(name, "=")
			if !old {
				newest = name
			}
			k := m[name]
			m[name] = key{newest, k.at | group.at, max(weight, k.weight)}
		}
	}
	return m
})

var lowerKeys = sync.OnceValue(func() map[string]key {
	m := map[string]key{}
	for name, k := range keyIndex() {
		m[strings.ToLower(name)] = k
	}
	return m
})

// lastWords are the last words of all keys, in lower case.
var lastWords = sync.OnceValue(func() map[string]bool {
	m := map[string]bool{}
	for name := range lowerKeys() {
		m[name[strings.LastIndexByte(name, ' ')+1:]] = true
	}
	return m
})

// lookKey finds the describe key that a line starts with.
func lookKey(t string) (k key, value string, ok bool) {
	name, value, ok := splitKey(t)
	if !ok {
		return key{}, "", false
	}
	k, ok = keyIndex()[name]
	return k, value, ok
}
