package know

// program is one kind of software with exit codes of its own.
type program struct {
	name string
	// aliases are lower-case base names of commands and images, without trailing
	// version digits.
	aliases []string
	source  string
	codes   []programCode
}

type programCode struct {
	code   int32
	name   string
	means  string
	causes []Hint
}

// software is all lists, in the order in which readings are given: what runs as
// a container's main process first, tools that scripts and Jobs call last.
var software = [...]*[]program{&runtimes, &servers, &tools, &inits}

// eachProgram calls f for every program until f returns false.
func eachProgram(f func(*program) bool) {
	for _, list := range software {
		for i := range *list {
			if !f(&(*list)[i]) {
				return
			}
		}
	}
}
