package kube

import (
	"encoding/json"
	"fmt"
	"maps"
	"slices"
	"strings"

	appsv1 "k8s.io/api/apps/v1"
	batchv1 "k8s.io/api/batch/v1"
	corev1 "k8s.io/api/core/v1"
	discoveryv1 "k8s.io/api/discovery/v1"
	networkingv1 "k8s.io/api/networking/v1"
	storagev1 "k8s.io/api/storage/v1"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"k8s.io/apimachinery/pkg/runtime"
	"k8s.io/apimachinery/pkg/runtime/schema"
	"k8s.io/apimachinery/pkg/runtime/serializer"
	utilruntime "k8s.io/apimachinery/pkg/util/runtime"

	"github.com/unloop-dev/unloop/internal/facts"
	"github.com/unloop-dev/unloop/internal/facts/convert"
)

// kind is one row of the table of what can be read.
type kind struct {
	// name is what facts call it; resource what RBAC calls it.
	name, resource string
	// api is its API group and version.
	api schema.GroupVersion
	// page is how many objects one answer may hold.
	page int64
	// fact is the kind of fact that is missing without it.
	fact facts.Kind
	// accept asks for another form than the whole object.
	accept string

	// listKind is the kind of its lists on the wire.
	listKind string
	// unread is the path, in protobuf, to what is never read of an object, and
	// template to its pod template; nil for none.
	unread, template []uint64
	// decode reads one object in protobuf.
	decode func([]byte) (runtime.Object, error)
	// add turns one object into facts.
	add func(to *facts.Snapshot, o runtime.Object) error
}

func (k *kind) path(namespace string) string {
	root := "/apis/" + k.api.String()
	if k.api.Group == "" {
		root = "/api/" + k.api.Version
	}
	if namespace == "" {
		return root + "/" + k.resource
	}
	return root + "/namespaces/" + namespace + "/" + k.resource
}

// Page sizes: what kubectl takes (k8s.io/kubectl v0.36 pkg/cmd/get, chunk-size)
// for objects of some kilobytes, more where objects are small, less for
// ConfigMaps, each of which may hold a megabyte.
const (
	page      = 500
	smallPage = 2000
	bigPage   = 50
)

// managedFields leads to the record of who wrote which field, a third of most
// objects (k8s.io/apimachinery v0.37 pkg/apis/meta/v1/generated.proto). The paths to
// templates are from the generated.proto of each API group.
var managedFields = []uint64{1, 17}

// The APIs of the kinds below. All are served since Kubernetes 1.21.
var (
	coreAPI       = corev1.SchemeGroupVersion
	appsAPI       = appsv1.SchemeGroupVersion
	batchAPI      = batchv1.SchemeGroupVersion
	storageAPI    = storagev1.SchemeGroupVersion
	discoveryAPI  = discoveryv1.SchemeGroupVersion
	networkingAPI = networkingv1.SchemeGroupVersion
)

// scheme holds exactly the types of the table. The typed Secret is left out, so
// that no answer can ever be decoded into one.
var (
	scheme     = runtime.NewScheme()
	codecs     = serializer.NewCodecFactory(scheme)
	parameters = runtime.NewParameterCodec(scheme)
)

func init() {
	metav1.AddToGroupVersion(scheme, metav1.SchemeGroupVersion)
	metav1.AddToGroupVersion(scheme, corev1.SchemeGroupVersion)
	utilruntime.Must(metav1.AddMetaToScheme(scheme))
}

var (
	pods = typed(kind{name: "Pod", resource: "pods", api: coreAPI, page: page, fact: facts.Status}, &corev1.PodList{},
		func(s *facts.Snapshot, p *corev1.Pod) {
			if settled(p) {
				slim(p)
			}
			s.Pods = append(s.Pods, convert.FromPod(p, live))
		})
	events = typed(kind{name: "Event", resource: "events", api: coreAPI, page: smallPage, fact: facts.Events}, &corev1.EventList{},
		func(s *facts.Snapshot, e *corev1.Event) { s.Events = append(s.Events, convert.FromEvent(e, live)) })
	nodes = typed(kind{name: "Node", resource: "nodes", api: coreAPI, page: page, fact: facts.Node}, &corev1.NodeList{},
		func(s *facts.Snapshot, n *corev1.Node) { s.Nodes = append(s.Nodes, convert.FromNode(n, live)) })

	deployments            = workloads(kind{name: "Deployment", resource: "deployments", api: appsAPI, template: []uint64{2, 3}}, &appsv1.DeploymentList{}, convert.FromDeployment)
	replicaSets            = workloads(kind{name: "ReplicaSet", resource: "replicasets", api: appsAPI, template: []uint64{2, 3}}, &appsv1.ReplicaSetList{}, convert.FromReplicaSet)
	statefulSets           = workloads(kind{name: "StatefulSet", resource: "statefulsets", api: appsAPI, template: []uint64{2, 3}}, &appsv1.StatefulSetList{}, convert.FromStatefulSet)
	daemonSets             = workloads(kind{name: "DaemonSet", resource: "daemonsets", api: appsAPI, template: []uint64{2, 2}}, &appsv1.DaemonSetList{}, convert.FromDaemonSet)
	controllerRevisions    = workloads(kind{name: "ControllerRevision", resource: "controllerrevisions", api: appsAPI, template: []uint64{2}}, &appsv1.ControllerRevisionList{}, convert.FromControllerRevision)
	jobs                   = workloads(kind{name: "Job", resource: "jobs", api: batchAPI, template: []uint64{2, 6}}, &batchv1.JobList{}, convert.FromJob)
	cronJobs               = workloads(kind{name: "CronJob", resource: "cronjobs", api: batchAPI, template: []uint64{2, 5}}, &batchv1.CronJobList{}, convert.FromCronJob)
	replicationControllers = workloads(kind{name: "ReplicationController", resource: "replicationcontrollers", api: coreAPI, template: []uint64{2, 3}}, &corev1.ReplicationControllerList{}, convert.FromReplicationController)

	claims = typed(kind{name: "PersistentVolumeClaim", resource: "persistentvolumeclaims", api: coreAPI, page: page, fact: facts.References}, &corev1.PersistentVolumeClaimList{},
		func(s *facts.Snapshot, c *corev1.PersistentVolumeClaim) {
			s.Claims = append(s.Claims, convert.FromClaim(c, live))
		})
	volumes = typed(kind{name: "PersistentVolume", resource: "persistentvolumes", api: coreAPI, page: page, fact: facts.References}, &corev1.PersistentVolumeList{},
		func(s *facts.Snapshot, v *corev1.PersistentVolume) {
			s.Volumes = append(s.Volumes, convert.FromVolume(v))
		})
	services = typed(kind{name: "Service", resource: "services", api: coreAPI, page: page, fact: facts.Services}, &corev1.ServiceList{},
		func(s *facts.Snapshot, v *corev1.Service) { s.Services = append(s.Services, convert.FromService(v)) })
	endpointSlices = typed(kind{name: "EndpointSlice", resource: "endpointslices", api: discoveryAPI, page: page, fact: facts.Services}, &discoveryv1.EndpointSliceList{},
		func(s *facts.Snapshot, e *discoveryv1.EndpointSlice) {
			if of := convert.FromEndpointSlice(e); of != nil {
				s.Endpoints = append(s.Endpoints, of)
			}
		})
	configMaps = typed(kind{name: "ConfigMap", resource: "configmaps", api: coreAPI, page: bigPage, fact: facts.References}, &corev1.ConfigMapList{},
		func(s *facts.Snapshot, m *corev1.ConfigMap) {
			s.ConfigMaps = append(s.ConfigMaps, convert.FromConfigMap(m))
		})

	storageClasses    = objects(kind{name: "StorageClass", resource: "storageclasses", api: storageAPI}, facts.References, &storagev1.StorageClassList{}, convert.FromStorageClass)
	volumeAttachments = objects(kind{name: "VolumeAttachment", resource: "volumeattachments", api: storageAPI}, facts.References, &storagev1.VolumeAttachmentList{}, convert.FromVolumeAttachment)
	networkPolicies   = objects(kind{name: "NetworkPolicy", resource: "networkpolicies", api: networkingAPI}, facts.Services, &networkingv1.NetworkPolicyList{}, convert.FromNetworkPolicy)
	quotas            = objects(kind{name: "ResourceQuota", resource: "resourcequotas", api: coreAPI}, facts.Owner, &corev1.ResourceQuotaList{}, convert.FromResourceQuota)
	limitRanges       = objects(kind{name: "LimitRange", resource: "limitranges", api: coreAPI}, facts.Owner, &corev1.LimitRangeList{}, convert.FromLimitRange)
	serviceAccounts   = objects(kind{name: "ServiceAccount", resource: "serviceaccounts", api: coreAPI}, facts.References, &corev1.ServiceAccountList{}, convert.FromServiceAccount)
	namespaces        = objects(kind{name: "Namespace", resource: "namespaces", api: coreAPI}, facts.References, &corev1.NamespaceList{}, convert.FromNamespace)

	// Names without contents, so that values never travel.
	secretNames = namesOnly("Secret", "secrets", func(s *facts.Snapshot, m *metav1.ObjectMeta) { s.Secrets = append(s.Secrets, keyed(m)) })
	configNames = namesOnly("ConfigMap", "configmaps", func(s *facts.Snapshot, m *metav1.ObjectMeta) { s.ConfigMaps = append(s.ConfigMaps, keyed(m)) })
	podNames    = namesOnly("Pod", "pods", func(s *facts.Snapshot, m *metav1.ObjectMeta) {
		s.Objects = append(s.Objects, &facts.Object{Kind: "Pod", Namespace: m.Namespace, Name: m.Name, Source: live})
	})
)

// workloadKinds are the kinds of controllers, owners before what they own.
var workloadKinds = map[string]*kind{
	"Deployment": deployments, "ReplicaSet": replicaSets, "StatefulSet": statefulSets, "DaemonSet": daemonSets,
	"CronJob": cronJobs, "Job": jobs, "ReplicationController": replicationControllers,
}

// object is what a pointer to an API type is.
type object[T any] interface {
	*T
	runtime.Object
	Unmarshal([]byte) error
}

// typed completes a row whose objects are read whole, and registers its types.
func typed[T any, PT object[T]](k kind, list runtime.Object, add func(*facts.Snapshot, PT)) *kind {
	k.listKind, k.unread = k.name+"List", managedFields
	scheme.AddKnownTypes(k.api, PT(new(T)), list)
	return complete(k, add)
}

func complete[T any, PT object[T]](k kind, add func(*facts.Snapshot, PT)) *kind {
	k.decode = func(raw []byte) (runtime.Object, error) {
		o := PT(new(T))
		return o, o.Unmarshal(raw)
	}
	k.add = func(to *facts.Snapshot, o runtime.Object) error {
		if o, ok := o.(PT); ok {
			add(to, o)
			return nil
		}
		return fmt.Errorf("asked for %s, got %T", k.resource, o)
	}
	return &k
}

func workloads[T any, PT object[T]](k kind, list runtime.Object, from func(PT, facts.Source) *facts.Workload) *kind {
	k.page, k.fact = page, facts.Owner
	return typed(k, list, func(s *facts.Snapshot, o PT) { s.Workloads = append(s.Workloads, from(o, live)) })
}

func objects[T any, PT object[T]](k kind, fact facts.Kind, list runtime.Object, from func(PT, facts.Source) *facts.Object) *kind {
	k.page, k.fact = page, fact
	return typed(k, list, func(s *facts.Snapshot, o PT) { s.Objects = append(s.Objects, from(o, live)) })
}

// metadataOnly asks for names without contents, and accepts nothing else: a
// server that cannot do it answers 406, not with the whole object.
const metadataOnly = runtime.ContentTypeProtobuf + ";as=PartialObjectMetadataList;g=meta.k8s.io;v=v1," +
	runtime.ContentTypeJSON + ";as=PartialObjectMetadataList;g=meta.k8s.io;v=v1"

func namesOnly(name, resource string, add func(*facts.Snapshot, *metav1.ObjectMeta)) *kind {
	k := kind{name: name, resource: resource, api: coreAPI, page: smallPage, fact: facts.References, accept: metadataOnly}
	k.listKind = "PartialObjectMetadataList"
	return complete(k, func(s *facts.Snapshot, o *metav1.PartialObjectMetadata) { add(s, &o.ObjectMeta) })
}

func keyed(m *metav1.ObjectMeta) *facts.KeyedObject {
	return convert.FromKeys(m, keysIn(m.ManagedFields))
}

// keysIn reads the keys of a ConfigMap or Secret from the record of who wrote
// which field, the only place in the metadata that names them. nil is unknown.
func keysIn(fields []metav1.ManagedFieldsEntry) []string {
	seen := map[string]bool{}
	for _, f := range fields {
		if f.FieldsV1 == nil {
			continue
		}
		var set struct {
			Data   map[string]json.RawMessage `json:"f:data"`
			Binary map[string]json.RawMessage `json:"f:binaryData"`
		}
		if json.Unmarshal(f.FieldsV1.Raw, &set) != nil {
			continue
		}
		for _, keys := range []map[string]json.RawMessage{set.Data, set.Binary} {
			for field := range keys {
				// "." is the map itself; "f:NAME" is a key of it.
				if key, ok := strings.CutPrefix(field, "f:"); ok {
					seen[key] = true
				}
			}
		}
	}
	return slices.Sorted(maps.Keys(seen))
}
