package report

import (
	"bytes"
	"strings"
	"testing"

	"github.com/unloop-dev/unloop/internal/diagnose/know"
)

func sampleCause() CauseDoc {
	return CauseDoc{
		ID: "service-name-wrong", Family: "network", Title: "A host name the program needs does not exist", Since: "0.1",
		Means:   "The program asked DNS for one name and got the answer that no such name exists. Names in general resolve; this one does not.",
		Why:     []string{"The Service was not created.", "The name is misspelt in a configuration file, an argument or an environment variable."},
		Confirm: []string{"kubectl get service -A | grep NAME", "kubectl run dns-check --rm -it --restart=Never --image=busybox -n NAMESPACE -- nslookup NAME"},
		Remedy:  []string{"Create the Service, then restart the pod."},
		NotThis: []Neighbour{{"dns-failure", "DNS did not answer, or answered SERVFAIL: many names fail, not one"}},
		Refs:    []string{"https://kubernetes.io/docs/concepts/services-networking/dns-pod-service/"},
	}
}

func TestAnswer_goldens(t *testing.T) {
	cause := Answer{Causes: []CauseDoc{sampleCause()}}
	both := Answer{Explanation: NewExplanation(know.Lookup("SIGTERM"), nil), Causes: []CauseDoc{sampleCause()}}
	var text, md, js, list bytes.Buffer
	for _, err := range []error{
		AnswerText(&text, cause, Options{Width: 80}), AnswerMarkdown(&md, cause), AnswerJSON(&js, cause),
		CauseTable(&list, []CauseDoc{sampleCause(), {ID: "oom-node", Family: "resource", Title: "The node ran out of memory and the kernel chose a process of this container, as it does"}}, Options{Width: 80}),
	} {
		if err != nil {
			t.Fatal(err)
		}
	}
	golden(t, "cause.txt", text.Bytes())
	golden(t, "cause.md", md.Bytes())
	golden(t, "cause.json", js.Bytes())
	golden(t, "causes.txt", list.Bytes())

	text.Reset()
	if err := AnswerText(&text, both, Options{}); err != nil {
		t.Fatal(err)
	}
	if s := text.String(); !strings.HasPrefix(s, "service-name-wrong") || !strings.Contains(s, "\n\nSIGTERM (signal 15)\n") {
		t.Errorf("want the cause, a blank line, the signal:\n%s", s)
	}
}
