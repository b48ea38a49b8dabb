package main

import "strings"

// filterJobs are the lines of filters.txt, each with the light template.
func filterJobs() []job {
	var jobs []job
	for _, l := range content(filterList) {
		jobs = append(jobs, job{name: "filter " + l, args: []string{"-p", lightTemplate}, filter: l, prefixed: true})
	}
	return jobs
}

// formatJobs are the lines of formats.txt: a name, a colon, options of sysdig; a
// template stands behind -p and goes to the end of the line; a filter may stand in
// front, in braces.
func formatJobs() []job {
	var jobs []job
	for _, l := range content(formatList) {
		name, rest, _ := strings.Cut(l, ":")
		rest = strings.TrimSpace(rest)
		j := job{name: "form " + name}
		if strings.HasPrefix(rest, "{") {
			j.filter, rest, _ = strings.Cut(rest[1:], "}")
			rest = strings.TrimSpace(rest)
		}
		opts, template, has := strings.Cut(rest, "-p ")
		j.args = strings.Fields(opts)
		if has {
			j.args = append(j.args, "-p", template)
			rest, ok := strings.CutPrefix(template, "*"+lightTemplate[1:]+" ")
			j.prefixed = ok
			if ok {
				for _, c := range strings.Split(rest, "|") {
					j.columns = append(j.columns, strings.TrimPrefix(c, "%"))
				}
			}
		}
		jobs = append(jobs, j)
	}
	return jobs
}

func content(text string) []string {
	var all []string
	for _, l := range strings.Split(text, "\n") {
		if l != "" && !strings.HasPrefix(l, "#") {
			all = append(all, l)
		}
	}
	return all
}
