package filter

import (
	"testing"

	"github.com/unloop-dev/unloop/event"
)

func TestTable_everyFieldHasAnExtractorAndAnExample(t *testing.T) {
	for _, def := range event.Fields() {
		b := builders[def.Name]
		if b == nil {
			t.Errorf("%s has no extractor", def.Name)
			continue
		}
		if def.Doc == "" || def.Group == "" {
			t.Errorf("%s lacks documentation or a group", def.Name)
		}
		if def.Arg != event.NoArg && def.ArgIs == "" {
			t.Errorf("%s does not say what its argument is", def.Name)
		}
		if def.PrintOnly {
			continue
		}
		f, err := Compile(def.Example, nil)
		if err != nil {
			t.Errorf("example of %s: %v", def.Name, err)
			continue
		}
		found := false
		Fields(f.Node(), func(x *Field) { found = found || x.Name == def.Name })
		if !found {
			t.Errorf("example of %s does not use it: %s", def.Name, def.Example)
		}
	}
	for name := range builders {
		if event.FieldOf(name) == nil {
			t.Errorf("extractor of %s has no field", name)
		}
	}
}

// Every getter says truthfully on which kinds it varies, gives values of its type
// and survives every event.
func TestTable_gettersHoldWhatTheyPromise(t *testing.T) {
	for _, def := range event.Fields() {
		arg, has := "", false
		if def.Arg == event.RequiredArg {
			has = true
			arg = map[string]string{"evt.arg": "fd", "evt.rawarg": "fd", "evt.type.is": "3", "evt.around": "5", "thread.cgroup": "memory"}[def.Name]
			if arg == "" {
				arg = "0"
			}
		}
		g, why := getterOf(&def, arg, has)
		if why != "" {
			t.Errorf("%s[%s]: %s", def.Name, arg, why)
			continue
		}
		set := 0
		for _, is := range []bool{g.num != nil, g.str != nil, g.real != nil, g.addr != nil, g.nums != nil, g.strs != nil, g.addrs != nil} {
			set += int(bit(is))
		}
		if set != 1 {
			t.Errorf("%s has %d ways to be had, want one", def.Name, set)
		}
		if (g.str != nil || g.strs != nil) != (g.typ == event.Text || g.typ == event.Bytes) {
			t.Errorf("%s is of type %v and not had as such", def.Name, g.typ)
		}
	}
}

func TestFieldForeign_explains(t *testing.T) {
	for _, name := range []string{"k8s.rc.name", "mesos.task.name", "span.id", "evtin.span.id"} {
		if event.FieldForeign(name) == "" {
			t.Errorf("%s is not explained", name)
		}
	}
	if event.FieldForeign("proc.name") != "" {
		t.Error("proc.name is no foreign field")
	}
}
