//go:build linux && (amd64 || arm64)

package bpf

import (
	"runtime"
	"slices"
	"testing"

	"github.com/cilium/ebpf"
	"github.com/cilium/ebpf/btf"

	prog "github.com/unloop-dev/unloop/internal/bpf/flight"
	"github.com/unloop-dev/unloop/internal/kernelbits"
)

// The object for the other architecture passes this kernel's verifier: every path, bound and
// helper of it. Only the registers of a call have other names there; they are put where this
// kernel has registers.
func TestObject_otherArchitecture(t *testing.T) {
	need(t)
	file := "flight/flight_arm64_bpfel.o"
	if runtime.GOARCH == "arm64" {
		file = "flight/flight_x86_bpfel.o"
	}
	spec, err := ebpf.LoadCollectionSpec(file)
	if err != nil {
		t.Fatal(err)
	}
	kernel := kernelTypes(t)
	theirs, mine := kernelType[*btf.Struct](t, spec.Types, "pt_regs"), kernelType[*btf.Struct](t, kernel, "pt_regs")
	mine.Members = nil
	slot := uint32(0)
	for _, m := range theirs.Members {
		m.Offset = btf.Bits(slot * 64)
		mine.Members = append(mine.Members, m)
		slot++
		if _, ok := m.Type.(*btf.Array); ok {
			slot += 5 // the arguments; what lies behind is not read
		}
	}
	if slot*8 > mine.Size {
		t.Fatalf("%d registers do not fit into %d bytes", slot, mine.Size)
	}
	verified(t, spec, kernel)
}

// What older kernels get, which lack helpers and have other fields, passes the verifier too.
func TestObject_olderKernels(t *testing.T) {
	need(t)
	fields := func(of string, names ...string) func(*testing.T, *btf.Spec) {
		return func(t *testing.T, k *btf.Spec) {
			s := kernelType[*btf.Struct](t, k, of)
			s.Members = slices.DeleteFunc(s.Members, func(m btf.Member) bool { return slices.Contains(names, m.Name) })
		}
	}
	words := func(t *testing.T, k *btf.Spec) {
		set, ok := btf.UnderlyingType(kernelType[*btf.Typedef](t, k, "kernel_cap_t")).(*btf.Struct)
		if !ok {
			t.Fatal("a set of capabilities is no struct")
		}
		word := &btf.Int{Name: "unsigned int", Size: 4}
		set.Members = []btf.Member{{Name: "cap", Type: &btf.Array{Index: word, Type: word, Nelems: 2}}}
	}
	counters := func(t *testing.T, k *btf.Spec) {
		long := &btf.Int{Name: "long", Size: 8, Encoding: btf.Signed}
		number := &btf.Struct{Name: "atomic64_t", Size: 8, Members: []btf.Member{{Name: "counter", Type: long}}}
		list := &btf.Struct{Name: "mm_rss_stat", Size: 32, Members: []btf.Member{{Name: "count", Type: &btf.Array{Index: long, Type: number, Nelems: 4}}}}
		replaced := false
		var in func(s []btf.Member)
		in = func(members []btf.Member) {
			for i, m := range members {
				if inner, ok := m.Type.(*btf.Struct); ok && m.Name == "" {
					in(inner.Members)
				}
				if m.Name == "rss_stat" {
					members[i].Type, replaced = list, true
				}
			}
		}
		in(kernelType[*btf.Struct](t, k, "mm_struct").Members)
		if !replaced {
			t.Fatal("a process has no counters of memory")
		}
	}
	for name, changes := range map[string][]func(*testing.T, *btf.Spec){
		"6.10": {fields("inode", "i_ctime_sec", "i_ctime_nsec", "i_mtime_sec", "i_mtime_nsec")},
		"6.7":  {fields("trace_event_raw_mark_victim", "uid")},
		"6.2":  {words},
		"5.16": {helper("BPF_FUNC_loop")},
		"5.14": {helper("BPF_FUNC_loop"), helper("BPF_FUNC_task_pt_regs"), words},
		"5.12": {helper("BPF_FUNC_loop"), helper("BPF_FUNC_task_pt_regs"), helper("BPF_FUNC_for_each_map_elem"), words},
		"5.10": {oldHelpers, words, counters, fields("inode", "i_ctime_sec", "i_ctime_nsec", "i_mtime_sec", "i_mtime_nsec"), fields("trace_event_raw_mark_victim", "uid")},
	} {
		t.Run(name, func(t *testing.T) {
			spec, err := prog.LoadFlight()
			if err != nil {
				t.Fatal(err)
			}
			kernel := kernelTypes(t)
			for _, change := range changes {
				change(t, kernel)
			}
			verified(t, spec, kernel)
		})
	}
}

// helpers takes helpers out of the kernel's list.
func helpers(gone func(btf.EnumValue) bool) func(*testing.T, *btf.Spec) {
	return func(t *testing.T, k *btf.Spec) {
		e := kernelType[*btf.Enum](t, k, "bpf_func_id")
		e.Values = slices.DeleteFunc(e.Values, gone)
	}
}

func helper(name string) func(*testing.T, *btf.Spec) {
	return helpers(func(v btf.EnumValue) bool { return v.Name == name })
}

// oldHelpers takes out what came behind the helpers of 5.10.
var oldHelpers = helpers(func(v btf.EnumValue) bool { return v.Value > 157 })

// kernelType is a type to change.
func kernelType[T btf.Type](t testing.TB, k *btf.Spec, name string) (typ T) {
	t.Helper()
	if err := k.TypeByName(name, &typ); err != nil {
		t.Fatal(err)
	}
	return typ
}

// kernelTypes are the types of this kernel, to change.
func kernelTypes(t testing.TB) *btf.Spec {
	t.Helper()
	kernel, err := btf.LoadKernelSpec()
	if err != nil {
		t.Fatal(err)
	}
	return kernel.Copy()
}

// verified loads programs as for a kernel of these types.
func verified(t *testing.T, spec *ebpf.CollectionSpec, kernel *btf.Spec) {
	t.Helper()
	h, err := FindHierarchy()
	if err != nil {
		t.Fatal(err)
	}
	s := &Source{groups: groups{h: h, wanted: map[string]uint32{}}}
	count, each, shift := ringLayout(kernelbits.Processors(), 1)
	if err := s.set(spec, shift, count, each, 0); err != nil {
		t.Fatal(err)
	}
	if err := adapt(spec, kernel); err != nil {
		t.Fatal(err)
	}
	restore, _ := unlock() // before 5.11
	defer restore()
	coll, err := ebpf.NewCollectionWithOptions(spec, ebpf.CollectionOptions{Programs: ebpf.ProgramOptions{KernelTypes: kernel}})
	if err != nil {
		t.Fatalf("%+v", err)
	}
	defer coll.Close()
	for _, name := range hooks {
		if coll.Programs[name] == nil {
			t.Errorf("there is no %s", name)
		}
	}
}
