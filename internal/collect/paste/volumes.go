package paste

import (
	"strconv"
	"strings"

	corev1 "k8s.io/api/core/v1"
)

// volumes makes the volumes of the parts below "Volumes".
func volumes(parts []*part) []corev1.Volume {
	var out []corev1.Volume
	for _, q := range parts {
		if len(q.fields) == 0 && q.name == "" {
			continue
		}
		out = append(out, corev1.Volume{Name: q.name, VolumeSource: q.source()})
	}
	return out
}

// value returns the value of a field of a part, "" where it is not there or says none.
func (q *part) value(key string) string {
	if f := q.get(key); f != nil && !none(f.value) {
		return f.value
	}
	return ""
}

func (q *part) yes(key string) bool { return strings.EqualFold(q.value(key), "true") }

func (q *part) optional() *bool {
	yes := q.yes("Optional")
	return &yes
}

// source makes the source of a volume by the first word of its Type field. Types
// that no cause depends on keep an empty source.
func (q *part) source() corev1.VolumeSource {
	word, _, _ := strings.Cut(q.value("Type"), " ")
	var s corev1.VolumeSource
	switch strings.ToLower(word) {
	case "configmap":
		s.ConfigMap = &corev1.ConfigMapVolumeSource{LocalObjectReference: corev1.LocalObjectReference{Name: q.value("Name")}, Optional: q.optional()}
	case "secret":
		s.Secret = &corev1.SecretVolumeSource{SecretName: q.value("SecretName"), Optional: q.optional()}
	case "persistentvolumeclaim":
		s.PersistentVolumeClaim = &corev1.PersistentVolumeClaimVolumeSource{ClaimName: q.value("ClaimName"), ReadOnly: q.yes("ReadOnly")}
	case "ephemeralvolume":
		s.Ephemeral = &corev1.EphemeralVolumeSource{VolumeClaimTemplate: q.claimTemplate()}
	case "emptydir":
		s.EmptyDir = &corev1.EmptyDirVolumeSource{Medium: corev1.StorageMedium(canon(q.value("Medium")))}
		if limit, ok := quantity(q.value("SizeLimit")); ok {
			s.EmptyDir.SizeLimit = &limit
		}
	case "hostpath":
		s.HostPath = &corev1.HostPathVolumeSource{Path: q.value("Path")}
		if t := q.value("HostPathType"); t != "" {
			kind := corev1.HostPathType(canon(t))
			s.HostPath.Type = &kind
		}
	case "nfs":
		s.NFS = &corev1.NFSVolumeSource{Server: q.value("Server"), Path: q.value("Path"), ReadOnly: q.yes("ReadOnly")}
	case "csi":
		s.CSI = q.csi()
	case "projected":
		s.Projected = &corev1.ProjectedVolumeSource{Sources: q.projections()}
	case "downwardapi":
		s.DownwardAPI = &corev1.DownwardAPIVolumeSource{}
	case "image":
		s.Image = &corev1.ImageVolumeSource{Reference: q.value("Reference"), PullPolicy: corev1.PullPolicy(q.value("PullPolicy"))}
	case "iscsi":
		s.ISCSI = &corev1.ISCSIVolumeSource{TargetPortal: q.value("TargetPortal"), IQN: q.value("IQN"), FSType: q.value("FSType"), ReadOnly: q.yes("ReadOnly")}
	case "rbd":
		s.RBD = &corev1.RBDVolumeSource{CephMonitors: strings.Fields(strings.Trim(q.value("CephMonitors"), "[]")), RBDImage: q.value("RBDImage"),
			RBDPool: q.value("RBDPool"), FSType: q.value("FSType")}
	case "cephfs":
		s.CephFS = &corev1.CephFSVolumeSource{Monitors: strings.Fields(strings.Trim(q.value("Monitors"), "[]")), Path: q.value("Path")}
	case "glusterfs":
		s.Glusterfs = &corev1.GlusterfsVolumeSource{EndpointsName: q.value("EndpointsName"), Path: q.value("Path")}
	case "awselasticblockstore":
		s.AWSElasticBlockStore = &corev1.AWSElasticBlockStoreVolumeSource{VolumeID: q.value("VolumeID"), FSType: q.value("FSType"), ReadOnly: q.yes("ReadOnly")}
	case "gcepersistentdisk":
		s.GCEPersistentDisk = &corev1.GCEPersistentDiskVolumeSource{PDName: q.value("PDName"), FSType: q.value("FSType"), ReadOnly: q.yes("ReadOnly")}
	case "azuredisk":
		s.AzureDisk = &corev1.AzureDiskVolumeSource{DiskName: q.value("DiskName"), DataDiskURI: q.value("DiskURI")}
	case "azurefile":
		s.AzureFile = &corev1.AzureFileVolumeSource{SecretName: q.value("SecretName"), ShareName: q.value("ShareName"), ReadOnly: q.yes("ReadOnly")}
	}
	return s
}

func (q *part) csi() *corev1.CSIVolumeSource {
	ro := q.yes("ReadOnly")
	s := &corev1.CSIVolumeSource{Driver: q.value("Driver"), ReadOnly: &ro}
	if t := q.value("FSType"); t != "" {
		s.FSType = &t
	}
	if f := q.get("VolumeAttributes"); f != nil {
		s.VolumeAttributes = pairs(f)
	}
	return s
}

// projections reads the sources of a projected volume: each begins with its own
// field.
func (q *part) projections() []corev1.VolumeProjection {
	var out []corev1.VolumeProjection
	for _, f := range q.fields {
		yes := strings.EqualFold(f.value, "true")
		switch f.key {
		case "SecretName":
			out = append(out, corev1.VolumeProjection{Secret: &corev1.SecretProjection{LocalObjectReference: corev1.LocalObjectReference{Name: f.value}}})
		case "ConfigMapName":
			out = append(out, corev1.VolumeProjection{ConfigMap: &corev1.ConfigMapProjection{LocalObjectReference: corev1.LocalObjectReference{Name: f.value}}})
		case "DownwardAPI":
			out = append(out, corev1.VolumeProjection{DownwardAPI: &corev1.DownwardAPIProjection{}})
		case "TokenExpirationSeconds":
			t := &corev1.ServiceAccountTokenProjection{}
			if n, err := strconv.ParseInt(f.value, 10, 64); err == nil {
				t.ExpirationSeconds = &n
			}
			out = append(out, corev1.VolumeProjection{ServiceAccountToken: t})
		case "Optional", "ConfigMapOptional", "SecretOptionalName":
			if n := len(out); n > 0 && out[n-1].Secret != nil {
				out[n-1].Secret.Optional = &yes
			} else if n > 0 && out[n-1].ConfigMap != nil {
				out[n-1].ConfigMap.Optional = &yes
			}
		}
	}
	return out
}

// claimTemplate reads the fields of an ephemeral volume's claim.
func (q *part) claimTemplate() *corev1.PersistentVolumeClaimTemplate {
	t := &corev1.PersistentVolumeClaimTemplate{}
	if c := q.value("StorageClass"); c != "" {
		t.Spec.StorageClassName = &c
	}
	return t
}
