package state

// maxPath is where sysdig cuts paths.
const maxPath = 1024

// appendPath appends name, resolved against dir where it is relative, without
// repeated slashes, ".", ".." and a slash at the end. dir is taken as it is: it ends in
// a slash, or says "<UNKNOWN>".
func appendPath(b []byte, dir string, name []byte) []byte {
	start := len(b)
	if len(name) == 0 || name[0] != '/' {
		b = append(b, dir[:min(len(dir), maxPath)]...)
	}
	base := start
	for i := 0; i < len(name); {
		// One component, without the slashes before it.
		if name[i] == '/' {
			i++
			// Of a relative name, nothing but "./" can stand in front of it here.
			if len(b) == base && i == 1 || len(b) > base && b[len(b)-1] != '/' {
				b = append(b, '/')
			}
			continue
		}
		end := i
		for end < len(name) && name[end] != '/' {
			end++
		}
		part := name[i:end]
		i = end
		switch {
		case len(part) == 1 && part[0] == '.':
			continue
		case len(part) == 2 && part[0] == '.' && part[1] == '.':
			b = parent(b, base)
			continue
		}
		b = append(b, part...)
		if len(b)-start > maxPath {
			return b[:start+maxPath]
		}
	}
	if len(b) > base+1 && b[len(b)-1] == '/' {
		b = b[:len(b)-1]
	}
	return b
}

// parent cuts the last component of the path that begins at base, and keeps the slash
// before it.
func parent(b []byte, base int) []byte {
	n := len(b)
	if n > base && b[n-1] == '/' {
		n--
	}
	for n > base && b[n-1] != '/' {
		n--
	}
	if n == base && len(b) > base && b[base] == '/' {
		n++
	}
	return b[:n]
}
