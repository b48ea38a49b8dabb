//go:build linux && (amd64 || arm64)

package bpf

import (
	"fmt"
	"slices"

	"github.com/cilium/ebpf"
	"github.com/cilium/ebpf/asm"
	"github.com/cilium/ebpf/btf"
	"golang.org/x/sys/unix"
)

// current says whether a kernel is new enough by its release to have all that is asked for here,
// so that its types need not be read (20 ms). Older ones may have it too, from their distributor.
func current(release string) bool {
	var major, minor int
	_, err := fmt.Sscanf(release, "%d.%d", &major, &minor)
	return err == nil && (major > 5 || major == 5 && minor >= 17)
}

// has says whether the kernel has a helper, by its own list as the programs do: HAVE of
// flight/kernel.h.
func has(kernel *btf.Spec, helper string) bool {
	var list *btf.Enum
	if kernel.TypeByName("bpf_func_id", &list) != nil {
		return false
	}
	return slices.ContainsFunc(list.Values, func(v btf.EnumValue) bool { return v.Name == "BPF_FUNC_"+helper })
}

// adapt makes the programs what the kernel takes.
func adapt(spec *ebpf.CollectionSpec, kernel *btf.Spec) error {
	if !has(kernel, "d_path") {
		// 5.8 and 5.9 have all that is called too, but take no rings of different sizes into one map,
		// and lose track of a record that does not stay in a register.
		return fmt.Errorf("%w: the kernel (%s) is too old, it needs 5.10 or later", ErrUnsupported, release())
	}
	if !has(kernel, "loop") {
		for _, p := range spec.Programs {
			p.Instructions = withoutCallbacks(p.Instructions)
		}
	}
	return nil
}

// withoutCallbacks takes out what kernels before 5.13 refuse even where it is never reached:
// addresses of functions, and functions that nothing calls.
func withoutCallbacks(all asm.Instructions) asm.Instructions {
	all = slices.Clone(all)
	for i, ins := range all {
		if ins.IsLoadOfFunctionPointer() {
			all[i] = asm.LoadImm(ins.Dst, 0, asm.DWord).WithMetadata(ins.Metadata).WithReference("")
		}
	}
	called := all.FunctionReferences()
	out, keep := all[:0], true
	for i, ins := range all {
		if i > 0 && btf.FuncMetadata(&ins) != nil {
			keep = slices.Contains(called, ins.Symbol())
		}
		if keep {
			out = append(out, ins)
		}
	}
	return out
}

// unlock raises the limit of locked memory, which maps and programs count against before
// 5.11, and returns what sets it back: what the process starts inherits it.
func unlock() (restore func(), err error) {
	var was unix.Rlimit
	if err := unix.Prlimit(0, unix.RLIMIT_MEMLOCK, nil, &was); err != nil {
		return func() {}, err
	}
	err = unix.Prlimit(0, unix.RLIMIT_MEMLOCK, &unix.Rlimit{Cur: unix.RLIM_INFINITY, Max: unix.RLIM_INFINITY}, nil)
	if err != nil {
		// Up to here anybody may.
		_ = unix.Prlimit(0, unix.RLIMIT_MEMLOCK, &unix.Rlimit{Cur: was.Max, Max: was.Max}, nil)
	}
	return func() { _ = unix.Prlimit(0, unix.RLIMIT_MEMLOCK, &was, nil) }, err
}
