package paste

import "strings"

// belongs reports whether a line that is not further right than the field can
// still be one of its lines, in a text that lost its indentation.
func (r *blockReader) belongs(t string) bool {
	switch r.field.key {
	case "Labels", "Node-Selectors":
		return isLabel(t)
	case "Annotations":
		name, _, ok := strings.Cut(t, ":")
		return isLabel(t) || ok && !strings.Contains(name, " ") && strings.ContainsAny(name, "./-") || strings.HasPrefix(t, "{") || strings.HasPrefix(t, "[")
	case "Tolerations", "Taints":
		return isTaint(t)
	case "Command", "Args":
		return true
	case "Environment":
		name, _, ok := strings.Cut(t, ":")
		return ok && isEnvName(name)
	case "Environment Variables from":
		return strings.Contains(t, "Optional:")
	case "Mounts", "Devices":
		return strings.Contains(t, " from ")
	case "Limits", "Requests", "QoS Tier", "Capacity", "Allocatable", "Addresses", "System Info", "VolumeAttributes", "Non-terminated Pods",
		"Allocated resources", "Volume Claims", "Used By", "Lease", "Source", "DataSource", "IPs", "Items", "Metrics":
		return true
	}
	return false
}

// takeUnknown accepts a field of a kind this package does not read, so that the
// block goes on; it must have the layout of describe.
func (r *blockReader) takeUnknown(l line, indent int) bool {
	name, value, ok := splitKey(l.text)
	if !ok || !isUpper(name[0]) || indent > r.base+4 || len(r.sheet.fields) == 0 {
		return false
	}
	rest := strings.TrimLeft(l.text, " \t")[len(name)+1:]
	if value != "" && !strings.HasPrefix(rest, "  ") && !strings.HasPrefix(rest, "\t") {
		return false
	}
	if indent <= r.base {
		r.sheet = &r.top
	}
	r.section, r.part = "", nil
	r.field = &field{key: name, value: value, line: l.no, indent: indent}
	r.sheet.fields = append(r.sheet.fields, r.field)
	return true
}

// isLabel reports whether t is a label: key=value.
func isLabel(t string) bool {
	t = strings.TrimSpace(t)
	k, v, ok := strings.Cut(t, "=")
	return ok && k != "" && !strings.ContainsAny(k, " \t:\"'{") && !strings.ContainsAny(v, " \t\"'=")
}

// isTaint reports whether t is a toleration or taint: key=value:Effect op=Exists for 300s.
func isTaint(t string) bool {
	w, _, _ := strings.Cut(strings.TrimSpace(t), " ")
	i := strings.LastIndexByte(w, ':')
	if w == "op=Exists" || strings.Contains(t, " op=Exists") || i >= 0 && isReason(w[i+1:]) {
		return true
	}
	return i < 0 && strings.ContainsRune(w, '/') && len(w) == len(strings.TrimSpace(t))
}

func isEnvName(s string) bool {
	if s == "" || len(s) > 200 {
		return false
	}
	return !strings.ContainsAny(s, " \t\"'(){}=,;")
}

// splitJoined takes a line apart into which a copy from a terminal joined two
// fields: wide blanks stand before the second key.
func splitJoined(t string) []string {
	const gap = "        "
	if len(t) < 100 || !strings.Contains(t, gap) {
		return []string{t}
	}
	lead := t[:len(t)-len(strings.TrimLeft(t, " \t"))]
	var out []string
	from := 0
	for i := len(lead); i < len(t); {
		n := strings.Index(t[i:], gap)
		if n < 0 {
			break
		}
		i += n
		j := i
		for j < len(t) && isBlank(t[j]) {
			j++
		}
		if k, _, ok := lookKey(t[j:]); ok && k.at&(atContainer|atState) != 0 {
			out = append(out, lead+strings.Trim(t[from:i], " \t"))
			from = j
		}
		i = j
	}
	return append(out, lead+strings.Trim(t[from:], " \t"))
}
