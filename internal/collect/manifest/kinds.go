package manifest

import (
	"bytes"
	"encoding/json"
	"errors"
	"slices"

	autoscalingv2 "k8s.io/api/autoscaling/v2"
	corev1 "k8s.io/api/core/v1"
	discoveryv1 "k8s.io/api/discovery/v1"
	networkingv1 "k8s.io/api/networking/v1"
	nodev1 "k8s.io/api/node/v1"
	schedulingv1 "k8s.io/api/scheduling/v1"
	storagev1 "k8s.io/api/storage/v1"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"

	"github.com/unloop-dev/unloop/internal/facts"
	"github.com/unloop-dev/unloop/internal/facts/convert"
)

// kind is how objects of one kind are read.
type kind struct {
	// groups are the API groups the kind is in, or was in an older release: other
	// groups have kinds of the same name. An object without apiVersion fits.
	groups []string
	read   func(o *object) error
}

func (k kind) in(group string) bool { return group == "" || slices.Contains(k.groups, group) }

// kinds are the kinds that are read; all others are counted and left alone.
var kinds = map[string]kind{
	"Pod":                     {nil, readPod},
	"Event":                   {[]string{"events.k8s.io"}, readEvent},
	"Deployment":              {[]string{"apps", "extensions"}, work(convert.FromDeployment)},
	"ReplicaSet":              {[]string{"apps", "extensions"}, work(convert.FromReplicaSet)},
	"DaemonSet":               {[]string{"apps", "extensions"}, work(convert.FromDaemonSet)},
	"StatefulSet":             {[]string{"apps"}, work(convert.FromStatefulSet)},
	"ControllerRevision":      {[]string{"apps"}, work(convert.FromControllerRevision)},
	"ReplicationController":   {nil, work(convert.FromReplicationController)},
	"Job":                     {[]string{"batch", "extensions"}, work(convert.FromJob)},
	"CronJob":                 {[]string{"batch"}, work(convert.FromCronJob)},
	"Node":                    {nil, add(convert.FromNode, func(s *facts.Snapshot) *[]*facts.NodeFacts { return &s.Nodes })},
	"PersistentVolumeClaim":   {nil, add(convert.FromClaim, func(s *facts.Snapshot) *[]*facts.Claim { return &s.Claims })},
	"PersistentVolume":        {nil, add(bare(convert.FromVolume), func(s *facts.Snapshot) *[]*corev1.PersistentVolume { return &s.Volumes })},
	"Service":                 {nil, add(bare(convert.FromService), func(s *facts.Snapshot) *[]*corev1.Service { return &s.Services })},
	"Endpoints":               {nil, add(bare(convert.FromEndpoints), func(s *facts.Snapshot) *[]*facts.Endpoints { return &s.Endpoints })},
	"EndpointSlice":           {[]string{"discovery.k8s.io"}, readSlice},
	"ConfigMap":               {nil, keyed(func(s *facts.Snapshot) *[]*facts.KeyedObject { return &s.ConfigMaps })},
	"Secret":                  {nil, keyed(func(s *facts.Snapshot) *[]*facts.KeyedObject { return &s.Secrets })},
	"StorageClass":            {[]string{"storage.k8s.io"}, thing[storagev1.StorageClass](convert.FromStorageClass)},
	"VolumeAttachment":        {[]string{"storage.k8s.io"}, thing[storagev1.VolumeAttachment](convert.FromVolumeAttachment)},
	"ServiceAccount":          {nil, thing[corev1.ServiceAccount](convert.FromServiceAccount)},
	"ResourceQuota":           {nil, thing[corev1.ResourceQuota](convert.FromResourceQuota)},
	"LimitRange":              {nil, thing[corev1.LimitRange](convert.FromLimitRange)},
	"Namespace":               {nil, thing[corev1.Namespace](convert.FromNamespace)},
	"NetworkPolicy":           {[]string{"networking.k8s.io", "extensions"}, thing[networkingv1.NetworkPolicy](convert.FromNetworkPolicy)},
	"PriorityClass":           {[]string{"scheduling.k8s.io"}, thing[schedulingv1.PriorityClass](convert.FromPriorityClass)},
	"RuntimeClass":            {[]string{"node.k8s.io"}, thing[nodev1.RuntimeClass](convert.FromRuntimeClass)},
	"HorizontalPodAutoscaler": {[]string{"autoscaling", "extensions"}, thing[autoscalingv2.HorizontalPodAutoscaler](convert.FromHPA)},
	versionKind:               {nil, readVersion},
}

var errNameless = errors.New("it has no name")

// add reads an object of type T, converts it and appends it to a list of the
// snapshot. An object that others are looked up by must have a name.
func add[T, F any](from func(*T, facts.Source) F, list func(*facts.Snapshot) *[]F) func(*object) error {
	return read(from, list, true)
}

func read[T, F any](from func(*T, facts.Source) F, list func(*facts.Snapshot) *[]F, named bool) func(*object) error {
	return func(o *object) error {
		v := new(T)
		if err := unmarshal(o.raw, v); err != nil {
			return err
		}
		m := any(v).(metav1.Object)
		if named && m.GetName() == "" {
			return errNameless
		}
		o.in(m.GetNamespace())
		to := list(&o.snap)
		*to = append(*to, from(v, o.source()))
		return nil
	}
}

// work reads a controller; of one that was cut out the status alone may be there.
func work[T any](from func(*T, facts.Source) *facts.Workload) func(*object) error {
	return read(from, func(s *facts.Snapshot) *[]*facts.Workload { return &s.Workloads }, false)
}

func thing[T any](from func(*T, facts.Source) *facts.Object) func(*object) error {
	return add(from, func(s *facts.Snapshot) *[]*facts.Object { return &s.Objects })
}

// bare fits a converter that needs no source.
func bare[T, F any](from func(*T) F) func(*T, facts.Source) F {
	return func(v *T, _ facts.Source) F { return from(v) }
}

// readPod reads a pod. Of a well pod in a list only what convert.Slim keeps is
// decoded, which is the smaller half.
func readPod(o *object) error {
	p := new(corev1.Pod)
	if !o.listed || !o.readWell(p) {
		*p = corev1.Pod{}
		if err := unmarshal(o.raw, p); err != nil {
			return err
		}
	}
	o.in(p.Namespace)
	o.snap.Pods = append(o.snap.Pods, convert.FromPod(p, o.source()))
	return nil
}

// heavy are the members that convert.Slim drops, by depth in a pod.
var heavy = drops{
	{2, "annotations"}, {2, "tolerations"}, {2, "affinity"},
	{4, "env"}, {4, "envFrom"}, {4, "args"}, {4, "command"}, {4, "volumeMounts"}, {4, "livenessProbe"}, {4, "readinessProbe"}, {4, "startupProbe"},
	{4, "securityContext"}, {4, "lifecycle"}, {4, "allocatedResources"},
}

var (
	notReady = []byte(`"ready":false`)
	isPhase  = []byte(`"phase":"Running"`)
)

// readWell reads a pod that is plainly well without what Slim would drop; it
// reports false where the pod is not, or may not be.
func (o *object) readWell(p *corev1.Pod) bool {
	if !bytes.Contains(o.raw, isPhase) || bytes.Contains(o.raw, notReady) {
		return false
	}
	out, _, err := squeeze((*o.slim)[:0], o.raw, heavy)
	*o.slim = out
	if err != nil || json.Unmarshal(out, p) != nil || !convert.PlainlyWell(p) {
		return false
	}
	convert.Slim(p)
	return true
}

func readSlice(o *object) error {
	var v discoveryv1.EndpointSlice
	err := unmarshal(o.raw, &v)
	o.in(v.Namespace)
	if e := convert.FromEndpointSlice(&v); e != nil {
		o.slices = append(o.slices, e)
	}
	return err
}

// readEvent reads both shapes. Without an apiVersion, the member that names the
// object tells them apart.
func readEvent(o *object) error {
	to := func(s *facts.Snapshot) *[]*facts.Event { return &s.Events }
	if group(o.apiVersion) == "events.k8s.io" {
		return read(convert.FromEventsV1, to, false)(o)
	}
	return read(convert.FromEvent, to, false)(o)
}

// keyed reads the name and keys of a ConfigMap or Secret. The values were
// blanked before; of managedFields only the times are wanted.
func keyed(list func(*facts.Snapshot) *[]*facts.KeyedObject) func(*object) error {
	return func(o *object) error {
		var v struct {
			metav1.ObjectMeta `json:"metadata"`
			Data              map[string]json.RawMessage `json:"data"`
			BinaryData        map[string]json.RawMessage `json:"binaryData"`
			StringData        map[string]json.RawMessage `json:"stringData"`
		}
		if err := unmarshal(o.raw, &v); err != nil {
			return err
		}
		if v.Name == "" {
			return errNameless
		}
		o.in(v.Namespace)
		// A file whose managedFields do not parse has no times, and is else as good.
		_ = unmarshal(o.managed, &v.ManagedFields)
		keys := []string{}
		for _, m := range []map[string]json.RawMessage{v.Data, v.BinaryData, v.StringData} {
			for k := range m {
				keys = append(keys, k)
			}
		}
		slices.Sort(keys)
		to := list(&o.snap)
		*to = append(*to, convert.FromKeys(&v.ObjectMeta, slices.Compact(keys)))
		return nil
	}
}

// versionKind is the name for what `kubectl version -o json` prints, which has none.
const versionKind = "version"

func readVersion(o *object) error {
	var v struct {
		ServerVersion struct {
			GitVersion string `json:"gitVersion"`
		} `json:"serverVersion"`
	}
	err := unmarshal(o.raw, &v)
	o.snap.ServerVersion = v.ServerVersion.GitVersion
	return err
}
